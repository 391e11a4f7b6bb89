/* synthesis: sounds from a formula: additive, by frequency modulation, and of a plucked string. Seconds, Hz, amplitude
 * 1 as full scale, sample rate 22050 Hz unless given; no function clips. */
#ifndef OTO_SYNTHESIS_H
#define OTO_SYNTHESIS_H

#include "../tensor/tensor.h"

/* Additive synthesis: a sum of sines,
 *     y[n] = sum over k of a_k[n] sin(2 pi (f_k[0] + ... + f_k[n - 1]) / sample_rate + phase_k).
 * frequencies in Hz and amplitudes, both (partial) for constant ones, which sound for .seconds, or both (partial, time)
 * with a value for each sample. A partial is silent while its frequency is at or above half the sample rate.
 *     .seconds 1   .sample_rate 22050, or that of frequencies   .phases NULL: 0, or (partial) in rad
 * Gradients flow to frequencies, amplitudes and phases, so that a loss on a spectrogram trains them (DDSP: Engel et al.
 * 2020); once differentiable. Smith, Spectral Audio Signal Processing, ch. "Sinusoidal modeling". */
typedef struct OtoAdditive {
    double seconds, sample_rate;
    OtoTensor *phases;
} OtoAdditive;
OtoTensor *oto_additive(OtoTensor *frequencies, OtoTensor *amplitudes, OtoAdditive options);
#define oto_additive(frequencies, amplitudes, ...)                                                                     \
    oto_additive(frequencies, amplitudes,                                                                              \
                 OTO_OPTIONS(OtoAdditive, (.seconds = 1, .sample_rate = 22050, .phases = NULL), __VA_ARGS__))

/* Frequency modulation, y(t) = A sin(2 pi c t + I(t) sin(2 pi m t)): sidebands at c +- k m with the heights of the
 * Bessel functions J_k(I). c is the carrier in Hz, m = .ratio * c. The index I falls from .index to .index_end on a
 * straight line.
 *     .ratio 1   .index 2   .index_end: that of .index   .amplitude 1   .sample_rate 22050
 * Sidebands above half the sample rate fold down. Chowning, "The Synthesis of Complex Audio Spectra by Means of
 * Frequency Modulation", 1973. */
typedef struct OtoFm {
    double ratio, index, index_end, amplitude, sample_rate;
} OtoFm;
OtoTensor *oto_fm(double carrier, double seconds, OtoFm options);
#define oto_fm(carrier, seconds, ...)                                                                                  \
    oto_fm(carrier, seconds,                                                                                           \
           OTO_OPTIONS(OtoFm, (.ratio = 1, .index = 2, .index_end = -1, .amplitude = 1, .sample_rate = 22050),         \
                       __VA_ARGS__))

/* A plucked string: a delay line of one period, filled with white noise (of oto_seed's generator), whose output goes
 * back into it through a low-pass (the mean of two neighbours) and an all-pass that tunes it to a fraction of a sample:
 *     y[n] = noise[n] + g (y[n - P] + y[n - P - 1]) / 2,  P + 1/2 samples a period.
 *     .decay 2        seconds in which the fundamental falls by 60 dB because of g; high partials fall sooner
 *     .pluck 0        where the string is plucked, as a fraction of it, 0 to 0.5: partials with a node there are
 *                     missing
 *     .amplitude 1    the largest |sample|   .sample_rate 22050
 * Refuses a frequency above a quarter of the sample rate or below 10 Hz. Karplus and Strong, "Digital Synthesis of
 * Plucked-String and Drum Timbres", and Jaffe and Smith, "Extensions of the Karplus-Strong Plucked-String Algorithm",
 * 1983.
 */
typedef struct OtoPluck {
    double decay, pluck, amplitude, sample_rate;
} OtoPluck;
OtoTensor *oto_pluck(double frequency, double seconds, OtoPluck options);
#define oto_pluck(frequency, seconds, ...)                                                                             \
    oto_pluck(frequency, seconds,                                                                                      \
              OTO_OPTIONS(OtoPluck, (.decay = 2, .pluck = 0, .amplitude = 1, .sample_rate = 22050), __VA_ARGS__))

#endif
