/* pcen: loudness relative to what just was, band by band. */
#ifndef OTO_PCEN_H
#define OTO_PCEN_H

#include "../tensor/tensor.h"

/* Per-channel energy normalisation of a spectrogram S >= 0 (band, time), or with channels in front:
 *     (S / (eps + M)^gain + bias)^power - bias^power,   M[t] = b S[t] + (1 - b) M[t - 1]
 *     .gain 0.98  .bias 2  .power 0.5 (0: log(1 + S / (eps + M)^gain))  .eps 1e-6
 *     .time_constant 0.4 s, of the smoothing; or .b itself, within [0, 1]
 *     .max_size 1: M smooths the maximum over so many bands around each
 *     .sample_rate, .hop_length left out: what S remembers, else 22050 and 512
 * Before the first frame M is 1. As librosa.pcen 0.11 (Wang et al. 2017, Lostanlen et al. 2019). */
typedef struct OtoPcen {
    double sample_rate;
    int hop_length;
    double gain, bias, power, time_constant, eps, b;
    int max_size;
} OtoPcen;
OtoTensor *oto_pcen(OtoTensor *S, OtoPcen options);
#define oto_pcen(S, ...)                                                                                               \
    oto_pcen(S, OTO_OPTIONS(OtoPcen,                                                                                   \
                            (.hop_length = OTO_DEFAULT, .gain = 0.98, .bias = 2, .power = 0.5, .time_constant = 0.4,   \
                             .eps = 1e-6, .b = __builtin_nan(""), .max_size = 1),                                      \
                            __VA_ARGS__))

#endif
