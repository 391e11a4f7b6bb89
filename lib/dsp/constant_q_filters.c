#include "lib/dsp/constant_q_filters.h"
#include "lib/dsp/normalise.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FFT_MAX = 1 << 24 };

static void *need_memory(const char *operation, size_t bytes) {
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory) oto_refuse(operation, "no memory for filters of %.1f MB", (double)bytes / 1e6);
    return memory;
}

/* Bandwidth by frequency: (r^2 - 1) / (r^2 + 1), where r is the ratio of neighbouring bins. */
static double alpha_of(const OtoCqt *options) {
    double ratio = exp2(2.0 / options->bins_per_octave);
    return (ratio - 1) / (ratio + 1);
}

static double gamma_of(const OtoCqt *options) {
    return options->gamma == OTO_ERB ? alpha_of(options) * 24.7 / 0.108 : options->gamma;
}

double constant_q_hz(int k, const OtoCqt *options) {
    return options->fmin * exp2((k + options->tuning) / options->bins_per_octave);
}

double constant_q_length(int k, double sample_rate, const OtoCqt *options) {
    double alpha = alpha_of(options);
    return options->filter_scale / alpha * sample_rate / (constant_q_hz(k, options) + gamma_of(options) / alpha);
}

/* The equivalent noise bandwidth of a window, in bins of a transform as long as it is: n sum w^2 / (sum w)^2. */
static double noise_bandwidth(const OtoCqt *options) {
    enum { N = 1000 };
    double sum = 0, squares = 0;
    oto_scope {
        const float *w = oto_window(options->window, N, .parameter = options->window_parameter)->data;
        for (int i = 0; i < N; i++) {
            sum += (double)w[i];
            squares += (double)w[i] * (double)w[i];
        }
    }
    return N * squares / (sum * sum);
}

double constant_q_highest(const OtoCqt *options) {
    double q = options->filter_scale / alpha_of(options), hz = constant_q_hz(options->n_bins - 1, options);
    return hz * (1 + 0.5 * noise_bandwidth(options) / q) + 0.5 * gamma_of(options);
}

void constant_q_check(const char *operation, double sample_rate, const OtoCqt *options) {
    oto_check_range(operation, "hop_length", options->hop_length, 1, 1 << 24);
    oto_check_range(operation, "fmin", options->fmin, 1e-3, 1e6);
    oto_check_range(operation, "n_bins", options->n_bins, 1, 100000);
    oto_check_range(operation, "bins_per_octave", options->bins_per_octave, 1, 10000);
    oto_check_range(operation, "tuning", options->tuning, -1e4, 1e4);
    oto_check_range(operation, "filter_scale", options->filter_scale, 1e-3, 1e3);
    oto_check_range(operation, "sparsity", options->sparsity, 0, 0.999);
    oto_check_norm(operation, options->norm);
    if (options->gamma != OTO_ERB && !(options->gamma >= 0 && options->gamma < 1e6))
        oto_refuse(operation, "gamma is %g Hz, but must be at least 0, or OTO_ERB", options->gamma);
    double highest = constant_q_highest(options), longest = constant_q_length(0, sample_rate, options);
    if (!(highest <= sample_rate / 2))
        oto_refuse(operation,
                   "the highest of n_bins = %d bins, at %g Hz, reaches up to %g Hz, above half the sample rate, %g Hz; "
                   "take fewer bins or a lower fmin",
                   options->n_bins, constant_q_hz(options->n_bins - 1, options), highest, sample_rate / 2);
    if (!(longest <= FFT_MAX))
        oto_refuse(operation,
                   "the window of the lowest bin, at %g Hz, would be %.3g samples long; raise fmin, or lower "
                   "filter_scale or bins_per_octave",
                   constant_q_hz(0, options), longest);
}

/* By what the filter is divided so that its norm is 1: the samples' magnitudes are those of the window. */
static double size_of(const float *window, int length, double norm) {
    if (norm == 0) return 1;
    double sum = 0, largest = 0;
    for (int n = 0; n < length; n++) {
        sum += pow((double)window[n], norm);
        largest = fmax(largest, (double)window[n]);
    }
    double size = isinf(norm) ? largest : pow(sum, 1 / norm);
    return size > 0 ? size : 1;
}

/* One windowed tone, in the middle of n_fft zeros: its phase is 0 in the middle of the window. */
static void windowed_tone(float _Complex *to, int n_fft, double hz, double length, double sample_rate,
                          const OtoCqt *options) {
    int first = (int)floor(-length / 2), count = (int)(floor(length / 2) - floor(-length / 2));
    memset(to, 0, (size_t)n_fft * sizeof *to);
    oto_scope {
        const float *window = oto_window(options->window, count, .parameter = options->window_parameter)->data;
        /* The spectrum is divided by its own length here, so that it need not be later. */
        double height = length / n_fft / size_of(window, count, options->norm);
        float *tone = (float *)(to + (n_fft - count) / 2);
        for (int n = 0; n < count; n++) {
            double phase = 2 * M_PI * hz / sample_rate * (first + n), gain = height * (double)window[n];
            tone[2 * n] = (float)(gain * cos(phase));
            tone[2 * n + 1] = (float)(gain * sin(phase));
        }
    }
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The magnitude below which the entries of a spectrum make up less than this share of the sum of all. */
static float threshold_of(float *magnitudes, int count, double sparsity) {
    double sum = 0, below = 0;
    qsort(magnitudes, (size_t)count, sizeof *magnitudes, ascending);
    for (int k = 0; k < count; k++) sum += (double)magnitudes[k];
    for (int k = 0; k < count; k++) {
        below += (double)magnitudes[k];
        if (below >= sparsity * sum) return magnitudes[k];
    }
    return 0;
}

struct constant_q_filters constant_q_filters(const char *operation, int from, int count, double sample_rate,
                                             const OtoCqt *options) {
    double longest = constant_q_length(from, sample_rate, options);
    int n_fft = (int)exp2(ceil(log2(longest)));
    if (n_fft < 1) n_fft = 1;
    int half = n_fft / 2 + 1;
    struct constant_q_filters filters = {.count = count, .n_fft = n_fft};
    filters.offset = need_memory(operation, (size_t)(count + 1) * sizeof *filters.offset);
    filters.index = need_memory(operation, (size_t)count * (size_t)half * sizeof *filters.index);
    filters.weight = need_memory(operation, (size_t)count * (size_t)half * sizeof *filters.weight);
    float _Complex *tone = oto_transform_complexes(operation, n_fft);
    float _Complex *spectrum = oto_transform_complexes(operation, n_fft);
    float *magnitudes = oto_transform_reals(operation, half);
    int entries = 0;
    for (int i = 0; i < count; i++) {
        double length = constant_q_length(from + i, sample_rate, options);
        windowed_tone(tone, n_fft, constant_q_hz(from + i, options), length, sample_rate, options);
        oto_transform_run(operation, OTO_FORWARD, n_fft, tone, spectrum);
        for (int k = 0; k < half; k++) magnitudes[k] = cabsf(spectrum[k]);
        float threshold = threshold_of(magnitudes, half, options->sparsity);
        filters.offset[i] = entries;
        for (int k = 0; k < half; k++) {
            if (cabsf(spectrum[k]) < threshold) continue;
            filters.index[entries] = k;
            filters.weight[entries++] = spectrum[k];
        }
    }
    filters.offset[count] = entries;
    oto_transform_release(tone);
    oto_transform_release(spectrum);
    oto_transform_release(magnitudes);
    return filters;
}

void constant_q_filters_release(struct constant_q_filters *filters) {
    free(filters->offset);
    free(filters->index);
    free(filters->weight);
}
