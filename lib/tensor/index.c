#include "lib/tensor/index.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/pick.h"
#include "lib/tensor/parallel.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { PIECE = 1 << 15 }; /* elements that are worth a thread */

/* The same numbers as int64, each within 0 ... length - 1; `of` says of what, for the message. A new tensor. */
static OtoTensor *whole_numbers(const char *operation, const char *argument, OtoTensor *x, int64_t length,
                                const char *of) {
    oto_need(operation, argument, x);
    if (x->type == OTO_COMPLEX64) oto_refuse(operation, "%s is complex64, but must be whole numbers", argument);
    OtoTensor *numbers = oto_like_new(x, OTO_INT64, NULL);
    int64_t *to = numbers->data;
    for (int64_t i = 0; i < x->size; i++) {
        double value = x->type == OTO_INT64 ? (double)((int64_t *)x->data)[i] : (double)((float *)x->data)[i];
        if (!(value == nearbyint(value)))
            oto_refuse(operation, "element %" PRId64 " of %s is %g, but must be a whole number", i, argument, value);
        if (value < 0 || value >= (double)length)
            oto_refuse(operation, "element %" PRId64 " of %s is %.0f, but %s has the numbers 0 to %" PRId64, i,
                       argument, value, of, length - 1);
        to[i] = x->type == OTO_INT64 ? ((int64_t *)x->data)[i] : (int64_t)value;
    }
    return numbers;
}

static OtoTensor *places_in(const char *operation, const char *argument, OtoTensor *index, OtoTensor *x, int axis) {
    char of[200];
    snprintf(of, sizeof of, "axis %s of x %s", oto_axis_quoted(x, axis), oto_shape_quoted(x));
    return whole_numbers(operation, argument, index, x->shape[axis], of);
}

/* ---- the same indices everywhere ---- */

OtoTensor *oto_index_along(const char *operation, OtoTensor *x, int axis, OtoTensor *indices) {
    static const OtoOperation index_select = OTO_PICKING("oto_index_select");
    oto_need(operation, "x", x);
    oto_need(operation, "indices", indices);
    if (indices->rank != 1)
        oto_refuse(operation, "indices is %s, but must be one row; see oto_gather", oto_shape_quoted(indices));
    OtoTensor *y = NULL;
    oto_scope y = oto_keep(oto_pick(&index_select, x, axis, places_in(operation, "indices", indices, x, axis), 0));
    oto_name_axis(y, axis, x->axes[axis].name);
    return y;
}
OtoTensor *oto_index_select_axis(OtoTensor *x, OtoWhichAxis which, OtoTensor *indices) {
    oto_need("oto_index_select", "x", x);
    return oto_index_along("oto_index_select", x, oto_which_axis("oto_index_select", x, which), indices);
}

/* ---- an index for each place ---- */

/* index and what has its shape lie beside x, whose axes are at least as long, but for the one that is indexed. */
struct gathering {
    const int64_t *index;
    const float *from;
    float *to;
    int rank, axis;
    int64_t shape[OTO_RANK_MAX];  /* of index */
    int64_t stride[OTO_RANK_MAX]; /* in x */
    int64_t rows;                 /* of index: one for each first index */
};

/* Where the elements of index lie in x: calls visit(place in index, place in x) in order, for first indices
 * from ... to - 1. A macro, because it is the innermost loop of both ways. */
#define OTO_EACH_PLACE(g, begin, end, place, target, action)                                                           \
    do {                                                                                                               \
        int64_t at[OTO_RANK_MAX] = {begin}, inner = 1;                                                                 \
        for (int k = 1; k < (g)->rank; k++) inner *= (g)->shape[k];                                                    \
        for (int64_t place = (begin) * inner; place < (end) * inner; place++) {                                        \
            int64_t target = 0;                                                                                        \
            for (int k = 0; k < (g)->rank; k++)                                                                        \
                target += (k == (g)->axis ? (g)->index[place] : at[k]) * (g)->stride[k];                               \
            action;                                                                                                    \
            for (int k = (g)->rank - 1; k >= 0 && ++at[k] == (g)->shape[k] && k > 0; k--) at[k] = 0;                   \
        }                                                                                                              \
    } while (0)

static void gather_rows(int64_t from, int64_t to, void *context) {
    const struct gathering *g = context;
    OTO_EACH_PLACE(g, from, to, place, source, g->to[place] = g->from[source]);
}
static void scatter_rows(int64_t from, int64_t to, void *context) {
    const struct gathering *g = context;
    OTO_EACH_PLACE(g, from, to, place, target, g->to[target] += g->from[place]);
}

static struct gathering gathering_of(OtoTensor *x, int axis, OtoTensor *index) {
    struct gathering g = {.index = index->data, .rank = x->rank, .axis = axis};
    int64_t stride = 1;
    for (int k = x->rank - 1; k >= 0; k--) {
        g.shape[k] = index->shape[k];
        g.stride[k] = stride;
        stride *= x->shape[k];
    }
    return g;
}

/* Different first indices meet different elements of x, unless the first axis is the one that is indexed. */
static void run(struct gathering *g, void (*rows)(int64_t, int64_t, void *), bool apart) {
    int64_t size = 1;
    for (int k = 0; k < g->rank; k++) size *= g->shape[k];
    if (size == 0) return;
    int64_t grain = apart ? PIECE / (size / g->shape[0]) + 1 : g->shape[0];
    oto_parallel(g->shape[0], grain, rows, g);
}

static OtoTensor *gather(OtoTensor *x, int axis, OtoTensor *index);

/* z = x, and source added at index:  dL/dx = dL/dz,  dL/dsource = dL/dz there */
static void scatter_backward(OtoNode *node, OtoTensor *gradient) {
    int axis = *(const int *)oto_node_settings(node);
    if (oto_node_wants(node, 0)) oto_give(node, 0, gradient);
    if (oto_node_wants(node, 1)) oto_give(node, 1, gather(gradient, axis, oto_node_input(node, 2)));
}
/* x may be NULL: zeros in the shape of `like`. */
static OtoTensor *scatter(OtoTensor *x, OtoTensor *like, int axis, OtoTensor *index, OtoTensor *source) {
    static const OtoOperation scatter_add = {
        .name = "oto_scatter_add", .backward = scatter_backward, .saves = OTO_SAVES_INPUT(2)};
    OtoTensor *z = x ? oto_copy(x) : oto_like(like, OTO_FLOAT32, NULL);
    struct gathering g = gathering_of(z, axis, index);
    g.from = source->data;
    g.to = z->data;
    run(&g, scatter_rows, axis > 0);
    return oto_record(&scatter_add, z, &axis, sizeof axis, x, source, index);
}

/* y = x at index:  dL/dx is dL/dy added up at index */
static void gather_backward(OtoNode *node, OtoTensor *gradient) {
    int axis = *(const int *)oto_node_settings(node);
    oto_give(node, 0, scatter(NULL, oto_node_input(node, 0), axis, oto_node_input(node, 1), gradient));
}
static OtoTensor *gather(OtoTensor *x, int axis, OtoTensor *index) {
    static const OtoOperation gather = {.name = "oto_gather", .backward = gather_backward, .saves = OTO_SAVES_INPUT(1)};
    OtoTensor *y = oto_like_new(index, OTO_FLOAT32, NULL);
    struct gathering g = gathering_of(x, axis, index);
    g.from = x->data;
    g.to = y->data;
    run(&g, gather_rows, true);
    return oto_record(&gather, y, &axis, sizeof axis, x, index);
}

static void check_index(const char *operation, OtoTensor *x, int axis, OtoTensor *index) {
    oto_need(operation, "index", index);
    bool fits = index->rank == x->rank;
    for (int k = 0; fits && k < x->rank; k++) fits = k == axis || index->shape[k] <= x->shape[k];
    if (!fits)
        oto_refuse(operation,
                   "index is %s and x is %s: both need as many axes, and but for axis %s, index may not be longer",
                   oto_shape_quoted(index), oto_shape_quoted(x), oto_axis_quoted(x, axis));
}

OtoTensor *oto_gather_axis(OtoTensor *x, OtoWhichAxis which, OtoTensor *index) {
    oto_need_float("oto_gather", "x", x);
    int axis = oto_which_axis("oto_gather", x, which);
    check_index("oto_gather", x, axis, index);
    OtoTensor *y = NULL;
    oto_scope y = oto_keep(gather(x, axis, places_in("oto_gather", "index", index, x, axis)));
    for (int k = 0; k < x->rank; k++) oto_name_axis(y, k, x->axes[k].name);
    y->quantity = x->quantity;
    return y;
}

OtoTensor *oto_scatter_add_axis(OtoTensor *x, OtoWhichAxis which, OtoTensor *index, OtoTensor *source) {
    oto_need_float("oto_scatter_add", "x", x);
    oto_need_float("oto_scatter_add", "source", source);
    int axis = oto_which_axis("oto_scatter_add", x, which);
    check_index("oto_scatter_add", x, axis, index);
    if (source->rank != index->rank || memcmp(source->shape, index->shape, (size_t)index->rank * sizeof *index->shape))
        oto_refuse("oto_scatter_add", "source is %s and index %s; each number of source needs its place",
                   oto_shape_quoted(source), oto_shape_quoted(index));
    OtoTensor *z = NULL;
    oto_scope z = oto_keep(scatter(x, NULL, axis, places_in("oto_scatter_add", "index", index, x, axis), source));
    return z;
}

/* ---- classes ---- */

OtoTensor *oto_one_hot(OtoTensor *numbers, int64_t classes) {
    oto_need("oto_one_hot", "numbers", numbers);
    if (classes < 1 && classes != -1)
        oto_refuse("oto_one_hot", "classes is %" PRId64 ", but must be at least 1 (or -1: found out)", classes);
    if (numbers->rank == OTO_RANK_MAX)
        oto_refuse("oto_one_hot", "numbers is %s; there is no room for another axis", oto_shape_quoted(numbers));
    if (classes < 0 && numbers->size == 0)
        oto_refuse("oto_one_hot", "numbers is empty, so there is no largest one; say how many classes there are");
    if (classes < 0) classes = (int64_t)oto_maximum(numbers) + 1;
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *places = whole_numbers("oto_one_hot", "numbers", numbers, classes, "the axis of classes");
        long long shape[OTO_RANK_MAX];
        for (int k = 0; k < numbers->rank; k++) shape[k] = numbers->shape[k];
        shape[numbers->rank] = classes;
        y = oto_keep(oto_zeros_of(OTO_FLOAT32, numbers->rank + 1, shape));
        for (int k = 0; k < numbers->rank; k++) oto_axis_copy(y, k, numbers, k);
        oto_name_axis(y, numbers->rank, "classes");
        for (int64_t i = 0; i < places->size; i++) ((float *)y->data)[i * classes + ((int64_t *)places->data)[i]] = 1;
    }
    return y;
}
