/* sampling: what a converter does to a sound: fewer bits, fewer samples. */
#ifndef OTO_SAMPLING_H
#define OTO_SAMPLING_H

#include "../tensor/tensor.h"

/* Rounded to 2^bits levels over [-1, 1): step 2^(1 - bits), levels at its multiples, clipped to [-1, 1 - step].
 * .dither: triangular noise of +-1 step before rounding (oto_seed's generator), which turns distortion into hiss.
 * bits 1 ... 24. */
typedef struct OtoQuantise {
    bool dither;
} OtoQuantise;
OtoTensor *oto_quantise(OtoTensor *audio, int bits, OtoQuantise options);
#define oto_quantise(audio, bits, ...)                                                                                 \
    oto_quantise(audio, bits, OTO_OPTIONS(OtoQuantise, (.dither = false), __VA_ARGS__))

/* Every factor-th sample and nothing else: sample_rate / factor. Whatever lay above half the new rate folds down
 * (aliasing); oto_resample removes it first. */
OtoTensor *oto_decimate(OtoTensor *audio, int factor);

/* Signal-to-noise ratio in dB of an approximation y to x: 10 log10(sum x^2 / sum (x - y)^2). */
double oto_snr(OtoTensor *x, OtoTensor *y);

#endif
