/* onset: where notes begin: how much the spectrum grows from frame to frame, and the peaks of that. */
#ifndef OTO_ONSET_H
#define OTO_ONSET_H

#include "../tensor/tensor.h"
#include "sync.h"

/* Spectral flux: the mean over bands of max(0, S[band, t] - S[band, t - lag]), where S is a mel spectrogram in dB.
 * x is a sound, (time) or (channels, time), or S itself, (..., mel or frequency, time), taken as it is. Gives (time) or
 * (..., time): frame t tells of sample t * hop_length.
 *     .n_fft 2048  .hop_length 512  .n_mels 128  .fmin 0  .fmax 0 (half the sample rate)   of S, for a sound
 *     .lag 1           frames between the two that are compared
 *     .max_size 1      the earlier one is first replaced by its maximum over so many neighbouring bands, which forgives
 *                      vibrato (superflux: Boeck and Widmer, DAFx 2013)
 *     .ref NULL        or what S is compared with instead of itself, of the same shape
 *     .detrend false   true: the slow part is taken out, y[t] = x[t] - x[t - 1] + 0.99 y[t - 1]
 *     .center true     moved n_fft / 2 samples later, as frames were centred
 *     .aggregate OTO_AGGREGATE_MEAN, or another way to make one number of all bands
 * As librosa.onset.onset_strength 0.11. */
typedef struct OtoOnsetStrength {
    int n_fft, hop_length, n_mels;
    double fmin, fmax;
    int lag, max_size;
    OtoTensor *ref;
    bool detrend, center;
    OtoAggregate aggregate;
    OtoTensor *channels;
} OtoOnsetStrength;
#define OTO_ONSET_STRENGTH(...)                                                                                        \
    OTO_OPTIONS(OtoOnsetStrength,                                                                                      \
                (.n_fft = 2048, .hop_length = 512, .n_mels = 128, .lag = 1, .max_size = 1, .center = true),            \
                __VA_ARGS__)
OtoTensor *oto_onset_strength(OtoTensor *x, OtoOnsetStrength options);
#define oto_onset_strength(x, ...) oto_onset_strength(x, OTO_ONSET_STRENGTH(__VA_ARGS__))
/* The same for several ranges of bands: (band, time). .channels = oto_tensor(0, 32, 64, 128) are the borders of three;
 * NULL: one range of all. As librosa.onset.onset_strength_multi 0.11. */
OtoTensor *oto_onset_strength_multi(OtoTensor *x, OtoOnsetStrength options);
#define oto_onset_strength_multi(x, ...) oto_onset_strength_multi(x, OTO_ONSET_STRENGTH(__VA_ARGS__))

/* The indices n of x (n), int64, where
 *     x[n] is the maximum of x[n - pre_max ... n + post_max - 1],
 *     x[n] >= the mean of x[n - pre_avg ... n + post_avg - 1] + delta, and
 *     the last peak lies more than wait before.
 * All five lengths and delta must be named; post_max and post_avg are at least 1, the others at least 0. Refuses NaN.
 * As librosa.util.peak_pick 0.11 (Boeck, Krebs and Schedl, ISMIR 2012). */
typedef struct OtoPeakPick {
    int64_t pre_max, post_max, pre_avg, post_avg, wait;
    double delta;
} OtoPeakPick;
OtoTensor *oto_peak_pick(OtoTensor *x, OtoPeakPick options);
#define oto_peak_pick(x, ...) oto_peak_pick(x, (OtoPeakPick){__VA_ARGS__})

/* Onsets (onset n) of a sound or of an onset envelope (time): its peaks, once it is scaled to [0, 1].
 *     .pre_max .post_max .pre_avg .post_avg .wait   in frames; -1 (left out): 30, 0, 100, 100, 30 ms, as in librosa
 *     .delta 0.07
 *     .backtrack false  true: each moved back to the last minimum of .energy (NULL: the envelope), for cutting there
 *     .normalize true
 *     .units OTO_UNITS_FRAMES
 *     .hop_length left out: the envelope's, or 512   .sample_rate 0: x's, or 22050 for numbers of one's own
 * None when the envelope is silent. Refuses an envelope with NaN. As librosa.onset.onset_detect 0.11. */
typedef struct OtoOnsetDetect {
    int64_t pre_max, post_max, pre_avg, post_avg, wait;
    double delta;
    bool backtrack;
    OtoTensor *energy;
    bool normalize;
    OtoUnits units;
    int hop_length;
    double sample_rate;
} OtoOnsetDetect;
OtoTensor *oto_onset_detect(OtoTensor *x, OtoOnsetDetect options);
#define oto_onset_detect(x, ...)                                                                                       \
    oto_onset_detect(x, OTO_OPTIONS(OtoOnsetDetect,                                                                    \
                                    (.pre_max = -1, .post_max = -1, .pre_avg = -1, .post_avg = -1, .wait = -1,         \
                                     .delta = 0.07, .normalize = true, .hop_length = OTO_DEFAULT),                     \
                                    __VA_ARGS__))

/* Each event (frame number) moved back to the last local minimum of energy (time) at or before it, or to 0. int64. As
 * librosa.onset.onset_backtrack 0.11, which refuses when there are no events. */
OtoTensor *oto_onset_backtrack(OtoTensor *events, OtoTensor *energy);

#endif
