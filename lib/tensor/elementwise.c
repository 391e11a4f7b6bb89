#include "lib/tensor/elementwise.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/broadcast.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/sum.h"

/* Rows of one operand; p and q are numbers that come as a second and a third. */
#define OTO_DEFINE_ROW(name, expression)                                                                               \
    OTO_VECTORISED static void name(void *z, const void *const from[], const int64_t step[], int64_t count) {          \
        float *restrict to = z;                                                                                        \
        const float *restrict x = from[0];                                                                             \
        const float p = *(const float *)from[1], q = *(const float *)from[2];                                          \
        (void)p, (void)q;                                                                                              \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            float a = x[i];                                                                                            \
            to[i] = (expression);                                                                                      \
        }                                                                                                              \
    }
OTO_DEFINE_ROW(exp_row, oto_fast_exp(a))
OTO_DEFINE_ROW(log_row, oto_fast_log(a))
OTO_DEFINE_ROW(sqrt_row, sqrtf(a))
OTO_DEFINE_ROW(abs_row, fabsf(a))
OTO_DEFINE_ROW(squared_row, (a) * (a))
OTO_DEFINE_ROW(sin_row, sinf(a))
OTO_DEFINE_ROW(cos_row, cosf(a))
OTO_DEFINE_ROW(reciprocal_row, 1 / a)
OTO_DEFINE_ROW(raised_row, powf(a, p))
OTO_DEFINE_ROW(clamp_row, a<p ? p : a> q ? q : a)
OTO_DEFINE_ROW(sign_row, a > 0 ? 1.0f : a < 0 ? -1.0f : a)

OtoTensor *oto_number(double x) {
    return oto_from_doubles(&x, 1, (const long long[]){1});
}

struct numbers {
    double p, q;
};

static OtoTensor *apply(const OtoOperation *operation, OtoRow *row, OtoTensor *x, struct numbers numbers) {
    oto_need_float(operation->name, "x", x);
    bool records = operation->backward && oto_records(x);
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, records ? NULL : operation->name + strlen("oto_"));
    y->quantity = OTO_PLAIN;
    float p = (float)numbers.p, q = (float)numbers.q;
    OtoTensor first = {.type = OTO_FLOAT32, .rank = 1, .shape = {1}, .size = 1, .data = &p}, second = first;
    first.axes[0].name = second.axes[0].name = "";
    second.data = &q;
    OtoTensor *operands[] = {x, &first, &second};
    OtoBroadcast plan = oto_broadcast_plan(operation->name, 3, operands);
    oto_broadcast_run(&plan, y->data, operands, sizeof(float), row);
    return records ? oto_record(operation, y, &numbers, sizeof numbers, x) : y;
}

/* y = e^x:  dL/dx = y dL/dy */
static void exp_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(gradient, oto_node_output(node)));
}
OtoTensor *oto_exp(OtoTensor *x) {
    static const OtoOperation operation = {"oto_exp", exp_backward, OTO_SAVES_OUTPUT};
    return apply(&operation, exp_row, x, (struct numbers){});
}

/* y = ln x:  dL/dx = 1 / x dL/dy */
static void log_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_div(gradient, oto_node_input(node, 0)));
}
OtoTensor *oto_log(OtoTensor *x) {
    static const OtoOperation operation = {"oto_log", log_backward, OTO_SAVES_INPUT(0)};
    return apply(&operation, log_row, x, (struct numbers){});
}

/* y = sqrt x:  dL/dx = 1 / (2 y) dL/dy */
static void sqrt_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_div(oto_mul(gradient, 0.5), oto_node_output(node)));
}
OtoTensor *oto_sqrt(OtoTensor *x) {
    static const OtoOperation operation = {"oto_sqrt", sqrt_backward, OTO_SAVES_OUTPUT};
    OtoTensor *y = apply(&operation, sqrt_row, x, (struct numbers){});
    if (x->quantity == OTO_POWER) y->quantity = OTO_AMPLITUDE;
    return y;
}

/* y = |x|:  dL/dx = sign x dL/dy */
static void abs_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(gradient, oto_sign(oto_node_input(node, 0))));
}
OtoTensor *oto_abs(OtoTensor *x) {
    static const OtoOperation operation = {"oto_abs", abs_backward, OTO_SAVES_INPUT(0)};
    return apply(&operation, abs_row, x, (struct numbers){});
}

/* y = x^2:  dL/dx = 2 x dL/dy */
static void squared_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(oto_mul(gradient, 2), oto_node_input(node, 0)));
}
OtoTensor *oto_squared(OtoTensor *x) {
    static const OtoOperation operation = {"oto_squared", squared_backward, OTO_SAVES_INPUT(0)};
    OtoTensor *y = apply(&operation, squared_row, x, (struct numbers){});
    if (oto_is_magnitude_spectrum(x)) y->quantity = OTO_POWER;
    return y;
}

/* y = sin x:  dL/dx = cos x dL/dy */
static void sin_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(gradient, oto_cos(oto_node_input(node, 0))));
}
OtoTensor *oto_sin(OtoTensor *x) {
    static const OtoOperation operation = {"oto_sin", sin_backward, OTO_SAVES_INPUT(0)};
    return apply(&operation, sin_row, x, (struct numbers){});
}

/* y = cos x:  dL/dx = -sin x dL/dy */
static void cos_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(oto_mul(gradient, -1), oto_sin(oto_node_input(node, 0))));
}
OtoTensor *oto_cos(OtoTensor *x) {
    static const OtoOperation operation = {"oto_cos", cos_backward, OTO_SAVES_INPUT(0)};
    return apply(&operation, cos_row, x, (struct numbers){});
}

/* y = 1 / x:  dL/dx = -y^2 dL/dy */
static void reciprocal_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(oto_mul(gradient, -1), oto_squared(oto_node_output(node))));
}
OtoTensor *oto_reciprocal(OtoTensor *x) {
    static const OtoOperation operation = {"oto_reciprocal", reciprocal_backward, OTO_SAVES_OUTPUT};
    return apply(&operation, reciprocal_row, x, (struct numbers){});
}

/* y = x^p:  dL/dx = p x^(p - 1) dL/dy; of p = 0 it is 0, also at x = 0 */
static void raised_backward(OtoNode *node, OtoTensor *gradient) {
    double p = ((const struct numbers *)oto_node_settings(node))->p;
    OtoTensor *x = oto_node_input(node, 0);
    oto_give(node, 0, p == 0 ? oto_mul(gradient, 0) : oto_mul(oto_mul(gradient, p), oto_raised(x, p - 1)));
}
OtoTensor *oto_raised(OtoTensor *x, double exponent) {
    static const OtoOperation operation = {"oto_raised", raised_backward, OTO_SAVES_INPUT(0)};
    return apply(&operation, raised_row, x, (struct numbers){.p = exponent});
}

/* y = min(max(x, p), q):  dL/dx = dL/dy where p <= x <= q, else 0 */
static void clamp_backward(OtoNode *node, OtoTensor *gradient) {
    const struct numbers *limits = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0);
    OtoTensor *inside = oto_mul(oto_greater_equal(x, limits->p), oto_less_equal(x, limits->q));
    oto_give(node, 0, oto_mul(gradient, inside));
}
OtoTensor *oto_clamp(OtoTensor *x, double lowest, double highest) {
    static const OtoOperation operation = {"oto_clamp", clamp_backward, OTO_SAVES_INPUT(0)};
    if (!(lowest <= highest))
        oto_refuse("oto_clamp", "lowest is %g and highest %g; the first must not be the larger", lowest, highest);
    return apply(&operation, clamp_row, x, (struct numbers){.p = lowest, .q = highest});
}

OtoTensor *oto_sign(OtoTensor *x) {
    static const OtoOperation operation = {.name = "oto_sign"};
    return apply(&operation, sign_row, x, (struct numbers){});
}

/* ---- of two operands ---- */

OTO_DEFINE_PAIR_ROW(larger_row, float, a > b || a != a ? a : b)
OTO_DEFINE_PAIR_ROW(smaller_row, float, a < b || a != a ? a : b)
OTO_DEFINE_PAIR_ROW(equal_row, float, a == b ? 1.0f : 0.0f)
OTO_DEFINE_PAIR_ROW(less_row, float, a < b ? 1.0f : 0.0f)
OTO_DEFINE_PAIR_ROW(less_equal_row, float, a <= b ? 1.0f : 0.0f)
OTO_DEFINE_PAIR_ROW(greater_row, float, a > b ? 1.0f : 0.0f)
OTO_DEFINE_PAIR_ROW(greater_equal_row, float, a >= b ? 1.0f : 0.0f)

static void need_real(const char *operation, const char *argument, OtoTensor *x) {
    oto_need(operation, argument, x);
    if (x->type == OTO_COMPLEX64)
        oto_refuse(operation, "%s is complex64; take oto_magnitude or oto_real of it first", argument);
}

static OtoTensor *pairwise(const char *operation, OtoRow *row, int count, OtoTensor *operands[]) {
    OtoBroadcast plan = oto_broadcast_plan(operation, count, operands);
    OtoTensor *z = oto_broadcast_result(&plan, OTO_FLOAT32, operands);
    oto_scope {
        OtoTensor *floats[OTO_OPERANDS_MAX];
        for (int k = 0; k < count; k++) floats[k] = oto_as_type(operands[k], OTO_FLOAT32);
        oto_broadcast_run(&plan, z->data, floats, sizeof(float), row);
    }
    return z;
}

/* z = max(x, y) or min:  dL/dz goes to the one that was taken, half to each where they were equal */
static void chosen_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *operands[] = {oto_node_input(node, 0), oto_node_input(node, 1)}, *z = oto_node_output(node);
    OtoTensor *tie = oto_mul(oto_equal(operands[0], operands[1]), 0.5);
    for (int i = 0; i < 2; i++) {
        if (!oto_node_wants(node, i)) continue;
        OtoTensor *share = oto_sub(oto_equal(operands[i], z), tie);
        oto_give(node, i, oto_sum_to(oto_mul(gradient, share), operands[i]));
    }
}

static OtoTensor *chosen(const OtoOperation *operation, OtoRow *row, OtoTensor *x, OtoTensor *y) {
    need_real(operation->name, "x", x);
    need_real(operation->name, "y", y);
    return oto_record(operation, pairwise(operation->name, row, 2, (OtoTensor *[]){x, y}), NULL, 0, x, y);
}
OtoTensor *oto_larger_of(OtoTensor *x, OtoTensor *y) {
    static const OtoOperation operation = {"oto_larger", chosen_backward, OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT};
    return chosen(&operation, larger_row, x, y);
}
OtoTensor *oto_smaller_of(OtoTensor *x, OtoTensor *y) {
    static const OtoOperation operation = {"oto_smaller", chosen_backward, OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT};
    return chosen(&operation, smaller_row, x, y);
}

OtoTensor *oto_compared(OtoTensor *x, OtoTensor *y, OtoComparison comparison) {
    static const struct {
        const char *name;
        OtoRow *row;
    } kinds[] = {[OTO_IS_EQUAL] = {"oto_equal", equal_row},
                 [OTO_IS_LESS] = {"oto_less", less_row},
                 [OTO_IS_LESS_OR_EQUAL] = {"oto_less_equal", less_equal_row},
                 [OTO_IS_GREATER] = {"oto_greater", greater_row},
                 [OTO_IS_GREATER_OR_EQUAL] = {"oto_greater_equal", greater_equal_row}};
    oto_check_range("oto_compared", "comparison", comparison, OTO_IS_EQUAL, OTO_IS_GREATER_OR_EQUAL);
    need_real(kinds[comparison].name, "x", x);
    need_real(kinds[comparison].name, "y", y);
    return pairwise(kinds[comparison].name, kinds[comparison].row, 2, (OtoTensor *[]){x, y});
}

OTO_VECTORISED static void where_row(void *z, const void *const from[], const int64_t step[], int64_t count) {
    float *restrict to = z;
    const float *restrict mask = from[0], *restrict x = from[1], *restrict y = from[2];
    if (step[0] && step[1] && step[2]) {
        for (int64_t i = 0; i < count; i++) to[i] = mask[i] != 0 ? x[i] : y[i];
    } else {
        for (int64_t i = 0; i < count; i++) to[i] = mask[i * step[0]] != 0 ? x[i * step[1]] : y[i * step[2]];
    }
}

/* z = mask ? x : y:  dL/dx = mask ? dL/dz : 0,  dL/dy = mask ? 0 : dL/dz */
static void where_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *mask = oto_node_input(node, 0), *zero = oto_number(0);
    if (oto_node_wants(node, 1))
        oto_give(node, 1, oto_sum_to(oto_where_of(mask, gradient, zero), oto_node_input(node, 1)));
    if (oto_node_wants(node, 2))
        oto_give(node, 2, oto_sum_to(oto_where_of(mask, zero, gradient), oto_node_input(node, 2)));
}

OtoTensor *oto_where_of(OtoTensor *mask, OtoTensor *x, OtoTensor *y) {
    static const OtoOperation operation = {"oto_where", where_backward, OTO_SAVES_INPUT(0)};
    need_real("oto_where", "mask", mask);
    need_real("oto_where", "x", x);
    need_real("oto_where", "y", y);
    OtoTensor *cut = mask->node ? oto_detach(mask) : mask;
    return oto_record(&operation, pairwise("oto_where", where_row, 3, (OtoTensor *[]){mask, x, y}), NULL, 0, cut, x, y);
}

OtoTensor *oto_masked_fill(OtoTensor *x, OtoTensor *mask, double value) {
    need_real("oto_masked_fill", "x", x);
    need_real("oto_masked_fill", "mask", mask);
    bool fits = mask->rank <= x->rank;
    for (int back = 1; fits && back <= mask->rank; back++) {
        int64_t own = mask->shape[mask->rank - back];
        fits = own == 1 || own == x->shape[x->rank - back];
    }
    if (!fits)
        oto_refuse("oto_masked_fill",
                   "mask %s does not fit x %s: from the last axis backwards, its lengths must be those of x, or 1",
                   oto_shape_quoted(mask), oto_shape_quoted(x));
    OtoTensor *filled = NULL;
    oto_scope filled = oto_keep(oto_where_of(mask, oto_number(value), x));
    return filled;
}
