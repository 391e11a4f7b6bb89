/* dtw: dynamic time warping: which moment of one sequence belongs to which of another. */
#ifndef OTO_DTW_H
#define OTO_DTW_H

#include "../tensor/tensor.h"
#include "distance.h"

/* Accumulated costs D (time n, time m) of the cheapest path from (0, 0) to each pair of frames of X (feature, time n)
 * and Y (feature, time m), with local costs C[i, j] = distance of the frames:
 *     D[i, j] = min over steps s of D[i - a_s, j - b_s] + weights_mul[s] C[i, j] + weights_add[s]
 *     .path NULL     or where the path is written to: .path = &path gives int64 (step, side 2): pairs (i, j) from the
 *                    last to the first
 *     .metric OTO_METRIC_EUCLIDEAN
 *     .step_sizes_sigma NULL  or (step, side 2), such as oto_reshape(oto_tensor(1, 1, 1, 2, 2, 1), 3, 2);
 *                    NULL: (1, 1), (0, 1), (1, 0); of equally cheap steps the first counts
 *     .weights_mul, .weights_add NULL: 1 and 0, or one number for each step
 *     .subseq false  true: the shorter of X and Y may begin and end anywhere in the longer one (when X is longer, D is
 *                    (time m, time n))
 *     .global_constraints false  true: only pairs within .band_rad 0.25 of the shorter length from the diagonal (Sakoe
 *                    and Chiba)
 * D is inf where no path leads. Computed in double. Refuses different features, NaN, steps that never move or that no
 * path of can be made. As librosa.sequence.dtw 0.11 (Mueller, Fundamentals of Music Processing, 3.2). */
typedef struct OtoDtw {
    OtoTensor **path;
    OtoMetric metric;
    OtoTensor *step_sizes_sigma, *weights_mul, *weights_add;
    bool subseq, global_constraints;
    double band_rad;
} OtoDtw;
#define OTO_DTW(...) OTO_OPTIONS(OtoDtw, (.metric = OTO_METRIC_EUCLIDEAN, .band_rad = 0.25), __VA_ARGS__)
OtoTensor *oto_dtw(OtoTensor *X, OtoTensor *Y, OtoDtw options);
#define oto_dtw(X, Y, ...) oto_dtw(X, Y, OTO_DTW(__VA_ARGS__))
/* The same from local costs of one's own, C (n, m), never transposed. As librosa.sequence.dtw(C=C). */
OtoTensor *oto_dtw_cost(OtoTensor *C, OtoDtw options);
#define oto_dtw_cost(C, ...) oto_dtw_cost(C, OTO_DTW(__VA_ARGS__))

#endif
