#include "lib/dsp/normalise.h"
#include "lib/tensor/error.h"

#include <float.h>
#include <math.h>

void oto_check_norm(const char *operation, double norm) {
    if (!(norm >= 0)) oto_refuse(operation, "norm is %g; use 1, 2, INFINITY, or 0 for none", norm);
}

static double norm_of(const float *column, int64_t rows, int64_t stride, double norm) {
    double sum = 0, largest = 0;
    for (int64_t i = 0; i < rows; i++) {
        double magnitude = fabs((double)column[i * stride]);
        largest = fmax(largest, magnitude);
        sum += norm == 1 ? magnitude : norm == 2 ? magnitude * magnitude : pow(magnitude, norm);
    }
    if (isinf(norm)) return largest;
    return norm == 1 ? sum : norm == 2 ? sqrt(sum) : pow(sum, 1 / norm);
}

void oto_normalise_columns(float *x, int64_t rows, int64_t cols, double norm) {
    if (norm == 0) return;
    for (int64_t t = 0; t < cols; t++) {
        double size = norm_of(x + t, rows, cols, norm);
        if (size < (double)FLT_MIN) continue;
        for (int64_t i = 0; i < rows; i++) x[i * cols + t] = (float)((double)x[i * cols + t] / size);
    }
}
