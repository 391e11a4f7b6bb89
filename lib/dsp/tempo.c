#include "lib/dsp/autocorrelation.h"
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

/* The best lag of a column of the tempogram, whose values lie stride apart; of equal ones the shortest. Where the
 * tempogram is negative there is no evidence. */
static int64_t best_lag(const double *prior, int64_t lags, const float *column, int64_t stride) {
    int64_t best = 0;
    double highest = -INFINITY;
    for (int64_t lag = 0; lag < lags; lag++) {
        double strength = (double)column[lag * stride];
        double score = log1p(1e6 * (strength > 0 ? strength : 0)) + prior[lag];
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
static float *mean_tempogram(const char *operation, const float *x, int64_t count, int win_length) {
    struct oto_tempogram_frames f = oto_tempogram_frames_of(operation, x, count, win_length, OTO_HANN, true);
    int64_t pieces = (f.frames + f.grain - 1) / f.grain;
    double *sums = calloc((size_t)(pieces * f.bins), sizeof *sums);
    if (!sums) oto_refuse(operation, "no memory for %" PRId64 " spectra", pieces);
    oto_parallel(f.frames, f.grain, mean_piece, &(struct mean){.frames = &f, .sums = sums});
    float *mean = oto_transform_reals(operation, f.n_fft);
    float _Complex *power = oto_tempogram_spectrum(&f, 0);
    for (int k = 0; k <= f.n_fft / 2; k++) {
        double sum = 0;
        for (int64_t piece = 0; piece < pieces; piece++) sum += sums[piece * f.bins + k];
        power[k] = (float)(sum / (double)f.frames / f.n_fft);
    }
    oto_transform_run(operation, OTO_REAL_BACKWARD, f.n_fft, power, mean);
    free(sums);
    oto_tempogram_frames_free(&f);
    return mean;
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
        float *mean = mean_tempogram(operation, e->tensor->data, e->tensor->cols, (int)lags);
        best = best_lag(prior, lags, mean, 1);
        oto_transform_release(mean);
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

OtoTensor *(oto_tempo_over_time)(OtoTensor *x, OtoTempoEstimate options) {
    const char *operation = "oto_tempo_over_time";
    check(operation, &options);
    OtoTensor *result = NULL;
    oto_scope {
        double frame_rate;
        OtoTensor *tempogram = x;
        if (!is_tempogram(operation, x, &frame_rate)) {
            struct oto_envelope e =
                oto_envelope_of(operation, x, options.sample_rate, options.hop_length, OTO_AGGREGATE_MEAN);
            oto_need_mono_envelope(operation, &e);
            int64_t lags = win_length_of(operation, &e, options.ac_size);
            tempogram = oto_tempogram(e.tensor, .win_length = (int)lags, .hop_length = e.hop_length,
                                      .sample_rate = e.sample_rate);
            frame_rate = e.frame_rate;
        }
        int64_t lags = tempogram->rows, frames = tempogram->cols;
        OtoTensor *tempi = oto_zeros(frames);
        oto_axis_copy(tempi, 0, tempogram, 1);
        double *prior = prior_of(operation, lags, frame_rate, &options);
        for (int64_t t = 0; t < frames && !oto_interrupt_pending(); t++)
            ((float *)tempi->data)[t] =
                (float)bpm_of(best_lag(prior, lags, (float *)tempogram->data + t, frames), frame_rate);
        free(prior);
        tempi->sample_rate = tempogram->sample_rate;
        tempi->framing = tempogram->framing;
        oto_set_origin(tempi, "tempo", tempogram);
        result = oto_keep(tempi);
    }
    return result;
}
