#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>

static double value_at(OtoTensor *x, int64_t i) {
    switch (x->type) {
    case OTO_FLOAT32:
        return (double)((float *)x->data)[i];
    case OTO_INT64:
        return (double)((int64_t *)x->data)[i];
    case OTO_COMPLEX64:
        return (double)cabsf(((float _Complex *)x->data)[i]);
    }
    return NAN;
}

static void need_elements(const char *operation, OtoTensor *x) {
    oto_need(operation, "x", x);
    if (x->size == 0) oto_refuse(operation, "x is empty: %s", oto_shape_quoted(x));
}

double oto_sum(OtoTensor *x) {
    oto_need("oto_sum", "x", x);
    double sum = 0;
    for (int64_t i = 0; i < x->size; i++) sum += value_at(x, i);
    return sum;
}

double oto_mean(OtoTensor *x) {
    need_elements("oto_mean", x);
    return oto_sum(x) / (double)x->size;
}

double oto_minimum(OtoTensor *x) {
    need_elements("oto_minimum", x);
    double lowest = INFINITY;
    for (int64_t i = 0; i < x->size; i++) {
        double v = value_at(x, i);
        if (isnan(v)) return NAN;
        if (v < lowest) lowest = v;
    }
    return lowest;
}

double oto_maximum(OtoTensor *x) {
    need_elements("oto_maximum", x);
    double highest = -INFINITY;
    for (int64_t i = 0; i < x->size; i++) {
        double v = value_at(x, i);
        if (isnan(v)) return NAN;
        if (v > highest) highest = v;
    }
    return highest;
}

int64_t oto_argmax(OtoTensor *x) {
    need_elements("oto_argmax", x);
    int64_t best = 0;
    double highest = -INFINITY;
    for (int64_t i = 0; i < x->size; i++) {
        double v = value_at(x, i);
        if (isnan(v)) oto_refuse("oto_argmax", "element %" PRId64 " is NaN; find out where it comes from", i);
        if (v > highest) highest = v, best = i;
    }
    return best;
}

int64_t oto_count_nan(OtoTensor *x) {
    oto_need("oto_count_nan", "x", x);
    int64_t count = 0;
    if (x->type == OTO_INT64) return 0;
    /* Both parts of a complex number can be NaN, so its floats are looked at in pairs. */
    int parts = x->type == OTO_COMPLEX64 ? 2 : 1;
    const float *data = x->data;
    for (int64_t i = 0; i < x->size; i++) count += isnan(data[i * parts]) || isnan(data[i * parts + parts - 1]);
    return count;
}
