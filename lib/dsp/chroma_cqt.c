#include "lib/dsp/chroma.h"
#include "lib/dsp/constant_q.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/normalise.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The magnitudes of the bins that x is, or that options make of it. */
static OtoTensor *magnitudes_of(const char *operation, OtoTensor *x, OtoChromaCqt *options) {
    oto_need(operation, "x", x);
    oto_check_range(operation, "n_chroma", options->n_chroma, 1, 10000);
    oto_check_range(operation, "n_octaves", options->n_octaves, 1, 30);
    if (options->bins_per_octave == 0) options->bins_per_octave = options->n_chroma;
    if (options->bins_per_octave < 1 || options->bins_per_octave % options->n_chroma)
        oto_refuse(operation, "bins_per_octave is %d, but must be a multiple of n_chroma = %d",
                   options->bins_per_octave, options->n_chroma);
    bool framed = x->rank >= 2 && !strcmp(x->axes[x->rank - 2].name, "frequency");
    if (framed && x->type == OTO_COMPLEX64) return oto_magnitude(x);
    if (framed) {
        oto_need_float(operation, "x", x);
        return x;
    }
    return oto_magnitude(oto_cqt(x, .hop_length = options->hop_length, .fmin = options->fmin,
                                 .n_bins = options->n_octaves * options->bins_per_octave,
                                 .bins_per_octave = options->bins_per_octave, .tuning = options->tuning));
}

/* The class that bin k is nearest to, counted from C. */
static int class_of_bin(int k, double fmin, const OtoChromaCqt *options) {
    int merged = options->bins_per_octave / options->n_chroma;
    double semitones = 12 * log2(fmin / 440) + 69;
    int first = (int)rint(fmod(semitones, 12) * options->n_chroma / 12);
    return (int)(((k + merged / 2) % options->bins_per_octave / merged + first) % options->n_chroma);
}

/* Sums of C over the octaves, before they are normalised. */
static OtoTensor *folded(const char *operation, OtoTensor *C, OtoTensor *x, const OtoChromaCqt *options) {
    int64_t bins = C->shape[C->rank - 2], frames = C->cols, channels = C->rank == 3 ? C->shape[0] : 1;
    int n = options->n_chroma;
    double fmin = options->fmin > 0 ? options->fmin : 32.703195662574829;
    OtoTensor *chroma = oto_zeros_of(OTO_FLOAT32, C->rank,
                                     C->rank == 3 ? (long long[]){channels, n, frames} : (long long[]){n, frames});
    if (C->rank == 3) oto_axis_copy(chroma, 0, C, 0);
    oto_name_axis(chroma, C->rank - 2, "pitch");
    oto_axis_copy(chroma, C->rank - 1, C, C->rank - 1);
    chroma->sample_rate = C->sample_rate;
    chroma->framing = C->framing;
    oto_set_origin(chroma, "chroma", C);
    for (int64_t channel = 0; channel < channels; channel++)
        for (int k = 0; k < bins; k++) {
            const float *from = (float *)C->data + (channel * bins + k) * frames;
            float *to = (float *)chroma->data + (channel * n + class_of_bin(k, fmin, options)) * frames;
            for (int64_t t = 0; t < frames; t++) to[t] += from[t];
        }
    for (int64_t i = 0; i < chroma->size; i++)
        if ((double)((float *)chroma->data)[i] < options->threshold) ((float *)chroma->data)[i] = 0;
    return chroma;
}

static void normalise(OtoTensor *chroma, double norm) {
    int64_t rows = chroma->shape[chroma->rank - 2], size = rows * chroma->cols;
    for (int64_t first = 0; first < chroma->size; first += size)
        oto_normalise_columns((float *)chroma->data + first, rows, chroma->cols, norm);
}

OtoTensor *(oto_chroma_cqt)(OtoTensor *x, OtoChromaCqt options) {
    const char *operation = "oto_chroma_cqt";
    oto_check_norm(operation, options.norm);
    OtoTensor *chroma = NULL;
    oto_scope {
        OtoTensor *C = magnitudes_of(operation, x, &options);
        oto_need_finite(operation, "x", C);
        chroma = oto_keep(folded(operation, C, x, &options));
    }
    normalise(chroma, options.norm);
    return chroma;
}

/* A quarter for each threshold that a share of the frame's sum passes. */
static void quantise(OtoTensor *chroma) {
    static const float thresholds[] = {0.4f, 0.2f, 0.1f, 0.05f};
    float *share = chroma->data;
    for (int64_t i = 0; i < chroma->size; i++) {
        float sum = 0;
        for (int step = 0; step < 4; step++) sum += share[i] > thresholds[step] ? 0.25f : 0;
        share[i] = sum;
    }
}

/* Every row averaged under a window of length frames; nothing lies beyond its ends. */
static void smooth(OtoTensor *chroma, OtoWindow kind, int length) {
    oto_scope {
        /* Two longer, for the zeros at the ends of a symmetric window. */
        const float *window = oto_window(kind, length + 2, .symmetric = true)->data;
        int64_t frames = chroma->cols, reach = (length + 2) / 2;
        double sum = 0;
        for (int i = 0; i < length + 2; i++) sum += (double)window[i];
        float *row = oto_zeros(frames)->data;
        for (int64_t r = 0; r < chroma->rows; r++) {
            float *to = (float *)chroma->data + r * frames;
            memcpy(row, to, (size_t)frames * sizeof *row);
            for (int64_t t = 0; t < frames; t++) {
                double total = 0;
                for (int i = 0; i < length + 2; i++) {
                    int64_t at = t + reach - i;
                    if (at >= 0 && at < frames) total += (double)window[i] * (double)row[at];
                }
                to[t] = (float)(total / sum);
            }
        }
    }
}

OtoTensor *(oto_chroma_cens)(OtoTensor *x, OtoChromaCens options) {
    const char *operation = "oto_chroma_cens";
    oto_check_norm(operation, options.norm);
    oto_check_range(operation, "win_len_smooth", options.win_len_smooth, 0, 1 << 20);
    OtoChromaCqt chroma_options = {.hop_length = options.hop_length,
                                   .fmin = options.fmin,
                                   .tuning = options.tuning,
                                   .n_chroma = options.n_chroma,
                                   .n_octaves = options.n_octaves,
                                   .bins_per_octave = options.bins_per_octave,
                                   .norm = 1};
    OtoTensor *chroma = (oto_chroma_cqt)(x, chroma_options);
    quantise(chroma);
    if (options.win_len_smooth > 0) smooth(chroma, options.smoothing_window, options.win_len_smooth);
    normalise(chroma, options.norm);
    oto_set_origin(chroma, "cens", x);
    return chroma;
}
