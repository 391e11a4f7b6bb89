#include "lib/dsp/autocorrelation.h"
#include "lib/dsp/dot.h"
#include "lib/dsp/envelope.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Errors of the forward and the backward prediction of one order: f[n] = y[n] + ..., b[n] = y[n - order] + ... */
struct errors {
    double *forward, *backward; /* of the same length */
    int64_t length;
};

OTO_VECTORISED static void reflect(double *restrict forward, double *restrict backward, double k, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        double f = forward[i], b = backward[i];
        forward[i] = f + k * b;
        backward[i] = b + k * f;
    }
}

/* One order more: the reflection coefficient k that makes both errors smallest, and the coefficients by Levinson's
 * recursion. *power is the sum of squares of both errors; it follows from the one before. */
static void raise_order(double *a, double *before, int order, struct errors *e, double *power) {
    double k = -2 * oto_dot(e->backward, e->forward, e->length) / (*power + DBL_MIN);
    memcpy(before, a, (size_t)(order + 1) * sizeof *a);
    for (int j = 1; j <= order; j++) a[j] = before[j] + k * before[order - j];
    reflect(e->forward, e->backward, k, e->length);
    double first = e->forward[0], last = e->backward[e->length - 1];
    *power = (1 - k * k) * *power - last * last - first * first;
    e->forward++;
    e->length--;
}

static void burg(const float *y, int64_t count, int order, double *a, double *before, double *errors) {
    struct errors e = {.forward = errors, .backward = errors + count, .length = count - 1};
    for (int64_t n = 0; n + 1 < count; n++) {
        e.forward[n] = (double)y[n + 1];
        e.backward[n] = (double)y[n];
    }
    double power = oto_dot(e.forward, e.forward, e.length) + oto_dot(e.backward, e.backward, e.length);
    memset(a, 0, (size_t)(order + 1) * sizeof *a);
    a[0] = 1;
    for (int i = 1; i <= order && !oto_interrupt_pending(); i++) raise_order(a, before, i, &e, &power);
}

OtoTensor *oto_lpc(OtoTensor *y, int order) {
    oto_need_float("oto_lpc", "y", y);
    if (y->rank > 2 || y->size == 0)
        oto_refuse("oto_lpc", "y is %s, but must be (time) or (channels, time), not empty", oto_shape_quoted(y));
    if (y->cols < 2) oto_refuse("oto_lpc", "y has 1 sample, but nothing predicts it; at least 2 are needed");
    if (order < 1 || order >= y->cols)
        oto_refuse("oto_lpc", "order is %d, but must lie within [1, %" PRId64 "] for %" PRId64 " samples", order,
                   y->cols - 1, y->cols);
    oto_need_finite("oto_lpc", "y", y);
    OtoTensor *coefficients = y->rank == 2 ? oto_zeros(y->rows, order + 1) : oto_zeros(order + 1);
    if (y->rank == 2) oto_axis_copy(coefficients, 0, y, 0);
    oto_name_axis(coefficients, y->rank - 1, "coefficient");
    coefficients->sample_rate = y->sample_rate;
    oto_set_origin(coefficients, "lpc", y);

    double *errors = malloc(2 * (size_t)(y->cols + order + 1) * sizeof *errors);
    if (!errors) oto_refuse("oto_lpc", "no memory for %" PRId64 " prediction errors", 2 * y->cols);
    double *a = errors + 2 * y->cols, *before = a + order + 1;
    for (int64_t row = 0; row < y->rows; row++) {
        burg((float *)y->data + row * y->cols, y->cols, order, a, before, errors);
        for (int i = 0; i <= order; i++) ((float *)coefficients->data)[row * (order + 1) + i] = (float)a[i];
    }
    free(errors);
    return coefficients;
}
