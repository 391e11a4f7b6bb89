#include "lib/dsp/spectrogram.h"
#include "lib/dsp/decibel.h"
#include "lib/dsp/magnitude.h"
#include "lib/tensor/error.h"

OtoTensor *(oto_spectrogram)(OtoTensor *audio, OtoSpectrogram options) {
    oto_need_audio("oto_spectrogram", "audio", audio);
    if (options.power != 1 && options.power != 2)
        oto_refuse("oto_spectrogram", "power is %d; 1 gives magnitudes and 2 their squares", options.power);
    OtoTensor *result = NULL;
    oto_scope {
        OtoTensor *S =
            oto_stft(audio, .n_fft = options.n_fft, .win_length = options.win_length, .hop_length = options.hop_length,
                     .window = options.window, .center = options.center, .pad_mode = options.pad_mode);
        result = oto_keep(options.power == 1 ? oto_magnitude(S) : oto_power(S));
    }
    return result;
}

OtoTensor *(oto_log_spectrogram)(OtoTensor *audio, OtoStft options) {
    oto_need_audio("oto_log_spectrogram", "audio", audio);
    OtoTensor *result = NULL;
    oto_scope result = oto_keep(oto_db(oto_magnitude((oto_stft)(audio, options)), .ref = OTO_MAX));
    return result;
}
