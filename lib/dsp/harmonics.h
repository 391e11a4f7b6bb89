/* harmonics: the energy at multiples of each frequency. */
#ifndef OTO_HARMONICS_H
#define OTO_HARMONICS_H

#include "../tensor/tensor.h"

/* A spectrogram at the harmonics h of each of its frequencies, by linear interpolation between its bins:
 * y[h, k, t] = x(harmonics[h] * hz[k], t), fill_value beyond the lowest and highest bin. x is float32 (frequency in
 * Hz, time), evenly spaced or not (oto_stft, oto_cqt: their magnitudes); harmonics a list such as oto_tensor(1, 2, 3);
 * the result (harmonic, frequency, time).
 *     .fill_value 0
 * As librosa.interp_harmonics 0.11. */
typedef struct OtoInterpHarmonics {
    double fill_value;
} OtoInterpHarmonics;
OtoTensor *oto_interp_harmonics(OtoTensor *x, OtoTensor *harmonics, OtoInterpHarmonics options);
#define oto_interp_harmonics(x, harmonics, ...)                                                                        \
    oto_interp_harmonics(x, harmonics, OTO_OPTIONS(OtoInterpHarmonics, (.fill_value = 0), __VA_ARGS__))

/* How likely each frequency is a fundamental: the weighted mean of its harmonics, (frequency, time).
 *     .weights NULL: all the same; else as many as harmonics  .filter_peaks true: only where S is larger than in the
 *     bins above and below, elsewhere .fill_value NaN
 * As librosa.salience 0.11 (Salamon and Gómez 2012 use such weights). */
typedef struct OtoSalience {
    OtoTensor *weights;
    bool filter_peaks;
    double fill_value;
} OtoSalience;
OtoTensor *oto_salience(OtoTensor *S, OtoTensor *harmonics, OtoSalience options);
#define oto_salience(S, harmonics, ...)                                                                                \
    oto_salience(S, harmonics,                                                                                         \
                 OTO_OPTIONS(OtoSalience, (.filter_peaks = true, .fill_value = __builtin_nan("")), __VA_ARGS__))

#endif
