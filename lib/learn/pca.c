#include "lib/learn/pca.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/blas.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* LAPACK, which comes with OpenBLAS: the singular value decomposition a = u diag(s) vt of a column-major m x n matrix.
 */
extern void dgesdd_(const char *jobz, const int *m, const int *n, double *a, const int *lda, double *s, double *u,
                    const int *ldu, double *vt, const int *ldvt, double *work, const int *lwork, int *iwork, int *info);

enum { NO_MEMORY = -1000 /* no complaint of LAPACK's */ };

/* X centred, row-major (n, d), is A^T in column-major (d, n): A = U S V^T there has our components as the columns of U.
 * -> 0, LAPACK's complaint, or NO_MEMORY. components: (rank, d) row-major; singular: rank. A is destroyed. */
static int decompose(double *A, int d, int n, double *singular, double *components) {
    int rank = n < d ? n : d, info = 0, lwork = -1;
    if (!oto_blas_has_room()) return NO_MEMORY;
    int *iwork = malloc((size_t)rank * 8 * sizeof *iwork);
    double *vt = malloc((size_t)rank * (size_t)n * sizeof *vt), best = 0, *work = NULL;
    openblas_set_num_threads(1);
    if (iwork && vt) dgesdd_("S", &d, &n, A, &d, singular, components, &d, vt, &rank, &best, &lwork, iwork, &info);
    lwork = (int)best;
    if (iwork && vt && info == 0) work = malloc((size_t)(lwork > 0 ? lwork : 1) * sizeof *work);
    if (work) dgesdd_("S", &d, &n, A, &d, singular, components, &d, vt, &rank, work, &lwork, iwork, &info);
    bool had_room = work;
    free(work);
    free(vt);
    free(iwork);
    return had_room ? info : NO_MEMORY;
}

/* A component's largest element (in size) is made positive. */
static void choose_sign(double *component, int64_t d) {
    double largest = 0;
    for (int64_t j = 0; j < d; j++)
        if (fabs(component[j]) > fabs(largest)) largest = component[j];
    for (int64_t j = 0; largest < 0 && j < d; j++) component[j] = -component[j];
}

static OtoTensor *per_component(int64_t count, const char *name, OtoTensor *X) {
    OtoTensor *x = oto_zeros(count);
    oto_name_axis(x, 0, "component");
    oto_set_origin(x, name, X);
    return x;
}

OtoPca(oto_pca)(OtoTensor *X, OtoPcaOptions options) {
    oto_need_examples("oto_pca", "X", X, 0);
    int64_t n = X->rows, d = X->cols, rank = n < d ? n : d, count = options.n_components ? options.n_components : rank;
    if (n < 2) oto_refuse("oto_pca", "X is %s: one example has no variance; give it at least 2", oto_shape_quoted(X));
    if (n * d > INT32_MAX) oto_refuse("oto_pca", "X is %s, which is too large", oto_shape_quoted(X));
    oto_check_range("oto_pca", "n_components", (double)count, 1, (double)rank);
    OtoPca pca = {oto_zeros(d), oto_zeros(count, d), per_component(count, "variance", X),
                  per_component(count, "share of the variance", X), options.whiten};
    oto_axis_copy(pca.mean, 0, X, 1);
    oto_set_origin(pca.mean, "mean", X);
    oto_name_axis(pca.components, 0, "component");
    oto_axis_copy(pca.components, 1, X, 1);
    oto_set_origin(pca.components, "components", X);

    double *A = oto_room("oto_pca", n * d, sizeof *A), *singular = oto_room("oto_pca", rank, sizeof *singular);
    double *components = oto_room("oto_pca", rank * d, sizeof *components);
    for (int64_t j = 0; j < d; j++) {
        double mean = 0;
        for (int64_t i = 0; i < n; i++) mean += (double)((float *)X->data)[i * d + j];
        mean /= (double)n;
        oto_at(pca.mean, j) = (float)mean;
        for (int64_t i = 0; i < n; i++) A[i * d + j] = (double)((float *)X->data)[i * d + j] - mean;
    }
    int info = decompose(A, (int)d, (int)n, singular, components);
    double whole = 0;
    for (int64_t c = 0; c < rank; c++) whole += singular[c] * singular[c];
    for (int64_t c = 0; c < count; c++) {
        choose_sign(components + c * d, d);
        for (int64_t j = 0; j < d; j++) oto_at(pca.components, c, j) = (float)components[c * d + j];
        oto_at(pca.variance, c) = (float)(singular[c] * singular[c] / (double)(n - 1));
        oto_at(pca.variance_ratio, c) = whole > 0 ? (float)(singular[c] * singular[c] / whole) : 0;
    }
    free(A);
    free(singular);
    free(components);
    if (info == NO_MEMORY) oto_refuse("oto_pca", "no memory to decompose X, %s", oto_shape_quoted(X));
    if (info) oto_refuse("oto_pca", "the singular value decomposition of X did not converge (LAPACK says %d)", info);
    return pca;
}

static void check_model(const char *operation, const OtoPca *pca) {
    oto_need_float(operation, "pca.mean", pca->mean);
    oto_need_float(operation, "pca.components", pca->components);
    oto_need_float(operation, "pca.variance", pca->variance);
}

/* The factor by which whitening divides along component c; a component without variance is left as it is. */
static double spread(const OtoPca *pca, int64_t c) {
    double variance = (double)((float *)pca->variance->data)[c];
    return pca->whiten && variance > 0 ? sqrt(variance) : 1;
}

OtoTensor *oto_pca_transform(OtoPca pca, OtoTensor *X) {
    check_model("oto_pca_transform", &pca);
    oto_need_examples("oto_pca_transform", "X", X, pca.mean->size);
    int64_t d = X->cols, count = pca.components->rows;
    OtoTensor *Z = oto_zeros(X->rows, count);
    oto_axis_copy(Z, 0, X, 0);
    oto_name_axis(Z, 1, "component");
    oto_set_origin(Z, "principal components", X);
    const float *mean = pca.mean->data;
    for (int64_t i = 0; i < X->rows; i++)
        for (int64_t c = 0; c < count; c++) {
            const float *x = (float *)X->data + i * d, *component = (float *)pca.components->data + c * d;
            double sum = 0;
            for (int64_t j = 0; j < d; j++) sum += (double)(x[j] - mean[j]) * (double)component[j];
            ((float *)Z->data)[i * count + c] = (float)(sum / spread(&pca, c));
        }
    return Z;
}

OtoTensor *oto_pca_inverse(OtoPca pca, OtoTensor *Z) {
    check_model("oto_pca_inverse", &pca);
    int64_t d = pca.mean->size, count = pca.components->rows;
    oto_need_examples("oto_pca_inverse", "Z", Z, count);
    OtoTensor *X = oto_zeros(Z->rows, d);
    oto_axis_copy(X, 0, Z, 0);
    oto_axis_copy(X, 1, pca.mean, 0);
    oto_set_origin(X, "from principal components", Z);
    for (int64_t i = 0; i < Z->rows; i++)
        for (int64_t j = 0; j < d; j++) {
            double sum = (double)((float *)pca.mean->data)[j];
            for (int64_t c = 0; c < count; c++)
                sum += (double)((float *)Z->data)[i * count + c] * spread(&pca, c) *
                       (double)((float *)pca.components->data)[c * d + j];
            ((float *)X->data)[i * d + j] = (float)sum;
        }
    return X;
}
