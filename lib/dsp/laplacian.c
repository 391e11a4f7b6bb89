#include "lib/dsp/segmentation.h"
#include "lib/dsp/envelope.h"
#include "lib/dsp/frames.h"
#include "lib/dsp/recurrence.h"
#include "lib/tensor/blas.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 20000 };

/* LAPACK, which comes with OpenBLAS: eigenvalues number `first` to `last` (from 1, ascending) and eigenvectors of a
 * symmetric matrix. */
extern void dsyevr_(const char *jobz, const char *range, const char *uplo, const int *n, double *a, const int *lda,
                    const double *lowest, const double *highest, const int *first, const int *last,
                    const double *tolerance, int *found, double *values, double *vectors, const int *ldz, int *support,
                    double *work, const int *lwork, int *iwork, const int *liwork, int *info);

/* Each of count numbers, stride apart, becomes the median of the width around it. room: count + width. */
static void median_filter(float *x, int64_t count, int64_t stride, int width, float *room) {
    float *copy = room, *window = room + count;
    for (int64_t i = 0; i < count; i++) copy[i] = x[i * stride];
    for (int64_t i = 0; i < count; i++) {
        oto_samples_at(window, copy, count, i - width / 2, width, OTO_PAD_SYMMETRIC, 0);
        x[i * stride] = oto_aggregate(OTO_AGGREGATE_MEDIAN, window, width);
    }
}

/* R with its diagonals smoothed. */
static OtoTensor *smooth_diagonals(OtoTensor *R, int width, float *room) {
    OtoTensor *lag = oto_recurrence_to_lag(R);
    for (int64_t row = 0; row < lag->rows; row++)
        median_filter((float *)lag->data + row * lag->cols, lag->cols, 1, width, room);
    return oto_lag_to_recurrence(lag);
}

/* Links between neighbours: exp(-d^2 / median d^2), d their distance. path: frames - 1; room: as many floats. */
static void link_neighbours(OtoTensor *features, double *path, float *room) {
    int64_t count = features->cols - 1;
    for (int64_t t = 0; t < count; t++) {
        path[t] = 0;
        for (int64_t f = 0; f < features->rows; f++) {
            const float *x = (float *)features->data + f * features->cols + t;
            path[t] += (double)(x[1] - x[0]) * (double)(x[1] - x[0]);
        }
        room[t] = (float)path[t];
    }
    double sigma = (double)oto_aggregate(OTO_AGGREGATE_MEDIAN, room, count);
    for (int64_t t = 0; t < count; t++) path[t] = sigma > 0 ? exp(-path[t] / sigma) : 1;
}

/* A = mu R + (1 - mu) path, with the mu that makes the degrees (row sums) of both weigh alike. */
static void balance(OtoTensor *R, const double *path, double *A) {
    int64_t n = R->rows;
    const float *r = R->data;
    double both = 0, dot = 0;
    for (int64_t i = 0; i < n; i++) {
        double near = (i > 0 ? path[i - 1] : 0) + (i + 1 < n ? path[i] : 0), far = 0;
        for (int64_t j = 0; j < n; j++) far += (double)r[i * n + j];
        dot += near * (near + far);
        both += (near + far) * (near + far);
    }
    double mu = both > 0 ? dot / both : 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double link = j == i + 1 ? path[i] : j + 1 == i ? path[j] : 0;
            A[i * n + j] = mu * (double)r[i * n + j] + (1 - mu) * link;
        }
}

/* A becomes I - D^(-1/2) A D^(-1/2), D its column sums without the diagonal. degrees: n. */
static void to_laplacian(double *A, int64_t n, double *degrees) {
    for (int64_t j = 0; j < n; j++) {
        degrees[j] = 0;
        A[j * n + j] = 0;
    }
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) degrees[j] += A[i * n + j];
    for (int64_t j = 0; j < n; j++) degrees[j] = sqrt(degrees[j]);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double scale = degrees[i] * degrees[j];
            A[i * n + j] = i == j ? (degrees[i] > 0 ? 1 : 0) : scale > 0 ? -A[i * n + j] / scale : 0;
        }
}

/* The k eigenvectors of the smallest eigenvalues, one after another, allocated; NULL when they cannot be had. */
static double *first_eigenvectors(double *A, int n, int k) {
    int first = 1, found = 0, info = 0, lwork = 40 * n + 10, liwork = 20 * n + 10;
    double zero = 0, *vectors = malloc((size_t)n * (size_t)k * sizeof *vectors);
    double *work = malloc((size_t)(lwork + n) * sizeof *work);
    int *iwork = malloc((size_t)(liwork + 2 * n) * sizeof *iwork);
    if (vectors && work && iwork && oto_blas_has_room()) {
        openblas_set_num_threads(1);
        dsyevr_("V", "I", "U", &n, A, &n, &zero, &zero, &first, &k, &zero, &found, work + lwork, vectors, &n,
                iwork + liwork, work, &lwork, iwork, &liwork, &info);
    }
    free(work);
    free(iwork);
    if (info == 0 && found == k) return vectors;
    free(vectors);
    return NULL;
}

/* Columns of X (time n, component k) from eigenvectors: smoothed, and rows scaled to length 1. */
static void embed(const double *vectors, int n, int k, int smooth, float *X, float *room) {
    for (int c = 0; c < k; c++) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += vectors[c * n + i];
        for (int i = 0; i < n; i++) X[i * k + c] = (float)(sum < 0 ? -vectors[c * n + i] : vectors[c * n + i]);
        median_filter(X + c, n, k, smooth, room);
    }
    for (int i = 0; i < n; i++) {
        double squares = 0;
        for (int c = 0; c < k; c++) squares += (double)(X[i * k + c] * X[i * k + c]);
        for (int c = 0; c < k && squares > 0; c++) X[i * k + c] = (float)((double)X[i * k + c] / sqrt(squares));
    }
}

static void check(const char *operation, OtoTensor *R, OtoTensor *features, int k, const OtoLaplacian *o) {
    oto_need_float(operation, "R", R);
    oto_need_float(operation, "features", features);
    if (R->rank != 2 || R->rows != R->cols || R->rows < 3 || R->rows > FRAMES_MAX)
        oto_refuse(operation, "R is %s, but must be square (time, time) with 3 to %d frames; oto_sync makes fewer",
                   oto_shape_quoted(R), FRAMES_MAX);
    if (features->cols != R->cols)
        oto_refuse(operation, "features is %s, but R has %" PRId64 " frames", oto_shape_quoted(features), R->cols);
    oto_need_finite(operation, "R", R);
    oto_need_finite(operation, "features", features);
    oto_check_range(operation, "k", k, 1, (double)R->rows);
    oto_check_range(operation, "width", o->width, 1, 1000);
    oto_check_range(operation, "smooth", o->smooth, 1, 1000);
}

OtoTensor *(oto_laplacian_embedding)(OtoTensor *R, OtoTensor *features, int k, OtoLaplacian options) {
    const char *operation = "oto_laplacian_embedding";
    check(operation, R, features, k, &options);
    OtoTensor *result = NULL;
    oto_scope {
        int n = (int)R->rows;
        float *room = malloc((size_t)(n + 1000) * sizeof *room);
        double *A = malloc((size_t)n * (size_t)(n + 1) * sizeof *A), *line = A ? A + (size_t)n * (size_t)n : NULL;
        if (!room || !A) oto_refuse(operation, "no memory for a graph of %d frames", n);
        link_neighbours(features, line, room);
        balance(smooth_diagonals(R, options.width, room), line, A);
        to_laplacian(A, n, line);
        double *vectors = first_eigenvectors(A, n, k);
        OtoTensor *X = oto_zeros(n, k);
        if (vectors) embed(vectors, n, k, options.smooth, X->data, room);
        free(room);
        free(A);
        free(vectors);
        if (!vectors) oto_refuse(operation, "no memory for, or no convergence of, %d eigenvectors of %d frames", k, n);
        oto_axis_copy(X, 0, R, 1);
        oto_name_axis(X, 1, "component");
        oto_set_origin(X, "laplacian embedding", R);
        result = oto_keep(X);
    }
    return result;
}
