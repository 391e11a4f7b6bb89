/* decibel: levels in dB, of spectra and of single numbers. */
#ifndef OTO_DECIBEL_H
#define OTO_DECIBEL_H

#include "../tensor/tensor.h"

/* To dB: 10 log10(power / ref) or 20 log10(amplitude / ref), whichever the tensor holds (complex64: its magnitude).
 *     .ref 1; OTO_MAX: the largest value, which becomes 0 dB
 *     .amin left out: 1e-10 for power, 1e-5 for amplitude, the smallest value told apart
 *     .top_db 80: nothing lies further below the maximum; 0: no such floor
 * A NaN stays where it is. Differentiable, again too: below amin and the floor, no gradient flows to a number, but
 * from the floor to the largest. As librosa.power_to_db and amplitude_to_db 0.11. */
#define OTO_MAX (-1.0)
typedef struct OtoDb {
    double ref, amin, top_db;
} OtoDb;
OtoTensor *oto_db(OtoTensor *x, OtoDb options);
#define oto_db(x, ...) oto_db(x, OTO_OPTIONS(OtoDb, (.ref = 1, .amin = OTO_DEFAULT, .top_db = 80), __VA_ARGS__))
/* And back: ref * 10^(dB / 10), a power, and ref * 10^(dB / 20), an amplitude. Differentiable. As librosa.db_to_power
 * and db_to_amplitude. */
typedef struct OtoDbReference {
    double ref;
} OtoDbReference;
OtoTensor *oto_db_to_power(OtoTensor *decibels, OtoDbReference options);
OtoTensor *oto_db_to_amplitude(OtoTensor *decibels, OtoDbReference options);
#define oto_db_to_power(decibels, ...) oto_db_to_power(decibels, OTO_OPTIONS(OtoDbReference, (.ref = 1), __VA_ARGS__))
#define oto_db_to_amplitude(decibels, ...)                                                                             \
    oto_db_to_amplitude(decibels, OTO_OPTIONS(OtoDbReference, (.ref = 1), __VA_ARGS__))
/* For single numbers: 20 log10(ratio) and 10^(dB / 20). */
double oto_decibels(double amplitude_ratio);
double oto_ratio(double decibels);

#endif
