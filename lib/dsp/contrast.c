#include "lib/dsp/analysis.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/features.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A band: its bins, and how many of the smallest and largest are averaged. */
struct band {
    int first, count, taken;
};

enum { BANDS_MAX = 64, SIFTED_MAX = 32 };

struct contrast {
    OtoTensor *peak, *valley; /* (band, time) */
    struct band bands[BANDS_MAX];
    int count;
};

/* librosa's bands: an octave each, one bin more at the lower end of all but the first, one less at the upper end of all
 * but the last, which takes everything above. */
static int bands_of(const OtoSource *source, const float *hz, const OtoContrast *o, struct band *bands) {
    int bins = source->bins, count = o->n_bands + 1;
    for (int b = 0; b < count; b++) {
        double low = b == 0 ? 0 : o->fmin * exp2(b - 1), high = o->fmin * exp2(b);
        int first = 0, end = bins;
        while (first < bins && (double)hz[first] < low) first++;
        while (end > first && (double)hz[end - 1] > high) end--;
        if (end == first)
            oto_refuse("oto_spectral_contrast",
                       "no frequency of x lies in band %d, from %g to %g Hz; use a larger n_fft, or another fmin", b,
                       low, high);
        if (b > 0 && first > 0) first--;
        if (b == count - 1) end = bins;
        bands[b] = (struct band){.first = first, .count = end - first};
        double taken = nearbyint(o->quantile * bands[b].count);
        bands[b].taken = taken < 1 ? 1 : (int)taken;
        if (b < count - 1) bands[b].count--;
        if (bands[b].count < 1)
            oto_refuse("oto_spectral_contrast", "band %d, from %g to %g Hz, has a single frequency; use a larger n_fft",
                       b, low, high);
        if (bands[b].taken > bands[b].count) bands[b].taken = bands[b].count;
    }
    return count;
}

/* The means of the `taken` smallest and largest magnitudes of a band, all lanes at once: each number sinks through a
 * short sorted list of those so far. */
OTO_VECTORISED static void sift(const OtoLanes *S, struct band band, OtoLanes *valley, OtoLanes *peak) {
    OtoLanes smallest[SIFTED_MAX], largest[SIFTED_MAX];
    for (int j = 0; j < band.taken; j++) {
        smallest[j] = (OtoLanes){} + INFINITY;
        largest[j] = (OtoLanes){} - INFINITY;
    }
    for (int k = band.first; k < band.first + band.count; k++) {
        OtoLanes low = S[k], high = S[k];
        for (int j = 0; j < band.taken; j++) {
            OtoLanes a = smallest[j], b = largest[j];
            OtoMask smaller = low<a, larger = high> b;
            smallest[j] = OTO_CHOOSE(smaller, low, a);
            low = OTO_CHOOSE(smaller, a, low);
            largest[j] = OTO_CHOOSE(larger, high, b);
            high = OTO_CHOOSE(larger, b, high);
        }
    }
    *valley = *peak = (OtoLanes){};
    for (int j = 0; j < band.taken; j++) {
        *valley += smallest[j];
        *peak += largest[j];
    }
    *valley /= (float)band.taken;
    *peak /= (float)band.taken;
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The same by sorting, for bands of which much is taken. */
static bool sort(const OtoLanes *S, struct band band, int lanes, OtoLanes *valley, OtoLanes *peak) {
    float *sorted = malloc((size_t)band.count * sizeof *sorted);
    if (!sorted) return false;
    for (int i = 0; i < lanes; i++) {
        for (int k = 0; k < band.count; k++) sorted[k] = S[band.first + k][i];
        qsort(sorted, (size_t)band.count, sizeof *sorted, ascending);
        double low = 0, high = 0;
        for (int j = 0; j < band.taken; j++) {
            low += (double)sorted[j];
            high += (double)sorted[band.count - 1 - j];
        }
        (*valley)[i] = (float)(low / band.taken);
        (*peak)[i] = (float)(high / band.taken);
    }
    free(sorted);
    return true;
}

static void contrast_of_block(const OtoBlock *block, void *context) {
    const struct contrast *c = context;
    const OtoLanes *S = (const OtoLanes *)block->power;
    for (int b = 0; b < c->count; b++) {
        OtoLanes valley = {}, peak = {};
        if (c->bands[b].taken <= SIFTED_MAX)
            sift(S, c->bands[b], &valley, &peak);
        else if (!sort(S, c->bands[b], block->count, &valley, &peak))
            peak = valley = (OtoLanes){} + NAN;
        oto_block_write(block, c->valley, c->count, b, &valley);
        oto_block_write(block, c->peak, c->count, b, &peak);
    }
}

OtoTensor *(oto_spectral_contrast)(OtoTensor *x, OtoContrast options) {
    oto_check_range("oto_spectral_contrast", "hop_length", options.hop_length, 1, INT32_MAX);
    oto_check_range("oto_spectral_contrast", "n_bands", options.n_bands, 1, BANDS_MAX - 1);
    if (!(options.quantile > 0 && options.quantile < 1))
        oto_refuse("oto_spectral_contrast", "quantile is %g, but must lie between 0 and 1", options.quantile);
    if (!(options.fmin > 0)) oto_refuse("oto_spectral_contrast", "fmin is %g Hz, but must be positive", options.fmin);
    OtoTensor *result = NULL;
    oto_scope {
        OtoSource source = oto_source("oto_spectral_contrast", "x", x, OTO_STFT_OF(options), 1);
        if (x->sample_rate > 0 && options.fmin * exp2(options.n_bands - 1) >= x->sample_rate / 2)
            oto_refuse(
                "oto_spectral_contrast",
                "band %d begins at %g Hz, but must begin below half the sample rate, %g Hz; use fewer n_bands or "
                "a lower fmin",
                options.n_bands, options.fmin * exp2(options.n_bands - 1), x->sample_rate / 2);
        struct contrast c = {.peak = oto_source_result(&source, options.n_bands + 1, NULL),
                             .valley = oto_source_result(&source, options.n_bands + 1, NULL)};
        c.count = bands_of(&source, oto_source_frequencies(&source), &options, c.bands);
        oto_source_visit(&source, contrast_of_block, &c);
        if (!options.linear) {
            c.peak->quantity = c.valley->quantity = OTO_POWER; /* as librosa: 10 log10, though they are magnitudes */
            c.peak = oto_db(c.peak);
            c.valley = oto_db(c.valley);
        }
        result = oto_keep(oto_sub(c.peak, c.valley));
        oto_set_origin(result, "spectral contrast", x);
    }
    oto_name_axis(result, result->rank - 2, "band");
    result->quantity = options.linear ? OTO_AMPLITUDE : OTO_DECIBEL;
    return result;
}
