/* spectrogram: how loud each frequency is, frame by frame. */
#ifndef OTO_SPECTROGRAM_H
#define OTO_SPECTROGRAM_H

#include "../tensor/tensor.h"
#include "stft.h"

/* |STFT| or, with .power = 2, |STFT|^2: float32 (frequency, time), of each channel. Other options as oto_stft. Both are
 * differentiable, again too. */
typedef struct OtoSpectrogram {
    OTO_STFT_FIELDS;
    int power;
} OtoSpectrogram;
OtoTensor *oto_spectrogram(OtoTensor *audio, OtoSpectrogram options);
#define oto_spectrogram(audio, ...)                                                                                    \
    oto_spectrogram(audio, OTO_OPTIONS(OtoSpectrogram, (OTO_STFT_DEFAULTS, .power = 1), __VA_ARGS__))
/* The same in dB below its maximum: [-80, 0]. */
OtoTensor *oto_log_spectrogram(OtoTensor *audio, OtoStft options);
#define oto_log_spectrogram(audio, ...) oto_log_spectrogram(audio, OTO_STFT(__VA_ARGS__))

#endif
