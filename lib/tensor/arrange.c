#include "lib/tensor/arrange.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/pick.h"
#include "lib/tensor/place.h"

#include <inttypes.h>
#include <string.h>

/* ---- along an axis ---- */

/* The places of a result of that length: place_of(j, n, amount) of the n that there are. */
static OtoTensor *arranged(const OtoOperation *operation, OtoTensor *x, int axis, int64_t length,
                           int64_t place_of(int64_t j, int64_t n, int64_t amount), int64_t amount) {
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *places = oto_places_new(length);
        for (int64_t j = 0; j < length; j++) ((int64_t *)places->data)[j] = place_of(j, x->shape[axis], amount);
        y = oto_keep(oto_pick(operation, x, axis, places, 0));
    }
    return y;
}

static int64_t flipped(int64_t j, int64_t n, int64_t amount) {
    return n - 1 - j;
}
OtoTensor *oto_flip_axis(OtoTensor *x, OtoWhichAxis which) {
    static const OtoOperation flip = OTO_PICKING("oto_flip");
    oto_need("oto_flip", "x", x);
    int axis = oto_which_axis("oto_flip", x, which);
    return arranged(&flip, x, axis, x->shape[axis], flipped, 0);
}

static int64_t rolled(int64_t j, int64_t n, int64_t shift) {
    int64_t back = shift % n;
    return (j - back + n) % n;
}
OtoTensor *oto_roll_axis(OtoTensor *x, OtoWhichAxis which, int64_t shift) {
    static const OtoOperation roll = OTO_PICKING("oto_roll");
    oto_need("oto_roll", "x", x);
    int axis = oto_which_axis("oto_roll", x, which);
    return arranged(&roll, x, axis, x->shape[axis], rolled, shift);
}

/* The length of an axis `count` times. */
static int64_t times(const char *operation, OtoTensor *x, int axis, int64_t count) {
    int64_t length;
    if (count < 0 || __builtin_mul_overflow(x->shape[axis], count, &length))
        oto_refuse(operation,
                   "count is %" PRId64 ", but must be 0 or more, and axis %s of %s that many times countable", count,
                   oto_axis_quoted(x, axis), oto_shape_quoted(x));
    return length;
}

static int64_t tiled(int64_t j, int64_t n, int64_t count) {
    return j % n;
}
OtoTensor *oto_tile_axis(OtoTensor *x, OtoWhichAxis which, int64_t count) {
    static const OtoOperation tile = OTO_PICKING("oto_tile");
    oto_need("oto_tile", "x", x);
    int axis = oto_which_axis("oto_tile", x, which);
    return arranged(&tile, x, axis, times("oto_tile", x, axis, count), tiled, count);
}

static int64_t repeated(int64_t j, int64_t n, int64_t count) {
    return j / count;
}
OtoTensor *oto_repeat_axis(OtoTensor *x, OtoWhichAxis which, int64_t count) {
    static const OtoOperation repeat = OTO_PICKING("oto_repeat");
    oto_need("oto_repeat", "x", x);
    int axis = oto_which_axis("oto_repeat", x, which);
    OtoTensor *y = arranged(&repeat, x, axis, times("oto_repeat", x, axis, count), repeated, count);
    if (count > 0) y->axes[axis].step /= (double)count;
    return y;
}

/* ---- triangles ---- */

struct triangle {
    int64_t diagonal;
    bool upper;
};

static OtoTensor *triangle_of(OtoTensor *x, const struct triangle *triangle);

/* y is x in a triangle, 0 elsewhere:  dL/dx is dL/dy in this triangle */
static void triangle_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, triangle_of(gradient, oto_node_settings(node)));
}

static OtoTensor *triangle_of(OtoTensor *x, const struct triangle *triangle) {
    static const OtoOperation lower = {.name = "oto_tril", .backward = triangle_backward},
                              upper = {.name = "oto_triu", .backward = triangle_backward};
    OtoTensor *y = oto_like(x, OTO_FLOAT32, NULL);
    int64_t columns = x->cols, rows = x->shape[x->rank - 2];
    for (int64_t row = 0; row < x->rows; row++) {
        int64_t i = row % rows, split;
        if (__builtin_add_overflow(i, triangle->diagonal, &split)) split = triangle->diagonal;
        split = triangle->upper     ? split
                : split < INT64_MAX ? split + 1
                                    : split; /* the first column of the upper part */
        split = split < 0 ? 0 : split > columns ? columns : split;
        int64_t from = triangle->upper ? split : 0, to = triangle->upper ? columns : split;
        memcpy((float *)y->data + row * columns + from, (float *)x->data + row * columns + from,
               (size_t)(to - from) * sizeof(float));
    }
    return oto_record(triangle->upper ? &upper : &lower, y, triangle, sizeof *triangle, x);
}

static OtoTensor *checked_triangle(const char *operation, OtoTensor *x, struct triangle triangle) {
    oto_need_float(operation, "x", x);
    if (x->rank < 2)
        oto_refuse(operation, "x is %s, but a triangle is part of a matrix (row, column)", oto_shape_quoted(x));
    return triangle_of(x, &triangle);
}
OtoTensor *(oto_tril)(OtoTensor *x, OtoTriangleOptions options) {
    return checked_triangle("oto_tril", x, (struct triangle){options.diagonal, false});
}
OtoTensor *(oto_triu)(OtoTensor *x, OtoTriangleOptions options) {
    return checked_triangle("oto_triu", x, (struct triangle){options.diagonal, true});
}

/* ---- parts ---- */

static void check_parts(const char *operation, OtoTensor *x, int count, OtoTensor *parts[]) {
    oto_need(operation, "x", x);
    if (count < 1) oto_refuse(operation, "count is %d, but must be at least 1", count);
    oto_check_buffer(operation, "parts", parts, (size_t)count * sizeof *parts);
}

void oto_chunk_axis(OtoTensor *x, OtoWhichAxis which, int count, OtoTensor *parts[]) {
    check_parts("oto_chunk", x, count, parts);
    int axis = oto_which_axis("oto_chunk", x, which);
    int64_t n = x->shape[axis], at = 0;
    for (int i = 0; i < count; i++) {
        int64_t length = n / count + (i < n % count);
        parts[i] = oto_part(x, axis, at, length);
        at += length;
    }
}

void oto_chunks_of_axis(OtoTensor *x, OtoWhichAxis which, int count, const int64_t lengths[], OtoTensor *parts[]) {
    check_parts("oto_chunks_of", x, count, parts);
    oto_check_buffer("oto_chunks_of", "lengths", lengths, (size_t)count * sizeof *lengths);
    int axis = oto_which_axis("oto_chunks_of", x, which);
    int64_t sum = 0, at = 0;
    for (int i = 0; i < count; i++) {
        if (lengths[i] < 0 || __builtin_add_overflow(sum, lengths[i], &sum))
            oto_refuse("oto_chunks_of", "length %d is %" PRId64 ", but must be 0 or more", i, lengths[i]);
    }
    if (sum != x->shape[axis])
        oto_refuse("oto_chunks_of", "the lengths add up to %" PRId64 ", but axis %s of x %s has %" PRId64, sum,
                   oto_axis_quoted(x, axis), oto_shape_quoted(x), x->shape[axis]);
    for (int i = 0; i < count; at += lengths[i++]) parts[i] = oto_part(x, axis, at, lengths[i]);
}
