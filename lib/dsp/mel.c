#include "lib/dsp/mel.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/magnitude.h"
#include "lib/dsp/mel_bank.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/matmul.h"
#include "lib/tensor/simd.h"

#include <string.h>

OtoTensor *(oto_mel_filters)(double sample_rate, OtoMel options) {
    OtoTensor *filters = NULL;
    oto_scope {
        OtoMelBank bank = oto_mel_bank("oto_mel_filters", sample_rate, &options);
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
    OtoMelBank bank;
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

/* The same with operations that write themselves down, where a gradient is to flow back to x. */
static OtoTensor *mel_with_gradient(OtoTensor *x, const OtoSource *source, bool squared, OtoMel options) {
    OtoTensor *size = x;
    if (source->is_sound) size = (oto_stft)(x, OTO_STFT_OF(options));
    if (size->type == OTO_COMPLEX64) size = options.power == 2 ? oto_power(size) : oto_magnitude(size);
    if (squared) size = oto_power(x);
    options.n_fft = n_fft_of(x, source);
    OtoTensor *mel = oto_matmul((oto_mel_filters)(x->sample_rate, options), size);
    if (size->rank == 3) oto_axis_copy(mel, 0, size, 0);
    oto_axis_copy(mel, mel->rank - 1, size, size->rank - 1);
    mel->sample_rate = size->sample_rate;
    mel->framing = size->framing;
    return mel;
}

OtoTensor *(oto_mel)(OtoTensor *x, OtoMel options) {
    oto_need("oto_mel", "x", x);
    oto_check_range("oto_mel", "hop_length", options.hop_length, 1, INT32_MAX);
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
        bool recorded = oto_records(x);
        if (recorded) mel = oto_keep(mel_with_gradient(x, &source, squared, options));
        options.n_fft = n_fft_of(x, &source);
        struct filtering filtering = {oto_mel_bank("oto_mel", x->sample_rate, &options), NULL};
        bool by_power = options.power == 2 && (source.is_sound || x->type == OTO_COMPLEX64 || squared);
        if (!recorded) {
            mel = filtering.mel = oto_keep(oto_source_result(&source, options.n_mels, "mel"));
            oto_set_origin(mel,
                           source.is_sound ? (by_power ? "mel of power of stft" : "mel of magnitude of stft")
                           : by_power      ? "mel of power"
                                           : "mel",
                           x);
            oto_source_visit(&source, filter_block, &filtering);
        }
        oto_name_axis(mel, mel->rank - 2, "mel", .unit = "Hz");
        oto_axis_place(mel, mel->rank - 2, filtering.bank.centre);
        mel->quantity = options.power == 2 ? OTO_POWER : OTO_AMPLITUDE;
    }
    return mel;
}
