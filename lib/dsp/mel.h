/* mel: mel bands: a spectrum as coarse as hearing is. */
#ifndef OTO_MEL_H
#define OTO_MEL_H

#include "../tensor/tensor.h"
#include "stft.h"

/* Triangular filters evenly spaced on the mel scale (Slaney's, area-normalised): (mel n_mels, frequency 1 + n_fft / 2).
 * .fmax 0: half the sample rate. As librosa.filters.mel 0.11. */
typedef struct OtoMel {
    int n_mels;
    double fmin, fmax;
    int n_fft, win_length, hop_length;
    OtoWindow window;
    bool center;
    OtoPad pad_mode;
} OtoMel;
#define OTO_MEL(...) OTO_OPTIONS(OtoMel, (.n_mels = 128, .n_fft = 2048, .hop_length = 512, .center = true), __VA_ARGS__)
OtoTensor *oto_mel_filters(double sample_rate, OtoMel options);
#define oto_mel_filters(sample_rate, ...) oto_mel_filters(sample_rate, OTO_MEL(__VA_ARGS__))
/* Power in mel bands, (mel, time): of a sound, of its STFT, or of a power spectrogram. As
 * librosa.feature.melspectrogram 0.11. */
OtoTensor *oto_mel(OtoTensor *x, OtoMel options);
#define oto_mel(x, ...) oto_mel(x, OTO_MEL(__VA_ARGS__))

#endif
