/* mel: bands as wide as hearing is fine, and the way back. */
#ifndef OTO_MEL_H
#define OTO_MEL_H

#include "../tensor/tensor.h"
#include "stft.h"

/* What a mel filter's weights are divided by: SLANEY by half its width in Hz, so that all have the same area; L1, L2
 * and MAX by that norm. */
typedef enum OtoMelNorm {
    OTO_MEL_NORM_SLANEY,
    OTO_MEL_NORM_NONE,
    OTO_MEL_NORM_L1,
    OTO_MEL_NORM_L2,
    OTO_MEL_NORM_MAX
} OtoMelNorm;

/* Every function with mel bands has these options besides those of oto_stft.
 *     .n_mels  128 bands
 *     .fmin, .fmax  between 0 Hz and half the sample rate (fmax 0)
 *     .htk     false: Slaney's mel scale; true: that of HTK (convert.h)
 *     .norm    OTO_MEL_NORM_SLANEY
 *     .power   2: bands add up powers; 1: magnitudes
 *     .hop_length 512 */
typedef struct OtoMel {
    OTO_STFT_FIELDS;
    int n_mels;
    double fmin, fmax;
    bool htk;
    OtoMelNorm norm;
    int power;
} OtoMel;
#define OTO_MEL_DEFAULTS OTO_STFT_DEFAULTS, .hop_length = 512, .n_mels = 128, .power = 2
#define OTO_MEL(...) OTO_OPTIONS(OtoMel, (OTO_MEL_DEFAULTS), __VA_ARGS__)

/* Triangular filters evenly spaced on the mel scale: (mel n_mels, frequency 1 + n_fft / 2). Filter m rises from the
 * centre of m - 1 to its own and falls to that of m + 1. As librosa.filters.mel 0.11 (Slaney, Auditory Toolbox 1998).
 */
OtoTensor *oto_mel_filters(double sample_rate, OtoMel options);
#define oto_mel_filters(sample_rate, ...) oto_mel_filters(sample_rate, OTO_MEL(__VA_ARGS__))

/* Power in mel bands, (mel, time) or (channels, mel, time): of a sound, of its STFT, or of a spectrogram.
 * Differentiable, again too. As librosa.feature.melspectrogram 0.11. */
OtoTensor *oto_mel(OtoTensor *x, OtoMel options);
#define oto_mel(x, ...) oto_mel(x, OTO_MEL(__VA_ARGS__))

/* The way back: a magnitude spectrogram (frequency 1 + n_fft / 2, time) whose mel bands are those of M (mel, time), or
 * with channels in front. Bands are fewer than bins, so many spectra have them; taken is one without negative numbers,
 * least squares from where the pseudo-inverse of the filters, cut at 0, leads. n_fft, fmin, fmax, htk, norm, power:
 * those that M was made with (what M remembers of its sound counts first). As librosa.feature.inverse.mel_to_stft 0.11,
 * which stops with a larger rest. */
OtoTensor *oto_mel_to_stft(OtoTensor *M, OtoMel options);
#define oto_mel_to_stft(M, ...) oto_mel_to_stft(M, OTO_MEL(__VA_ARGS__))

/* And on to a sound of as many samples as M's had (or .length that has M's frames), by oto_griffin_lim with .n_iter 32
 * turns. The sound of MFCCs is oto_mel_to_audio(oto_mfcc_to_mel(mfcc)). As librosa.feature.inverse.mel_to_audio 0.11.
 */
typedef struct OtoMelToAudio {
    double fmin, fmax;
    bool htk;
    OtoMelNorm norm;
    int power, n_iter;
    int64_t length;
} OtoMelToAudio;
OtoTensor *oto_mel_to_audio(OtoTensor *M, OtoMelToAudio options);
#define oto_mel_to_audio(M, ...)                                                                                       \
    oto_mel_to_audio(M, OTO_OPTIONS(OtoMelToAudio, (.power = 2, .n_iter = 32), __VA_ARGS__))

#endif
