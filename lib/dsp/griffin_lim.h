/* griffin_lim: a sound for magnitudes whose phases nobody knows. */
#ifndef OTO_GRIFFIN_LIM_H
#define OTO_GRIFFIN_LIM_H

#include "../tensor/tensor.h"
#include "stft.h"

/* A sound whose STFT has nearly the magnitudes S: phases are guessed, and improved n_iter times by going to sound and
 * back: A <- STFT(inverse STFT(S A / |A|)), with a step of momentum / (1 + momentum) away from the one before. S is
 * float32 (frequency 1 + n_fft / 2, time) or (channels, frequency, time); how it was cut into frames it remembers, or
 * else options say.
 *     .n_iter 32  .hop_length left out: S's, or n_fft / 4  .win_length 0: S's, or n_fft  .window OTO_HANN, .center true
 * where S does not know  .length 0: as long as the sound was, or hop_length * (frames - 1) samples  .momentum 0.99
 *     .init OTO_INIT_RANDOM (oto_seed's generator); OTO_INIT_ZERO: phases 0
 * As librosa.griffinlim 0.11 (Griffin and Lim 1984; Perraudin, Balazs and Søndergaard 2013). */
typedef enum OtoPhaseInit { OTO_INIT_RANDOM, OTO_INIT_ZERO } OtoPhaseInit;
typedef struct OtoGriffinLim {
    int n_iter, hop_length, win_length;
    OtoWindow window;
    double window_parameter;
    bool center;
    int64_t length;
    double momentum;
    OtoPhaseInit init;
} OtoGriffinLim;
OtoTensor *oto_griffin_lim(OtoTensor *S, OtoGriffinLim options);
#define oto_griffin_lim(S, ...)                                                                                        \
    oto_griffin_lim(S, OTO_OPTIONS(OtoGriffinLim,                                                                      \
                                   (.n_iter = 32, .hop_length = OTO_DEFAULT, .center = true,                           \
                                    .window_parameter = OTO_WINDOW_DEFAULT, .momentum = 0.99),                         \
                                   __VA_ARGS__))

#endif
