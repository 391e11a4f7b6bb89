/* segments: the form of a piece (verse, chorus, verse) against a reference: where sections change, and which are the
 * same. Agrees with mir_eval 0.8.
 *
 * Sections: oto_labels(OTO_SECTIONS, {0, 12, "verse"}, ...); chords and keys may be scored alike. Both lists begin at
 * 0 s and end with the reference: the estimate is cut off there, and what is missing at its beginning or end is a
 * section of its own. Sections that overlap are refused; those of no duration are left out. */
#ifndef OTO_SEGMENTS_H
#define OTO_SEGMENTS_H

#include "../labels/labels.h"

/* An estimated boundary counts when a reference boundary lies within .window s (0.5; 3 is usual too) of it; each is
 * used once, and as many are paired as can be. f = (1 + beta^2) P R / (beta^2 P + R), .beta 1.
 *     .trim   leave out the first and the last boundary of both, which are found too easily (false)
 *     reference_to_estimated, estimated_to_reference   median distance of a boundary of the one to the nearest of the
 *         other, s; NaN when a list has no boundary
 * Boundaries are rounded to 10 us. All 0 when the reference is empty. As mir_eval.segment.detection and deviation
 * (Turnbull et al. 2007). */
typedef struct OtoBoundaryScore {
    double precision, recall, f;
    int64_t matched;
    double reference_to_estimated, estimated_to_reference;
} OtoBoundaryScore;
typedef struct OtoBoundaryScoring {
    double window, beta;
    bool trim;
} OtoBoundaryScoring;
OtoBoundaryScore oto_boundary_score(OtoLabels *reference, OtoLabels *estimated, OtoBoundaryScoring options);
#define oto_boundary_score(reference, estimated, ...)                                                                  \
    oto_boundary_score(reference, estimated,                                                                           \
                       OTO_OPTIONS(OtoBoundaryScoring, (.window = 0.5, .beta = 1, .trim = false), __VA_ARGS__))

/* Both sides cut into frames of .frame_size s (0.1), each with the label of its section (upper and lower case are the
 * same): two ways to sort the same frames, R and E. H is entropy, |.| the number of labels, F as above.
 *     pairwise_...   of all pairs of frames that share a label in E, those that do in R: precision; and the other way
 *     rand_index     share of pairs that are together in both or apart in both; adjusted_rand_index: 0 by chance, 1
 *                    when the same (Hubert and Arabie 1985)
 *     mutual_information   I(R; E), nats; adjusted_...: 0 by chance (Vinh et al. 2010); normalised_...: divided by
 *                    sqrt(H(R) H(E))
 *     nce_over, nce_under, nce_f   1 - H(E | R) / log |E|, 1 - H(R | E) / log |R| (Lukashevich 2008): low when
 *                    sections are split, and when they are run together; 0 where there is one label
 *     v_precision, v_recall, v_f   the same divided by H(E) and H(R): the V-measure (Rosenberg and Hirschberg 2007)
 * 0 where there is nothing to divide by, and all 0 when the reference is empty. Refuses a reference shorter than a
 * frame, and more than 2^24 frames. As mir_eval.segment.pairwise, rand_index, ari, mutual_information, nce and
 * vmeasure.
 */
typedef struct OtoSegmentScore {
    double pairwise_precision, pairwise_recall, pairwise_f;
    double rand_index, adjusted_rand_index;
    double mutual_information, adjusted_mutual_information, normalised_mutual_information;
    double nce_over, nce_under, nce_f;
    double v_precision, v_recall, v_f;
} OtoSegmentScore;
typedef struct OtoSegmentScoring {
    double frame_size, beta;
} OtoSegmentScoring;
OtoSegmentScore oto_segment_score(OtoLabels *reference, OtoLabels *estimated, OtoSegmentScoring options);
#define oto_segment_score(reference, estimated, ...)                                                                   \
    oto_segment_score(reference, estimated, OTO_OPTIONS(OtoSegmentScoring, (.frame_size = 0.1, .beta = 1), __VA_ARGS__))

#endif
