/* recurrence: which moments of a piece, or of two, are alike. */
#ifndef OTO_RECURRENCE_H
#define OTO_RECURRENCE_H

#include "../tensor/tensor.h"
#include "distance.h"

/* What a link between two frames is worth: 1, their distance, or exp(-distance / bandwidth). No link: 0. */
typedef enum OtoLinks { OTO_CONNECTIVITY, OTO_DISTANCE, OTO_AFFINITY } OtoLinks;

/* How wide the affinity is, from the distances d_k to each frame's farthest of its .k nearest neighbours, or their
 * mean d over all of them: the median of d_k; (d_k[i] + d_k[j]) / 2; sqrt(d_k[i] d_k[j]); the same two of d;
 * (d[i] + d[j] + distance(i, j)) / 3. */
typedef enum OtoBandwidthMode {
    OTO_MED_K_SCALAR,
    OTO_MEAN_K,
    OTO_GMEAN_K,
    OTO_MEAN_K_AVG,
    OTO_GMEAN_K_AVG,
    OTO_MEAN_K_AVG_AND_PAIR
} OtoBandwidthMode;

/* Links of each frame of data (feature, time) to its k nearest neighbours: (time, time); R[i, j] is the link of j to
 * its neighbour i. All axes but the last make up a frame's vector.
 *     .k 0             neighbours; 0: 2 ceil(sqrt(t - 2 width + 1))
 *     .width 1         links only between frames at least this far apart; at most (t - 1) / 2
 *     .metric OTO_METRIC_EUCLIDEAN
 *     .sym false       true: only links that hold both ways (the smaller value)
 *     .mode OTO_CONNECTIVITY, OTO_DISTANCE or OTO_AFFINITY
 *     .bandwidth 0     of the affinity; 0: estimated as .bandwidth_mode says, OTO_MED_K_SCALAR
 *     .self false      true: each frame is linked to itself too
 *     .full false      true: all frames are linked (distance and affinity)
 * Of equally near neighbours the earlier count. In distance and affinity, frames that are exactly equal have no link,
 * as in librosa. As librosa.segment.recurrence_matrix 0.11; but there connectivity keeps k links of some more
 * candidates whatever their distance, here the nearest k, as in its other modes. */
typedef struct OtoRecurrence {
    int64_t k, width;
    OtoMetric metric;
    bool sym;
    OtoLinks mode;
    double bandwidth;
    OtoBandwidthMode bandwidth_mode;
    bool self, full;
} OtoRecurrence;
OtoTensor *oto_recurrence_matrix(OtoTensor *data, OtoRecurrence options);
#define oto_recurrence_matrix(data, ...)                                                                               \
    oto_recurrence_matrix(data, OTO_OPTIONS(OtoRecurrence, (.k = 0, .width = 1), __VA_ARGS__))

/* Links of each frame of data (feature, time n) to its k nearest neighbours in data_ref (feature, time m): (time m,
 * time n). .k 0: min(m, 2 ceil(sqrt(m))); .metric, .mode, .bandwidth, .bandwidth_mode (only OTO_MED_K_SCALAR) and .full
 * as above. As librosa.segment.cross_similarity 0.11. */
OtoTensor *oto_cross_similarity(OtoTensor *data, OtoTensor *data_ref, OtoRecurrence options);
#define oto_cross_similarity(data, data_ref, ...)                                                                      \
    oto_cross_similarity(data, data_ref, OTO_OPTIONS(OtoRecurrence, (.k = 0, .width = 1), __VA_ARGS__))

/* Similarities of all frames: S[i, j] = x_i . x_j / (|x_i| |x_j|), the cosine; 0 where a frame is silent: (time, time).
 * (Foote, ACM Multimedia 1999; FMP 4.2.) */
OtoTensor *oto_self_similarity(OtoTensor *data);

/* A recurrence matrix (time, time) with time against lag: L[l, j] = R[(j + l) mod rows, j], where .pad (true) puts as
 * many rows of zeros below R first, so that lags l < t are later frames and the rest earlier ones: (lag 2 t, time).
 * .axis -1: lags are rows; 0: lags are columns (time, lag). As librosa.segment.recurrence_to_lag 0.11. */
typedef struct OtoLag {
    bool pad;
    int axis;
} OtoLag;
OtoTensor *oto_recurrence_to_lag(OtoTensor *recurrence, OtoLag options);
#define oto_recurrence_to_lag(recurrence, ...)                                                                         \
    oto_recurrence_to_lag(recurrence, OTO_OPTIONS(OtoLag, (.pad = true, .axis = -1), __VA_ARGS__))
/* And back: (time, time). As librosa.segment.lag_to_recurrence 0.11. */
OtoTensor *oto_lag_to_recurrence(OtoTensor *lag, OtoLag options);
#define oto_lag_to_recurrence(lag, ...)                                                                                \
    oto_lag_to_recurrence(lag, OTO_OPTIONS(OtoLag, (.pad = true, .axis = -1), __VA_ARGS__))
/* A filter used on the lag matrix, where repetitions are horizontal: to lag, filter, back. filter(x) returns a tensor
 * of x's shape. As librosa.segment.timelag_filter 0.11. */
OtoTensor *oto_timelag_filter(OtoTensor *recurrence, OtoTensor *(*filter)(OtoTensor *lag));

/* Diagonals of R (time, time) made clearer: the largest of the convolutions with n_filters straight lines of n frames,
 * smoothed by a Hann window, whose slopes (tempo ratios) go from min_ratio to max_ratio. R is mirrored at its edges.
 *     .max_ratio 2  .min_ratio 0 (1 / max_ratio)  .n_filters 7
 *     .zero_mean false  true: each filter sums to 0, which leaves only what stands out from its surroundings
 *     .clip true        negative results become 0
 * As librosa.segment.path_enhance 0.11 (Mueller and Kurth, ICASSP 2006). */
typedef struct OtoPathEnhance {
    double max_ratio, min_ratio;
    int n_filters;
    bool zero_mean, clip;
} OtoPathEnhance;
OtoTensor *oto_path_enhance(OtoTensor *R, int n, OtoPathEnhance options);
#define oto_path_enhance(R, n, ...)                                                                                    \
    oto_path_enhance(R, n, OTO_OPTIONS(OtoPathEnhance, (.max_ratio = 2, .n_filters = 7, .clip = true), __VA_ARGS__))

/* A line of n frames through the middle of a square, with a slope: its Hann window on the diagonal, rotated by splines
 * of order 5, normalised to the sum 1 (or .zero_mean). As librosa.filters.diagonal_filter("hann", n, slope=slope). */
typedef struct OtoDiagonal {
    double slope;
    bool zero_mean;
} OtoDiagonal;
OtoTensor *oto_diagonal_filter(int n, OtoDiagonal options);
#define oto_diagonal_filter(n, ...) oto_diagonal_filter(n, OTO_OPTIONS(OtoDiagonal, (.slope = 1), __VA_ARGS__))

/* Recurrence quantification: scores of alignments along diagonals of a similarity matrix (n, m), which grow by
 * sim[i, j] where it is positive and shrink by a gap where not, never below 0.
 *     .gap_onset 1  .gap_extend 1   for the first and each further gap
 *     .knight_moves true            steps (1, 2) and (2, 1) besides (1, 1)
 *     .path NULL                    or where the best path is written to: int64 (step, side 2), from start to end
 * As librosa.sequence.rqa 0.11 where sim is not negative (Serra, Serra and Andrzejak, New Journal of Physics 11, 2009);
 * librosa's paths follow a step (2, 1) into the second column as (1, 2), which leads out of the matrix. */
typedef struct OtoRqa {
    double gap_onset, gap_extend;
    bool knight_moves;
    OtoTensor **path;
} OtoRqa;
OtoTensor *oto_rqa(OtoTensor *sim, OtoRqa options);
#define oto_rqa(sim, ...)                                                                                              \
    oto_rqa(sim, OTO_OPTIONS(OtoRqa, (.gap_onset = 1, .gap_extend = 1, .knight_moves = true), __VA_ARGS__))

#endif
