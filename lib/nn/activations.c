/* Each activation y = f(x) is three loops:
 *
 *     value       y = f(x)
 *     slope       dL/dx = dL/dy f'             f' and f'' as functions of what is kept: x, or y where that is enough,
 *     curve       a b f''                      because then x need not be kept
 *
 * and `slope` is an operation itself, so that it can be differentiated: with h = g f'(s) for a kept s,
 * dL/dg = dL/dh f'(s) is `slope` again, and dL/ds = dL/dh g f''(s) is `curve`.
 */
#include "lib/nn/activations.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"
#include "lib/tensor/sum.h"

#include <math.h>
#include <string.h>

/* ---- functions of a number ---- */

#define INLINE static inline __attribute__((always_inline))

INLINE float fast_exp(float x) {
    return oto_fast_exp2(x * 1.44269504f);
}
INLINE float sigmoid_of(float x) {
    return 1 / (1 + fast_exp(-x));
}
/* By exponentials; near 0, where these would cancel, by a polynomial (Moshier's Cephes). */
INLINE float tanh_of(float x) {
    float e = fast_exp(-2 * fabsf(x)), far = copysignf((1 - e) / (1 + e), x), q = x * x;
    float near = -5.70498872745e-3f * q + 2.06390887954e-2f;
    near = near * q - 5.37397155531e-2f;
    near = near * q + 1.33314422036e-1f;
    near = near * q - 3.33332819422e-1f;
    near = near * q * x + x;
    return fabsf(x) < 0.625f ? near : far;
}
/* log(1 + e^x): log u with u = 1 + e^-|x| rounded, and what the rounding has left out. */
INLINE float softplus_of(float x) {
    float e = fast_exp(-fabsf(x)), u = 1 + e, log = oto_fast_log2(u) * 0.69314718f + (e - (u - 1)) / u;
    return (x > 0 ? x : 0) + log;
}
/* P(X <= x) of a standard normal X, given e = exp(-x^2 / 2): Abramowitz and Stegun 7.1.26, within 1e-7. */
INLINE float normal_below(float x, float e) {
    float t = 1 / (1 + 0.3275911f * 0.70710678f * fabsf(x));
    float tail = 1.061405429f * t - 1.453152027f;
    tail = tail * t + 1.421413741f;
    tail = tail * t - 0.284496736f;
    tail = tail * t + 0.254829592f;
    tail = 0.5f * tail * t * e;
    return x > 0 ? 1 - tail : tail;
}
#define NORMAL_DENSITY_AT_0 0.39894228f
#define GELU_SCALE 0.79788456f /* sqrt(2 / pi) */
#define GELU_CUBE 0.044715f
INLINE float gelu_inner(float x) {
    return GELU_SCALE * (x + GELU_CUBE * x * x * x);
}
INLINE float gelu_inner_slope(float x) {
    return GELU_SCALE * (1 + 3 * GELU_CUBE * x * x);
}

/* ---- loops ---- */

struct loop {
    const float *in[3];
    float *to;
    float a, b; /* the activation's numbers */
};
typedef void Loop(const struct loop *loop, int64_t from, int64_t end);

/* in: x | a gradient, and what is kept | a gradient, a gradient, and what is kept. `s` is x or what is kept. */
#define DEFINE_ACTIVATION(name, value, slope, curve)                                                                   \
    OTO_VECTORISED static void name##_value(const struct loop *loop, int64_t from, int64_t end) {                      \
        const float *restrict in = loop->in[0];                                                                        \
        float *restrict to = loop->to, a = loop->a, b = loop->b;                                                       \
        (void)a, (void)b;                                                                                              \
        for (int64_t i = from; i < end; i++) {                                                                         \
            float s = in[i];                                                                                           \
            to[i] = value;                                                                                             \
        }                                                                                                              \
    }                                                                                                                  \
    OTO_VECTORISED static void name##_slope(const struct loop *loop, int64_t from, int64_t end) {                      \
        const float *restrict gradient = loop->in[0], *restrict in = loop->in[1];                                      \
        float *restrict to = loop->to, a = loop->a, b = loop->b;                                                       \
        (void)a, (void)b;                                                                                              \
        for (int64_t i = from; i < end; i++) {                                                                         \
            float s = in[i];                                                                                           \
            to[i] = gradient[i] * (slope);                                                                             \
        }                                                                                                              \
    }                                                                                                                  \
    OTO_VECTORISED static void name##_curve(const struct loop *loop, int64_t from, int64_t end) {                      \
        const float *restrict g = loop->in[0], *restrict h = loop->in[1], *restrict in = loop->in[2];                  \
        float *restrict to = loop->to, a = loop->a, b = loop->b;                                                       \
        (void)a, (void)b;                                                                                              \
        for (int64_t i = from; i < end; i++) {                                                                         \
            float s = in[i];                                                                                           \
            (void)s;                                                                                                   \
            to[i] = g[i] * h[i] * (curve);                                                                             \
        }                                                                                                              \
    }

/* Kept: y. (A NaN stays one.) */
DEFINE_ACTIVATION(relu, s < 0 ? 0 : s, s > 0 ? 1.0f : 0.0f, 0.0f)
DEFINE_ACTIVATION(leaky_relu, s < 0 ? a * s : s, s > 0 ? 1.0f : a, 0.0f)
DEFINE_ACTIVATION(elu, s < 0 ? a * (fast_exp(s) - 1) : s, s > 0 ? 1.0f : s + a, s > 0 ? 0.0f : 1.0f)
DEFINE_ACTIVATION(sigmoid, sigmoid_of(s), s * (1 - s), 1 - 2 * s)
DEFINE_ACTIVATION(tanh, tanh_of(s), 1 - s * s, -2 * s)
DEFINE_ACTIVATION(hardtanh, s<a ? a : s> b ? b : s, s > a && s < b ? 1.0f : 0.0f, 0.0f)
/* Kept: x. */
DEFINE_ACTIVATION(silu, s *sigmoid_of(s), sigmoid_of(s) * (1 + s * (1 - sigmoid_of(s))),
                  sigmoid_of(s) * (1 - sigmoid_of(s)) * (2 + s * (1 - 2 * sigmoid_of(s))))
DEFINE_ACTIVATION(softplus, a *s > b ? s : softplus_of(a * s) / a, a *s > b ? 1.0f : sigmoid_of(a * s),
                  a *s > b ? 0.0f : a * sigmoid_of(a * s) * (1 - sigmoid_of(a * s)))
DEFINE_ACTIVATION(gelu, s *normal_below(s, fast_exp(-0.5f * s * s)),
                  normal_below(s, fast_exp(-0.5f * s * s)) + s * NORMAL_DENSITY_AT_0 * fast_exp(-0.5f * s * s),
                  (2 - s * s) * NORMAL_DENSITY_AT_0 * fast_exp(-0.5f * s * s))
#define GELU_TANH tanh_of(gelu_inner(s))
#define GELU_TANH_SLOPE ((1 - GELU_TANH * GELU_TANH) * gelu_inner_slope(s))
DEFINE_ACTIVATION(gelu_tanh, 0.5f * s * (1 + GELU_TANH), 0.5f * (1 + GELU_TANH) + 0.5f * s * GELU_TANH_SLOPE,
                  GELU_TANH_SLOPE +
                      0.5f * s * (1 - GELU_TANH * GELU_TANH) *
                          (6 * GELU_SCALE * GELU_CUBE * s - 2 * GELU_TANH * gelu_inner_slope(s) * gelu_inner_slope(s)))

/* ---- operations ---- */

struct activation {
    OtoOperation operation;
    Loop *value, *slope, *curve;
};

struct settings {
    const struct activation *activation;
    float a, b;
};

enum { PIECE = 1 << 14 }; /* elements: some 10 us */

struct run {
    struct loop loop;
    Loop *body;
};

static void run_piece(int64_t from, int64_t to, void *context) {
    const struct run *run = context;
    run->body(&run->loop, from, to);
}

static OtoTensor *run_loop(Loop *body, const struct settings *settings, OtoTensor *like, const float *in0,
                           const float *in1, const float *in2) {
    OtoTensor *y = oto_like_new(like, OTO_FLOAT32, NULL);
    struct run run = {.loop = {.in = {in0, in1, in2}, .to = y->data, .a = settings->a, .b = settings->b}, .body = body};
    oto_parallel(y->size, PIECE, run_piece, &run);
    return y;
}

static const OtoOperation curve_operation = {.name = "the second gradient of an activation", .once = true};

static OtoTensor *slope(const struct settings *settings, OtoTensor *gradient, OtoTensor *kept);

static void slope_backward(OtoNode *node, OtoTensor *gradient) {
    const struct settings *settings = oto_node_settings(node);
    OtoTensor *g = oto_node_input(node, 0), *kept = oto_node_input(node, 1);
    if (oto_node_wants(node, 0)) oto_give(node, 0, slope(settings, gradient, kept));
    if (!oto_node_wants(node, 1)) return;
    OtoTensor *h = run_loop(settings->activation->curve, settings, kept, gradient->data, g->data, kept->data);
    oto_give(node, 1, oto_record(&curve_operation, h, NULL, 0, gradient, g, kept));
}
static const OtoOperation slope_operation = {.name = "the gradient of an activation",
                                             .backward = slope_backward,
                                             .saves = OTO_SAVES_INPUT(0) | OTO_SAVES_INPUT(1)};

static OtoTensor *slope(const struct settings *settings, OtoTensor *gradient, OtoTensor *kept) {
    OtoTensor *h = run_loop(settings->activation->slope, settings, kept, gradient->data, kept->data, NULL);
    return oto_record(&slope_operation, h, settings, sizeof *settings, gradient, kept);
}

static void of_output_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, slope(oto_node_settings(node), gradient, oto_node_output(node)));
}
static void of_input_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, slope(oto_node_settings(node), gradient, oto_node_input(node, 0)));
}

#define KEEPS_OUTPUT(called, loops)                                                                                    \
    {.operation = {.name = called, .backward = of_output_backward, .saves = OTO_SAVES_OUTPUT},                         \
     .value = loops##_value,                                                                                           \
     .slope = loops##_slope,                                                                                           \
     .curve = loops##_curve}
#define KEEPS_INPUT(called, loops)                                                                                     \
    {.operation = {.name = called, .backward = of_input_backward, .saves = OTO_SAVES_INPUT(0)},                        \
     .value = loops##_value,                                                                                           \
     .slope = loops##_slope,                                                                                           \
     .curve = loops##_curve}

static OtoTensor *activate(const struct activation *activation, OtoTensor *x, double a, double b) {
    oto_need_float(activation->operation.name, "x", x);
    struct settings settings = {.activation = activation, .a = (float)a, .b = (float)b};
    OtoTensor *y = run_loop(activation->value, &settings, x, x->data, NULL, NULL);
    y->quantity = OTO_PLAIN;
    return oto_record(&activation->operation, y, &settings, sizeof settings, x);
}

OtoTensor *oto_relu(OtoTensor *x) {
    static const struct activation relu = KEEPS_OUTPUT("oto_relu", relu);
    return activate(&relu, x, 0, 0);
}
OtoTensor *oto_sigmoid(OtoTensor *x) {
    static const struct activation sigmoid = KEEPS_OUTPUT("oto_sigmoid", sigmoid);
    return activate(&sigmoid, x, 0, 0);
}
OtoTensor *oto_tanh(OtoTensor *x) {
    static const struct activation tanh = KEEPS_OUTPUT("oto_tanh", tanh);
    return activate(&tanh, x, 0, 0);
}
OtoTensor *oto_silu(OtoTensor *x) {
    static const struct activation silu = KEEPS_INPUT("oto_silu", silu);
    return activate(&silu, x, 0, 0);
}
OtoTensor *(oto_leaky_relu)(OtoTensor *x, OtoLeakyReluOptions options) {
    static const struct activation leaky_relu = KEEPS_OUTPUT("oto_leaky_relu", leaky_relu);
    oto_check_range("oto_leaky_relu", "slope", options.slope, 0, INFINITY);
    return activate(&leaky_relu, x, options.slope, 0);
}
OtoTensor *(oto_elu)(OtoTensor *x, OtoEluOptions options) {
    static const struct activation elu = KEEPS_OUTPUT("oto_elu", elu);
    oto_check_range("oto_elu", "alpha", options.alpha, 0, INFINITY);
    return activate(&elu, x, options.alpha, 0);
}
OtoTensor *(oto_gelu)(OtoTensor *x, OtoGeluOptions options) {
    static const struct activation gelu = KEEPS_INPUT("oto_gelu", gelu),
                                   approximate = KEEPS_INPUT("oto_gelu", gelu_tanh);
    return activate(options.approximate ? &approximate : &gelu, x, 0, 0);
}
OtoTensor *(oto_softplus)(OtoTensor *x, OtoSoftplusOptions options) {
    static const struct activation softplus = KEEPS_INPUT("oto_softplus", softplus);
    if (!(options.beta > 0)) oto_refuse("oto_softplus", "beta is %g, but must be above 0", options.beta);
    return activate(&softplus, x, options.beta, options.threshold);
}
OtoTensor *(oto_hardtanh)(OtoTensor *x, OtoHardtanhOptions options) {
    static const struct activation hardtanh = KEEPS_OUTPUT("oto_hardtanh", hardtanh);
    if (!(options.lowest < options.highest))
        oto_refuse("oto_hardtanh", "lowest is %g and highest %g; lowest must be below highest", options.lowest,
                   options.highest);
    return activate(&hardtanh, x, options.lowest, options.highest);
}

/* y = max(x, 0) + w min(x, 0), put together from operations that can be differentiated. */
OtoTensor *oto_prelu(OtoTensor *x, OtoTensor *w) {
    oto_need_float("oto_prelu", "x", x);
    oto_need_float("oto_prelu", "w", w);
    bool channels = x->rank > 1 && w->size == x->shape[1];
    if (w->rank != 1 || (w->size != 1 && !channels))
        oto_refuse("oto_prelu", "w is %s, but x is %s; w must have one number, or one for each channel (axis 1) of x",
                   oto_shape_quoted(w), oto_shape_quoted(x));
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *above = oto_relu(x), *below = oto_sub(x, above);
        if (w->size > 1) {
            long long shape[OTO_RANK_MAX] = {1, x->shape[1]};
            for (int i = 2; i < x->rank; i++) shape[i] = 1;
            w = oto_reshape_to(w, x->rank, shape);
        }
        y = oto_keep(oto_add(above, oto_mul(below, w)));
    }
    return y;
}
