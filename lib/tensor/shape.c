#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <string.h>

static size_t element_size(OtoTensor *x) {
    return x->type == OTO_FLOAT32 ? sizeof(float) : x->type == OTO_INT64 ? sizeof(int64_t) : sizeof(float _Complex);
}

/* What a result that holds some of x's elements shares with it, beside the axes. */
static void inherit(OtoTensor *y, OtoTensor *x) {
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    oto_set_origin(y, NULL, x);
}

OtoTensor *oto_reshape_to(OtoTensor *x, int rank, const long long shape[]) {
    oto_need("oto_reshape", "x", x);
    long long wanted[OTO_RANK_MAX];
    int open = -1;
    int64_t known = 1;
    if (rank > OTO_RANK_MAX) oto_refuse("oto_reshape", "a tensor has at most %d axes, not %d", OTO_RANK_MAX, rank);
    for (int i = 0; i < rank; i++) {
        wanted[i] = shape[i];
        if (shape[i] == -1 && open < 0)
            open = i;
        else if (shape[i] < 0 || __builtin_mul_overflow(known, shape[i], &known))
            oto_refuse("oto_reshape", "axis %d cannot have the length %lld; one axis may be -1", i, shape[i]);
    }
    if (open >= 0) wanted[open] = known ? x->size / known : 0;
    int64_t size = open >= 0 ? known * wanted[open] : known;
    if (size != x->size)
        oto_refuse("oto_reshape", "%s has %" PRId64 " elements, but the new shape has room for %" PRId64,
                   oto_shape_quoted(x), x->size, size);
    OtoTensor *y = oto_zeros_of(x->type, rank, wanted);
    memcpy(y->data, x->data, (size_t)x->size * element_size(x));
    inherit(y, x);
    return y;
}

OtoTensor *oto_transpose(OtoTensor *x) {
    oto_need("oto_transpose", "x", x);
    if (x->rank != 2) oto_refuse("oto_transpose", "%s has %d axes, not 2", oto_shape_quoted(x), x->rank);
    OtoTensor *y = oto_zeros_of(x->type, 2, (long long[]){x->cols, x->rows});
    oto_axis_copy(y, 0, x, 1);
    oto_axis_copy(y, 1, x, 0);
    inherit(y, x);
    size_t size = element_size(x);
    const char *from = x->data;
    char *to = y->data;
    for (int64_t i = 0; i < x->rows; i++)
        for (int64_t j = 0; j < x->cols; j++)
            memcpy(to + (size_t)(j * x->rows + i) * size, from + (size_t)(i * x->cols + j) * size, size);
    return y;
}

OtoTensor *oto_slice(OtoTensor *x, const char *name, int64_t from, int64_t to) {
    oto_need("oto_slice", "x", x);
    int axis = oto_axis_find(x, name);
    if (axis < 0) oto_refuse("oto_slice", "no axis is called \"%s\" in %s", name, oto_shape_quoted(x));
    int64_t length = x->shape[axis], first = from < 0 ? from + length : from;
    int64_t end = to == OTO_END ? length : to < 0 ? to + length : to;
    if (first < 0 || end > length || first > end)
        oto_refuse("oto_slice", "from %" PRId64 " to %" PRId64 " is not inside axis \"%s\" of %s", from, end, name,
                   oto_shape_quoted(x));
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = i == axis ? end - first : x->shape[i];
    OtoTensor *y = oto_zeros_of(x->type, x->rank, shape);
    inherit(y, x);
    for (int i = 0; i < x->rank; i++) oto_axis_copy(y, i, x, i);
    y->axes[axis].start += (double)first * y->axes[axis].step;
    if (x->axes[axis].values && end > first) oto_axis_place(y, axis, x->axes[axis].values + first);

    size_t inner = element_size(x);
    int64_t outer = 1;
    for (int i = 0; i < axis; i++) outer *= x->shape[i];
    for (int i = axis + 1; i < x->rank; i++) inner *= (size_t)x->shape[i];
    for (int64_t i = 0; i < outer; i++)
        memcpy((char *)y->data + (size_t)(i * (end - first)) * inner,
               (char *)x->data + (size_t)(i * length + first) * inner, (size_t)(end - first) * inner);
    return y;
}

OtoTensor *oto_row(OtoTensor *x, int64_t i) {
    oto_need("oto_row", "x", x);
    if (x->rank < 2) oto_refuse("oto_row", "%s has no rows; use oto_at for one element", oto_shape_quoted(x));
    if (i < 0 || i >= x->shape[0])
        oto_refuse("oto_row", "row %" PRId64 " is outside %s, whose rows go from 0 to %" PRId64, i, oto_shape_quoted(x),
                   x->shape[0] - 1);
    long long shape[OTO_RANK_MAX];
    for (int k = 1; k < x->rank; k++) shape[k - 1] = x->shape[k];
    OtoTensor *y = oto_zeros_of(x->type, x->rank - 1, shape);
    for (int k = 1; k < x->rank; k++) oto_axis_copy(y, k - 1, x, k);
    inherit(y, x);
    size_t bytes = (size_t)y->size * element_size(x);
    memcpy(y->data, (char *)x->data + (size_t)i * bytes, bytes);
    return y;
}

/* Refuses unless all parts have one type, rank and sample rate, and agree in every axis but the last `free_axes`. */
static void check_alike(const char *operation, int count, OtoTensor *parts[], int free_axes) {
    if (count < 1) oto_refuse(operation, "there is nothing to put together");
    for (int p = 0; p < count; p++) oto_need(operation, "a part", parts[p]);
    OtoTensor *first = parts[0];
    for (int p = 1; p < count; p++) {
        OtoTensor *x = parts[p];
        bool same = x->rank == first->rank;
        for (int i = 0; same && i < x->rank - free_axes; i++) same = x->shape[i] == first->shape[i];
        if (!same)
            oto_refuse(operation, "part 0 is %s and part %d is %s", oto_shape_quoted(first), p, oto_shape_quoted(x));
        if (x->type != first->type)
            oto_refuse(operation, "part 0 is %s and part %d is %s", oto_type_name(first->type), p,
                       oto_type_name(x->type));
        if (x->sample_rate != first->sample_rate)
            oto_refuse(operation, "part 0 has %.10g samples a second and part %d %.10g; oto_resample one of them",
                       first->sample_rate, p, x->sample_rate);
    }
}

OtoTensor *oto_concatenate_all(int count, OtoTensor *parts[]) {
    check_alike("oto_concatenate", count, parts, 1);
    OtoTensor *first = parts[0];
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < first->rank; i++) shape[i] = first->shape[i];
    for (int p = 1; p < count; p++) shape[first->rank - 1] += parts[p]->cols;
    OtoTensor *y = oto_zeros_of(first->type, first->rank, shape);
    for (int i = 0; i < first->rank; i++) oto_axis_copy(y, i, first, i);
    inherit(y, first);
    size_t size = element_size(first);
    int64_t at = 0;
    for (int p = 0; p < count; p++) {
        OtoTensor *x = parts[p];
        for (int64_t row = 0; row < x->rows; row++)
            memcpy((char *)y->data + (size_t)(row * y->cols + at) * size,
                   (char *)x->data + (size_t)(row * x->cols) * size, (size_t)x->cols * size);
        at += x->cols;
    }
    return y;
}

OtoTensor *oto_stack_all(int count, OtoTensor *parts[]) {
    check_alike("oto_stack", count, parts, 0);
    OtoTensor *first = parts[0];
    if (first->rank == OTO_RANK_MAX)
        oto_refuse("oto_stack", "%s has no room for another axis", oto_shape_quoted(first));
    long long shape[OTO_RANK_MAX] = {count};
    for (int i = 0; i < first->rank; i++) shape[i + 1] = first->shape[i];
    OtoTensor *y = oto_zeros_of(first->type, first->rank + 1, shape);
    for (int i = 0; i < first->rank; i++) oto_axis_copy(y, i + 1, first, i);
    inherit(y, first);
    size_t bytes = (size_t)first->size * element_size(first);
    for (int p = 0; p < count; p++) memcpy((char *)y->data + (size_t)p * bytes, parts[p]->data, bytes);
    return y;
}
