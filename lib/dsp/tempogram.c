#include "lib/dsp/tempogram.h"
#include "lib/dsp/autocorrelation.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/frames.h"
#include "lib/dsp/normalise.h"
#include "lib/dsp/stft.h"
#include "lib/dsp/tempogram_frames.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A block of columns is worked out before it is written, so that rows of the result are touched many at a time. */
enum { BLOCK = 16, WIN_MAX = 1 << 20 };

void oto_tempogram_check(const char *operation, OtoTensor *envelope, int64_t win_length, bool center, double norm) {
    oto_check_range(operation, "win_length", (double)win_length, 1, WIN_MAX);
    if (!center && win_length > envelope->cols)
        oto_refuse(operation,
                   "win_length is %" PRId64 ", but the envelope has %" PRId64
                   " frames; center it, or use a smaller one",
                   win_length, envelope->cols);
    oto_check_norm(operation, norm);
}

struct oto_tempogram_frames oto_tempogram_frames_of(const char *operation, const float *x, int64_t count,
                                                    int win_length, OtoWindow window, bool center) {
    struct oto_tempogram_frames f = {.win_length = win_length, .n_fft = oto_fast_length(2 * (int64_t)win_length - 1)};
    int64_t half = center ? win_length / 2 : 0;
    f.frames = center ? count : count - win_length + 1;
    f.grain = (f.frames + 31) / 32 < 4 * BLOCK ? 4 * BLOCK : (f.frames + 31) / 32;
    f.bins = (f.n_fft / 2 + 1 + 7) / 8 * 8;
    f.scratch_size = f.n_fft + 7 + 2 * f.bins;
    f.scratch_size = f.scratch_size / 8 * 8;
    int64_t pieces = (f.frames + f.grain - 1) / f.grain;
    f.padded = malloc((size_t)(count + 2 * half + win_length) * sizeof *f.padded);
    if (!f.padded) oto_refuse(operation, "no memory for an envelope of %" PRId64 " frames", count);
    f.window = f.padded + count + 2 * half;
    oto_samples_at(f.padded, x, count, -half, count + 2 * half, OTO_PAD_LINEAR_RAMP, half);
    oto_scope memcpy(f.window, oto_window(window, win_length)->data, (size_t)win_length * sizeof *f.window);
    f.scratch = oto_transform_reals(operation, pieces * f.scratch_size);
    f.forward = oto_transform_plan(operation, OTO_REAL_FORWARD, f.n_fft);
    f.backward = oto_transform_plan(operation, OTO_REAL_BACKWARD, f.n_fft);
    return f;
}

void oto_tempogram_frames_free(struct oto_tempogram_frames *f) {
    oto_transform_release(f->scratch);
    free(f->padded);
}

float _Complex *oto_tempogram_spectrum(const struct oto_tempogram_frames *f, int64_t t) {
    float *scratch = f->scratch + t / f->grain * f->scratch_size;
    return (float _Complex *)(scratch + f->scratch_size - 2 * f->bins);
}

double oto_tempogram_transform(const struct oto_tempogram_frames *f, int64_t t) {
    float *x = f->scratch + t / f->grain * f->scratch_size;
    const float *from = f->padded + t;
    double energy = 0;
    for (int n = 0; n < f->win_length; n++) {
        x[n] = from[n] * f->window[n];
        energy += (double)(x[n] * x[n]);
    }
    memset(x + f->win_length, 0, (size_t)(f->n_fft - f->win_length) * sizeof *x);
    oto_transform_execute(f->forward, x, oto_tempogram_spectrum(f, t));
    return energy;
}

/* ---- the tempogram ---- */

struct columns {
    const struct oto_tempogram_frames *frames;
    double norm;
    float *to; /* (lag, time) */
    float *block;
};

/* The spectrum becomes |X|^2 times a number. */
OTO_VECTORISED static void to_power(float *restrict X, float scale, int bins) {
    for (int k = 0; k < bins; k++) {
        X[2 * k] = (X[2 * k] * X[2 * k] + X[2 * k + 1] * X[2 * k + 1]) * scale;
        X[2 * k + 1] = 0;
    }
}

/* An autocorrelation is nowhere larger than at lag 0, where it is the energy of the frame: with norm INFINITY, that is
 * all that has to be divided by. */
static const float *autocorrelation_at(const struct oto_tempogram_frames *f, int64_t t, bool largest_is_one) {
    float _Complex *X = oto_tempogram_spectrum(f, t);
    float *r = f->scratch + t / f->grain * f->scratch_size;
    double energy = oto_tempogram_transform(f, t);
    to_power((float *)X, (float)(1 / (largest_is_one && energy > 0 ? energy * f->n_fft : f->n_fft)), f->n_fft / 2 + 1);
    oto_transform_execute(f->backward, X, r);
    return r;
}

static void columns_piece(int64_t from, int64_t to, void *context) {
    struct columns *c = context;
    int lags = c->frames->win_length;
    float *block = c->block + from / c->frames->grain * lags * BLOCK;
    for (int64_t t = from; t < to && !oto_interrupt_pending(); t += BLOCK) {
        int64_t count = to - t < BLOCK ? to - t : BLOCK;
        for (int64_t b = 0; b < count; b++) {
            const float *r = autocorrelation_at(c->frames, t + b, isinf(c->norm));
            for (int l = 0; l < lags; l++) block[l * BLOCK + b] = r[l];
        }
        if (!isinf(c->norm)) oto_normalise_columns(block, lags, BLOCK, c->norm);
        for (int l = 0; l < lags; l++)
            memcpy(c->to + l * c->frames->frames + t, block + l * BLOCK, (size_t)count * sizeof *block);
    }
}

static void fill(const char *operation, const float *x, int64_t count, const OtoTempogram *o, float *to) {
    struct oto_tempogram_frames frames =
        oto_tempogram_frames_of(operation, x, count, o->win_length, o->window, o->center);
    int64_t pieces = (frames.frames + frames.grain - 1) / frames.grain;
    float *block = oto_transform_reals(operation, pieces * o->win_length * BLOCK);
    memset(block, 0, (size_t)(pieces * o->win_length * BLOCK) * sizeof *block);
    oto_parallel(frames.frames, frames.grain, columns_piece,
                 &(struct columns){.frames = &frames, .norm = o->norm, .to = to, .block = block});
    oto_transform_release(block);
    oto_tempogram_frames_free(&frames);
}

OtoTensor *(oto_tempogram)(OtoTensor *x, OtoTempogram options) {
    OtoTensor *result = NULL;
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of("oto_tempogram", x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEAN);
        oto_tempogram_check("oto_tempogram", e.tensor, options.win_length, options.center, options.norm);
        int64_t count = e.tensor->cols, channels = e.tensor->rows;
        int64_t lags = options.win_length, frames = options.center ? count : count - lags + 1;
        OtoTensor *tempogram = e.tensor->rank == 2 ? oto_zeros(channels, lags, frames) : oto_zeros(lags, frames);
        if (e.tensor->rank == 2) oto_axis_copy(tempogram, 0, e.tensor, 0);
        oto_name_axis(tempogram, e.tensor->rank - 1, "lag", .unit = "s", .step = 1 / e.frame_rate);
        oto_envelope_time_axis(tempogram, e.tensor->rank, &e);
        oto_set_origin(tempogram, "tempogram", e.tensor);
        for (int64_t channel = 0; channel < channels; channel++)
            fill("oto_tempogram", (float *)e.tensor->data + channel * count, count, &options,
                 (float *)tempogram->data + channel * lags * frames);
        result = oto_keep(tempogram);
    }
    return result;
}

/* ---- by Fourier transform ---- */

OtoTensor *oto_envelope_spectrum(const struct oto_envelope *e, int win_length, OtoWindow window, bool center) {
    OtoTensor *sound = oto_copy(e->tensor);
    sound->sample_rate = e->frame_rate;
    sound->framing = (OtoFraming){};
    if (sound->rank == 2) oto_name_axis(sound, 0, "channels");
    double start = e->tensor->axes[e->tensor->rank - 1].start;
    oto_name_axis(sound, sound->rank - 1, "time", .unit = "s", .start = start, .step = 1 / e->frame_rate);
    return oto_stft(sound, .n_fft = win_length, .hop_length = 1, .window = window, .center = center);
}

OtoTensor *(oto_fourier_tempogram)(OtoTensor *x, OtoTempogram options) {
    const char *operation = "oto_fourier_tempogram";
    OtoTensor *result = NULL;
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of(operation, x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEAN);
        oto_tempogram_check(operation, e.tensor, options.win_length, options.center, 0);
        OtoTensor *S = oto_envelope_spectrum(&e, options.win_length, options.window, options.center);
        oto_name_axis(S, S->rank - 2, "tempo", .unit = "BPM", .step = 60 * e.frame_rate / options.win_length);
        oto_set_origin(S, "fourier tempogram", e.tensor);
        result = oto_keep(S);
    }
    return result;
}
