#include "lib/tensor/matmul.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/gemm.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/place.h"
#include "lib/tensor/sum.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const name = "oto_matmul";

/* The last two axes of a product, and the axes in front of them, which repeat. */
struct product {
    OtoMatmulOptions options;
    int64_t m, n, k;
    int rank;
    long long shape[OTO_RANK_MAX]; /* of the result */
    int64_t count;                 /* of matrices */
};

static int64_t from_end(OtoTensor *x, int back) {
    return back < x->rank ? x->shape[x->rank - 1 - back] : 1;
}

static struct product plan(OtoTensor *x, OtoTensor *y, OtoMatmulOptions options) {
    struct product p = {.options = options, .rank = x->rank > y->rank ? x->rank : y->rank, .count = 1};
    p.m = from_end(x, options.transpose_x ? 0 : 1);
    p.k = from_end(x, options.transpose_x ? 1 : 0);
    p.n = from_end(y, options.transpose_y ? 1 : 0);
    int64_t k = from_end(y, options.transpose_y ? 0 : 1);
    if (p.k != k)
        oto_refuse(name,
                   "x is %s and y is %s: each row of x%s has %" PRId64 " numbers and each column of y%s %" PRId64
                   "; they must be as many%s",
                   oto_shape_quoted(x), oto_shape_quoted(y), options.transpose_x ? " transposed" : "", p.k,
                   options.transpose_y ? " transposed" : "", k,
                   p.k == p.n && !options.transpose_y ? "; .transpose_y = true would fit" : "");
    for (int back = 2; back < p.rank; back++) {
        int64_t a = from_end(x, back), b = from_end(y, back);
        if (a != b && a != 1 && b != 1)
            oto_refuse(name, "%s and %s: the axes in front of the last two must be equal or 1", oto_shape_quoted(x),
                       oto_shape_quoted(y));
        p.shape[p.rank - 1 - back] = a == 1 ? b : a;
        p.count *= a == 1 ? b : a;
    }
    p.shape[p.rank - 2] = p.m;
    p.shape[p.rank - 1] = p.n;
    return p;
}

/* Where matrix `at` of the result (counted over the axes in front) lies in an operand. */
static const float *matrix_at(OtoTensor *x, const struct product *p, int64_t at) {
    int64_t step = from_end(x, 0) * from_end(x, 1), offset = 0;
    for (int back = 2; back < p->rank; back++) {
        int64_t length = p->shape[p->rank - 1 - back], own = from_end(x, back);
        if (own != 1) offset += at % length * step;
        at /= length;
        step *= own;
    }
    return (const float *)x->data + offset;
}

static void multiply_many(OtoTensor *z, OtoTensor *x, OtoTensor *y, const struct product *p) {
    const float **places = malloc((size_t)p->count * 3 * sizeof *places);
    if (!places) oto_refuse(name, "no memory for %" PRId64 " matrices", p->count);
    const float **a = places, **b = a + p->count;
    float **c = (float **)(b + p->count);
    for (int64_t i = 0; i < p->count; i++) {
        a[i] = matrix_at(x, p, i);
        b[i] = matrix_at(y, p, i);
        c[i] = (float *)z->data + i * p->m * p->n;
    }
    oto_gemm_batched(p->count, p->m, p->n, p->k, a, b, c, .transpose_a = p->options.transpose_x,
                     .transpose_b = p->options.transpose_y);
    free(places);
}

static OtoTensor *product(OtoTensor *x, OtoTensor *y, bool transpose_x, bool transpose_y) {
    return oto_matmul(x, y, .transpose_x = transpose_x, .transpose_y = transpose_y);
}

/* Z = X Y:  dL/dX = dL/dZ Y^T,  dL/dY = X^T dL/dZ; and what of these is transposed when X or Y is */
static void matmul_backward(OtoNode *node, OtoTensor *gradient) {
    OtoMatmulOptions o = *(const OtoMatmulOptions *)oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *y = oto_node_input(node, 1);
    if (oto_node_wants(node, 0)) {
        OtoTensor *to_x =
            o.transpose_x ? product(y, gradient, o.transpose_y, true) : product(gradient, y, false, !o.transpose_y);
        oto_give(node, 0, oto_sum_to(to_x, x));
    }
    if (oto_node_wants(node, 1)) {
        OtoTensor *to_y =
            o.transpose_y ? product(gradient, x, true, o.transpose_x) : product(x, gradient, !o.transpose_x, false);
        oto_give(node, 1, oto_sum_to(to_y, y));
    }
}
static const OtoOperation operations[] = {
    [1] = {.name = "oto_matmul", .backward = matmul_backward, .saves = OTO_SAVES_INPUT(1)},
    [2] = {.name = "oto_matmul", .backward = matmul_backward, .saves = OTO_SAVES_INPUT(0)},
    [3] = {.name = "oto_matmul", .backward = matmul_backward, .saves = OTO_SAVES_INPUTS}};

static OtoTensor *multiply(OtoTensor *x, OtoTensor *y, OtoMatmulOptions options) {
    struct product p = plan(x, y, options);
    OtoTensor *z = oto_tensor_new(OTO_FLOAT32, p.rank, p.shape);
    for (int i = 0; i < p.rank; i++) {
        int in_x = i - (p.rank - x->rank), in_y = i - (p.rank - y->rank);
        if (i == p.rank - 1)
            oto_axis_copy(z, i, y, y->rank - (options.transpose_y ? 2 : 1));
        else if (i == p.rank - 2)
            oto_axis_copy(z, i, x, x->rank - (options.transpose_x ? 1 : 2));
        else if (in_x >= 0 && x->shape[in_x] == z->shape[i])
            oto_axis_copy(z, i, x, in_x);
        else if (in_y >= 0 && y->shape[in_y] == z->shape[i])
            oto_axis_copy(z, i, y, in_y);
    }
    if (z->size > 0 && p.k == 0) memset(z->data, 0, (size_t)z->size * sizeof(float));
    if (z->size > 0 && p.k > 0) {
        if (p.count == 1)
            oto_gemm(p.m, p.n, p.k, x->data, y->data, z->data, .transpose_a = options.transpose_x,
                     .transpose_b = options.transpose_y);
        else
            multiply_many(z, x, y, &p);
    }
    int kind = (oto_records(x) ? 1 : 0) + (oto_records(y) ? 2 : 0);
    return kind ? oto_record(&operations[kind], z, &options, sizeof options, x, y) : z;
}

static OtoTensor *with_axis(OtoTensor *x, bool in_front) {
    return oto_shaped(x, 2, in_front ? (long long[]){1, x->cols} : (long long[]){x->cols, 1});
}

OtoTensor *(oto_matmul)(OtoTensor *x, OtoTensor *y, OtoMatmulOptions options) {
    oto_need_float(name, "x", x);
    oto_need_float(name, "y", y);
    bool row = x->rank == 1, column = y->rank == 1;
    if (!row && !column && (y->rank > 2 || x->rank == 2 || options.transpose_x)) return multiply(x, y, options);
    OtoTensor *z = NULL;
    oto_scope {
        OtoTensor *a = row ? with_axis(x, !options.transpose_x) : x;
        OtoTensor *b = column ? with_axis(y, options.transpose_y) : y;
        long long shape[OTO_RANK_MAX];
        int rank = 0;
        bool tall = a->rank > 2 && b->rank == 2 && !options.transpose_x; /* one matrix for all: one tall product */
        OtoTensor *wide = multiply(tall ? oto_shaped(a, 2, (long long[]){a->rows, a->cols}) : a, b, options);
        for (int i = 0; i < (tall ? a->rank - 1 : wide->rank - 1); i++)
            if (!(row && i == wide->rank - 2)) shape[rank++] = tall ? a->shape[i] : wide->shape[i];
        if (!column) shape[rank++] = wide->cols;
        if (rank == 0) shape[rank++] = 1;
        z = oto_keep(oto_shaped(wide, rank, shape));
        if (tall)
            for (int i = 0; i < a->rank - 1; i++) oto_axis_copy(z, i, a, i);
        if (tall && !column) oto_axis_copy(z, z->rank - 1, b, options.transpose_y ? 0 : 1);
    }
    return z;
}
