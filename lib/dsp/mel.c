#include "lib/dsp/mel.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/convert.h"
#include "lib/dsp/magnitude.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

/* Filters without the zeros around them, as values of the caller's scope: filter m weighs the bins first[m] ...
 * first[m] + count[m] - 1 with the numbers from weights + start[m] on. */
struct bank {
    int n_mels, bins;
    double *centre; /* n_mels, Hz */
    int64_t *first, *count, *start;
    float *weights;
};

static void check_options(const char *operation, double sample_rate, const OtoMel *o) {
    double nyquist = sample_rate / 2, fmax = o->fmax > 0 ? o->fmax : nyquist;
    oto_check_range(operation, "sample_rate", sample_rate, 1, 10e6);
    oto_check_range(operation, "n_mels", o->n_mels, 1, 100000);
    oto_check_range(operation, "n_fft", o->n_fft, 1, 1 << 24);
    oto_check_range(operation, "fmin", o->fmin, 0, nyquist);
    if (o->fmax < 0 || !(fmax > o->fmin && fmax <= nyquist))
        oto_refuse(operation,
                   "fmax is %g Hz, but must lie above fmin = %g Hz and not above half the sample rate, %g Hz",
                   o->fmax < 0 ? o->fmax : fmax, o->fmin, nyquist);
    if ((unsigned)o->norm > OTO_MEL_NORM_MAX)
        oto_refuse(operation, "norm is %d; use OTO_MEL_NORM_SLANEY, _NONE, _L1, _L2 or _MAX", (int)o->norm);
}

/* What a filter's weights are to be multiplied by. */
static double scale_of(OtoMelNorm norm, double width, const float *weights, int64_t count) {
    double sum = 0, squares = 0, largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double w = (double)weights[i];
        sum += w;
        squares += w * w;
        largest = fmax(largest, w);
    }
    double size = norm == OTO_MEL_NORM_SLANEY ? width / 2
                  : norm == OTO_MEL_NORM_L1   ? sum
                  : norm == OTO_MEL_NORM_L2   ? sqrt(squares)
                  : norm == OTO_MEL_NORM_MAX  ? largest
                                              : 1;
    return size > 0 ? 1 / size : 1;
}

static int64_t *indices(int64_t count) {
    return oto_zeros_of(OTO_INT64, 1, (long long[]){count})->data;
}

static struct bank bank_of(const char *operation, double sample_rate, const OtoMel *o) {
    check_options(operation, sample_rate, o);
    int bins = o->n_fft / 2 + 1, n_mels = o->n_mels;
    double low = oto_hz_to_mel(o->fmin, .htk = o->htk), step;
    step = (oto_hz_to_mel(o->fmax > 0 ? o->fmax : sample_rate / 2, .htk = o->htk) - low) / (n_mels + 1);
    struct bank bank = {.n_mels = n_mels,
                        .bins = bins,
                        .centre = (double *)indices(n_mels),
                        .first = indices(n_mels),
                        .count = indices(n_mels),
                        .start = indices(n_mels + 1)};
    double per_bin = sample_rate / o->n_fft;
    /* A bin lies under two triangles at most. */
    bank.weights = oto_zeros(2 * (int64_t)bins + 2)->data;
    for (int m = 0; m < n_mels; m++) {
        double left = oto_mel_to_hz(low + m * step, .htk = o->htk),
               right = oto_mel_to_hz(low + (m + 2) * step, .htk = o->htk);
        double centre = bank.centre[m] = oto_mel_to_hz(low + (m + 1) * step, .htk = o->htk);
        float *weights = bank.weights + bank.start[m];
        int64_t k = (int64_t)floor(left / per_bin) + 1, count = 0;
        bank.first[m] = k;
        for (; k < bins && (double)k * per_bin < right; k++) {
            double f = (double)k * per_bin;
            weights[count++] = (float)fmin((f - left) / (centre - left), (right - f) / (right - centre));
        }
        bank.count[m] = count;
        bank.start[m + 1] = bank.start[m] + count;
        double scale = scale_of(o->norm, right - left, weights, count);
        for (int64_t i = 0; i < count; i++) weights[i] = (float)((double)weights[i] * scale);
    }
    return bank;
}

OtoTensor *(oto_mel_filters)(double sample_rate, OtoMel options) {
    OtoTensor *filters = NULL;
    oto_scope {
        struct bank bank = bank_of("oto_mel_filters", sample_rate, &options);
        filters = oto_keep(oto_zeros(bank.n_mels, bank.bins));
        oto_name_axis(filters, 0, "mel", .unit = "Hz");
        oto_axis_place(filters, 0, bank.centre);
        for (int m = 0; m < bank.n_mels; m++)
            for (int64_t i = 0; i < bank.count[m]; i++)
                ((float *)filters->data)[(int64_t)m * bank.bins + bank.first[m] + i] = bank.weights[bank.start[m] + i];
    }
    oto_name_axis(filters, 1, "frequency", .unit = "Hz", .step = sample_rate / options.n_fft);
    filters->sample_rate = sample_rate;
    oto_set_origin(filters, "mel filters", NULL);
    return filters;
}

struct filtering {
    struct bank bank;
    OtoTensor *mel;
};

OTO_VECTORISED static void filter_block(const OtoBlock *block, void *context) {
    const struct filtering *f = context;
    for (int m = 0; m < f->bank.n_mels; m++) {
        const OtoLanes *power = (const OtoLanes *)block->power + f->bank.first[m];
        const float *weights = f->bank.weights + f->bank.start[m];
        int64_t count = f->bank.count[m], k = 0;
        OtoLanes even = {}, odd = {};
        for (; k + 1 < count; k += 2) {
            even += power[k] * weights[k];
            odd += power[k + 1] * weights[k + 1];
        }
        if (k < count) even += power[k] * weights[k];
        even += odd;
        oto_block_write(block, f->mel, f->bank.n_mels, m, &even);
    }
}

/* n_fft of a spectrogram: what it remembers, if that fits. */
static int n_fft_of(OtoTensor *x, const OtoSource *source) {
    if (source->is_sound) return source->analysis.framing.n_fft;
    return x->framing.n_fft / 2 + 1 == source->bins ? x->framing.n_fft : 2 * (source->bins - 1);
}

OtoTensor *(oto_mel)(OtoTensor *x, OtoMel options) {
    oto_need("oto_mel", "x", x);
    if (options.power != 1 && options.power != 2)
        oto_refuse("oto_mel", "power is %d; 2 adds up powers and 1 magnitudes", options.power);
    OtoTensor *mel = NULL;
    oto_scope {
        bool squared = x->rank > 1 && x->type == OTO_FLOAT32 && x->quantity == OTO_AMPLITUDE && options.power == 2 &&
                       x->framing.hop_length > 0;
        OtoSource source = oto_source("oto_mel", "x", squared ? oto_power(x) : x, OTO_STFT_OF(options), options.power);
        if (!source.is_sound && !(x->sample_rate > 0 && !strcmp(x->axes[x->rank - 2].name, "frequency")))
            oto_refuse("oto_mel", "%s is no spectrogram (frequency 1 + n_fft / 2, time) of a sound",
                       oto_shape_quoted(x));
        options.n_fft = n_fft_of(x, &source);
        struct filtering filtering = {bank_of("oto_mel", x->sample_rate, &options), NULL};
        bool by_power = options.power == 2 && (source.is_sound || x->type == OTO_COMPLEX64 || squared);
        mel = filtering.mel = oto_keep(oto_source_result(&source, options.n_mels, "mel"));
        oto_set_origin(mel,
                       source.is_sound ? (by_power ? "mel of power of stft" : "mel of magnitude of stft")
                       : by_power      ? "mel of power"
                                       : "mel",
                       x);
        oto_name_axis(mel, mel->rank - 2, "mel", .unit = "Hz");
        oto_axis_place(mel, mel->rank - 2, filtering.bank.centre);
        mel->quantity = options.power == 2 ? OTO_POWER : OTO_AMPLITUDE;
        oto_source_visit(&source, filter_block, &filtering);
    }
    return mel;
}
