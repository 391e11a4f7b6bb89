/* Linear layers. With x (rows, in), w (out, in) and y (rows, out), the gradients of  sum over y w x  are three
 * products, each of whose gradients are the other two:
 *
 *     y = x w^T       dL/dx = g w        dL/dw = g^T x        g (rows, out)
 *     x = y w         dL/dy = g w^T      dL/dw = y^T g        g (rows, in)
 *     w = y^T x       dL/dy = x g^T      dL/dx = y g          g (out, in)
 */
#include "lib/nn/linear.h"
#include "lib/tensor/error.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/sum.h"

#include <string.h>

static OtoTensor *forward(OtoTensor *x, OtoTensor *w, OtoTensor *b);
static OtoTensor *back(OtoTensor *y, OtoTensor *w);
static OtoTensor *outer(OtoTensor *y, OtoTensor *x);

static void forward_backward(OtoNode *node, OtoTensor *gradient) {
    if (oto_node_wants(node, 0)) oto_give(node, 0, back(gradient, oto_node_input(node, 1)));
    if (oto_node_wants(node, 1)) oto_give(node, 1, outer(gradient, oto_node_input(node, 0)));
    if (oto_node_inputs(node) < 3 || !oto_node_wants(node, 2)) return;
    int last = gradient->rank - 1;
    if (last == 0)
        oto_give(node, 2, gradient);
    else
        oto_give(node, 2, oto_sum_axes(gradient, (1u << last) - 1, 1, 1, (long long[]){gradient->cols}));
}
static void back_backward(OtoNode *node, OtoTensor *gradient) {
    if (oto_node_wants(node, 0)) oto_give(node, 0, forward(gradient, oto_node_input(node, 1), NULL));
    if (oto_node_wants(node, 1)) oto_give(node, 1, outer(oto_node_input(node, 0), gradient));
}
static void outer_backward(OtoNode *node, OtoTensor *gradient) {
    if (oto_node_wants(node, 0)) oto_give(node, 0, forward(oto_node_input(node, 1), gradient, NULL));
    if (oto_node_wants(node, 1)) oto_give(node, 1, back(oto_node_input(node, 0), gradient));
}

#define SAVES (OTO_SAVES_INPUT(0) | OTO_SAVES_INPUT(1))
static const OtoOperation linear = {.name = "oto_linear", .backward = forward_backward, .saves = SAVES},
                          linear_back = {.name = "the gradient of oto_linear",
                                         .backward = back_backward,
                                         .saves = SAVES},
                          linear_outer = {
                              .name = "the weight gradient of oto_linear", .backward = outer_backward, .saves = SAVES};

/* x's shape with another last axis. */
static OtoTensor *new_rows(OtoTensor *x, int64_t columns) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    shape[x->rank - 1] = columns;
    OtoTensor *y = oto_tensor_new(OTO_FLOAT32, x->rank, shape);
    for (int i = 0; i < x->rank - 1; i++) y->axes[i].name = x->axes[i].name;
    return y;
}

struct biased {
    float *y;
    const float *b;
    int64_t columns;
};

static void fill_rows(int64_t from, int64_t to, void *context) {
    const struct biased *biased = context;
    for (int64_t i = from; i < to; i++)
        memcpy(biased->y + i * biased->columns, biased->b, (size_t)biased->columns * sizeof(float));
}

static OtoTensor *forward(OtoTensor *x, OtoTensor *w, OtoTensor *b) {
    OtoTensor *y = new_rows(x, w->rows);
    struct biased biased = {.y = y->data, .b = b ? b->data : NULL, .columns = y->cols};
    if (b) oto_parallel(y->rows, (1 << 16) / (y->cols + 1) + 1, fill_rows, &biased);
    oto_gemm(x->rows, w->rows, x->cols, x->data, w->data, y->data, .transpose_b = true, .beta = b ? 1 : 0);
    return oto_record(&linear, y, NULL, 0, x, w, b);
}

static OtoTensor *back(OtoTensor *y, OtoTensor *w) {
    OtoTensor *x = new_rows(y, w->cols);
    oto_gemm(y->rows, w->cols, w->rows, y->data, w->data, x->data);
    return oto_record(&linear_back, x, NULL, 0, y, w);
}

static OtoTensor *outer(OtoTensor *y, OtoTensor *x) {
    OtoTensor *w = oto_tensor_new(OTO_FLOAT32, 2, (long long[]){y->cols, x->cols});
    oto_gemm(y->cols, x->cols, y->rows, y->data, x->data, w->data, .transpose_a = true);
    return oto_record(&linear_outer, w, NULL, 0, y, x);
}

OtoTensor *oto_linear(OtoTensor *x, OtoTensor *w, OtoTensor *b) {
    oto_need_float("oto_linear", "x", x);
    oto_need_float("oto_linear", "w", w);
    if (w->rank != 2) oto_refuse("oto_linear", "w is %s, but must be (out, in)", oto_shape_quoted(w));
    if (x->cols != w->cols)
        oto_refuse("oto_linear",
                   "x is %s, so its last axis has %lld, but w is %s, made for %lld; see oto_reshape and oto_permute",
                   oto_shape_quoted(x), (long long)x->cols, oto_shape_quoted(w), (long long)w->cols);
    if (!b) return forward(x, w, NULL);
    oto_need_float("oto_linear", "b", b);
    if (b->rank != 1 || b->size != w->rows)
        oto_refuse("oto_linear", "b is %s, but w makes %lld outputs; it must be (%lld), or NULL", oto_shape_quoted(b),
                   (long long)w->rows, (long long)w->rows);
    return forward(x, w, b);
}
