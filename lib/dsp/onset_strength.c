#include "lib/dsp/onset.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/mel.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Frames are worked on in pieces of this many, whose sums stay in the first cache. */
enum { PIECE = 256 };

/* The flux of one spectrogram: everything a piece of its frames needs. */
struct flux {
    const float *S, *ref; /* (band, time) */
    int64_t frames, lag;  /* frame t is compared with frame t - lag of ref */
    int64_t from_band, to_band;
    int64_t delay; /* the difference at t is written to t + delay */
    OtoAggregate aggregate;
    float *strength; /* (time) */
    float *rises;    /* room for the bands of one frame, for each piece */
};

OTO_VECTORISED static void add_rises(float *restrict sum, const float *restrict now, const float *restrict before,
                                     int64_t count) {
    for (int64_t t = 0; t < count; t++) {
        float rise = now[t] - before[t];
        sum[t] += rise > 0 ? rise : 0;
    }
}

static void mean_rises(const struct flux *flux, int64_t from, int64_t to) {
    float *sum = flux->strength + flux->delay;
    for (int64_t band = flux->from_band; band < flux->to_band; band++) {
        const float *now = flux->S + band * flux->frames, *before = flux->ref + band * flux->frames - flux->lag;
        add_rises(sum + from, now + from, before + from, to - from);
    }
    float bands = (float)(flux->to_band - flux->from_band);
    for (int64_t t = from; t < to; t++) sum[t] /= bands;
}

/* Other aggregates need all bands of a frame at once. A median of rises of which more than half are none is 0. */
static void aggregate_rises(const struct flux *flux, int64_t from, int64_t to) {
    int64_t bands = flux->to_band - flux->from_band;
    float *rises = flux->rises + (from - flux->lag) / PIECE * bands;
    for (int64_t t = from; t < to; t++) {
        const float *now = flux->S + flux->from_band * flux->frames + t;
        const float *before = flux->ref + flux->from_band * flux->frames + t - flux->lag;
        int64_t positive = 0;
        for (int64_t band = 0; band < bands; band++) {
            float rise = now[band * flux->frames] - before[band * flux->frames];
            rises[band] = rise > 0 ? rise : 0;
            positive += rise > 0;
        }
        bool none = flux->aggregate == OTO_AGGREGATE_MEDIAN && 2 * positive < bands - 1;
        flux->strength[t + flux->delay] = none ? 0 : oto_aggregate(flux->aggregate, rises, bands);
    }
}

/* Differences lag + from ... lag + to - 1; bodies of oto_parallel count from 0. */
static void flux_piece(int64_t from, int64_t to, void *context) {
    const struct flux *flux = context;
    from += flux->lag;
    to += flux->lag;
    if (flux->aggregate == OTO_AGGREGATE_MEAN)
        mean_rises(flux, from, to);
    else
        aggregate_rises(flux, from, to);
}

/* The maximum over max_size neighbouring bands: bands i - max_size / 2 ... i - max_size / 2 + max_size - 1. */
static void widen(const float *S, float *wide, int64_t bands, int64_t frames, int64_t max_size) {
    for (int64_t band = 0; band < bands; band++) {
        int64_t from = band - max_size / 2, to = from + max_size;
        if (from < 0) from = 0;
        if (to > bands) to = bands;
        float *row = wide + band * frames;
        memcpy(row, S + from * frames, (size_t)frames * sizeof *row);
        for (int64_t other = from + 1; other < to; other++) {
            const float *values = S + other * frames;
            for (int64_t t = 0; t < frames; t++) row[t] = values[t] > row[t] ? values[t] : row[t];
        }
    }
}

static void detrend(float *x, int64_t count) {
    double before = 0, y = 0;
    for (int64_t t = 0; t < count; t++) {
        y = (double)x[t] - before + 0.99 * y;
        before = (double)x[t];
        x[t] = (float)y;
    }
}

static void check(const char *operation, const OtoOnsetStrength *options) {
    oto_check_aggregate(operation, options->aggregate);
    oto_check_range(operation, "lag", options->lag, 1, INT32_MAX);
    oto_check_range(operation, "max_size", options->max_size, 1, INT32_MAX);
    oto_check_range(operation, "hop_length", options->hop_length, 1, INT32_MAX);
    oto_check_range(operation, "n_fft", options->n_fft, 1, 1 << 24);
}

/* The spectrogram in dB that x leads to, or is. */
static OtoTensor *spectrogram_of(const char *operation, OtoTensor *x, OtoOnsetStrength *options) {
    oto_need_float(operation, "x", x);
    if (oto_is_sound(x)) {
        oto_need_finite(operation, "x", x);
        return oto_db(oto_mel(x, .n_fft = options->n_fft, .hop_length = options->hop_length, .n_mels = options->n_mels,
                              .fmin = options->fmin, .fmax = options->fmax));
    }
    if (x->rank < 2 || x->size == 0)
        oto_refuse(operation,
                   "x is %s, neither a sound nor a spectrogram (mel or frequency, time); oto_as_audio makes a sound",
                   oto_shape_quoted(x));
    oto_need_no_nan(operation, "x", x);
    if (x->framing.hop_length) options->hop_length = x->framing.hop_length;
    if (x->framing.n_fft) options->n_fft = x->framing.n_fft;
    return x;
}

/* The borders of the ranges: from options.channels, or 0 and bands; allocated. */
static int64_t *ranges_of(const char *operation, OtoTensor *channels, int64_t bands, int64_t *count) {
    int64_t *borders;
    if (channels) {
        borders = oto_indices_of(operation, "channels", channels, count);
        *count = oto_frames_fix(borders, *count, (OtoFixFrames){.x_max = bands});
    } else if ((borders = malloc(2 * sizeof *borders))) {
        borders[0] = 0;
        borders[1] = bands;
        *count = 2;
    }
    if (!borders) oto_refuse(operation, "no memory for the ranges of bands");
    if (*count < 2) {
        free(borders);
        oto_refuse(operation, "channels has no two different borders within the %" PRId64 " bands", bands);
    }
    return borders;
}

/* (..., range, time), or with only one range wanted (..., time). */
static OtoTensor *new_strength(OtoTensor *S, int64_t ranges, bool ranges_axis) {
    long long shape[OTO_RANK_MAX];
    int outer = S->rank - 2, rank = 0;
    for (; rank < outer; rank++) shape[rank] = S->shape[rank];
    if (ranges_axis) shape[rank++] = ranges;
    shape[rank++] = S->cols;
    OtoTensor *strength = oto_zeros_of(OTO_FLOAT32, rank, shape);
    for (int axis = 0; axis < outer; axis++) oto_axis_copy(strength, axis, S, axis);
    if (ranges_axis) oto_name_axis(strength, outer, "band");
    oto_axis_copy(strength, rank - 1, S, S->rank - 1);
    strength->sample_rate = S->sample_rate;
    strength->framing = S->framing;
    oto_set_origin(strength, "onset strength", S);
    return strength;
}

static OtoTensor *strength_of(const char *operation, OtoTensor *x, OtoOnsetStrength options, bool ranges_axis) {
    check(operation, &options);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *S = spectrogram_of(operation, x, &options), *ref = options.ref ? options.ref : S;
        if (options.ref) oto_need_float(operation, "ref", ref);
        if (ref->rows != S->rows || ref->cols != S->cols || ref->rank != S->rank)
            oto_refuse(operation, "ref is %s, but must have the shape of the spectrogram, %s", oto_shape_quoted(ref),
                       oto_shape_quoted(S));
        int64_t bands = S->shape[S->rank - 2], frames = S->cols, spectrograms = S->rows / bands, ranges;
        if (!options.ref && options.max_size > 1) {
            ref = oto_like(S, OTO_FLOAT32, NULL);
            for (int64_t i = 0; i < spectrograms; i++)
                widen((float *)S->data + i * bands * frames, (float *)ref->data + i * bands * frames, bands, frames,
                      options.max_size);
        }
        int64_t *borders = ranges_of(operation, options.channels, bands, &ranges);
        ranges--;
        float *rises = malloc((size_t)((frames / PIECE + 1) * bands) * sizeof *rises);
        if (!rises) oto_refuse(operation, "no memory for %" PRId64 " bands", bands);
        OtoTensor *strength = new_strength(S, ranges, ranges_axis);
        int64_t delay = options.center ? options.n_fft / (2 * options.hop_length) : 0;
        int64_t differences = frames - options.lag - delay; /* those behind would be written beyond the last frame */
        for (int64_t i = 0; i < spectrograms * ranges; i++) {
            struct flux flux = {.S = (float *)S->data + i / ranges * bands * frames,
                                .ref = (float *)ref->data + i / ranges * bands * frames,
                                .frames = frames,
                                .lag = options.lag,
                                .from_band = borders[i % ranges],
                                .to_band = borders[i % ranges + 1],
                                .delay = delay,
                                .aggregate = options.aggregate,
                                .strength = (float *)strength->data + i * frames,
                                .rises = rises};
            oto_parallel(differences, PIECE, flux_piece, &flux);
            if (options.detrend) detrend(flux.strength, frames);
        }
        free(rises);
        free(borders);
        result = oto_keep(strength);
    }
    return result;
}

OtoTensor *(oto_onset_strength)(OtoTensor *x, OtoOnsetStrength options) {
    options.channels = NULL;
    return strength_of("oto_onset_strength", x, options, false);
}

OtoTensor *(oto_onset_strength_multi)(OtoTensor *x, OtoOnsetStrength options) {
    return strength_of("oto_onset_strength_multi", x, options, true);
}
