/* Losses that compare number with number. Forward computes the loss l(x, t) and its slope dl/dx in one pass, so that
 * backward is one product. */
#include "lib/nn/loss.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 512, PIECE = 1 << 15 };

/* loss, slope: of each element; weight: of each, or NULL for ones; delta: of Huber's. */
typedef void Kernel(float *restrict loss, float *restrict slope, const float *restrict x, const float *restrict t,
                    const float *restrict weight, float delta, int64_t count);
#define OTO_DEFINE_LOSS(name, loss_of, slope_of)                                                                       \
    OTO_VECTORISED static void name(float *restrict loss, float *restrict slope, const float *restrict x,              \
                                    const float *restrict t, const float *restrict weight, float delta,                \
                                    int64_t count) {                                                                   \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            float d = x[i] - t[i];                                                                                     \
            slope[i] = (slope_of);                                                                                     \
            loss[i] = (loss_of);                                                                                       \
        }                                                                                                              \
    }
OTO_DEFINE_LOSS(square_kernel, d *d, 2 * d)
OTO_DEFINE_LOSS(magnitude_kernel, fabsf(d), d > 0 ? 1.0f : d < 0 ? -1.0f : d)
/* slope: d between -delta and delta */
OTO_DEFINE_LOSS(huber_kernel, fabsf(d) < delta ? 0.5f * d * d : delta * (fabsf(d) - 0.5f * delta),
                d > delta    ? delta
                : d < -delta ? -delta
                             : d)

/* With s the sigmoid and q = 1 + (p - 1) t:  l = (1 - t) x + q (ln(1 + e^-|x|) + max(-x, 0)),  dl/dx = 1 - t + q (s -
 * 1) */
#define OTO_BINARY_LOSS(q_of)                                                                                          \
    for (int64_t i = 0; i < count; i++) {                                                                              \
        float a = x[i], z = oto_fast_exp(-fabsf(a)), q = (q_of), low = a < 0 ? -a : 0;                                 \
        float s_less_one = a < 0 ? -1 / (1 + z) : -z / (1 + z);                                                        \
        float logarithm = 0.69314718f * oto_fast_log2(1 + z);                                                          \
        slope[i] = (1 - t[i]) + q * s_less_one;                                                                        \
        loss[i] = (1 - t[i]) * a + q * (logarithm + low);                                                              \
    }
OTO_VECTORISED static void binary_kernel(float *restrict loss, float *restrict slope, const float *restrict x,
                                         const float *restrict t, const float *restrict weight, float delta,
                                         int64_t count) {
    if (weight)
        OTO_BINARY_LOSS(1 + (weight[i] - 1) * t[i])
    else
        OTO_BINARY_LOSS(1)
}

OTO_VECTORISED static double sum_of(const float *restrict x, int64_t count) {
    float lanes[16] = {};
    double sum = 0;
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) lanes[k] += x[i + k];
    for (; i < count; i++) sum += (double)x[i];
    for (int k = 0; k < 16; k++) sum += (double)lanes[k];
    return sum;
}

struct comparing {
    Kernel *kernel;
    const float *x, *t, *weight;
    float delta;
    float *loss, *slope; /* of each element, or NULL where not asked for */
    double *sums;        /* of each piece */
};

static void compare_piece(int64_t from, int64_t to, void *context) {
    struct comparing *c = context;
    float loss[CHUNK], slope[CHUNK];
    double sum = 0;
    for (int64_t i = from; i < to; i += CHUNK) {
        int64_t count = to - i < CHUNK ? to - i : CHUNK;
        float *losses = c->loss ? c->loss + i : loss;
        c->kernel(losses, c->slope ? c->slope + i : slope, c->x + i, c->t + i, c->weight ? c->weight + i : NULL,
                  c->delta, count);
        sum += sum_of(losses, count);
    }
    c->sums[from / PIECE] = sum;
}

struct settings {
    double scale; /* of the sum: 1 / size for the mean */
    double delta;
};

/* The loss of x and t by an operation whose inputs are x, t and the slope. */
static OtoTensor *compare(const OtoOperation *operation, Kernel *kernel, OtoTensor *x, OtoTensor *t, OtoTensor *weight,
                          double delta, OtoReduction reduction) {
    oto_loss_check_reduction(operation->name, reduction);
    int64_t pieces = (x->size + PIECE - 1) / PIECE;
    struct settings settings = {.scale = reduction == OTO_MEAN ? 1 / (double)x->size : 1, .delta = delta};
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *slope = oto_records(x, t) ? oto_like_new(x, OTO_FLOAT32, NULL) : NULL;
        OtoTensor *each = reduction == OTO_NONE ? oto_like_new(x, OTO_FLOAT32, NULL) : NULL;
        double *sums = calloc((size_t)pieces, sizeof *sums), sum = 0;
        if (!sums) oto_refuse(operation->name, "no memory for %" PRId64 " partial sums", pieces);
        oto_hold(sums, free);
        struct comparing c = {.kernel = kernel, .x = x->data, .t = t->data, .delta = (float)delta, .sums = sums};
        c.weight = weight ? weight->data : NULL;
        c.slope = slope ? slope->data : NULL;
        c.loss = each ? each->data : NULL;
        oto_parallel(x->size, PIECE, compare_piece, &c);
        for (int64_t i = 0; i < pieces; i++) sum += sums[i];
        y = oto_keep(each ? each : oto_tensor(sum * settings.scale));
        oto_record(operation, y, &settings, sizeof settings, x, t, slope);
    }
    return y;
}

static void give_slope(OtoNode *node, OtoTensor *slope, OtoTensor *gradient) {
    const struct settings *settings = oto_node_settings(node);
    OtoTensor *to_x = oto_mul(slope, oto_mul(gradient, settings->scale));
    oto_give(node, 0, to_x);
    if (oto_node_wants(node, 1)) oto_give(node, 1, oto_mul(to_x, -1));
}

/* Where the gradient will be differentiated again, the slope is computed once more by operations that are written down.
 */
static OtoTensor *difference(OtoNode *node) {
    OtoTensor *x = oto_node_input(node, 0), *t = oto_node_input(node, 1);
    return oto_records(x, t) ? oto_sub(x, t) : NULL;
}
static void mse_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *d = difference(node);
    give_slope(node, d ? oto_mul(d, 2) : oto_node_input(node, 2), gradient);
}
static void l1_backward(OtoNode *node, OtoTensor *gradient) {
    give_slope(node, oto_node_input(node, 2), gradient); /* its own slope is 0 */
}
static void huber_backward(OtoNode *node, OtoTensor *gradient) {
    double delta = ((const struct settings *)oto_node_settings(node))->delta;
    OtoTensor *d = difference(node);
    give_slope(node, d ? oto_clamp(d, -delta, delta) : oto_node_input(node, 2), gradient);
}
static const OtoOperation mse = {"oto_mse_loss", mse_backward, OTO_SAVES_INPUTS},
                          l1 = {"oto_l1_loss", l1_backward, OTO_SAVES_INPUT(2)},
                          huber = {"oto_huber_loss", huber_backward, OTO_SAVES_INPUTS},
                          binary = {"oto_binary_cross_entropy", l1_backward, OTO_SAVES_INPUT(2), .once = true};

static OtoTensor *distance(const OtoOperation *operation, Kernel *kernel, OtoTensor *x, OtoTensor *t,
                           OtoDistanceOptions options) {
    oto_loss_need_pair(operation->name, "x", x, "targets", t);
    oto_loss_need_finite(operation->name, "targets", t);
    return compare(operation, kernel, x, t, NULL, options.delta, options.reduction);
}
OtoTensor *oto_mse_loss_with(OtoTensor *x, OtoTensor *t, OtoDistanceOptions options) {
    return distance(&mse, square_kernel, x, t, options);
}
OtoTensor *(oto_mse_loss)(OtoTensor *x, OtoTensor *t) {
    return oto_mse_loss(x, t);
}
OtoTensor *oto_l1_loss_with(OtoTensor *x, OtoTensor *t, OtoDistanceOptions options) {
    return distance(&l1, magnitude_kernel, x, t, options);
}
OtoTensor *(oto_l1_loss)(OtoTensor *x, OtoTensor *t) {
    return oto_l1_loss(x, t);
}
OtoTensor *oto_huber_loss_with(OtoTensor *x, OtoTensor *t, OtoDistanceOptions options) {
    if (!(options.delta > 0)) oto_refuse("oto_huber_loss", "delta is %g, but must be above 0", options.delta);
    return distance(&huber, huber_kernel, x, t, options);
}
OtoTensor *(oto_huber_loss)(OtoTensor *x, OtoTensor *t) {
    return oto_huber_loss(x, t);
}

OtoTensor *oto_binary_cross_entropy_with(OtoTensor *logits, OtoTensor *targets, OtoBinaryOptions options) {
    const char *name = binary.name;
    oto_need_float(name, "logits", logits);
    if (logits->node && !strcmp(oto_node_name(oto_node_of(logits)), "oto_sigmoid"))
        oto_refuse(name, "logits come from oto_sigmoid; the sigmoid is part of this loss, leave it out before it");
    OtoTensor *loss = NULL;
    oto_scope {
        oto_need(name, "targets", targets);
        OtoTensor *t = targets->type == OTO_INT64 ? oto_mul(targets, 1) : oto_detach(targets), *weight = NULL;
        oto_loss_need_pair(name, "logits", logits, "targets", t);
        oto_loss_need_finite(name, "targets", t);
        const float *data = t->data;
        for (int64_t i = 0; i < t->size; i++)
            if (!(data[i] >= 0 && data[i] <= 1))
                oto_refuse(name,
                           "targets has %g at %s, but must lie between 0 (no) and 1 (yes); for one of several classes "
                           "use oto_cross_entropy",
                           (double)data[i], oto_loss_place(t, i));
        if (options.pos_weight) {
            oto_need_float(name, "pos_weight", options.pos_weight);
            oto_loss_need_finite(name, "pos_weight", options.pos_weight);
            weight = oto_add(oto_like(t, OTO_FLOAT32, NULL), oto_detach(options.pos_weight));
            if (weight->size != t->size)
                oto_refuse(name, "pos_weight is %s, which does not repeat to targets %s",
                           oto_shape_quoted(options.pos_weight), oto_shape_quoted(t));
        }
        loss = oto_keep(compare(&binary, binary_kernel, logits, t, weight, 0, options.reduction));
    }
    return loss;
}
OtoTensor *(oto_binary_cross_entropy)(OtoTensor *logits, OtoTensor *targets) {
    return oto_binary_cross_entropy(logits, targets);
}
