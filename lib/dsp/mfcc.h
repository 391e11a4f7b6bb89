/* mfcc: mel-frequency cepstral coefficients, the shape of a spectrum in few numbers, and the way back to mel bands. */
#ifndef OTO_MFCC_H
#define OTO_MFCC_H

#include "mel.h"

/* The discrete cosine transform over mel bands in dB, its first n_mfcc numbers: (mfcc n_mfcc, time) or with channels in
 * front. x is a sound, its STFT, power in mel bands, or mel bands in dB. Besides the options of oto_mel:
 *     .n_mfcc   20, at most n_mels
 *     .dct_type 2 (1, 2 or 3): c[k] = sum over m of x[m] cos(pi k (m + 1/2) / M) for type 2, times
 *     .norm     OTO_DCT_ORTHO: sqrt(2 / M), and sqrt(1 / M) for k = 0 (for type 1 and 3 likewise, so that the transform
 *               is orthogonal); OTO_DCT_UNSCALED: 2
 *     .lifter   0: none; otherwise coefficient k (from 1) is times 1 + lifter / 2 sin(pi k / lifter)
 *     .mel_norm OTO_MEL_NORM_SLANEY: the norm of the mel filters
 * Differentiable, again too. As librosa.feature.mfcc 0.11. (Davis and Mermelstein 1980) */
typedef enum OtoDctNorm { OTO_DCT_ORTHO, OTO_DCT_UNSCALED } OtoDctNorm;
typedef struct OtoMfcc {
    OTO_STFT_FIELDS;
    int n_mels;
    double fmin, fmax;
    bool htk;
    int power;
    int n_mfcc, dct_type;
    OtoDctNorm norm;
    double lifter;
    OtoMelNorm mel_norm;
} OtoMfcc;
OtoTensor *oto_mfcc(OtoTensor *x, OtoMfcc options);
#define oto_mfcc(x, ...) oto_mfcc(x, OTO_OPTIONS(OtoMfcc, (OTO_MEL_DEFAULTS, .n_mfcc = 20, .dct_type = 2), __VA_ARGS__))

/* Power in n_mels mel bands out of MFCCs, smoothed by the coefficients that are not there: the inverse transform, and
 * out of dB, times .ref. As librosa.feature.inverse.mfcc_to_mel. */
typedef struct OtoMfccToMel {
    int n_mels, dct_type;
    OtoDctNorm norm;
    double ref, lifter;
} OtoMfccToMel;
OtoTensor *oto_mfcc_to_mel(OtoTensor *mfcc, OtoMfccToMel options);
#define oto_mfcc_to_mel(mfcc, ...)                                                                                     \
    oto_mfcc_to_mel(mfcc, OTO_OPTIONS(OtoMfccToMel, (.n_mels = 128, .dct_type = 2, .ref = 1), __VA_ARGS__))

#endif
