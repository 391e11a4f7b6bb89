/* Axes in another order: (batch, channels, time) to (batch, time, channels). */
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"

#include <string.h>

enum { BLOCK = 16, PIECE = 1 << 16 };

/* The result's axes with the stride of each in x; neighbours that x walks through in one go are merged. */
struct order {
    int axes;
    int64_t length[OTO_RANK_MAX], from[OTO_RANK_MAX], to[OTO_RANK_MAX]; /* strides in x and in the result */
    int across; /* the axis that is x's last, and the result's last axis is not; -1: rows are copied as they are */
};

static struct order order_of(OtoTensor *x, const int axes[]) {
    struct order order = {.across = -1};
    int64_t stride[OTO_RANK_MAX], step = 1;
    for (int i = x->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= x->shape[i];
    }
    for (int i = 0; i < x->rank; i++) {
        int64_t length = x->shape[axes[i]], from = stride[axes[i]];
        if (length == 1) continue;
        int last = order.axes - 1;
        if (last >= 0 && order.from[last] == from * length) {
            order.length[last] *= length;
            order.from[last] = from;
            continue;
        }
        order.length[order.axes] = length;
        order.from[order.axes++] = from;
    }
    if (order.axes == 0) order = (struct order){.axes = 1, .length = {1}, .from = {1}, .across = -1};
    step = 1;
    for (int i = order.axes - 1; i >= 0; i--) {
        order.to[i] = step;
        step *= order.length[i];
        if (order.from[i] == 1 && i < order.axes - 1) order.across = i;
    }
    return order;
}

/* to[i, j] = from[j, i] in blocks that stay in the first cache */
#define OTO_DEFINE_TURN(name, type)                                                                                    \
    static void name(type *restrict to, const type *restrict from, int64_t to_stride, int64_t from_stride,             \
                     int64_t rows, int64_t columns) {                                                                  \
        for (int64_t row = 0; row < rows; row += BLOCK)                                                                \
            for (int64_t column = 0; column < columns; column += BLOCK)                                                \
                for (int64_t i = row; i < rows && i < row + BLOCK; i++)                                                \
                    for (int64_t j = column; j < columns && j < column + BLOCK; j++)                                   \
                        to[i * to_stride + j] = from[j * from_stride + i];                                             \
    }
OTO_DEFINE_TURN(turn_floats, uint32_t)
OTO_DEFINE_TURN(turn_doubles, uint64_t)

struct permuting {
    struct order order;
    char *to;
    const char *from;
    size_t element;
};

/* Pieces are counted over all axes of the result but the last and the one that is turned with it. */
static void permute_pieces(int64_t first, int64_t end, void *context) {
    struct permuting *p = context;
    struct order *o = &p->order;
    int last = o->axes - 1;
    for (int64_t piece = first; piece < end; piece++) {
        int64_t rest = piece, from = 0, to = 0;
        for (int i = last - 1; i >= 0; i--) {
            if (i == o->across) continue;
            from += rest % o->length[i] * o->from[i];
            to += rest % o->length[i] * o->to[i];
            rest /= o->length[i];
        }
        const char *source = p->from + (size_t)from * p->element;
        char *target = p->to + (size_t)to * p->element;
        if (o->across < 0)
            memcpy(target, source, (size_t)o->length[last] * p->element);
        else if (p->element == sizeof(uint32_t))
            turn_floats((uint32_t *)target, (const uint32_t *)source, o->to[o->across], o->from[last],
                        o->length[o->across], o->length[last]);
        else
            turn_doubles((uint64_t *)target, (const uint64_t *)source, o->to[o->across], o->from[last],
                         o->length[o->across], o->length[last]);
    }
}

static void permute_into(OtoTensor *y, OtoTensor *x, const int axes[]) {
    struct permuting p = {.order = order_of(x, axes), .to = y->data, .from = x->data};
    p.element = x->type == OTO_FLOAT32 ? sizeof(uint32_t) : sizeof(uint64_t);
    if (x->size == 0) return;
    int64_t pieces = 1;
    for (int i = 0; i < p.order.axes - 1; i++)
        if (i != p.order.across) pieces *= p.order.length[i];
    oto_parallel(pieces, PIECE * pieces / x->size + 1, permute_pieces, &p);
}

/* y[i, j, ...] = x[..., i, ...]:  dL/dx is dL/dy with the axes put back */
static void permute_backward(OtoNode *node, OtoTensor *gradient) {
    const int *axes = oto_node_settings(node);
    long long back[OTO_RANK_MAX];
    for (int i = 0; i < gradient->rank; i++) back[axes[i]] = i;
    oto_give(node, 0, oto_permute_axes(gradient, gradient->rank, back));
}
static const OtoOperation permute = {.name = "oto_permute", .backward = permute_backward};

static OtoTensor *permuted(const char *operation, OtoTensor *x, int rank, const long long order[]) {
    oto_need(operation, "x", x);
    if (rank != x->rank)
        oto_refuse(operation, "%s has %d axes, but %d are put in order", oto_shape_quoted(x), x->rank, rank);
    int axes[OTO_RANK_MAX];
    long long shape[OTO_RANK_MAX];
    unsigned seen = 0;
    for (int i = 0; i < rank; i++) {
        long long axis = order[i] < 0 ? order[i] + rank : order[i];
        if (axis < 0 || axis >= rank)
            oto_refuse(operation, "there is no axis %lld in %s", order[i], oto_shape_quoted(x));
        if (seen >> axis & 1)
            oto_refuse(operation, "axis %lld comes twice; each axis of %s must come once", axis, oto_shape_quoted(x));
        seen |= 1u << axis;
        axes[i] = (int)axis;
        shape[i] = x->shape[axis];
    }
    OtoTensor *y = oto_tensor_new(x->type, rank, shape);
    for (int i = 0; i < rank; i++) oto_axis_copy(y, i, x, axes[i]);
    y->quantity = x->quantity;
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    permute_into(y, x, axes);
    if (!oto_records(x)) oto_set_origin(y, NULL, x);
    return oto_record(&permute, y, axes, sizeof axes, x);
}

OtoTensor *oto_permute_axes(OtoTensor *x, int rank, const long long axes[]) {
    return permuted("oto_permute", x, rank, axes);
}

OtoTensor *oto_transpose(OtoTensor *x) {
    oto_need("oto_transpose", "x", x);
    if (x->rank != 2)
        oto_refuse("oto_transpose", "%s has %d axes, not 2; oto_permute puts any axes in order", oto_shape_quoted(x),
                   x->rank);
    return permuted("oto_transpose", x, 2, (const long long[]){1, 0});
}
