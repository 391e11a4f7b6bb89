/* events: onsets, beats and tempo against a reference. Times are tensors (event n) in s, ascending. Agrees with
 * mir_eval 0.8. */
#ifndef OTO_EVENTS_H
#define OTO_EVENTS_H

#include "../tensor/tensor.h"
#include "match_score.h"

/* An estimated onset counts when a reference onset lies within .window s (0.05) of it; each is used once, and as many
 * are paired as can be. As mir_eval.onset.f_measure. */
typedef struct OtoOnsetScoring {
    double window;
} OtoOnsetScoring;
OtoMatchScore oto_onset_score(OtoTensor *reference, OtoTensor *estimated, OtoOnsetScoring options);
#define oto_onset_score(reference, estimated, ...)                                                                     \
    oto_onset_score(reference, estimated, OTO_OPTIONS(OtoOnsetScoring, (.window = 0.05), __VA_ARGS__))

/* How well a beat tracker does; every number from 0 to 1. Beats before .skip s (5) are left out on both sides, so that
 * a tracker may listen first. With fewer than two beats on a side what needs intervals is 0. As mir_eval.beat.
 *     f                 F with a window of 0.07 s
 *     cemgil            sum over beats of exp(-d^2 / 2 (0.04 s)^2), d the distance of the nearest, over the mean number
 *                       of beats
 *     p_score           correlation of the two beat trains within 0.2 beats (McKinney et al. 2007)
 *     cml_c, cml_t      share of the longest run, and of all, of beats that are right together with the last:
 *                       phase and period within 17.5 % of the reference's, at the correct metrical level
 *     aml_c, aml_t      the best of these at an allowed level: also half or double tempo, or off the beat
 *     information_gain  how far the beat errors are from evenly spread (Davies et al. 2011) */
typedef struct OtoBeatScore {
    double f, cemgil, p_score, cml_c, cml_t, aml_c, aml_t, information_gain;
} OtoBeatScore;
typedef struct OtoBeatScoring {
    double skip;
} OtoBeatScoring;
OtoBeatScore oto_beat_score(OtoTensor *reference, OtoTensor *estimated, OtoBeatScoring options);
#define oto_beat_score(reference, estimated, ...)                                                                      \
    oto_beat_score(reference, estimated, OTO_OPTIONS(OtoBeatScoring, (.skip = 5), __VA_ARGS__))

/* Two reference tempi in BPM, the slower one and the faster one, the first of which has this weight (0 to 1); two
 * estimated ones. A tempo is found when an estimate lies within 8 % of it. As mir_eval.tempo.detection.
 *     p_score  weight x [first found] + (1 - weight) x [second found]      one, both   found */
typedef struct OtoTempoScore {
    double p_score;
    bool one, both;
} OtoTempoScore;
OtoTempoScore oto_tempo_score(const double reference[2], double weight, const double estimated[2]);

/* The same moments (lyrics, notes) found by an aligner, one estimate for each reference.
 *     median, mean   of the absolute errors, s
 *     correct        share within 0.3 s
 *     overlap        share of the time between the first and the last reference in which both are between the same two
 *     perceptual     how far listeners to karaoke take the text for synchronous, 0 to about 1: a skewed bell curve of
 *                    estimate - reference, which forgives text that comes early more (Lizé Masclef, Vaglio and
 *                    Moussallam 2021)
 * As mir_eval.alignment. Refuses lists of different lengths. */
typedef struct OtoAlignmentScore {
    double median, mean, correct, overlap, perceptual;
} OtoAlignmentScore;
OtoAlignmentScore oto_alignment_score(OtoTensor *reference, OtoTensor *estimated);

#endif
