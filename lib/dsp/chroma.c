#include "lib/dsp/chroma.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/normalise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { CHROMA_MAX = 10000 };

/* How many classes bin k lies above the class that the filters count from; bin 0 has no pitch, and stands 1.5 octaves
 * below bin 1, so that it belongs to no class in particular. */
static double class_of_bin(int k, double sample_rate, int n_fft, int n_chroma, double tuning) {
    double a440 = 440 * exp2(tuning / n_chroma), hz = (k ? k : 1) * sample_rate / n_fft;
    return n_chroma * log2(hz / (a440 / 16)) - (k ? 0 : 1.5 * n_chroma);
}

/* One frequency's shares: bumps around each class, at least one class wide and wider where bins lie further apart. */
static void shares_of_bin(int k, double sample_rate, int n_fft, const OtoChromaFilters *options, double *shares) {
    int n = options->n_chroma;
    double here = class_of_bin(k, sample_rate, n_fft, n, options->tuning);
    double width = k == n_fft - 1 ? 1 : class_of_bin(k + 1, sample_rate, n_fft, n, options->tuning) - here;
    double half = rint(n / 2.0), size = 0, largest = 0;
    if (width < 1) width = 1;
    for (int c = 0; c < n; c++) {
        double distance = fmod(here - c + half + 10 * n, n) - half;
        shares[c] = exp(-0.5 * (2 * distance / width) * (2 * distance / width));
        size += pow(shares[c], options->norm);
        largest = fmax(largest, shares[c]);
    }
    double octave = (here / n - options->ctroct) / options->octwidth;
    double weight = options->octwidth > 0 ? exp(-0.5 * octave * octave) : 1;
    if (options->norm > 0) weight /= isinf(options->norm) ? largest : pow(size, 1 / options->norm);
    for (int c = 0; c < n; c++) shares[c] *= weight;
}

OtoTensor *(oto_chroma_filters)(double sample_rate, int n_fft, OtoChromaFilters options) {
    const char *operation = "oto_chroma_filters";
    oto_check_range(operation, "sample_rate", sample_rate, 1, 10e6);
    oto_check_range(operation, "n_fft", n_fft, 1, 1 << 24);
    oto_check_range(operation, "n_chroma", options.n_chroma, 1, CHROMA_MAX);
    oto_check_range(operation, "tuning", options.tuning, -1e4, 1e4);
    oto_check_range(operation, "ctroct", options.ctroct, -100, 100);
    oto_check_range(operation, "octwidth", options.octwidth, 0, 1e4);
    oto_check_norm(operation, options.norm);
    int bins = n_fft / 2 + 1, n = options.n_chroma, from_a_to_c = options.base_c ? 3 * (n / 12) : 0;
    OtoTensor *filters = oto_zeros(n, bins);
    oto_name_axis(filters, 0, "pitch");
    oto_name_axis(filters, 1, "frequency", .unit = "Hz", .step = sample_rate / n_fft);
    filters->sample_rate = sample_rate;
    oto_set_origin(filters, "chroma filters", NULL);
    double shares[n];
    for (int k = 0; k < bins; k++) {
        shares_of_bin(k, sample_rate, n_fft, &options, shares);
        for (int c = 0; c < n; c++)
            ((float *)filters->data)[(int64_t)((c - from_a_to_c + n) % n) * bins + k] = (float)shares[c];
    }
    return filters;
}

/* ---- of spectra ---- */

struct product {
    const float *filters; /* (n_chroma, bins) */
    int n_chroma, bins;
    float *chroma; /* (channels, n_chroma, frames) */
    int64_t frames;
};

/* One class of a block of frames. */
OTO_VECTORISED static void weighted_sum(float *restrict sum, const float *restrict filter, const float *restrict power,
                                        int bins) {
    float even[OTO_LANES] = {}, odd[OTO_LANES] = {};
    int k = 0;
    for (; k + 1 < bins; k += 2)
        for (int lane = 0; lane < OTO_LANES; lane++) {
            even[lane] += filter[k] * power[k * OTO_LANES + lane];
            odd[lane] += filter[k + 1] * power[(k + 1) * OTO_LANES + lane];
        }
    for (int lane = 0; lane < OTO_LANES; lane++)
        sum[lane] = even[lane] + odd[lane] + (k < bins ? filter[k] * power[k * OTO_LANES + lane] : 0);
}

static void multiply(const OtoBlock *block, void *context) {
    const struct product *product = context;
    for (int c = 0; c < product->n_chroma; c++) {
        float sum[OTO_LANES];
        weighted_sum(sum, product->filters + (int64_t)c * product->bins, block->power, product->bins);
        float *to = product->chroma + (block->channel * product->n_chroma + c) * product->frames + block->first;
        memcpy(to, sum, (size_t)block->count * sizeof *sum);
    }
}

OtoTensor *(oto_chroma_stft)(OtoTensor *x, OtoChromaStft options) {
    const char *operation = "oto_chroma_stft";
    oto_check_norm(operation, options.norm);
    oto_check_range(operation, "n_chroma", options.n_chroma, 1, CHROMA_MAX);
    OtoTensor *chroma = NULL;
    oto_scope {
        OtoSource source = oto_source(operation, "x", x, OTO_STFT_OF(options), 2);
        oto_need_finite(operation, "x", x);
        int n_fft = source.is_sound ? source.analysis.framing.n_fft : 2 * (source.bins - 1);
        if (!source.is_sound && x->framing.n_fft / 2 + 1 == source.bins) n_fft = x->framing.n_fft;
        double tuning = options.tuning;
        if (isnan(tuning)) {
            OtoTensor *power = source.is_sound            ? oto_power((oto_stft)(x, OTO_STFT_OF(options)))
                               : x->type == OTO_COMPLEX64 ? oto_power(x)
                                                          : x;
            tuning = oto_estimate_tuning(power, .bins_per_octave = options.n_chroma);
        }
        OtoTensor *filters =
            oto_chroma_filters(x->sample_rate, n_fft, .n_chroma = options.n_chroma, .tuning = tuning,
                               .ctroct = options.ctroct, .octwidth = options.octwidth, .base_c = options.base_c);
        chroma = oto_source_result(&source, options.n_chroma, "chroma");
        oto_name_axis(chroma, chroma->rank - 2, "pitch");
        struct product product = {.filters = filters->data,
                                  .n_chroma = options.n_chroma,
                                  .bins = source.bins,
                                  .chroma = chroma->data,
                                  .frames = source.frames};
        oto_source_visit(&source, multiply, &product);
        for (int64_t channel = 0; channel < source.channels; channel++)
            oto_normalise_columns((float *)chroma->data + channel * options.n_chroma * source.frames, options.n_chroma,
                                  source.frames, options.norm);
        oto_keep(chroma);
    }
    return chroma;
}
