#include "lib/learn/matrix.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void *oto_room(const char *operation, int64_t count, size_t size) {
    void *room = calloc(count > 0 ? (size_t)count : 1, size);
    if (!room) oto_refuse(operation, "no memory for %" PRId64 " numbers", count);
    return room;
}

void oto_need_examples(const char *operation, const char *argument, OtoTensor *X, int64_t features) {
    oto_need_float(operation, argument, X);
    if (X->rank != 2 || X->size == 0)
        oto_refuse(operation,
                   "%s is %s; it must be (example n, feature d), one row an example, with at least one of each",
                   argument, oto_shape_quoted(X));
    if (features && X->cols != features)
        oto_refuse(operation, "%s is %s: %" PRId64 " features an example, but it was learnt with %" PRId64, argument,
                   oto_shape_quoted(X), X->cols, features);
    const float *x = X->data;
    for (int64_t i = 0; i < X->size; i++)
        if (!isfinite(x[i]))
            oto_refuse(operation,
                       "%s has %s at example %" PRId64 ", feature %" PRId64 "; leave such examples out, or "
                       "find out where it comes from",
                       argument, isnan(x[i]) ? "NaN" : "an infinite number", i / X->cols, i % X->cols);
}

void oto_need_whole_numbers(const char *operation, const char *argument, OtoTensor *x, int64_t n) {
    oto_need(operation, argument, x);
    if (x->rank != 1 || x->size != n || x->type == OTO_COMPLEX64)
        oto_refuse(operation, "%s is %s; it must be whole numbers (example %" PRId64 ")", argument, oto_shape_quoted(x),
                   n);
    for (int64_t i = 0; i < n && x->type == OTO_FLOAT32; i++) {
        double value = (double)((float *)x->data)[i];
        if (!(value == nearbyint(value) && fabs(value) < 1e15))
            oto_refuse(operation, "%s is %g at example %" PRId64 "; it must be a whole number", argument, value, i);
    }
}

int64_t *oto_whole_numbers(const char *operation, OtoTensor *x) {
    int64_t *numbers = oto_room(operation, x->size, sizeof *numbers);
    for (int64_t i = 0; i < x->size; i++)
        numbers[i] = x->type == OTO_INT64 ? ((int64_t *)x->data)[i] : (int64_t)((float *)x->data)[i];
    return numbers;
}

static int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t *oto_different(const char *operation, int64_t *numbers, int64_t n, int64_t *count) {
    int64_t *sorted = oto_room(operation, n, sizeof *sorted);
    memcpy(sorted, numbers, (size_t)n * sizeof *sorted);
    qsort(sorted, (size_t)n, sizeof *sorted, ascending);
    *count = 0;
    for (int64_t i = 0; i < n; i++)
        if (i == 0 || sorted[i] != sorted[*count - 1]) sorted[(*count)++] = sorted[i];
    for (int64_t i = 0; i < n; i++) {
        int64_t *place = bsearch(&numbers[i], sorted, (size_t)*count, sizeof *sorted, ascending);
        numbers[i] = place - sorted;
    }
    return sorted;
}

OtoTensor *oto_per_example(int64_t n, const char *operation, OtoTensor *source) {
    OtoTensor *x = oto_zeros_of(OTO_INT64, 1, (long long[]){n});
    oto_name_axis(x, 0, "example");
    oto_set_origin(x, operation, source);
    return x;
}
