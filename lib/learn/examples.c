#include "lib/learn/examples.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"
#include "lib/tensor/index.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

OtoTensor *oto_take(OtoTensor *x, OtoTensor *indices) {
    return oto_index_along("oto_take", x, 0, indices);
}

OtoScaling oto_scaling(OtoTensor *X) {
    oto_need_examples("oto_scaling", "X", X, 0);
    int64_t n = X->rows, d = X->cols;
    OtoScaling scaling = {oto_zeros(d), oto_zeros(d)};
    for (int side = 0; side < 2; side++) {
        OtoTensor *x = side ? scaling.deviation : scaling.mean;
        oto_axis_copy(x, 0, X, 1);
        oto_set_origin(x, side ? "deviation" : "mean", X);
    }
    for (int64_t j = 0; j < d; j++) {
        double sum = 0, squares = 0;
        const float *x = (float *)X->data + j;
        for (int64_t i = 0; i < n; i++) sum += (double)x[i * d];
        double mean = sum / (double)n;
        for (int64_t i = 0; i < n; i++) squares += ((double)x[i * d] - mean) * ((double)x[i * d] - mean);
        double deviation = sqrt(squares / (double)n);
        /* what is left of rounding is no deviation */
        bool constant = deviation <= 1e-6 * fabs(mean);
        oto_at(scaling.mean, j) = (float)mean;
        oto_at(scaling.deviation, j) = constant ? 1 : (float)deviation;
    }
    return scaling;
}

OtoTensor *oto_scale(OtoScaling scaling, OtoTensor *X) {
    oto_need_float("oto_scale", "scaling.mean", scaling.mean);
    oto_need_float("oto_scale", "scaling.deviation", scaling.deviation);
    oto_need_examples("oto_scale", "X", X, scaling.mean->size);
    OtoTensor *scaled = oto_like(X, OTO_FLOAT32, "scaled");
    const float *x = X->data, *mean = scaling.mean->data, *deviation = scaling.deviation->data;
    float *to = scaled->data;
    for (int64_t i = 0; i < X->rows; i++)
        for (int64_t j = 0; j < X->cols; j++) to[i * X->cols + j] = (x[i * X->cols + j] - mean[j]) / deviation[j];
    scaled->quantity = OTO_PLAIN;
    return scaled;
}
