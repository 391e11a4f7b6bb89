#include "lib/tensor/arithmetic.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/node.h"
#include "lib/tensor/place.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static size_t element_size(OtoTensor *x) {
    return x->type == OTO_FLOAT32 ? sizeof(float) : x->type == OTO_INT64 ? sizeof(int64_t) : sizeof(float _Complex);
}

void oto_inherit(OtoTensor *y, OtoTensor *x) {
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    if (!oto_records(x)) oto_set_origin(y, NULL, x);
}

/* ---- reshape ---- */

static void reshape_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, 0);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    oto_give(node, 0, oto_shaped(gradient, x->rank, shape));
}
static const OtoOperation reshape = {.name = "oto_reshape", .backward = reshape_backward};

OtoTensor *oto_shaped(OtoTensor *x, int rank, const long long shape[]) {
    OtoTensor *y = oto_view_of(x, NULL);
    y->rank = rank;
    y->cols = shape[rank - 1];
    y->rows = 1;
    for (int i = 0; i < rank; i++) {
        y->shape[i] = shape[i];
        y->axes[i] = (OtoAxis){.name = "", .unit = "", .step = 1};
        if (i < rank - 1) y->rows *= shape[i];
    }
    return oto_record(&reshape, y, NULL, 0, x);
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
    /* What an operation has made is not written to any more once gradients flow through it, so it may be shared. */
    if (oto_records(x) && !oto_node_is_parameter(x->node)) return oto_shaped(x, rank, wanted);
    OtoTensor *y = oto_tensor_new(x->type, rank, wanted);
    memcpy(y->data, x->data, (size_t)x->size * element_size(x));
    oto_inherit(y, x);
    return oto_record(&reshape, y, NULL, 0, x);
}

/* ---- parts along an axis ---- */

struct part {
    int axis;
    int64_t from, length; /* length: of the axis that the part was cut from */
};

/* Copies count indices of an axis, from one tensor's index `from` to another's index `to`. */
static void copy_along(OtoTensor *y, int64_t to, OtoTensor *x, int64_t from, int axis, int64_t count) {
    OtoAround in = oto_around(x, axis);
    size_t inner = (size_t)in.inner * element_size(x);
    for (int64_t o = 0; o < in.outer; o++)
        memcpy((char *)y->data + (size_t)(o * y->shape[axis] + to) * inner,
               (char *)x->data + (size_t)(o * in.length + from) * inner, (size_t)count * inner);
}

/* y = x[from, from + 1, ...] along an axis:  dL/dx is dL/dy there, and 0 elsewhere */
static void slice_backward(OtoNode *node, OtoTensor *gradient) {
    const struct part *part = oto_node_settings(node);
    oto_give(node, 0, oto_place(gradient, part->axis, part->from, part->length));
}
static const OtoOperation slice = {.name = "oto_slice", .backward = slice_backward};

/* y = x at `from`, 0 elsewhere:  dL/dx = dL/dy there */
static void place_backward(OtoNode *node, OtoTensor *gradient) {
    const struct part *part = oto_node_settings(node);
    int64_t count = oto_node_input(node, 0)->shape[part->axis];
    oto_give(node, 0, oto_part(gradient, part->axis, part->from, count));
}
static const OtoOperation place = {.name = "oto_place", .backward = place_backward};

OtoTensor *oto_part(OtoTensor *x, int axis, int64_t from, int64_t count) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = i == axis ? count : x->shape[i];
    OtoTensor *y = oto_tensor_new(x->type, x->rank, shape);
    oto_inherit(y, x);
    for (int i = 0; i < x->rank; i++) oto_axis_copy(y, i, x, i);
    y->axes[axis].start += (double)from * y->axes[axis].step;
    if (x->axes[axis].values && count > 0) oto_axis_place(y, axis, x->axes[axis].values + from);
    copy_along(y, 0, x, from, axis, count);
    struct part part = {.axis = axis, .from = from, .length = x->shape[axis]};
    return oto_record(&slice, y, &part, sizeof part, x);
}

OtoTensor *oto_place(OtoTensor *x, int axis, int64_t from, int64_t length) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = i == axis ? length : x->shape[i];
    OtoTensor *y = oto_zeros_of(x->type, x->rank, shape);
    for (int i = 0; i < x->rank; i++)
        if (i != axis) oto_axis_copy(y, i, x, i);
    copy_along(y, from, x, 0, axis, x->shape[axis]);
    struct part part = {.axis = axis, .from = from, .length = length};
    return oto_record(&place, y, &part, sizeof part, x);
}

OtoTensor *oto_slice_axis(OtoTensor *x, OtoWhichAxis which, int64_t from, int64_t to) {
    oto_need("oto_slice", "x", x);
    int axis = oto_which_axis("oto_slice", x, which);
    int64_t length = x->shape[axis], first = from < 0 ? from + length : from;
    int64_t end = to == OTO_END ? length : to < 0 ? to + length : to;
    if (first < 0 || end > length || first > end) {
        char number[24];
        snprintf(number, sizeof number, "%d", axis);
        const char *quote = which.name ? "\"" : "";
        oto_refuse("oto_slice", "from %" PRId64 " to %" PRId64 " is not inside axis %s%s%s of %s", from, end, quote,
                   which.name ? which.name : number, quote, oto_shape_quoted(x));
    }
    return oto_part(x, axis, first, end - first);
}

/* y = x[i]:  dL/dx is dL/dy in row i, and 0 elsewhere */
static void row_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, 0);
    long long shape[OTO_RANK_MAX] = {1};
    for (int k = 1; k < x->rank; k++) shape[k] = x->shape[k];
    int64_t i = *(const int64_t *)oto_node_settings(node);
    oto_give(node, 0, oto_place(oto_shaped(gradient, x->rank, shape), 0, i, x->shape[0]));
}
static const OtoOperation row = {.name = "oto_row", .backward = row_backward};

OtoTensor *oto_row(OtoTensor *x, int64_t i) {
    oto_need("oto_row", "x", x);
    if (x->rank < 2) oto_refuse("oto_row", "%s has no rows; use oto_at for one element", oto_shape_quoted(x));
    if (i < 0 || i >= x->shape[0])
        oto_refuse("oto_row", "row %" PRId64 " is outside %s, whose rows go from 0 to %" PRId64, i, oto_shape_quoted(x),
                   x->shape[0] - 1);
    long long shape[OTO_RANK_MAX];
    for (int k = 1; k < x->rank; k++) shape[k - 1] = x->shape[k];
    OtoTensor *y = oto_tensor_new(x->type, x->rank - 1, shape);
    for (int k = 1; k < x->rank; k++) oto_axis_copy(y, k - 1, x, k);
    oto_inherit(y, x);
    size_t bytes = (size_t)y->size * element_size(x);
    memcpy(y->data, (char *)x->data + (size_t)i * bytes, bytes);
    return oto_record(&row, y, &i, sizeof i, x);
}

/* ---- together ---- */

/* Refuses unless all parts have one type, rank and sample rate, and agree in every axis but `free_axis`. */
static void check_alike(const char *operation, int count, OtoTensor *parts[], int free_axis) {
    OtoTensor *first = parts[0];
    for (int p = 1; p < count; p++) {
        OtoTensor *x = parts[p];
        bool same = x->rank == first->rank;
        for (int i = 0; same && i < x->rank; i++) same = i == free_axis || x->shape[i] == first->shape[i];
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
static void need_parts(const char *operation, int count, OtoTensor *parts[]) {
    if (count < 1) oto_refuse(operation, "there is nothing to put together");
    for (int p = 0; p < count; p++) oto_need(operation, "a part", parts[p]);
}

/* y = parts end to end:  each gets its part of dL/dy */
static void concatenate_backward(OtoNode *node, OtoTensor *gradient) {
    int axis = *(const int *)oto_node_settings(node);
    int64_t at = 0;
    for (int p = 0; p < oto_node_inputs(node); p++) {
        int64_t count = oto_node_input(node, p)->shape[axis];
        if (oto_node_wants(node, p)) oto_give(node, p, oto_part(gradient, axis, at, count));
        at += count;
    }
}
static const OtoOperation concatenate = {.name = "oto_concatenate", .backward = concatenate_backward};

static OtoTensor *end_to_end(const char *operation, OtoWhichAxis which, int count, OtoTensor *parts[]) {
    need_parts(operation, count, parts);
    OtoTensor *first = parts[0];
    int axis = oto_which_axis(operation, first, which);
    check_alike(operation, count, parts, axis);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < first->rank; i++) shape[i] = first->shape[i];
    for (int p = 1; p < count; p++) shape[axis] += parts[p]->shape[axis];
    OtoTensor *y = oto_tensor_new(first->type, first->rank, shape);
    for (int i = 0; i < first->rank; i++) oto_axis_copy(y, i, first, i);
    oto_inherit(y, first);
    int64_t at = 0;
    for (int p = 0; p < count; p++) {
        copy_along(y, at, parts[p], 0, axis, parts[p]->shape[axis]);
        at += parts[p]->shape[axis];
    }
    return oto_record_of(&concatenate, y, &axis, sizeof axis, count, parts);
}
OtoTensor *oto_concatenate_all(int count, OtoTensor *parts[]) {
    return end_to_end("oto_concatenate", oto_axis_numbered(-1), count, parts);
}
OtoTensor *oto_cat_axis(OtoWhichAxis axis, int count, OtoTensor *parts[]) {
    return end_to_end("oto_cat", axis, count, parts);
}

/* y[p] = part p:  each gets its row of dL/dy */
static void stack_backward(OtoNode *node, OtoTensor *gradient) {
    for (int p = 0; p < oto_node_inputs(node); p++)
        if (oto_node_wants(node, p)) oto_give(node, p, oto_row(gradient, p));
}
static const OtoOperation stack = {.name = "oto_stack", .backward = stack_backward};

OtoTensor *oto_stack_all(int count, OtoTensor *parts[]) {
    need_parts("oto_stack", count, parts);
    check_alike("oto_stack", count, parts, -1);
    OtoTensor *first = parts[0];
    if (first->rank == OTO_RANK_MAX)
        oto_refuse("oto_stack", "%s has no room for another axis", oto_shape_quoted(first));
    long long shape[OTO_RANK_MAX] = {count};
    for (int i = 0; i < first->rank; i++) shape[i + 1] = first->shape[i];
    OtoTensor *y = oto_tensor_new(first->type, first->rank + 1, shape);
    for (int i = 0; i < first->rank; i++) oto_axis_copy(y, i + 1, first, i);
    oto_inherit(y, first);
    size_t bytes = (size_t)first->size * element_size(first);
    for (int p = 0; p < count; p++) memcpy((char *)y->data + (size_t)p * bytes, parts[p]->data, bytes);
    return oto_record_of(&stack, y, NULL, 0, count, parts);
}
