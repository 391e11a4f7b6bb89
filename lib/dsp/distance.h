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

/* The vectors of X and Y as doubles, laid out for the loops of distance.c. Free with oto_pairs_free. */
struct oto_pairs {
    OtoMetric metric;
    int64_t features, n, m;
    double *x; /* (time n, feature) */
    double *y; /* (tile, feature, time OTO_TILE): the frames OTO_TILE at a time, zeros behind the last */
};
enum { OTO_TILE = 8 };
/* Refuses in the operation's name: X and Y that are no float32, or hold NaN, or do not fit together; no such metric. */
struct oto_pairs oto_pairs_of(const char *operation, OtoTensor *X, OtoTensor *Y, OtoMetric metric);
void oto_pairs_free(struct oto_pairs *pairs);
/* distances[r * stride + j - from] = distance of vector i + r of X from vector j of Y, 0 <= r < rows, from <= j < to.
 * Any thread; a dozen rows at once are several times faster than one. */
void oto_pairs_rows(const struct oto_pairs *pairs, int64_t i, int64_t rows, int64_t from, int64_t to, double *distances,
                    int64_t stride);

#endif
