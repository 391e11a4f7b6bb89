#include "lib/dsp/periods.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/window.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <complex.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The next length from n on that FFTW is fast at: a multiple of 32 without large prime factors. */
static int fast_length(int n) {
    for (n = (n + 31) / 32 * 32;; n += 32) {
        int left = n;
        for (int prime = 2; prime <= 5; prime++)
            while (left % prime == 0) left /= prime;
        if (left == 1) return n;
    }
}

static void check(const char *operation, OtoTensor *audio, double fmin, double fmax, int frame_length) {
    double sample_rate = audio->sample_rate;
    oto_check_range(operation, "frame_length", frame_length, 4, 1 << 22);
    if (!(fmax <= sample_rate / 2))
        oto_refuse(operation, "fmax is %g Hz, but must not lie above half the sample rate, %g Hz", fmax,
                   sample_rate / 2);
    if (!(fmin > 0 && fmin < fmax))
        oto_refuse(operation, "fmin is %g Hz, but must lie above 0 and below fmax = %g Hz", fmin, fmax);
    if (sample_rate / fmin >= frame_length - 1)
        oto_refuse(operation,
                   "a period of fmin = %g Hz is %.1f samples, too long for frame_length = %d; raise fmin above %.1f Hz "
                   "or take frames of at least %d",
                   fmin, sample_rate / fmin, frame_length, sample_rate / (frame_length - 1),
                   (int)ceil(sample_rate / fmin) + 2);
}

struct periods periods_of(const char *operation, OtoTensor *audio, double fmin, double fmax, int frame_length,
                          int hop_length, bool center, OtoPad pad_mode) {
    oto_need_audio(operation, "audio", audio);
    oto_need_finite(operation, "audio", audio);
    check(operation, audio, fmin, fmax, frame_length);
    oto_check_pad(operation, "pad_mode", pad_mode);
    if (hop_length == OTO_DEFAULT) hop_length = frame_length / 4;
    oto_check_range(operation, "hop_length", hop_length, 1, 1 << 24);
    struct periods periods = {.frame_length = frame_length,
                              .hop_length = hop_length,
                              .shortest = (int)floor(audio->sample_rate / fmax),
                              .longest = (int)ceil(audio->sample_rate / fmin),
                              .margin = center ? frame_length / 2 : 0,
                              .pad_mode = pad_mode,
                              .sample_rate = audio->sample_rate};
    if (periods.longest > frame_length - 1) periods.longest = frame_length - 1;
    periods.count = periods.longest - periods.shortest + 1;
    int64_t reach = audio->cols + 2 * periods.margin;
    if (reach < frame_length)
        oto_refuse(operation, "audio has %" PRId64 " samples, fewer than one frame of frame_length = %d", audio->cols,
                   frame_length);
    periods.frames = 1 + (reach - frame_length) / hop_length;
    periods.n_fft = fast_length(frame_length + periods.longest + 1);
    periods.forward = oto_transform_plan(operation, OTO_REAL_FORWARD, periods.n_fft);
    periods.backward = oto_transform_plan(operation, OTO_REAL_BACKWARD, periods.n_fft);
    return periods;
}

struct difference *difference_new(const struct periods *periods) {
    struct difference *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->frame = oto_transform_reals_or_null(periods->n_fft);
    d->head = oto_transform_reals_or_null(periods->longest);
    d->spectrum = (float _Complex *)oto_transform_reals_or_null(periods->n_fft + 2);
    d->normalised = calloc((size_t)periods->count, sizeof *d->normalised);
    d->shift = calloc((size_t)periods->count, sizeof *d->shift);
    if (d->frame && d->head && d->spectrum && d->normalised && d->shift) return d;
    difference_free(d);
    return NULL;
}

void difference_free(struct difference *d) {
    if (!d) return;
    oto_transform_release(d->frame);
    oto_transform_release(d->head);
    oto_transform_release(d->spectrum);
    free(d->normalised);
    free(d->shift);
    free(d);
}

OTO_VECTORISED static void squared_magnitudes(float *restrict z, int count) {
    for (int k = 0; k < count; k++) {
        z[2 * k] = z[2 * k] * z[2 * k] + z[2 * k + 1] * z[2 * k + 1];
        z[2 * k + 1] = 0;
    }
}

/* The frame's autocorrelation, into d->frame, by way of its power spectrum. It is long enough for no sample to meet
 * one that went round the end. */
static void autocorrelate(const struct periods *periods, struct difference *d) {
    oto_transform_execute(periods->forward, d->frame, d->spectrum);
    squared_magnitudes((float *)d->spectrum, periods->n_fft / 2 + 1);
    oto_transform_execute(periods->backward, d->spectrum, d->frame);
}

/* The bottom of the parabola through three neighbours, 0 when it is not between them. */
static double parabola_bottom(double before, double here, double after) {
    double curvature = after + before - 2 * here, slope = (after - before) / 2;
    return fabs(slope) >= fabs(curvature) ? 0 : -slope / curvature;
}

void difference_of_frame(const struct periods *periods, const float *x, int64_t n, int64_t t, struct difference *d) {
    int length = periods->frame_length;
    oto_samples_at(d->frame, x, n, t * periods->hop_length - periods->margin, length, periods->pad_mode,
                   periods->margin);
    memcpy(d->head, d->frame, (size_t)periods->longest * sizeof(float));
    memset(d->frame + length, 0, (size_t)(periods->n_fft - length) * sizeof(float));
    autocorrelate(periods, d);
    /* The frame is 0 beyond its end, so d(tau) = 2 (r(0) - r(tau)) - x[0]^2 - ... - x[tau - 1]^2. */
    double scale = 1.0 / periods->n_fft, r0 = (double)d->frame[0], energy = 0, sum = 0;
    for (int tau = 1; tau <= periods->longest; tau++) {
        energy += (double)d->head[tau - 1] * (double)d->head[tau - 1];
        double difference = 2 * scale * (r0 - (double)d->frame[tau]) - energy;
        sum += difference;
        if (tau >= periods->shortest) d->normalised[tau - periods->shortest] = difference / (sum / tau + DBL_MIN);
    }
    const double *y = d->normalised;
    d->shift[0] = d->shift[periods->count - 1] = 0;
    for (int i = 1; i < periods->count - 1; i++) d->shift[i] = parabola_bottom(y[i - 1], y[i], y[i + 1]);
}

bool is_trough(const struct difference *d, int count, int i) {
    const double *y = d->normalised;
    if (i == 0) return count > 1 && y[0] < y[1];
    return y[i] < y[i - 1] && (i == count - 1 || y[i] <= y[i + 1]);
}

OtoTensor *periods_result(const struct periods *periods, OtoTensor *audio, OtoType type, const char *origin) {
    OtoTensor *y =
        oto_zeros_of(type, audio->rank,
                     audio->rank == 2 ? (long long[]){audio->rows, periods->frames} : (long long[]){periods->frames});
    if (audio->rank == 2) oto_axis_copy(y, 0, audio, 0);
    double middle = periods->frame_length / 2.0 - (double)periods->margin;
    oto_name_axis(y, y->rank - 1, "time", .unit = "s",
                  .start = audio->axes[audio->rank - 1].start + floor(middle) / audio->sample_rate,
                  .step = periods->hop_length / audio->sample_rate);
    y->sample_rate = audio->sample_rate;
    y->framing = (OtoFraming){.n_fft = periods->frame_length,
                              .win_length = periods->frame_length,
                              .hop_length = periods->hop_length,
                              .center = periods->margin > 0,
                              .window = OTO_RECTANGULAR,
                              .samples = audio->cols};
    oto_set_origin(y, origin, audio);
    return y;
}
