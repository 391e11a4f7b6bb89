#include "lib/dsp/distance.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { ROWS_A_PIECE = 16, COLS_A_PIECE = 64 };

/* ---- vectors ---- */

/* Every vector contiguous: (time, feature). */
static double *vectors_of(const char *operation, OtoTensor *x) {
    double *vectors = malloc((size_t)(x->size + 1) * sizeof *vectors);
    if (!vectors) oto_refuse(operation, "no memory for %" PRId64 " numbers", x->size);
    const float *from = x->data;
    for (int64_t k = 0; k < x->rows; k++)
        for (int64_t t = 0; t < x->cols; t++) vectors[t * x->rows + k] = (double)from[k * x->cols + t];
    return vectors;
}

static void subtract_mean(double *x, int64_t features) {
    double sum = 0;
    for (int64_t k = 0; k < features; k++) sum += x[k];
    for (int64_t k = 0; k < features; k++) x[k] -= sum / (double)features;
}

/* To unit length, so that the cosine is a sum of products. A vector of zeros becomes NaN. */
static void scale_to_unit(double *x, int64_t features) {
    double sum = 0;
    for (int64_t k = 0; k < features; k++) sum += x[k] * x[k];
    double length = sqrt(sum);
    for (int64_t k = 0; k < features; k++) x[k] /= length;
}

static void prepare(double *vectors, int64_t features, int64_t n, OtoMetric metric) {
    for (int64_t t = 0; t < n; t++) {
        if (metric == OTO_METRIC_CORRELATION) subtract_mean(vectors + t * features, features);
        if (metric == OTO_METRIC_CORRELATION || metric == OTO_METRIC_COSINE)
            scale_to_unit(vectors + t * features, features);
    }
}

/* The vectors, OTO_TILE side by side. NULL when memory has run out. */
static double *tiles_of(const double *vectors, int64_t features, int64_t m) {
    int64_t tiles = (m + OTO_TILE - 1) / OTO_TILE;
    double *to = calloc((size_t)(tiles * features * OTO_TILE + 1), sizeof *to);
    for (int64_t t = 0; to && t < m; t++)
        for (int64_t k = 0; k < features; k++)
            to[(t / OTO_TILE * features + k) * OTO_TILE + t % OTO_TILE] = vectors[t * features + k];
    return to;
}

struct oto_pairs oto_pairs_of(const char *operation, OtoTensor *X, OtoTensor *Y, OtoMetric metric) {
    oto_need_float(operation, "X", X);
    oto_need_float(operation, "Y", Y);
    if ((unsigned)metric > OTO_METRIC_CORRELATION)
        oto_refuse(operation, "metric is %d; use OTO_METRIC_EUCLIDEAN", (int)metric);
    if (X->rows != Y->rows)
        oto_refuse(operation,
                   "X is %s and Y is %s: vectors of %" PRId64 " and of %" PRId64
                   " numbers; both need the same features, and time as the last axis",
                   oto_shape_quoted(X), oto_shape_quoted(Y), X->rows, Y->rows);
    oto_need_no_nan(operation, "X", X);
    oto_need_no_nan(operation, "Y", Y);
    struct oto_pairs pairs = {.metric = metric, .features = X->rows, .n = X->cols, .m = Y->cols};
    double *y = vectors_of(operation, Y);
    prepare(y, pairs.features, pairs.m, metric);
    pairs.y = tiles_of(y, pairs.features, pairs.m);
    pairs.x = y;
    if (X != Y) {
        free(y);
        pairs.x = vectors_of(operation, X);
        prepare(pairs.x, pairs.features, pairs.n, metric);
    }
    if (!pairs.y) {
        free(pairs.x);
        oto_refuse(operation, "no memory for %" PRId64 " numbers", Y->size);
    }
    return pairs;
}

void oto_pairs_free(struct oto_pairs *pairs) {
    free(pairs->y);
    free(pairs->x);
    pairs->x = pairs->y = NULL;
}

/* ---- distances ---- */

typedef double Lanes __attribute__((vector_size(OTO_TILE * sizeof(double)), aligned(sizeof(double))));
enum { ROWS = 4 };

/* Four vectors against a tile of vectors: sums stay in registers while the features go by once. */
#define OTO_DEFINE_TILE(name, add)                                                                                     \
    OTO_VECTORISED static void name(const double *const x[ROWS], const double *y, int64_t features, Lanes *to) {       \
        const double *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];                                                   \
        Lanes sum0 = {}, sum1 = {}, sum2 = {}, sum3 = {};                                                              \
        for (int64_t k = 0; k < features; k++) {                                                                       \
            Lanes v = ((const Lanes *)y)[k];                                                                           \
            add(sum0, v, x0[k]);                                                                                       \
            add(sum1, v, x1[k]);                                                                                       \
            add(sum2, v, x2[k]);                                                                                       \
            add(sum3, v, x3[k]);                                                                                       \
        }                                                                                                              \
        to[0] = sum0;                                                                                                  \
        to[1] = sum1;                                                                                                  \
        to[2] = sum2;                                                                                                  \
        to[3] = sum3;                                                                                                  \
    }
#define ADD_SQUARE(sum, v, x) (sum) += ((v) - (x)) * ((v) - (x))
#define ADD_DIFFERENCE(sum, v, x) (sum) += __builtin_elementwise_abs((v) - (x))
#define TAKE_LARGEST(sum, v, x) (sum) = __builtin_elementwise_max(sum, __builtin_elementwise_abs((v) - (x)))
#define ADD_PRODUCT(sum, v, x) (sum) += (v) * (x)
OTO_DEFINE_TILE(squares, ADD_SQUARE)
OTO_DEFINE_TILE(differences, ADD_DIFFERENCE)
OTO_DEFINE_TILE(largest_differences, TAKE_LARGEST)
OTO_DEFINE_TILE(products, ADD_PRODUCT)

static void tile(const struct oto_pairs *pairs, const double *const x[ROWS], const double *y, Lanes *to) {
    switch (pairs->metric) {
    case OTO_METRIC_EUCLIDEAN:
    case OTO_METRIC_SQEUCLIDEAN:
        squares(x, y, pairs->features, to);
        break;
    case OTO_METRIC_CITYBLOCK:
        differences(x, y, pairs->features, to);
        break;
    case OTO_METRIC_CHEBYSHEV:
        largest_differences(x, y, pairs->features, to);
        break;
    case OTO_METRIC_COSINE:
    case OTO_METRIC_CORRELATION:
        products(x, y, pairs->features, to);
        break;
    }
}

OTO_VECTORISED static void roots(double *restrict d, int64_t count) {
    for (int64_t j = 0; j < count; j++) d[j] = __builtin_sqrt(d[j]);
}

static void finish(OtoMetric metric, double *d, int64_t count) {
    if (metric == OTO_METRIC_EUCLIDEAN) roots(d, count);
    if (metric == OTO_METRIC_COSINE || metric == OTO_METRIC_CORRELATION)
        for (int64_t j = 0; j < count; j++) d[j] = 1 - d[j];
}

void oto_pairs_rows(const struct oto_pairs *pairs, int64_t i, int64_t rows, int64_t from, int64_t to, double *distances,
                    int64_t stride) {
    Lanes sums[ROWS];
    for (int64_t first = from / OTO_TILE * OTO_TILE; first < to; first += OTO_TILE) {
        int64_t begin = first < from ? from : first, end = first + OTO_TILE < to ? first + OTO_TILE : to;
        for (int64_t row = 0; row < rows; row += ROWS) {
            const double *x[ROWS];
            for (int64_t r = 0; r < ROWS; r++)
                x[r] = pairs->x + (i + (row + r < rows ? row + r : row)) * pairs->features;
            tile(pairs, x, pairs->y + first * pairs->features, sums);
            for (int64_t r = 0; r < ROWS && row + r < rows; r++)
                for (int64_t j = begin; j < end; j++)
                    distances[(row + r) * stride + j - from] = ((const double *)&sums[r])[j - first];
        }
    }
    for (int64_t row = 0; row < rows; row++) finish(pairs->metric, distances + row * stride, to - from);
}

/* ---- the whole matrix ---- */

struct matrix {
    const struct oto_pairs *pairs;
    float *to;
};

static void fill_rows(int64_t from, int64_t to, void *context) {
    struct matrix *matrix = context;
    int64_t m = matrix->pairs->m;
    double d[ROWS_A_PIECE * COLS_A_PIECE];
    for (int64_t j = 0; j < m; j += COLS_A_PIECE) {
        int64_t count = m - j < COLS_A_PIECE ? m - j : COLS_A_PIECE;
        oto_pairs_rows(matrix->pairs, from, to - from, j, j + count, d, COLS_A_PIECE);
        for (int64_t i = from; i < to; i++)
            for (int64_t k = 0; k < count; k++) matrix->to[i * m + j + k] = (float)d[(i - from) * COLS_A_PIECE + k];
    }
}

OtoTensor *(oto_cdist)(OtoTensor *X, OtoTensor *Y, OtoCdist options) {
    struct oto_pairs pairs = oto_pairs_of("oto_cdist", X, Y, options.metric);
    OtoTensor *distances = oto_zeros(pairs.n, pairs.m);
    oto_axis_copy(distances, 0, X, X->rank - 1);
    oto_axis_copy(distances, 1, Y, Y->rank - 1);
    oto_set_origin(distances, "distances", X);
    oto_parallel(pairs.n, ROWS_A_PIECE, fill_rows, &(struct matrix){.pairs = &pairs, .to = distances->data});
    oto_pairs_free(&pairs);
    return distances;
}
