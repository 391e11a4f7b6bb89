#include "lib/dsp/autocorrelation.h"
#include "lib/dsp/dot.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/tempogram.h"
#include "lib/dsp/tempogram_frames.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *operation, const OtoTempoEstimate *o) {
    oto_check_aggregate(operation, o->aggregate);
    oto_check_range(operation, "start_bpm", o->start_bpm, 1e-3, 1e6);
    oto_check_range(operation, "std_bpm", o->std_bpm, 1e-6, 1e6);
    oto_check_range(operation, "max_tempo", o->max_tempo, 0, 1e9);
    oto_check_range(operation, "ac_size", o->ac_size, 1e-3, 1e6);
}

static double bpm_of(int64_t lag, double frame_rate) {
    return 60 * frame_rate / (double)lag;
}

/* The logarithm of how likely each lag is before anything was heard; -INFINITY: not at all. Allocated. */
static double *prior_of(const char *operation, int64_t lags, double frame_rate, const OtoTempoEstimate *o) {
    double *prior = malloc((size_t)(lags ? lags : 1) * sizeof *prior);
    if (!prior) oto_refuse(operation, "no memory for %" PRId64 " lags", lags);
    bool some = !(o->max_tempo > 0) || (lags > 1 && bpm_of(lags - 1, frame_rate) < o->max_tempo);
    for (int64_t lag = 0; lag < lags; lag++) {
        double bpm = lag ? bpm_of(lag, frame_rate) : INFINITY;
        double octaves = (log2(bpm) - log2(o->start_bpm)) / o->std_bpm;
        prior[lag] = o->prior && lag ? o->prior(bpm) : -0.5 * octaves * octaves;
        if (some && o->max_tempo > 0 && bpm >= o->max_tempo) prior[lag] = -INFINITY;
    }
    return prior;
}

/* Where the tempogram is negative there is no evidence. */
static double score_of(double strength, double prior) {
    return log1p(1e6 * (strength > 0 ? strength : 0)) + prior;
}

/* The best lag of a column of the tempogram, whose values lie stride apart; of equal ones the shortest. */
static int64_t best_lag(const double *prior, int64_t lags, const float *column, int64_t stride) {
    int64_t best = 0;
    double highest = -INFINITY;
    for (int64_t lag = 0; lag < lags; lag++) {
        double score = score_of((double)column[lag * stride], prior[lag]);
        if (score > highest) {
            highest = score;
            best = lag;
        }
    }
    return best;
}

/* ---- close decisions ----
 * What comes from a transform in float is off by up to a millionth of the value at lag 0, and the score sees
 * millionths: where nothing repeats, rounding would choose the tempo. So the lags that may be the best within that
 * error are worked out again, by the definition and in double. */

static const double TRANSFORM_ERROR = 1e-6;

/* The envelope over the frames from ... to - 1, and their energies. */
struct exact {
    int64_t lags, from, to;
    double *x, *window;      /* padded; of `lags` numbers */
    double *product, *bells; /* x[m] x[m + lag], window[n] window[n + lag] */
    double *energy;          /* by frame */
};

/* The autocorrelation of frame t at the lag for which products were prepared. */
static double correlation(const struct exact *e, int64_t t, int64_t lag) {
    return oto_dot(e->product + t, e->bells, e->lags - lag);
}

/* False when all products are 0. */
static bool prepare(const struct exact *e, int64_t lag) {
    bool some = false;
    for (int64_t m = e->from; m < e->to + e->lags - lag; m++) {
        e->product[m] = e->x[m] * e->x[m + lag];
        some = some || e->product[m] != 0;
    }
    for (int64_t n = 0; n < e->lags - lag; n++) e->bells[n] = e->window[n] * e->window[n + lag];
    return some;
}

/* The mean over the frames of the autocorrelation at a lag, that at lag 0 being 1. */
static double exact_mean(const struct exact *e, int64_t lag) {
    double sum = 0;
    if (!prepare(e, lag)) return 0;
    for (int64_t t = e->from; t < e->to; t++)
        if (e->energy[t] > 0) sum += correlation(e, t, lag) / e->energy[t];
    return sum / (double)(e->to - e->from);
}

static struct exact exact_of(const char *operation, const struct oto_tempogram_frames *f) {
    int64_t lags = f->win_length, room = f->frames + lags;
    struct exact e = {
        .lags = lags, .to = f->frames, .x = malloc((size_t)(2 * room + 2 * lags + f->frames) * sizeof(double))};
    if (!e.x) oto_refuse(operation, "no memory for %" PRId64 " frames", f->frames);
    e.product = e.x + room;
    e.window = e.product + room;
    e.bells = e.window + lags;
    e.energy = e.bells + lags;
    for (int64_t m = 0; m < f->frames + lags - 1; m++) e.x[m] = (double)f->padded[m];
    for (int64_t n = 0; n < lags; n++) e.window[n] = 0.5 - 0.5 * cos(2 * M_PI * (double)n / (double)lags);
    e.x[f->frames + lags - 1] = 0;
    prepare(&e, 0);
    for (int64_t t = 0; t < f->frames; t++) e.energy[t] = correlation(&e, t, 0);
    return e;
}

/* best_lag of a column that is the mean over the frames of e. */
static int64_t best_lag_surely(const double *prior, const float *column, int64_t stride, const struct exact *e) {
    double certain = -INFINITY, highest = -INFINITY;
    int64_t best = 0;
    for (int64_t lag = 0; lag < e->lags; lag++)
        certain = fmax(certain, score_of((double)column[lag * stride] - TRANSFORM_ERROR, prior[lag]));
    for (int64_t lag = 0; lag < e->lags; lag++) {
        if (isinf(prior[lag]) || score_of((double)column[lag * stride] + TRANSFORM_ERROR, prior[lag]) < certain)
            continue;
        if (oto_interrupt_pending()) break;
        double score = score_of(exact_mean(e, lag), prior[lag]);
        if (score > highest) {
            highest = score;
            best = lag;
        }
    }
    return best;
}

/* ---- the mean over time without the tempogram ----
 * A column is the inverse transform of |X|^2, divided by its value at lag 0. Transforms are linear, so the mean of all
 * columns is the inverse transform of the mean of |X|^2 / energy: one inverse transform instead of one a frame. */

struct mean {
    const struct oto_tempogram_frames *frames;
    double *sums; /* of |X|^2 / energy: bins for each piece */
};

OTO_VECTORISED static void add_power(double *restrict sum, const float *restrict X, double scale, int bins) {
    for (int k = 0; k < bins; k++) {
        double re = (double)X[2 * k], im = (double)X[2 * k + 1];
        sum[k] += (re * re + im * im) * scale;
    }
}

static void mean_piece(int64_t from, int64_t to, void *context) {
    struct mean *mean = context;
    const struct oto_tempogram_frames *f = mean->frames;
    double *sum = mean->sums + from / f->grain * f->bins;
    for (int64_t t = from; t < to; t++) {
        if ((t - from) % 1024 == 1023 && oto_interrupt_pending()) return;
        double energy = oto_tempogram_transform(f, t);
        if (energy > 0) add_power(sum, (float *)oto_tempogram_spectrum(f, t), 1 / energy, f->n_fft / 2 + 1);
    }
}

/* The mean tempogram (lag win_length) of one channel, allocated by oto_transform_reals. */
static float *mean_tempogram(const char *operation, const struct oto_tempogram_frames *f) {
    int64_t pieces = (f->frames + f->grain - 1) / f->grain;
    double *sums = calloc((size_t)(pieces * f->bins), sizeof *sums);
    if (!sums) oto_refuse(operation, "no memory for %" PRId64 " spectra", pieces);
    oto_parallel(f->frames, f->grain, mean_piece, &(struct mean){.frames = f, .sums = sums});
    float *mean = oto_transform_reals(operation, f->n_fft);
    float _Complex *power = oto_tempogram_spectrum(f, 0);
    for (int k = 0; k <= f->n_fft / 2; k++) {
        double sum = 0;
        for (int64_t piece = 0; piece < pieces; piece++) sum += sums[piece * f->bins + k];
        power[k] = (float)(sum / (double)f->frames / f->n_fft);
    }
    oto_transform_run(operation, OTO_REAL_BACKWARD, f->n_fft, power, mean);
    free(sums);
    return mean;
}

static int64_t best_mean_lag(const char *operation, OtoTensor *envelope, int win_length, const double *prior) {
    struct oto_tempogram_frames f =
        oto_tempogram_frames_of(operation, envelope->data, envelope->cols, win_length, OTO_HANN, true);
    float *mean = mean_tempogram(operation, &f);
    struct exact exact = exact_of(operation, &f);
    int64_t best = best_lag_surely(prior, mean, 1, &exact);
    free(exact.x);
    oto_transform_release(mean);
    oto_tempogram_frames_free(&f);
    return best;
}

static int64_t win_length_of(const char *operation, const struct oto_envelope *e, double ac_size) {
    int64_t lags = (int64_t)(ac_size * e->sample_rate) / e->hop_length;
    if (lags < 2)
        oto_refuse(operation, "ac_size is %g s, which is fewer than two frames of %g s; use a larger one", ac_size,
                   1 / e->frame_rate);
    oto_tempogram_check(operation, e->tensor, lags, true, 0);
    return lags;
}

double oto_tempo_of_envelope(const char *operation, const struct oto_envelope *e, OtoTempoEstimate options) {
    check(operation, &options);
    int64_t lags = win_length_of(operation, e, options.ac_size);
    double *prior = prior_of(operation, lags, e->frame_rate, &options);
    int64_t best = 0;
    if (options.aggregate == OTO_AGGREGATE_MEAN) {
        best = best_mean_lag(operation, e->tensor, (int)lags, prior);
    } else {
        oto_scope {
            OtoTensor *tempogram = oto_tempogram(e->tensor, .win_length = (int)lags, .hop_length = e->hop_length);
            float *aggregated = tempogram->data;
            for (int64_t lag = 0; lag < lags; lag++)
                aggregated[lag * tempogram->cols] =
                    oto_aggregate(options.aggregate, aggregated + lag * tempogram->cols, tempogram->cols);
            best = best_lag(prior, lags, aggregated, tempogram->cols);
        }
    }
    free(prior);
    return best ? bpm_of(best, e->frame_rate) : INFINITY;
}

/* Whether x is a tempogram; its frame rate then. */
static bool is_tempogram(const char *operation, OtoTensor *x, double *frame_rate) {
    oto_need_float(operation, "x", x);
    if (x->rank < 2 || strcmp(x->axes[x->rank - 2].name, "lag")) return false;
    if (x->rank > 2) oto_refuse(operation, "x is %s; oto_row takes one channel", oto_shape_quoted(x));
    oto_need_no_nan(operation, "x", x);
    *frame_rate = 1 / x->axes[0].step;
    return true;
}

double(oto_tempo)(OtoTensor *x, OtoTempoEstimate options) {
    double frame_rate, bpm = 0;
    if (is_tempogram("oto_tempo", x, &frame_rate)) {
        check("oto_tempo", &options);
        float *mean = malloc((size_t)(x->rows + x->cols + 1) * sizeof *mean), *row = mean ? mean + x->rows : NULL;
        if (!mean) oto_refuse("oto_tempo", "no memory for %" PRId64 " lags", x->rows);
        for (int64_t lag = 0; lag < x->rows && x->cols; lag++) {
            memcpy(row, (float *)x->data + lag * x->cols, (size_t)x->cols * sizeof *row);
            mean[lag] = oto_aggregate(options.aggregate, row, x->cols);
        }
        double *prior = prior_of("oto_tempo", x->rows, frame_rate, &options);
        bpm = bpm_of(best_lag(prior, x->rows, mean, 1), frame_rate);
        free(prior);
        free(mean);
        return bpm;
    }
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of("oto_tempo", x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEAN);
        oto_need_mono_envelope("oto_tempo", &e);
        bpm = oto_tempo_of_envelope("oto_tempo", &e, options);
    }
    return bpm;
}

/* The tempo of each frame of a tempogram; e has the frames it was made of, or is NULL when nobody knows them. */
static OtoTensor *tempi_of(const char *operation, OtoTensor *tempogram, double frame_rate, struct exact *e,
                           const OtoTempoEstimate *options) {
    int64_t lags = tempogram->rows, frames = tempogram->cols;
    OtoTensor *tempi = oto_zeros(frames);
    oto_axis_copy(tempi, 0, tempogram, 1);
    double *prior = prior_of(operation, lags, frame_rate, options);
    for (int64_t t = 0; t < frames && !oto_interrupt_pending(); t++) {
        const float *column = (float *)tempogram->data + t;
        if (e) {
            e->from = t;
            e->to = t + 1;
        }
        int64_t best = e ? best_lag_surely(prior, column, frames, e) : best_lag(prior, lags, column, frames);
        ((float *)tempi->data)[t] = (float)bpm_of(best, frame_rate);
    }
    free(prior);
    tempi->sample_rate = tempogram->sample_rate;
    tempi->framing = tempogram->framing;
    oto_set_origin(tempi, "tempo", tempogram);
    return tempi;
}

OtoTensor *(oto_tempo_over_time)(OtoTensor *x, OtoTempoEstimate options) {
    const char *operation = "oto_tempo_over_time";
    check(operation, &options);
    double frame_rate;
    if (is_tempogram(operation, x, &frame_rate)) return tempi_of(operation, x, frame_rate, NULL, &options);
    OtoTensor *result = NULL;
    oto_scope {
        struct oto_envelope e =
            oto_envelope_of(operation, x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEAN);
        oto_need_mono_envelope(operation, &e);
        int win_length = (int)win_length_of(operation, &e, options.ac_size);
        OtoTensor *tempogram =
            oto_tempogram(e.tensor, .win_length = win_length, .hop_length = e.hop_length, .sample_rate = e.sample_rate);
        struct oto_tempogram_frames frames =
            oto_tempogram_frames_of(operation, e.tensor->data, e.tensor->cols, win_length, OTO_HANN, true);
        struct exact exact = exact_of(operation, &frames);
        result = oto_keep(tempi_of(operation, tempogram, e.frame_rate, &exact, &options));
        free(exact.x);
        oto_tempogram_frames_free(&frames);
    }
    return result;
}
