#include "lib/dsp/spectrogram.h"
#include "lib/dsp/analysis.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/magnitude.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"

static void copy_block(const OtoBlock *block, void *result) {
    for (int k = 0; k < block->bins; k++)
        oto_block_write(block, result, block->bins, k, (const OtoLanes *)block->power + k);
}

/* Magnitudes (power 1) or their squares (2). */
static OtoTensor *sizes_of(const char *operation, OtoTensor *audio, OtoStft options, int power) {
    oto_need_audio(operation, "audio", audio);
    OtoTensor *result = NULL;
    if (oto_records(audio)) { /* by operations that write themselves down */
        oto_scope {
            OtoTensor *S = (oto_stft)(audio, options);
            result = oto_keep(power == 1 ? oto_magnitude(S) : oto_power(S));
        }
        return result;
    }
    oto_scope {
        OtoSource source = oto_source(operation, "audio", audio, options, power);
        result = oto_keep(oto_source_result(&source, source.bins, power == 1 ? "magnitude of stft" : "power of stft"));
        oto_source_visit(&source, copy_block, result);
    }
    oto_name_axis(result, result->rank - 2, "frequency", .unit = "Hz",
                  .step = audio->sample_rate / result->framing.n_fft);
    result->quantity = power == 1 ? OTO_AMPLITUDE : OTO_POWER;
    return result;
}

OtoTensor *(oto_spectrogram)(OtoTensor *audio, OtoSpectrogram options) {
    if (options.power != 1 && options.power != 2)
        oto_refuse("oto_spectrogram", "power is %d; 1 gives magnitudes and 2 their squares", options.power);
    return sizes_of("oto_spectrogram", audio, OTO_STFT_OF(options), options.power);
}

OtoTensor *(oto_log_spectrogram)(OtoTensor *audio, OtoStft options) {
    OtoTensor *result = NULL;
    oto_scope result = oto_keep(oto_db(sizes_of("oto_log_spectrogram", audio, options, 1), .ref = OTO_MAX));
    return result;
}
