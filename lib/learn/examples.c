#include "lib/learn/examples.h"
#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

OtoTensor *oto_take(OtoTensor *x, OtoTensor *indices) {
    oto_need("oto_take", "x", x);
    oto_need("oto_take", "indices", indices);
    if (x->rank < 1) oto_refuse("oto_take", "x is a single number; it has no rows");
    oto_need_whole_numbers("oto_take", "indices", indices, indices->size);
    int64_t *places = oto_whole_numbers("oto_take", indices);
    int64_t n = x->shape[0], count = indices->size, row = n ? x->size / n : 0;
    for (int64_t i = 0; i < count; i++)
        if (places[i] < 0 || places[i] >= n) {
            int64_t wrong = places[i];
            free(places);
            oto_refuse("oto_take", "index %" PRId64 " of indices is %" PRId64 ", but x is %s: rows 0 to %" PRId64, i,
                       wrong, oto_shape_quoted(x), n - 1);
        }
    long long shape[OTO_RANK_MAX];
    for (int axis = 0; axis < x->rank; axis++) shape[axis] = axis ? x->shape[axis] : count;
    OtoTensor *taken = oto_zeros_of(x->type, x->rank, shape);
    for (int axis = 1; axis < x->rank; axis++) oto_axis_copy(taken, axis, x, axis);
    oto_name_axis(taken, 0, x->axes[0].name);
    taken->quantity = x->quantity;
    oto_set_origin(taken, "rows", x);
    size_t bytes = (size_t)row * (x->type == OTO_FLOAT32 ? sizeof(float) : 8);
    for (int64_t i = 0; i < count; i++)
        memcpy((char *)taken->data + (size_t)i * bytes, (char *)x->data + (size_t)places[i] * bytes, bytes);
    free(places);
    return taken;
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
