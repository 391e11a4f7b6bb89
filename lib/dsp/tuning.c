#include "lib/dsp/tuning.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/stft.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The top of the parabola through three neighbouring values, the middle one at 0: where it lies, or 0 when that is not
 * between the neighbours. */
static float parabola_top(float before, float here, float after) {
    float curvature = after + before - 2 * here, slope = (after - before) / 2;
    return fabsf(slope) >= fabsf(curvature) ? 0 : -slope / curvature;
}

/* One channel's (bins, frames) spectrogram: column after column would jump through memory, so rows are gone through and
 * each column keeps its maximum. */
static void column_maxima(const float *S, int64_t bins, int64_t frames, float *maxima) {
    memcpy(maxima, S, (size_t)frames * sizeof *maxima);
    for (int64_t k = 1; k < bins; k++)
        for (int64_t t = 0; t < frames; t++)
            if (S[k * frames + t] > maxima[t]) maxima[t] = S[k * frames + t];
}

struct peak {
    int64_t at; /* element of the spectrogram */
    float hz, height;
};
struct peaks {
    struct peak *list;
    int64_t count, room;
};

static void add_peak(const char *operation, struct peaks *peaks, struct peak peak) {
    if (peaks->count == peaks->room) {
        peaks->room = peaks->room ? 2 * peaks->room : 1024;
        struct peak *list = realloc(peaks->list, (size_t)peaks->room * sizeof *list);
        if (!list) oto_refuse(operation, "no memory for %lld peaks", (long long)peaks->room);
        peaks->list = list;
    }
    peaks->list[peaks->count++] = peak;
}

/* The peaks of row k of a channel, given the neighbours' rows: larger than the one before and no smaller than the one
 * after, where what lies below `least` counts as nothing. There is nothing after the last row. */
static void find_in_row(const char *operation, struct peaks *peaks, OtoTensor *S, int64_t at, bool last, int64_t k,
                        const float *least) {
    int64_t frames = S->cols;
    double hz_per_bin = S->axes[S->rank - 2].step;
    const float *here = (float *)S->data + at, *before = here - frames, *after = here + frames;
    for (int64_t t = 0; t < frames; t++) {
        if (!(here[t] > least[t])) continue;
        float left = before[t] > least[t] ? before[t] : 0, right = last || !(after[t] > least[t]) ? 0 : after[t];
        if (!(here[t] > left) || here[t] < right) continue;
        float shift = last ? 0 : parabola_top(before[t], here[t], after[t]);
        float rise = last ? 0 : 0.5f * shift * (after[t] - before[t]) / 2;
        add_peak(
            operation, peaks,
            (struct peak){.at = at + t, .hz = (float)((k + (double)shift) * hz_per_bin), .height = here[t] + rise});
    }
}

/* All peaks between fmin and fmax, row after row; free the list. */
static struct peaks find_peaks(const char *operation, OtoTensor *S, OtoPiptrack options) {
    struct peaks peaks = {};
    int64_t bins = S->shape[S->rank - 2], channels = S->rank == 3 ? S->shape[0] : 1, frames = S->cols;
    double hz_per_bin = S->axes[S->rank - 2].step, highest = fmin(options.fmax, S->sample_rate / 2);
    oto_scope {
        float *least = oto_zeros(frames)->data;
        for (int64_t channel = 0; channel < channels && !oto_interrupt_pending(); channel++) {
            int64_t first = channel * bins * frames;
            column_maxima((float *)S->data + first, bins, frames, least);
            for (int64_t t = 0; t < frames; t++) least[t] *= (float)options.threshold;
            for (int64_t k = 1; k < bins; k++) {
                double hz = (double)k * hz_per_bin;
                if (hz >= options.fmin && hz < highest)
                    find_in_row(operation, &peaks, S, first + k * frames, k == bins - 1, k, least);
            }
        }
    }
    return peaks;
}

/* The spectrogram that x is, or that options make of it: magnitudes, with the frequency of a bin in Hz. */
static OtoTensor *spectrogram_of(const char *operation, OtoTensor *x, OtoPiptrack options) {
    oto_need(operation, "x", x);
    OtoTensor *S = x;
    bool framed = x->rank >= 2 && !strcmp(x->axes[x->rank - 2].name, "frequency");
    if (!framed) {
        oto_need_audio(operation, "x", x);
        S = oto_magnitude((oto_stft)(x, OTO_STFT_OF(options)));
    } else if (x->type == OTO_COMPLEX64) {
        S = oto_magnitude(x);
    }
    oto_need_float(operation, "x", S);
    if (S->quantity == OTO_DECIBEL)
        oto_refuse(operation, "x is in dB, where a parabola lies elsewhere; oto_db_to_amplitude goes back");
    if (S->rank > 3 || S->shape[S->rank - 2] < 2 || S->axes[S->rank - 2].values)
        oto_refuse(operation, "%s is no spectrogram with evenly spaced frequencies", oto_shape_quoted(S));
    return S;
}

static void check(const char *operation, OtoTensor *S, OtoPiptrack options) {
    oto_check_range(operation, "fmin", options.fmin, 0, 1e9);
    oto_check_range(operation, "fmax", options.fmax, 0, 1e9);
    if (!(options.fmin < options.fmax))
        oto_refuse(operation, "fmin is %g Hz, but must lie below fmax = %g Hz", options.fmin, options.fmax);
    oto_check_range(operation, "threshold", options.threshold, 0, 1e9);
    oto_need_finite(operation, "x", S);
}

OtoPeaks(oto_piptrack)(OtoTensor *x, OtoPiptrack options) {
    OtoPeaks result = {};
    oto_scope {
        OtoTensor *S = spectrogram_of("oto_piptrack", x, options);
        check("oto_piptrack", S, options);
        result.pitches = oto_keep(oto_like(S, OTO_FLOAT32, "pitches"));
        result.pitches->quantity = OTO_FREQUENCY;
        result.magnitudes = oto_keep(oto_like(S, OTO_FLOAT32, "peaks"));
        struct peaks peaks = find_peaks("oto_piptrack", S, options);
        for (int64_t i = 0; i < peaks.count; i++) {
            struct peak *peak = &peaks.list[i];
            ((float *)result.pitches->data)[peak->at] = peak->hz;
            ((float *)result.magnitudes->data)[peak->at] = peak->height;
        }
        free(peaks.list);
    }
    return result;
}

/* The deviation that most of n frequencies > 0 have, in steps of resolution. */
static double most_frequent_deviation(const char *operation, const float *hz, int64_t n, double resolution,
                                      int bins_per_octave) {
    oto_check_range(operation, "resolution", resolution, 1e-6, 1);
    oto_check_range(operation, "bins_per_octave", bins_per_octave, 1, 10000);
    int steps = (int)ceil(1 / resolution), best = 0;
    int64_t *counts = calloc((size_t)steps, sizeof *counts);
    if (!counts) oto_refuse(operation, "no memory for %d steps", steps);
    for (int64_t i = 0; i < n; i++) {
        float octaves = log2f(hz[i] / 27.5f), bins = (float)bins_per_octave * octaves;
        double deviation = (double)(bins - floorf(bins));
        if (deviation >= 0.5) deviation -= 1;
        int step = (int)floor((deviation + 0.5) * steps);
        /* The division may have crossed an edge: step i begins at i / steps - 0.5. */
        while (step > 0 && deviation < (double)step / steps - 0.5) step--;
        while (step < steps - 1 && deviation >= (double)(step + 1) / steps - 0.5) step++;
        counts[step]++;
    }
    for (int step = 1; step < steps; step++)
        if (counts[step] > counts[best]) best = step;
    free(counts);
    return n > 0 ? (double)best / steps - 0.5 : 0;
}

double(oto_pitch_tuning)(OtoTensor *frequencies, OtoPitchTuning options) {
    oto_need_float("oto_pitch_tuning", "frequencies", frequencies);
    double tuning = 0;
    oto_scope {
        float *positive = oto_copy(frequencies)->data;
        int64_t n = 0;
        for (int64_t i = 0; i < frequencies->size; i++)
            if (positive[i] > 0) positive[n++] = positive[i];
        tuning = most_frequent_deviation("oto_pitch_tuning", positive, n, options.resolution, options.bins_per_octave);
    }
    return tuning;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The median height of peaks, with room for as many numbers. */
static float median_height(const struct peaks *peaks, float *room) {
    int64_t n = peaks->count;
    for (int64_t i = 0; i < n; i++) room[i] = peaks->list[i].height;
    qsort(room, (size_t)n, sizeof *room, ascending);
    return n % 2 ? room[n / 2] : (room[n / 2 - 1] + room[n / 2]) / 2;
}

double(oto_estimate_tuning)(OtoTensor *x, OtoTuning options) {
    const char *operation = "oto_estimate_tuning";
    double tuning = 0;
    oto_scope {
        OtoPiptrack search = OTO_PIPTRACK(.n_fft = options.n_fft);
        OtoTensor *S = spectrogram_of(operation, x, search);
        check(operation, S, search);
        struct peaks peaks = find_peaks(operation, S, search);
        int64_t loud = 0;
        if (peaks.count > 0) {
            float *hz = oto_zeros(peaks.count)->data, median = median_height(&peaks, hz);
            for (int64_t i = 0; i < peaks.count; i++)
                if (peaks.list[i].height >= median) hz[loud++] = peaks.list[i].hz;
            tuning = most_frequent_deviation(operation, hz, loud, options.resolution, options.bins_per_octave);
        }
        free(peaks.list);
    }
    return tuning;
}
