/* Cross-entropy of classes. For a row of logits x with the target y,
 *
 *     loss = w_y (L - x_y),  L = ln sum_c e^x_c,  p_c = e^(x_c - L)
 *     dloss/dx_c = w_y (p_c - [c = y])
 *
 * With label smoothing e, or given probabilities t, the target is t_c = (1 - e) [c = y] + e / classes, and
 *
 *     loss = sum_c t_c w_c (L - x_c)
 *     dloss/dx_c = p_c sum_k t_k w_k - t_c w_c
 *
 * e^(x_c - max x) is computed once and kept for backward, where it becomes the gradient. */
#include "lib/nn/loss.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { CHUNK = 512, PIECE = 1 << 15 };

struct settings {
    int64_t rows, classes;
    float smoothing; /* e */
    double scale;    /* of the sum over rows: 1 over the count that the mean divides by */
    bool each;       /* reduction none */
    double weight_sum;
};

/* ---- one row ---- */

OTO_VECTORISED static float largest(const float *restrict x, int64_t count) {
    float lanes[16], most = x[0];
    for (int k = 0; k < 16; k++) lanes[k] = x[0];
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) lanes[k] = x[i + k] > lanes[k] ? x[i + k] : lanes[k];
    for (; i < count; i++) most = x[i] > most ? x[i] : most;
    for (int k = 0; k < 16; k++) most = lanes[k] > most ? lanes[k] : most;
    return most;
}

/* e[i] = e^(x[i] - most); returns their sum. */
OTO_VECTORISED static float exponentials(float *restrict e, const float *restrict x, float most, int64_t count) {
    float lanes[16] = {}, sum = 0;
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) {
            e[i + k] = oto_fast_exp(x[i + k] - most);
            lanes[k] += e[i + k];
        }
    for (; i < count; i++) {
        e[i] = oto_fast_exp(x[i] - most);
        sum += e[i];
    }
    for (int k = 0; k < 16; k++) sum += lanes[k];
    return sum;
}

/* sum of t_c w_c (L - x_c); t or w may be NULL for ones. total: of t_c w_c. */
static double weighted_row(const float *x, const float *t, const float *w, double L, int64_t count, double *total) {
    double sum = 0, all = 0;
    for (int64_t c = 0; c < count; c++) {
        double part = (t ? (double)t[c] : 1) * (w ? (double)w[c] : 1);
        if (part == 0) continue;
        sum += part * (L - (double)x[c]);
        all += part;
    }
    *total = all;
    return sum;
}

OTO_VECTORISED static void scale_row(float *restrict to, const float *restrict e, float factor, float shift,
                                     int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] = e[i] * factor - shift;
}

/* ---- forward ---- */

struct forward {
    struct settings s;
    const float *x, *t, *w; /* t: probabilities, or NULL */
    const int64_t *y;       /* classes, or NULL; -1: does not count */
    float *e, *sums, *loss; /* e, sums: NULL where no gradient will be asked for; loss: of each row */
};

static double row_loss(struct forward *f, int64_t row) {
    int64_t classes = f->s.classes, y = f->y ? f->y[row] : 0;
    const float *x = f->x + row * classes;
    float most = largest(x, classes), sum = 0, chunk[CHUNK];
    if (isinf(most)) most = 0; /* a row of -infinity alone has no softmax: its sum is 0 */
    for (int64_t i = 0; i < classes; i += CHUNK) {
        int64_t count = classes - i < CHUNK ? classes - i : CHUNK;
        sum += exponentials(f->e ? f->e + row * classes + i : chunk, x + i, most, count);
    }
    if (f->sums) f->sums[row] = sum;
    double L = (double)most + log((double)sum), total;
    if (!f->y) return weighted_row(x, f->t + row * classes, f->w, L, classes, &total);
    if (y < 0) return 0;
    double loss = (f->w ? (double)f->w[y] : 1) * (L - (double)x[y]), e = (double)f->s.smoothing;
    if (e > 0) loss = (1 - e) * loss + e / (double)classes * weighted_row(x, NULL, f->w, L, classes, &total);
    return loss;
}

static void forward_rows(int64_t from, int64_t to, void *context) {
    struct forward *f = context;
    for (int64_t row = from; row < to; row++) f->loss[row] = (float)row_loss(f, row);
}

/* ---- backward ---- */

struct backward {
    const struct settings *s;
    const float *e, *sums, *t, *w, *gradient; /* gradient: of the loss, or of each row's */
    const int64_t *y;
    float *to;
};

static void backward_row(struct backward *b, int64_t row) {
    int64_t classes = b->s->classes, y = b->y ? b->y[row] : 0;
    float *to = b->to + row * classes;
    const float *e = b->e + row * classes, *t = b->y ? NULL : b->t + row * classes, *w = b->w;
    float g = b->s->each ? b->gradient[row] : (float)((double)b->gradient[0] * b->s->scale), sum = b->sums[row];
    if (b->y && y < 0) {
        memset(to, 0, (size_t)classes * sizeof *to);
        return;
    }
    if (t) {
        double total = 0;
        for (int64_t c = 0; c < classes; c++) total += (double)t[c] * (w ? (double)w[c] : 1);
        float factor = (float)(total / (double)sum) * g;
        for (int64_t c = 0; c < classes; c++) to[c] = e[c] * factor - t[c] * (w ? w[c] : 1) * g;
        return;
    }
    float smooth = b->s->smoothing, own = (1 - smooth) * (w ? w[y] : 1), even = smooth / (float)classes;
    float total = own + even * (float)b->s->weight_sum;
    scale_row(to, e, total / sum * g, w ? 0 : even * g, classes);
    if (w && smooth > 0)
        for (int64_t c = 0; c < classes; c++) to[c] -= even * w[c] * g;
    to[y] -= own * g;
}

static void backward_rows(int64_t from, int64_t to, void *context) {
    for (int64_t row = from; row < to; row++) backward_row(context, row);
}

/* inputs: logits, e, sums, targets (int64, or float probabilities), weight */
static void cross_entropy_backward(OtoNode *node, OtoTensor *gradient) {
    const struct settings *s = oto_node_settings(node);
    OtoTensor *logits = oto_node_input(node, 0), *targets = oto_node_input(node, 3), *weight = oto_node_input(node, 4);
    OtoTensor *result = oto_like_new(logits, OTO_FLOAT32, NULL);
    bool numbers = targets->type == OTO_INT64;
    struct backward b = {.s = s,
                         .e = oto_node_input(node, 1)->data,
                         .sums = oto_node_input(node, 2)->data,
                         .t = numbers ? NULL : targets->data,
                         .y = numbers ? targets->data : NULL,
                         .w = weight->size ? weight->data : NULL,
                         .gradient = gradient->data,
                         .to = result->data};
    oto_parallel(s->rows, PIECE / s->classes + 1, backward_rows, &b);
    oto_give(node, 0, result);
}
static const OtoOperation cross_entropy = {.name = "oto_cross_entropy",
                                           .backward = cross_entropy_backward,
                                           .saves = OTO_SAVES_INPUT(1) | OTO_SAVES_INPUT(2) | OTO_SAVES_INPUT(3) |
                                                    OTO_SAVES_INPUT(4),
                                           .once = true};

/* ---- arguments ---- */

static const char *const name = "oto_cross_entropy";

static bool shape_without_is(OtoTensor *logits, int axis, OtoTensor *targets) {
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(logits, 1u << axis, false, shape);
    if (rank != targets->rank) return false;
    for (int i = 0; i < rank; i++)
        if (shape[i] != targets->shape[i]) return false;
    return true;
}

static bool same_shape(OtoTensor *a, OtoTensor *b) {
    if (a->rank != b->rank) return false;
    for (int i = 0; i < a->rank; i++)
        if (a->shape[i] != b->shape[i]) return false;
    return true;
}

static void refuse_targets(OtoTensor *logits, OtoTensor *targets, int axis) {
    const char *x = oto_shape_quoted(logits), *t = oto_shape_quoted(targets);
    for (int other = 0; other < logits->rank; other++)
        if (other != axis && shape_without_is(logits, other, targets))
            oto_refuse(name,
                       "logits %s have their classes along axis %d, but targets %s fit when classes are axis %d: write "
                       ".axis = %d, or put classes last with oto_permute",
                       x, axis, t, other, other);
    long long shape[OTO_RANK_MAX];
    int rank = oto_shape_without(logits, 1u << axis, false, shape);
    if (targets->size == logits->size / logits->shape[axis])
        oto_refuse(name,
                   "logits are %s and targets %s, but must have logits' shape without the classes (axis %d). They have "
                   "as many numbers: %s if their order is the same",
                   x, t, axis, oto_loss_reshape("targets", rank, shape));
    oto_refuse(name,
               "logits are %s with %" PRId64 " classes along axis %d, so targets need %d %s, logits' without the "
               "classes: one class number for each row; they are %s",
               x, logits->shape[axis], axis, rank, rank == 1 ? "axis" : "axes", t);
}

/* The classes as int64, -1 for those that do not count. Whole numbers in float32 are class numbers too. */
static OtoTensor *class_numbers(OtoTensor *targets, int64_t classes, int64_t ignored) {
    OtoTensor *y = oto_like_new(targets, OTO_INT64, NULL);
    int64_t *to = y->data;
    for (int64_t i = 0; i < targets->size; i++) {
        if (targets->type == OTO_FLOAT32) {
            float value = ((float *)targets->data)[i];
            if (!(fabsf(value) < 0x1p62f) || value != truncf(value))
                oto_refuse(
                    name,
                    "targets has %g at %s, which is no class number; a class is a whole number from 0 to %" PRId64,
                    (double)value, oto_loss_place(targets, i), classes - 1);
            to[i] = (int64_t)value;
        } else {
            to[i] = ((int64_t *)targets->data)[i];
        }
        if (to[i] == ignored)
            to[i] = -1;
        else if (to[i] < 0 || to[i] >= classes)
            oto_refuse(name,
                       "targets has class %" PRId64 " at %s, but logits have %" PRId64 " classes, 0 to %" PRId64 "%s",
                       to[i], oto_loss_place(targets, i), classes, classes - 1,
                       to[i] == classes ? "; do your classes begin with 1?" : "");
    }
    return y;
}

static bool row_is_distribution(const float *x, int64_t count) {
    double sum = 0;
    for (int64_t c = 0; c < count; c++) {
        if (!(x[c] >= 0 && x[c] <= 1)) return false;
        sum += (double)x[c];
    }
    return fabs(sum - 1) < 1e-4;
}

static void refuse_probabilities(OtoTensor *logits) {
    if (logits->cols < 2) return;
    for (int64_t row = 0; row < logits->rows; row++)
        if (!row_is_distribution((float *)logits->data + row * logits->cols, logits->cols)) return;
    oto_refuse(name,
               "logits %s are probabilities already: all between 0 and 1, and each row has the sum 1. The softmax is "
               "part of this loss; leave it out at the end of the network, or training will be slow and stop early",
               oto_shape_quoted(logits));
}

static void check_options(OtoCrossEntropyOptions *options, int64_t classes) {
    oto_check_range(name, "label_smoothing", options->label_smoothing, 0, 1);
    oto_loss_check_reduction(name, options->reduction);
    if (!options->weight) return;
    oto_need_float(name, "weight", options->weight);
    if (options->weight->rank != 1 || options->weight->cols != classes)
        oto_refuse(name, "weight is %s, but there are %" PRId64 " classes; it needs one number for each",
                   oto_shape_quoted(options->weight), classes);
    oto_loss_need_finite(name, "weight", options->weight);
}

/* Of probabilities: smoothed, (1 - e) t + e / classes. */
static OtoTensor *probabilities(OtoTensor *targets, double smoothing, int64_t classes) {
    if (targets->type == OTO_INT64)
        oto_refuse(name, "targets has the shape of logits and is int64; give class numbers without the class axis, or "
                         "probabilities (float32)");
    oto_loss_need_finite(name, "targets", targets);
    OtoTensor *t = oto_detach(targets);
    if (smoothing == 0) return t;
    return oto_add(oto_mul(t, 1 - smoothing), smoothing / (double)classes);
}

static OtoTensor *moved_last(OtoTensor *x, int axis) {
    if (axis == x->rank - 1) return x;
    long long order[OTO_RANK_MAX];
    for (int i = 0, at = 0; i < x->rank; i++)
        if (i != axis) order[at++] = i;
    order[x->rank - 1] = axis;
    return oto_permute_axes(x, x->rank, order);
}

/* What the mean divides by: rows, or the weights of the rows that count. */
static double divisor(const struct forward *f) {
    double count = 0;
    if (!f->y) return (double)f->s.rows;
    for (int64_t row = 0; row < f->s.rows; row++)
        if (f->y[row] >= 0) count += f->w ? (double)f->w[f->y[row]] : 1;
    if (count == 0)
        oto_refuse(name,
                   "weight has the sum 0 over the classes of targets, and the mean divides by it; give one of them "
                   "a weight above 0, leave such rows out before, or write .reduction = OTO_SUM");
    return count;
}

/* logits: classes last. targets: int64 class numbers or probabilities, classes last too. */
static OtoTensor *loss_of_rows(OtoTensor *logits, OtoTensor *targets, OtoCrossEntropyOptions *options) {
    struct forward f = {.s = {.rows = logits->rows, .classes = logits->cols, .each = options->reduction == OTO_NONE}};
    bool numbers = targets->type == OTO_INT64, records = oto_records(logits);
    if (numbers && oto_maximum(targets) < 0)
        oto_refuse(name, "every target is ignore_index (%" PRId64 "), so nothing is left to learn from",
                   options->ignore_index);
    OtoTensor *weight = options->weight ? oto_detach(options->weight) : oto_zeros(0);
    OtoTensor *losses = oto_zeros(f.s.rows), *e = NULL, *sums = NULL;
    if (records) e = oto_like_new(logits, OTO_FLOAT32, NULL), sums = oto_zeros(f.s.rows);
    f.x = logits->data;
    f.w = weight->size ? weight->data : NULL;
    f.t = numbers ? NULL : targets->data;
    f.y = numbers ? targets->data : NULL;
    f.e = records ? e->data : NULL;
    f.sums = records ? sums->data : NULL;
    f.loss = losses->data;
    f.s.smoothing = numbers ? (float)options->label_smoothing : 0;
    f.s.weight_sum = f.w ? oto_sum(weight) : (double)f.s.classes;
    oto_parallel(f.s.rows, PIECE / f.s.classes + 1, forward_rows, &f);
    f.s.scale = options->reduction == OTO_MEAN ? 1 / divisor(&f) : 1;
    OtoTensor *y = losses;
    if (!f.s.each) y = oto_tensor(oto_sum(losses) * f.s.scale);
    if (f.s.each && logits->rank > 1) {
        long long shape[OTO_RANK_MAX];
        y = oto_reshape_to(losses, oto_shape_without(logits, 1u << (logits->rank - 1), false, shape), shape);
        oto_axes_without(y, logits, 1u << (logits->rank - 1), false);
    }
    return oto_record(&cross_entropy, y, &f.s, sizeof f.s, logits, e, sums, targets, weight);
}

OtoTensor *oto_cross_entropy_with(OtoTensor *logits, OtoTensor *targets, OtoCrossEntropyOptions options) {
    oto_need_float(name, "logits", logits);
    oto_need(name, "targets", targets);
    if (targets->type == OTO_COMPLEX64) oto_refuse(name, "targets is complex64; give class numbers");
    int named = oto_axis_find(logits, "classes");
    int axis = named >= 0 ? named : oto_which_axis(name, logits, oto_axis_numbered(options.axis));
    int64_t classes = logits->shape[axis];
    if (logits->size == 0)
        oto_refuse(name, "logits are empty: %s; a loss needs at least one row. Has the choice of examples left none?",
                   oto_shape_quoted(logits));
    if (logits->node && !strcmp(oto_node_name(oto_node_of(logits)), "oto_softmax"))
        oto_refuse(name, "logits come from oto_softmax; the softmax is part of this loss, leave it out before it");
    check_options(&options, classes);
    bool soft = same_shape(logits, targets);
    if (!soft && !shape_without_is(logits, axis, targets)) refuse_targets(logits, targets, axis);
    OtoTensor *loss = NULL;
    oto_scope {
        OtoTensor *rows = moved_last(logits, axis);
        refuse_probabilities(rows);
        OtoTensor *t = soft ? moved_last(probabilities(targets, options.label_smoothing, classes), axis)
                            : class_numbers(targets, classes, options.ignore_index);
        loss = oto_keep(loss_of_rows(rows, t, &options));
    }
    return loss;
}
OtoTensor *(oto_cross_entropy)(OtoTensor *logits, OtoTensor *targets) {
    return oto_cross_entropy(logits, targets);
}
