/* yin: the fundamental frequency of a sound that has one at a time, such as a voice. */
#ifndef OTO_YIN_H
#define OTO_YIN_H

#include "../tensor/tensor.h"
#include "frames.h"

/* The fundamental frequency of each frame in Hz, float32 (time), or (channels, time). The difference of a frame from
 * itself delayed by tau,
 *     d(tau) = sum over n of (x[n] - x[n + tau])^2,    d'(tau) = d(tau) tau / (d(1) + ... + d(tau)),
 * is smallest at the period: the first trough of d' below trough_threshold is taken, or the deepest point when there is
 * none, and a parabola through it and its neighbours gives the period between samples. Every frame gets a frequency,
 * noise and silence too.
 *     fmin, fmax in Hz: 0 < fmin < fmax <= sample_rate / 2, and a period of fmin must fit into a frame
 *     .frame_length 2048  .hop_length left out: frame_length / 4  .trough_threshold 0.1  .center true
 *     .pad_mode OTO_PAD_ZEROS
 * As librosa.yin 0.11 (de Cheveigné and Kawahara 2002). */
typedef struct OtoYin {
    int frame_length, hop_length;
    double trough_threshold;
    bool center;
    OtoPad pad_mode;
} OtoYin;
OtoTensor *oto_yin(OtoTensor *audio, double fmin, double fmax, OtoYin options);
#define oto_yin(audio, fmin, fmax, ...)                                                                                \
    oto_yin(audio, fmin, fmax,                                                                                         \
            OTO_OPTIONS(OtoYin,                                                                                        \
                        (.frame_length = 2048, .hop_length = OTO_DEFAULT, .trough_threshold = 0.1, .center = true),    \
                        __VA_ARGS__))

/* The same with doubt: every trough of d' is a candidate, with the probability that a threshold drawn from a beta
 * distribution would choose it; a hidden Markov model of pitches (voiced and unvoiced) decides on the likeliest path.
 *     .n_thresholds 100  .beta_a 2, .beta_b 18  .boltzmann_parameter 2: how much shorter periods are preferred
 *     .resolution 0.1 semitones  .max_transition_rate 35.92 octaves a second  .switch_prob 0.01: voiced to unvoiced and
 *     back  .no_trough_prob 0.01: of the deepest trough, where no threshold chooses one  .fill_na NaN: f0 of unvoiced
 *     frames
 * Other options and shapes as oto_yin. As librosa.pyin 0.11 (Mauch and Dixon 2014). */
typedef struct OtoPyin {
    int frame_length, hop_length, n_thresholds;
    double beta_a, beta_b, boltzmann_parameter, resolution, max_transition_rate, switch_prob, no_trough_prob, fill_na;
    bool center;
    OtoPad pad_mode;
} OtoPyin;
typedef struct OtoPitchTrack {
    OtoTensor *f0;          /* Hz */
    OtoTensor *voiced;      /* int64: 1 or 0 */
    OtoTensor *probability; /* of being voiced */
} OtoPitchTrack;
OtoPitchTrack oto_pyin(OtoTensor *audio, double fmin, double fmax, OtoPyin options);
#define oto_pyin(audio, fmin, fmax, ...)                                                                               \
    oto_pyin(audio, fmin, fmax,                                                                                        \
             OTO_OPTIONS(OtoPyin,                                                                                      \
                         (.frame_length = 2048, .hop_length = OTO_DEFAULT, .n_thresholds = 100, .beta_a = 2,           \
                          .beta_b = 18, .boltzmann_parameter = 2, .resolution = 0.1, .max_transition_rate = 35.92,     \
                          .switch_prob = 0.01, .no_trough_prob = 0.01, .fill_na = __builtin_nan(""), .center = true),  \
                         __VA_ARGS__))

#endif
