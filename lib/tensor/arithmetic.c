#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum operation { ADD, SUB, MUL, DIV };
static const char *const names[] = {"oto_add", "oto_sub", "oto_mul", "oto_div"};
static const char *const origins[] = {"sum", "difference", "product", "quotient"};

/* How a result walks through two operands: per axis its length and each operand's stride, 0 where it repeats. */
struct walk {
    int rank;
    long long shape[OTO_RANK_MAX];
    int64_t stride_x[OTO_RANK_MAX], stride_y[OTO_RANK_MAX];
};

/* Length of an operand's axis, counted from the last axis (0) backwards; 1 beyond its first. */
static int64_t length_from_end(OtoTensor *x, int back) {
    return back < x->rank ? x->shape[x->rank - 1 - back] : 1;
}

static void refuse_shapes(const char *operation, OtoTensor *x, OtoTensor *y, int back) {
    const char *shape_x = oto_shape_quoted(x), *shape_y = oto_shape_quoted(y);
    if (x->rank == y->rank && back == 0 && !strcmp(x->axes[x->rank - 1].name, "time"))
        oto_refuse(operation,
                   "%s and %s do not fit together; cut the longer one, as in oto_slice(x, \"time\", 0, %" PRId64 ")",
                   shape_x, shape_y, x->cols < y->cols ? x->cols : y->cols);
    oto_refuse(operation,
               "%s and %s do not fit together: from the last axis backwards, lengths must be equal or 1; look at "
               "oto_transpose, oto_reshape and oto_slice",
               shape_x, shape_y);
}

static struct walk plan(const char *operation, OtoTensor *x, OtoTensor *y) {
    struct walk walk = {.rank = x->rank > y->rank ? x->rank : y->rank};
    int64_t step_x = 1, step_y = 1;
    for (int back = 0; back < walk.rank; back++) {
        int axis = walk.rank - 1 - back;
        int64_t n = length_from_end(x, back), m = length_from_end(y, back);
        if (n != m && n != 1 && m != 1) refuse_shapes(operation, x, y, back);
        if (back < x->rank && back < y->rank) {
            const char *a = x->axes[x->rank - 1 - back].name, *b = y->axes[y->rank - 1 - back].name;
            if (*a && *b && strcmp(a, b))
                oto_refuse(
                    operation,
                    "%s and %s: axis \"%s\" would meet axis \"%s\"; use oto_transpose, or oto_name_axis if they mean "
                    "the same",
                    oto_shape_quoted(x), oto_shape_quoted(y), a, b);
        }
        walk.shape[axis] = n == 1 ? m : n;
        walk.stride_x[axis] = n == 1 ? 0 : step_x;
        walk.stride_y[axis] = m == 1 ? 0 : step_y;
        step_x *= n;
        step_y *= m;
    }
    return walk;
}

#define OTO_APPLY(operation, a, b)                                                                                     \
    ((operation) == ADD ? (a) + (b) : (operation) == SUB ? (a) - (b) : (operation) == MUL ? (a) * (b) : (a) / (b))

static float _Complex complex_at(OtoTensor *x, int64_t i) {
    if (x->type == OTO_COMPLEX64) return ((float _Complex *)x->data)[i];
    return x->type == OTO_FLOAT32 ? ((float *)x->data)[i] : (float)((int64_t *)x->data)[i];
}
static float float_at(OtoTensor *x, int64_t i) {
    return x->type == OTO_FLOAT32 ? ((float *)x->data)[i] : (float)((int64_t *)x->data)[i];
}

/* One row of the result (its last axis), from element at_x and at_y on. */
static void apply_row(enum operation operation, OtoTensor *z, int64_t at_z, OtoTensor *x, int64_t at_x, int64_t step_x,
                      OtoTensor *y, int64_t at_y, int64_t step_y) {
    if (z->type == OTO_COMPLEX64) {
        float _Complex *to = (float _Complex *)z->data + at_z;
        for (int64_t j = 0; j < z->cols; j++) {
            float _Complex a = complex_at(x, at_x + j * step_x), b = complex_at(y, at_y + j * step_y);
            to[j] = OTO_APPLY(operation, a, b);
        }
        return;
    }
    float *to = (float *)z->data + at_z;
    if (x->type == OTO_FLOAT32 && y->type == OTO_FLOAT32 && step_x == 1) {
        const float *a = (float *)x->data + at_x, *b = (float *)y->data + at_y;
        switch (operation) {
        case ADD:
            for (int64_t j = 0; j < z->cols; j++) to[j] = a[j] + b[j * step_y];
            return;
        case SUB:
            for (int64_t j = 0; j < z->cols; j++) to[j] = a[j] - b[j * step_y];
            return;
        case MUL:
            for (int64_t j = 0; j < z->cols; j++) to[j] = a[j] * b[j * step_y];
            return;
        case DIV:
            for (int64_t j = 0; j < z->cols; j++) to[j] = a[j] / b[j * step_y];
            return;
        }
    }
    for (int64_t j = 0; j < z->cols; j++) {
        float a = float_at(x, at_x + j * step_x), b = float_at(y, at_y + j * step_y);
        to[j] = OTO_APPLY(operation, a, b);
    }
}

/* What the result measures: sums keep what both measure; a product with plain numbers is scaled, not another quantity.
 */
static OtoQuantity quantity_of(enum operation operation, OtoTensor *x, OtoTensor *y) {
    if (x->quantity == y->quantity) return operation == DIV ? OTO_PLAIN : x->quantity;
    if (y->quantity == OTO_PLAIN) return x->quantity;
    if (x->quantity == OTO_PLAIN && operation != DIV) return y->quantity;
    return operation == MUL || operation == DIV ? OTO_PLAIN : x->quantity;
}

static OtoTensor *combine(enum operation operation, OtoTensor *x, OtoTensor *y) {
    oto_need(names[operation], "x", x);
    oto_need(names[operation], "y", y);
    if (x->sample_rate > 0 && y->sample_rate > 0 && x->sample_rate != y->sample_rate)
        oto_refuse(names[operation], "x has %.10g samples a second and y %.10g; oto_resample one of them",
                   x->sample_rate, y->sample_rate);
    struct walk walk = plan(names[operation], x, y);
    OtoType type = x->type == OTO_COMPLEX64 || y->type == OTO_COMPLEX64 ? OTO_COMPLEX64 : OTO_FLOAT32;
    OtoTensor *z = oto_zeros_of(type, walk.rank, walk.shape);
    for (int i = 0; i < z->rank; i++) {
        int in_x = i - (z->rank - x->rank), in_y = i - (z->rank - y->rank);
        if (in_x >= 0 && x->shape[in_x] == z->shape[i] && *x->axes[in_x].name)
            oto_axis_copy(z, i, x, in_x);
        else if (in_y >= 0 && y->shape[in_y] == z->shape[i])
            oto_axis_copy(z, i, y, in_y);
    }
    OtoTensor *sounding = x->sample_rate > 0 ? x : y;
    z->sample_rate = sounding->sample_rate;
    z->framing = sounding->framing;
    z->quantity = quantity_of(operation, x, y);
    oto_set_origin(z, origins[operation], x->origin ? x : y);
    if (z->size == 0) return z;

    int last = z->rank - 1;
    int64_t index[OTO_RANK_MAX] = {}, at_x = 0, at_y = 0;
    for (int64_t row = 0; row < z->rows; row++) {
        apply_row(operation, z, row * z->cols, x, at_x, walk.stride_x[last], y, at_y, walk.stride_y[last]);
        for (int axis = last - 1; axis >= 0; axis--) {
            at_x += walk.stride_x[axis];
            at_y += walk.stride_y[axis];
            if (++index[axis] < z->shape[axis]) break;
            at_x -= walk.stride_x[axis] * z->shape[axis];
            at_y -= walk.stride_y[axis] * z->shape[axis];
            index[axis] = 0;
        }
    }
    return z;
}

OtoTensor *oto_add_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(ADD, x, y);
}
OtoTensor *oto_sub_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(SUB, x, y);
}
OtoTensor *oto_mul_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(MUL, x, y);
}
OtoTensor *oto_div_tensor(OtoTensor *x, OtoTensor *y) {
    return combine(DIV, x, y);
}

static OtoTensor *with_number(enum operation operation, OtoTensor *x, double number) {
    oto_need(names[operation], "x", x);
    OtoTensor *z = oto_like(x, x->type == OTO_COMPLEX64 ? OTO_COMPLEX64 : OTO_FLOAT32, NULL);
    OtoTensor y = {.type = OTO_FLOAT32, .rank = 1, .shape = {1}, .size = 1, .rows = 1, .cols = 1};
    float value = (float)number;
    y.data = &value;
    for (int64_t row = 0; row < z->rows; row++) apply_row(operation, z, row * z->cols, x, row * z->cols, 1, &y, 0, 0);
    return z;
}

OtoTensor *oto_add_number(OtoTensor *x, double y) {
    return with_number(ADD, x, y);
}
OtoTensor *oto_sub_number(OtoTensor *x, double y) {
    return with_number(SUB, x, y);
}
OtoTensor *oto_mul_number(OtoTensor *x, double y) {
    return with_number(MUL, x, y);
}
OtoTensor *oto_div_number(OtoTensor *x, double y) {
    return with_number(DIV, x, y);
}

OtoTensor *oto_map(OtoTensor *x, float (*function)(float)) {
    oto_need_float("oto_map", "x", x);
    if (!function) oto_refuse("oto_map", "function is NULL");
    OtoTensor *z = oto_like(x, OTO_FLOAT32, "map");
    for (int64_t i = 0; i < x->size; i++) ((float *)z->data)[i] = function(((float *)x->data)[i]);
    return z;
}
