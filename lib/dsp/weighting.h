/* weighting: how loud a frequency is to the ear, beside 1000 Hz. */
#ifndef OTO_WEIGHTING_H
#define OTO_WEIGHTING_H

#include "../tensor/arithmetic.h"
#include "../tensor/tensor.h"

/* The curve A, B, C, D or Z (0 everywhere) in dB at a frequency in Hz, at least .min_db (-80; -INFINITY: no floor); of
 * a tensor of frequencies, one of its shape. As librosa.A_weighting ... (IEC 61672), librosa.frequency_weighting. */
typedef struct OtoWeighting {
    char kind;
    double min_db;
} OtoWeighting;
#define OTO_WEIGHTING(...) OTO_OPTIONS(OtoWeighting, (.kind = 'A', .min_db = -80), __VA_ARGS__)
#define oto_frequency_weighting(hz, ...)                                                                               \
    OTO_WITH_TENSOR_OR_NUMBER(hz, oto_frequency_weighting_tensor, oto_frequency_weighting_number)                      \
    (hz, OTO_WEIGHTING(__VA_ARGS__))
double oto_frequency_weighting_number(double hz, OtoWeighting options);
OtoTensor *oto_frequency_weighting_tensor(OtoTensor *hz, OtoWeighting options);

/* A power spectrogram in dB (below its maximum by 80 at most; .ref as in oto_db) plus the weighting at each of its
 * frequencies: (frequency, time) or with channels. As librosa.perceptual_weighting. */
typedef struct OtoPerceptualWeighting {
    char kind;
    double ref, amin, top_db;
} OtoPerceptualWeighting;
OtoTensor *oto_perceptual_weighting(OtoTensor *S, OtoPerceptualWeighting options);
#define oto_perceptual_weighting(S, ...)                                                                               \
    oto_perceptual_weighting(S, OTO_OPTIONS(OtoPerceptualWeighting,                                                    \
                                            (.kind = 'A', .ref = 1, .amin = OTO_DEFAULT, .top_db = 80), __VA_ARGS__))

#endif
