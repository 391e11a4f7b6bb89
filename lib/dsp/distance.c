#include "lib/dsp/distance.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Columns of Y are taken in tiles, whose distances stay in the first cache while all features are added up. */
enum { TILE = 512, ROWS_A_PIECE = 16 };

static double *doubles_of(const char *operation, OtoTensor *x) {
    double *copy = malloc((size_t)(x->size ? x->size : 1) * sizeof *copy);
    if (!copy) oto_refuse(operation, "no memory for %" PRId64 " numbers", x->size);
    const float *from = x->data;
    for (int64_t i = 0; i < x->size; i++) copy[i] = (double)from[i];
    return copy;
}

static void subtract_means(double *x, int64_t features, int64_t n) {
    for (int64_t t = 0; t < n; t++) {
        double sum = 0;
        for (int64_t k = 0; k < features; k++) sum += x[k * n + t];
        for (int64_t k = 0; k < features; k++) x[k * n + t] -= sum / (double)features;
    }
}

/* To unit length, so that the cosine is a sum of products. A vector of zeros becomes NaN. */
static void scale_to_unit(double *x, int64_t features, int64_t n) {
    for (int64_t t = 0; t < n; t++) {
        double sum = 0;
        for (int64_t k = 0; k < features; k++) sum += x[k * n + t] * x[k * n + t];
        double length = sqrt(sum);
        for (int64_t k = 0; k < features; k++) x[k * n + t] /= length;
    }
}

static void prepare(double *x, int64_t features, int64_t n, OtoMetric metric) {
    if (metric == OTO_METRIC_CORRELATION) subtract_means(x, features, n);
    if (metric == OTO_METRIC_CORRELATION || metric == OTO_METRIC_COSINE) scale_to_unit(x, features, n);
}

struct oto_pairs oto_pairs_of(const char *operation, OtoTensor *X, OtoTensor *Y, OtoMetric metric) {
    oto_need_float(operation, "X", X);
    oto_need_float(operation, "Y", Y);
    if ((unsigned)metric > OTO_METRIC_CORRELATION)
        oto_refuse(operation, "metric is %d; use OTO_METRIC_EUCLIDEAN", (int)metric);
    int64_t x_features = X->rows, y_features = Y->rows;
    if (x_features != y_features)
        oto_refuse(operation,
                   "X is %s and Y is %s: vectors of %" PRId64 " and of %" PRId64
                   " numbers; both need the same features, and time as the last axis",
                   oto_shape_quoted(X), oto_shape_quoted(Y), x_features, y_features);
    oto_need_no_nan(operation, "X", X);
    oto_need_no_nan(operation, "Y", Y);
    struct oto_pairs pairs = {.metric = metric, .features = x_features, .n = X->cols, .m = Y->cols};
    pairs.x = doubles_of(operation, X);
    prepare(pairs.x, pairs.features, pairs.n, metric);
    pairs.y = pairs.x;
    if (X != Y) {
        pairs.y = doubles_of(operation, Y);
        prepare(pairs.y, pairs.features, pairs.m, metric);
    }
    return pairs;
}

void oto_pairs_free(struct oto_pairs *pairs) {
    if (pairs->y != pairs->x) free(pairs->y);
    free(pairs->x);
    pairs->x = pairs->y = NULL;
}

/* d[j] = the sum over features k of term(x[k], y[k][j]). Four features a pass, so that d is read and written less. */
#define OTO_DEFINE_SUM(name, term)                                                                                     \
    OTO_VECTORISED static void name(double *restrict d, int64_t count, const double *x, int64_t n, const double *y,    \
                                    int64_t m, int64_t features) {                                                     \
        memset(d, 0, (size_t)count * sizeof *d);                                                                       \
        int64_t k = 0;                                                                                                 \
        for (; k + 4 <= features; k += 4) {                                                                            \
            const double *restrict y0 = y + k * m, *restrict y1 = y0 + m, *restrict y2 = y1 + m,                       \
                                   *restrict y3 = y2 + m;                                                              \
            double x0 = x[k * n], x1 = x[(k + 1) * n], x2 = x[(k + 2) * n], x3 = x[(k + 3) * n];                       \
            for (int64_t j = 0; j < count; j++)                                                                        \
                d[j] = d[j] + term(x0, y0[j]) + term(x1, y1[j]) + term(x2, y2[j]) + term(x3, y3[j]);                   \
        }                                                                                                              \
        for (; k < features; k++)                                                                                      \
            for (int64_t j = 0; j < count; j++) d[j] += term(x[k * n], y[k * m + j]);                                  \
    }
#define SQUARED_DIFFERENCE(a, b) (((a) - (b)) * ((a) - (b)))
#define ABSOLUTE_DIFFERENCE(a, b) __builtin_fabs((a) - (b))
#define PRODUCT(a, b) ((a) * (b))
OTO_DEFINE_SUM(sum_of_squares, SQUARED_DIFFERENCE)
OTO_DEFINE_SUM(sum_of_differences, ABSOLUTE_DIFFERENCE)
OTO_DEFINE_SUM(sum_of_products, PRODUCT)

OTO_VECTORISED static void largest_difference(double *restrict d, int64_t count, const double *x, int64_t n,
                                              const double *y, int64_t m, int64_t features) {
    memset(d, 0, (size_t)count * sizeof *d);
    for (int64_t k = 0; k < features; k++)
        for (int64_t j = 0; j < count; j++) {
            double difference = __builtin_fabs(x[k * n] - y[k * m + j]);
            d[j] = difference > d[j] ? difference : d[j];
        }
}

OTO_VECTORISED static void roots(double *restrict d, int64_t count) {
    for (int64_t j = 0; j < count; j++) d[j] = __builtin_sqrt(d[j]);
}

static void tile(const struct oto_pairs *p, const double *x, const double *y, int64_t count, double *d) {
    switch (p->metric) {
    case OTO_METRIC_EUCLIDEAN:
    case OTO_METRIC_SQEUCLIDEAN:
        sum_of_squares(d, count, x, p->n, y, p->m, p->features);
        if (p->metric == OTO_METRIC_EUCLIDEAN) roots(d, count);
        break;
    case OTO_METRIC_CITYBLOCK:
        sum_of_differences(d, count, x, p->n, y, p->m, p->features);
        break;
    case OTO_METRIC_CHEBYSHEV:
        largest_difference(d, count, x, p->n, y, p->m, p->features);
        break;
    case OTO_METRIC_COSINE:
    case OTO_METRIC_CORRELATION:
        sum_of_products(d, count, x, p->n, y, p->m, p->features);
        for (int64_t j = 0; j < count; j++) d[j] = 1 - d[j];
        break;
    }
}

void oto_pairs_row(const struct oto_pairs *pairs, int64_t i, int64_t from, int64_t to, double *distances) {
    for (int64_t j = from; j < to; j += TILE)
        tile(pairs, pairs->x + i, pairs->y + j, to - j < TILE ? to - j : TILE, distances + (j - from));
}

/* ---- the whole matrix ---- */

struct matrix {
    const struct oto_pairs *pairs;
    float *to;
};

static void fill_rows(int64_t from, int64_t to, void *context) {
    struct matrix *matrix = context;
    int64_t m = matrix->pairs->m;
    double d[TILE];
    for (int64_t i = from; i < to; i++)
        for (int64_t j = 0; j < m; j += TILE) {
            int64_t end = m - j < TILE ? m : j + TILE;
            oto_pairs_row(matrix->pairs, i, j, end, d);
            for (int64_t k = j; k < end; k++) matrix->to[i * m + k] = (float)d[k - j];
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
