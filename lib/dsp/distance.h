/* distance: how far apart two feature vectors are. */
#ifndef OTO_DISTANCE_H
#define OTO_DISTANCE_H

#include "../tensor/tensor.h"

/* Between vectors x and y of d numbers:
 *     OTO_METRIC_EUCLIDEAN    sqrt(sum (x - y)^2)        OTO_METRIC_SQEUCLIDEAN  sum (x - y)^2
 *     OTO_METRIC_CITYBLOCK    sum |x - y|                OTO_METRIC_CHEBYSHEV    max |x - y|
 *     OTO_METRIC_COSINE       1 - x.y / (|x| |y|)        OTO_METRIC_CORRELATION  the same of x - mean x and y - mean y
 */
typedef enum OtoMetric {
    OTO_METRIC_EUCLIDEAN,
    OTO_METRIC_SQEUCLIDEAN,
    OTO_METRIC_CITYBLOCK,
    OTO_METRIC_CHEBYSHEV,
    OTO_METRIC_COSINE,
    OTO_METRIC_CORRELATION
} OtoMetric;

/* Distances between the columns of X (feature d, time n) and Y (feature d, time m): (time n, time m). All axes but the
 * last make up the vector. Computed in double. Refuses different d, NaN in X or Y. The cosine distance from a vector
 * of zeros, and the correlation distance from a constant one, is NaN. As scipy.spatial.distance.cdist(X.T, Y.T). */
typedef struct OtoCdist {
    OtoMetric metric;
} OtoCdist;
OtoTensor *oto_cdist(OtoTensor *X, OtoTensor *Y, OtoCdist options);
#define oto_cdist(X, Y, ...) oto_cdist(X, Y, OTO_OPTIONS(OtoCdist, (.metric = OTO_METRIC_EUCLIDEAN), __VA_ARGS__))

/* ---- for the library's own files ---- */

/* The vectors of X and Y, ready for a metric: doubles, (feature, time). Free with oto_pairs_free. */
struct oto_pairs {
    OtoMetric metric;
    int64_t features, n, m;
    double *x, *y; /* the same buffer when Y is X */
};
/* Refuses in the operation's name: X and Y that are no float32, or hold NaN, or do not fit together; no such metric. */
struct oto_pairs oto_pairs_of(const char *operation, OtoTensor *X, OtoTensor *Y, OtoMetric metric);
void oto_pairs_free(struct oto_pairs *pairs);
/* distances[j - from] = distance of vector i of X from vector j of Y, from <= j < to. Any thread. */
void oto_pairs_row(const struct oto_pairs *pairs, int64_t i, int64_t from, int64_t to, double *distances);

#endif
