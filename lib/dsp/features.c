#include "lib/dsp/features.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/spectrogram.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>

/* What a feature of one block needs. */
struct feature {
    OtoTensor *result;
    const float *hz; /* of each bin */
    float parameter; /* p, roll_percent, amin or half of power */
    bool norm;
    const float *centroid; /* (channels, time) of bandwidth, or NULL */
    const float *matrix;   /* of poly: (rows, bins) */
    int rows;
};

/* The feature `visit` of x, one number a frame, or feature.rows. */
static OtoTensor *feature_of(const char *operation, const char *origin, OtoTensor *x, OtoStft options, int exponent,
                             void (*visit)(const OtoBlock *, void *), struct feature feature) {
    oto_scope {
        OtoSource source = oto_source(operation, "x", x, options, exponent);
        feature.result = oto_keep(oto_source_result(&source, 0, origin));
        feature.hz = oto_source_frequencies(&source);
        oto_source_visit(&source, visit, &feature);
    }
    return feature.result;
}

/* ---- centroid and bandwidth ---- */

/* sum f S / sum S; 0 where there is nothing. */
OTO_VECTORISED static void centroid_of_block(const OtoBlock *block, void *context) {
    const struct feature *f = context;
    const OtoLanes *S = (const OtoLanes *)block->power;
    OtoLanes total = {}, moment = {};
    for (int k = 0; k < block->bins; k++) {
        total += S[k];
        moment += S[k] * f->hz[k];
    }
    for (int i = 0; i < OTO_LANES; i++) moment[i] = total[i] == 0 ? 0 : moment[i] / total[i];
    oto_block_write(block, f->result, 1, 0, &moment);
}

OtoTensor *(oto_spectral_centroid)(OtoTensor *x, OtoFeature options) {
    oto_check_range("oto_spectral_centroid", "hop_length", options.hop_length, 1, INT32_MAX);
    OtoTensor *result = feature_of("oto_spectral_centroid", "spectral centroid", x, OTO_STFT_OF(options), 1,
                                   centroid_of_block, (struct feature){});
    result->quantity = OTO_FREQUENCY;
    return result;
}

/* |x|^p of each lane. */
OTO_VECTORISED static void power_of_size(float *x, float p) {
    for (int i = 0; i < OTO_LANES; i++) {
        float size = fabsf(x[i]), power = oto_fast_exp2(p * oto_fast_log2(size));
        x[i] = size == 0 ? 0 : power;
    }
}

/* sum S |f - c|^p, with its p-th root taken later. */
OTO_VECTORISED static void bandwidth_of_block(const OtoBlock *block, void *context) {
    const struct feature *f = context;
    const OtoLanes *S = (const OtoLanes *)block->power;
    OtoLanes total = {}, moment = {}, centre = {}, spread = {};
    for (int k = 0; k < block->bins; k++) {
        total += S[k];
        moment += S[k] * f->hz[k];
    }
    for (int i = 0; i < OTO_LANES; i++) centre[i] = total[i] == 0 ? 0 : moment[i] / total[i];
    if (f->centroid)
        for (int i = 0; i < block->count; i++)
            centre[i] = f->centroid[block->channel * f->result->cols + block->first + i];
    for (int k = 0; k < block->bins; k++) {
        OtoLanes away = f->hz[k] - centre;
        if (f->parameter == 2)
            away *= away;
        else
            power_of_size((float *)&away, f->parameter);
        spread += S[k] * away;
    }
    for (int i = 0; i < OTO_LANES; i++) {
        if (f->norm && total[i] != 0) spread[i] /= total[i];
        spread[i] = f->parameter == 2 ? sqrtf(spread[i]) : powf(spread[i], 1 / f->parameter);
    }
    oto_block_write(block, f->result, 1, 0, &spread);
}

OtoTensor *(oto_spectral_bandwidth)(OtoTensor *x, OtoBandwidth options) {
    oto_check_range("oto_spectral_bandwidth", "hop_length", options.hop_length, 1, INT32_MAX);
    oto_check_range("oto_spectral_bandwidth", "p", options.p, 1e-3, 100);
    struct feature feature = {.parameter = (float)options.p, .norm = options.norm};
    OtoTensor *result = NULL;
    oto_scope {
        OtoSource source = oto_source("oto_spectral_bandwidth", "x", x, OTO_STFT_OF(options), 1);
        result = feature.result = oto_keep(oto_source_result(&source, 0, "spectral bandwidth"));
        if (options.centroid) {
            oto_need_float("oto_spectral_bandwidth", "centroid", options.centroid);
            if (options.centroid->size != result->size)
                oto_refuse("oto_spectral_bandwidth", "centroid is %s, but x has frames %s",
                           oto_shape_quoted(options.centroid), oto_shape_quoted(result));
            feature.centroid = options.centroid->data;
        }
        feature.hz = oto_source_frequencies(&source);
        oto_source_visit(&source, bandwidth_of_block, &feature);
    }
    result->quantity = OTO_FREQUENCY;
    return result;
}

/* ---- rolloff ---- */

OTO_VECTORISED static void rolloff_of_block(const OtoBlock *block, void *context) {
    const struct feature *f = context;
    const OtoLanes *S = (const OtoLanes *)block->power;
    OtoLanes total = {}, below = {}, hz = {};
    OtoMask count = {};
    for (int k = 0; k < block->bins; k++) total += S[k];
    total *= f->parameter;
    for (int k = 0; k < block->bins; k++) { /* the sum only grows: how many bins stay below is the index */
        below += S[k];
        count -= below < total;
    }
    for (int i = 0; i < OTO_LANES; i++) {
        int k = count[i];
        hz[i] = f->hz[k < block->bins ? k : block->bins - 1];
    }
    oto_block_write(block, f->result, 1, 0, &hz);
}

OtoTensor *(oto_spectral_rolloff)(OtoTensor *x, OtoRolloff options) {
    oto_check_range("oto_spectral_rolloff", "hop_length", options.hop_length, 1, INT32_MAX);
    if (!(options.roll_percent > 0 && options.roll_percent < 1))
        oto_refuse("oto_spectral_rolloff", "roll_percent is %g, but must lie between 0 and 1", options.roll_percent);
    OtoTensor *result = feature_of("oto_spectral_rolloff", "spectral rolloff", x, OTO_STFT_OF(options), 1,
                                   rolloff_of_block, (struct feature){.parameter = (float)options.roll_percent});
    result->quantity = OTO_FREQUENCY;
    return result;
}

/* ---- flatness ---- */

struct flatness {
    OtoTensor *result;
    float amin, exponent; /* S^exponent is what is compared */
};

/* x^exponent, at least amin, and its logarithm to base 2. */
OTO_VECTORISED static void powers_of(float *restrict power, float *restrict logarithm, const float *restrict x,
                                     int64_t count, float exponent, float amin) {
    if (exponent == 1)
        for (int64_t i = 0; i < count; i++) power[i] = x[i];
    else if (exponent == 2)
        for (int64_t i = 0; i < count; i++) power[i] = x[i] * x[i];
    else
        for (int64_t i = 0; i < count; i++) power[i] = oto_fast_exp2(exponent * oto_fast_log2(x[i]));
    for (int64_t i = 0; i < count; i++) {
        power[i] = power[i] < amin ? amin : power[i];
        logarithm[i] = oto_fast_log2(power[i]);
    }
}

OTO_VECTORISED static void flatness_of_block(const OtoBlock *block, void *context) {
    enum { CHUNK = 64 }; /* frequencies at a time, so that both arrays stay in the nearest cache */
    const struct flatness *f = context;
    OtoLanes power[CHUNK], logarithm[CHUNK], flat = {};
    double sum[OTO_LANES] = {}, logarithms[OTO_LANES] = {}; /* of chunks; a thousand times -33 is too much for floats */
    for (int k = 0; k < block->bins; k += CHUNK) {
        int count = block->bins - k < CHUNK ? block->bins - k : CHUNK;
        powers_of((float *)power, (float *)logarithm, block->power + (int64_t)k * OTO_LANES, (int64_t)count * OTO_LANES,
                  f->exponent, f->amin);
        for (int i = 1; i < count; i++) {
            power[0] += power[i];
            logarithm[0] += logarithm[i];
        }
        for (int i = 0; i < OTO_LANES; i++) {
            sum[i] += (double)power[0][i];
            logarithms[i] += (double)logarithm[0][i];
        }
    }
    for (int i = 0; i < OTO_LANES; i++) flat[i] = (float)(exp2(logarithms[i] / block->bins) / (sum[i] / block->bins));
    oto_block_write(block, f->result, 1, 0, &flat);
}

OtoTensor *(oto_spectral_flatness)(OtoTensor *x, OtoFlatness options) {
    oto_check_range("oto_spectral_flatness", "hop_length", options.hop_length, 1, INT32_MAX);
    oto_check_range("oto_spectral_flatness", "amin", options.amin, 1e-37, 1e37);
    oto_check_range("oto_spectral_flatness", "power", options.power, 1e-3, 100);
    struct flatness f = {.amin = (float)options.amin, .exponent = (float)options.power};
    oto_scope {
        bool root_needed = options.power != 2;
        OtoSource source = oto_source("oto_spectral_flatness", "x", x, OTO_STFT_OF(options), root_needed ? 1 : 2);
        if (source.exponent == 2) f.exponent = 1;
        f.result = oto_keep(oto_source_result(&source, 0, "spectral flatness"));
        oto_source_visit(&source, flatness_of_block, &f);
    }
    return f.result;
}

/* ---- polynomial ---- */

/* The matrix (order + 1, bins) that turns a spectrum into the coefficients of its polynomial, highest power first: the
 * pseudo-inverse of the powers of f, by Gram and Schmidt. Powers are of f / top, which stays within [0, 1]. */
static OtoTensor *fitting_matrix(const float *hz, int bins, int order) {
    int n = order + 1;
    double top = (double)hz[bins - 1] > 0 ? (double)hz[bins - 1] : 1, r[16][16] = {}, inverse[16][16] = {};
    OtoTensor *matrix = oto_zeros(n, bins);
    oto_scope {
        /* doubles in the room of int64 */
        double *q = oto_zeros_of(OTO_INT64, 2, (long long[]){n, bins})->data;
        for (int j = 0; j < n; j++) {
            double *column = q + (int64_t)j * bins;
            for (int k = 0; k < bins; k++) column[k] = pow((double)hz[k] / top, j);
            for (int i = 0; i < j; i++) {
                const double *before = q + (int64_t)i * bins;
                for (int k = 0; k < bins; k++) r[i][j] += before[k] * column[k];
                for (int k = 0; k < bins; k++) column[k] -= r[i][j] * before[k];
            }
            double square = 0;
            for (int k = 0; k < bins; k++) square += column[k] * column[k];
            r[j][j] = sqrt(square);
            for (int k = 0; k < bins; k++) column[k] /= r[j][j];
        }
        for (int j = 0; j < n; j++) { /* r is triangular */
            inverse[j][j] = 1 / r[j][j];
            for (int i = j - 1; i >= 0; i--) {
                double sum = 0;
                for (int m = i + 1; m <= j; m++) sum += r[i][m] * inverse[m][j];
                inverse[i][j] = -sum / r[i][i];
            }
        }
        for (int i = 0; i < n; i++)
            for (int k = 0; k < bins; k++) {
                double sum = 0;
                for (int j = i; j < n; j++) sum += inverse[i][j] * q[(int64_t)j * bins + k];
                ((float *)matrix->data)[(int64_t)(order - i) * bins + k] = (float)(sum / pow(top, i));
            }
    }
    return matrix;
}

OTO_VECTORISED static void polynomial_of_block(const OtoBlock *block, void *context) {
    const struct feature *f = context;
    const OtoLanes *S = (const OtoLanes *)block->power;
    for (int row = 0; row < f->rows; row++) {
        const float *weights = f->matrix + (int64_t)row * block->bins;
        OtoLanes sum = {}, odd = {};
        int k = 0;
        for (; k + 1 < block->bins; k += 2) {
            sum += S[k] * weights[k];
            odd += S[k + 1] * weights[k + 1];
        }
        if (k < block->bins) sum += S[k] * weights[k];
        sum += odd;
        oto_block_write(block, f->result, f->rows, row, &sum);
    }
}

OtoTensor *(oto_poly_features)(OtoTensor *x, OtoPoly options) {
    oto_check_range("oto_poly_features", "hop_length", options.hop_length, 1, INT32_MAX);
    oto_check_range("oto_poly_features", "order", options.order, 0, 15);
    struct feature feature = {.rows = options.order + 1};
    oto_scope {
        OtoSource source = oto_source("oto_poly_features", "x", x, OTO_STFT_OF(options), 1);
        if (options.order >= source.bins)
            oto_refuse("oto_poly_features", "order is %d, but must be below the number of frequencies, %d",
                       options.order, source.bins);
        feature.result = oto_keep(oto_source_result(&source, feature.rows, "polynomial"));
        oto_name_axis(feature.result, feature.result->rank - 2, "coefficient");
        feature.matrix = fitting_matrix(oto_source_frequencies(&source), source.bins, options.order)->data;
        oto_source_visit(&source, polynomial_of_block, &feature);
    }
    return feature.result;
}

/* ---- flux ---- */

struct rises {
    const float *S; /* (channels, bins, time) */
    float *flux;    /* (channels, time) */
    int64_t bins, time;
    int lag;
};

OTO_VECTORISED static void add_rises(float *restrict flux, const float *restrict now, const float *restrict before,
                                     int64_t count) {
    for (int64_t t = 0; t < count; t++) flux[t] += now[t] > before[t] ? now[t] - before[t] : 0;
}

/* Frames from ... to - 1, counted through all channels. */
static void rise(int64_t from, int64_t to, void *context) {
    const struct rises *r = context;
    while (from < to) {
        int64_t channel = from / r->time, begin = from % r->time;
        int64_t end = to - from < r->time - begin ? begin + to - from : r->time,
                first = begin < r->lag ? r->lag : begin;
        for (int64_t k = 0; k < r->bins && first < end; k++) {
            const float *S = r->S + (channel * r->bins + k) * r->time;
            add_rises(r->flux + channel * r->time + first, S + first, S + first - r->lag, end - first);
        }
        from += end - begin;
    }
}

OtoTensor *(oto_spectral_flux)(OtoTensor *x, OtoFlux options) {
    enum { GRAIN = 512 };
    oto_check_range("oto_spectral_flux", "hop_length", options.hop_length, 1, INT32_MAX);
    OtoTensor *result = NULL;
    oto_scope {
        OtoSource source = oto_source("oto_spectral_flux", "x", x, OTO_STFT_OF(options), 1);
        oto_check_range("oto_spectral_flux", "lag", options.lag, 1, (double)INT32_MAX);
        result = oto_keep(oto_source_result(&source, 0, "spectral flux"));
        OtoTensor *S = x;
        if (source.is_sound)
            S = oto_spectrogram(x, .n_fft = options.n_fft, .win_length = options.win_length,
                                .hop_length = options.hop_length, .window = options.window,
                                .window_parameter = options.window_parameter, .center = options.center,
                                .pad_mode = options.pad_mode);
        else if (x->type == OTO_COMPLEX64)
            S = oto_magnitude(x);
        struct rises rises = {
            .S = S->data, .flux = result->data, .bins = source.bins, .time = source.frames, .lag = options.lag};
        oto_parallel(source.channels * source.frames, GRAIN, rise, &rises);
    }
    return result;
}
