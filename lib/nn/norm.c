/* Layer, group and instance norm: x is seen as rows, each of which is brought to mean 0 and variance 1. With
 * h = (x - mean) / s, s = sqrt(variance + eps), y = w h + b, and g = w dL/dy:
 *
 *     dL/dx = (g - mean of g - h mean of g h) / s      dL/dw = sum of dL/dy h      dL/db = sum of dL/dy
 *
 * Element j of row r belongs to weight (r % period) * parts + j / inner: a row has `parts` weights, each for `inner`
 * elements, and after `period` rows they begin again. Layer norm has inner 1, instance norm parts 1.
 */
#include "lib/nn/norm.h"
#include "lib/nn/moments.h"
#include "lib/nn/windows.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"
#include "lib/tensor/sum.h"

#include <math.h>
#include <string.h>

enum { PIECE = 1 << 14, PIECES = 16, LANES = 16 };

struct rows {
    int64_t count, parts, inner, period;
    float eps;
};

static int64_t length_of(const struct rows *rows) {
    return rows->parts * rows->inner;
}

struct norm {
    struct rows rows;
    const float *x, *gradient, *w, *b;
    float *y;          /* the result, or dL/dx */
    float *statistics; /* of each row: mean, 1 / s */
    float *sums;       /* [piece]: of dL/dw, of dL/db */
    int64_t grain;
};

/* ---- forward ---- */

OTO_VECTORISED static void scale_row(const float *restrict x, float *restrict y, int64_t count, float mean,
                                     float inverse, float w, float b) {
    for (int64_t i = 0; i < count; i++) y[i] = (x[i] - mean) * inverse * w + b;
}
OTO_VECTORISED static void scale_each(const float *restrict x, float *restrict y, int64_t count, float mean,
                                      float inverse, const float *restrict w, const float *restrict b) {
    for (int64_t i = 0; i < count; i++) y[i] = (x[i] - mean) * inverse * w[i] + b[i];
}

static void normalise(int64_t from, int64_t to, void *context) {
    const struct norm *n = context;
    const struct rows *rows = &n->rows;
    int64_t length = length_of(rows);
    for (int64_t row = from; row < to; row++) {
        const float *x = n->x + row * length;
        float *y = n->y + row * length;
        struct moments moments = oto_moments(x, length);
        float mean = (float)moments.mean,
              inverse = (float)(1 / sqrt(moments.squares / moments.count + (double)rows->eps));
        n->statistics[2 * row] = mean;
        n->statistics[2 * row + 1] = inverse;
        int64_t weight = row % rows->period * rows->parts;
        if (rows->inner == 1 && n->w && n->b) {
            scale_each(x, y, length, mean, inverse, n->w + weight, n->b + weight);
            continue;
        }
        for (int64_t part = 0; part < rows->parts; part++)
            scale_row(x + part * rows->inner, y + part * rows->inner, rows->inner, mean, inverse,
                      n->w ? n->w[weight + part] : 1, n->b ? n->b[weight + part] : 0);
    }
}

/* ---- backward ---- */

/* sums: of g and of g h over `count` elements, where g = w gradient */
OTO_VECTORISED static void sum_part(const float *restrict x, const float *restrict gradient, int64_t count, float mean,
                                    float inverse, float *restrict sums) {
    float g[LANES] = {}, gh[LANES] = {}, g_sum = 0, gh_sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            g[k] += gradient[i + k];
            gh[k] += gradient[i + k] * ((x[i + k] - mean) * inverse);
        }
    for (; i < count; i++) {
        g_sum += gradient[i];
        gh_sum += gradient[i] * ((x[i] - mean) * inverse);
    }
    for (int k = 0; k < LANES; k++) g_sum += g[k], gh_sum += gh[k];
    sums[0] = g_sum;
    sums[1] = gh_sum;
}
/* Where each element has a weight of its own; those of the gradients of w and b are added to. */
OTO_VECTORISED static void sum_each(const float *restrict x, const float *restrict gradient, int64_t count, float mean,
                                    float inverse, const float *restrict w, float *restrict to_w, float *restrict to_b,
                                    float *restrict sums) {
    float g[LANES] = {}, gh[LANES] = {}, g_sum = 0, gh_sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            float h = (x[i + k] - mean) * inverse, weighted = w[i + k] * gradient[i + k];
            to_w[i + k] += gradient[i + k] * h;
            to_b[i + k] += gradient[i + k];
            g[k] += weighted;
            gh[k] += weighted * h;
        }
    for (; i < count; i++) {
        float h = (x[i] - mean) * inverse, weighted = w[i] * gradient[i];
        to_w[i] += gradient[i] * h;
        to_b[i] += gradient[i];
        g_sum += weighted;
        gh_sum += weighted * h;
    }
    for (int k = 0; k < LANES; k++) g_sum += g[k], gh_sum += gh[k];
    sums[0] = g_sum;
    sums[1] = gh_sum;
}

OTO_VECTORISED static void back_part(const float *restrict x, const float *restrict gradient, float *restrict to,
                                     int64_t count, float mean, float inverse, float w, float g_mean, float gh_mean) {
    for (int64_t i = 0; i < count; i++)
        to[i] = inverse * (w * gradient[i] - g_mean - (x[i] - mean) * inverse * gh_mean);
}
OTO_VECTORISED static void back_each(const float *restrict x, const float *restrict gradient, float *restrict to,
                                     int64_t count, float mean, float inverse, const float *restrict w, float g_mean,
                                     float gh_mean) {
    for (int64_t i = 0; i < count; i++)
        to[i] = inverse * (w[i] * gradient[i] - g_mean - (x[i] - mean) * inverse * gh_mean);
}

static void back_row(const struct norm *n, int64_t row, float *to_w, float *to_b) {
    const struct rows *rows = &n->rows;
    int64_t length = length_of(rows), inner = rows->inner, weight = row % rows->period * rows->parts;
    const float *x = n->x + row * length, *gradient = n->gradient + row * length;
    float *to = n->y + row * length, mean = n->statistics[2 * row], inverse = n->statistics[2 * row + 1], sums[2];
    if (inner == 1 && n->w) {
        const float *w = n->w + weight;
        sum_each(x, gradient, length, mean, inverse, w, to_w + weight, to_b + weight, sums);
        back_each(x, gradient, to, length, mean, inverse, w, sums[0] / (float)length, sums[1] / (float)length);
        return;
    }
    if (!n->w) { /* as if one weight, 1, were that of the whole row */
        sum_part(x, gradient, length, mean, inverse, sums);
        back_part(x, gradient, to, length, mean, inverse, 1, sums[0] / (float)length, sums[1] / (float)length);
        return;
    }
    float g = 0, gh = 0;
    for (int64_t part = 0; part < rows->parts; part++) {
        sum_part(x + part * inner, gradient + part * inner, inner, mean, inverse, sums);
        to_w[weight + part] += sums[1];
        to_b[weight + part] += sums[0];
        g += n->w[weight + part] * sums[0];
        gh += n->w[weight + part] * sums[1];
    }
    for (int64_t part = 0; part < rows->parts; part++)
        back_part(x + part * inner, gradient + part * inner, to + part * inner, inner, mean, inverse,
                  n->w[weight + part], g / (float)length, gh / (float)length);
}

static void back_rows(int64_t from, int64_t to, void *context) {
    const struct norm *n = context;
    int64_t weights = n->rows.period * n->rows.parts;
    float *to_w = n->sums + from / n->grain * 2 * weights, *to_b = to_w + weights;
    memset(to_w, 0, (size_t)(2 * weights) * sizeof *to_w);
    for (int64_t row = from; row < to; row++) back_row(n, row, to_w, to_b);
}

/* Into the first piece's. */
static void add_pieces(const struct norm *n, int64_t pieces) {
    int64_t floats = 2 * n->rows.period * n->rows.parts;
    for (int64_t piece = 1; piece < pieces; piece++)
        for (int64_t i = 0; i < floats; i++) n->sums[i] += n->sums[piece * floats + i];
}

static OtoTensor *like_of(OtoTensor *shape, const float *numbers) {
    OtoTensor *x = oto_like_new(shape, OTO_FLOAT32, NULL);
    if (numbers)
        memcpy(x->data, numbers, (size_t)x->size * sizeof(float));
    else
        memset(x->data, 0, (size_t)x->size * sizeof(float));
    return x;
}

static void give_loops(OtoNode *node, const struct rows *rows, OtoTensor *gradient, OtoTensor *x, OtoTensor *w) {
    OtoTensor *dx = oto_like_new(x, OTO_FLOAT32, NULL), *statistics = oto_node_input(node, 3);
    int64_t weights = rows->period * rows->parts, grain = PIECE / (length_of(rows) + 1) + 1,
            coarse = (rows->count + PIECES - 1) / PIECES;
    if (coarse > grain) grain = coarse;
    int64_t pieces = (rows->count + grain - 1) / grain;
    float *sums = oto_buffer_zeroed((size_t)((pieces > 0 ? pieces : 1) * 2 * weights) * sizeof *sums);
    if (!sums) oto_refuse(oto_node_name(node), "no memory for sums");
    struct norm n = {.rows = *rows,
                     .x = x->data,
                     .gradient = gradient->data,
                     .w = w ? w->data : NULL,
                     .y = dx->data,
                     .statistics = statistics->data,
                     .sums = sums,
                     .grain = grain};
    oto_parallel(rows->count, grain, back_rows, &n);
    add_pieces(&n, pieces);
    OtoTensor *dw = w ? like_of(w, sums) : NULL, *db = NULL;
    if (oto_node_wants(node, 2)) db = like_of(oto_node_input(node, 2), sums + weights);
    oto_buffer_release(sums);
    oto_give(node, 0, dx);
    if (oto_node_wants(node, 1)) oto_give(node, 1, dw);
    if (oto_node_wants(node, 2)) oto_give(node, 2, db);
}

/* y = 1 / sqrt(x):  dL/dx = -dL/dy y^3 / 2 */
static void inverse_root_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *y = oto_node_output(node);
    oto_give(node, 0, oto_mul(gradient, oto_mul(oto_mul(y, oto_mul(y, y)), -0.5)));
}
static OtoTensor *inverse_root(OtoTensor *x) {
    static const OtoOperation operation = {
        .name = "1 / sqrt", .backward = inverse_root_backward, .saves = OTO_SAVES_OUTPUT};
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, NULL);
    for (int64_t i = 0; i < x->size; i++) ((float *)y->data)[i] = 1 / sqrtf(((float *)x->data)[i]);
    return oto_record(&operation, y, NULL, 0, x);
}

/* The same from operations that can be differentiated once more. */
static void give_again(OtoNode *node, const struct rows *rows, OtoTensor *gradient, OtoTensor *x, OtoTensor *w) {
    long long examples = rows->count / rows->period;
    const long long apart[] = {examples, rows->period, rows->parts, rows->inner},
                    weights[] = {1, rows->period, rows->parts, 1}, lines[] = {rows->count, length_of(rows)};
    OtoTensor *line = oto_reshape_to(x, 2, lines), *mean = oto_mean_over(line, 1, .keep = true),
              *off = oto_sub(line, mean), *variance = oto_mean_over(oto_mul(off, off), 1, .keep = true),
              *inverse = inverse_root(oto_add(variance, rows->eps)), *h = oto_mul(off, inverse);
    OtoTensor *g = oto_reshape_to(gradient, 4, apart), *h_apart = oto_reshape_to(h, 4, apart);
    if (oto_node_wants(node, 0)) {
        OtoTensor *weighted = w ? oto_mul(g, oto_reshape_to(w, 4, weights)) : g;
        weighted = oto_reshape_to(weighted, 2, lines);
        OtoTensor *centred = oto_sub(weighted, oto_mean_over(weighted, 1, .keep = true)),
                  *along = oto_mul(h, oto_mean_over(oto_mul(weighted, h), 1, .keep = true)),
                  *dx = oto_mul(oto_sub(centred, along), inverse);
        long long shape[OTO_RANK_MAX];
        for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
        oto_give(node, 0, oto_reshape_to(dx, x->rank, shape));
    }
    for (int i = 1; i <= 2; i++) {
        if (!oto_node_wants(node, i)) continue;
        OtoTensor *like = oto_node_input(node, i), *each = i == 1 ? oto_mul(g, h_apart) : g;
        long long shape[OTO_RANK_MAX];
        for (int k = 0; k < like->rank; k++) shape[k] = like->shape[k];
        OtoTensor *sum = oto_sum_axes(each, 1u | 8u, 1, 2, (long long[]){rows->period, rows->parts});
        oto_give(node, i, oto_reshape_to(sum, like->rank, shape));
    }
}

static void norm_backward(OtoNode *node, OtoTensor *gradient) {
    const struct rows *rows = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *w = oto_node_input(node, 1);
    if (!w->data) w = NULL;
    if (oto_records(gradient, x, w) && rows->count > 0)
        give_again(node, rows, gradient, x, w);
    else
        give_loops(node, rows, gradient, x, w);
}

#define OPERATION(called)                                                                                              \
    {.name = called, .backward = norm_backward, .saves = OTO_SAVES_INPUT(0) | OTO_SAVES_INPUT(1) | OTO_SAVES_INPUT(3)}
static const OtoOperation layer_norm = OPERATION("oto_layer_norm"), group_norm = OPERATION("oto_group_norm"),
                          instance_norm = OPERATION("oto_instance_norm");

static OtoTensor *run(const OtoOperation *operation, OtoTensor *x, OtoTensor *w, OtoTensor *b, struct rows rows) {
    if (b && !w) oto_refuse(operation->name, "there is a b but no w; give oto_add(oto_zeros(...), 1) as w");
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, NULL),
              *statistics = oto_tensor_new(OTO_FLOAT32, 2, (long long[]){rows.count, 2});
    struct norm n = {.rows = rows,
                     .x = x->data,
                     .w = w ? w->data : NULL,
                     .b = b ? b->data : NULL,
                     .y = y->data,
                     .statistics = statistics->data};
    oto_parallel(rows.count, PIECE / (length_of(&rows) + 1) + 1, normalise, &n);
    return oto_record(operation, y, &rows, sizeof rows, x, w, b, statistics);
}

static void check_weights(const char *operation, OtoTensor *x, const char *argument, OtoTensor *w, int64_t channels) {
    if (!w) return;
    oto_need_float(operation, argument, w);
    if (w->rank != 1 || w->size != channels)
        oto_refuse(operation, "%s is %s, but x is %s, with %lld channels (its second axis)%s", argument,
                   oto_shape_quoted(w), oto_shape_quoted(x), (long long)channels, oto_channels_hint(x, w->size));
}

OtoTensor *(oto_layer_norm)(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoNormOptions options) {
    oto_need_float("oto_layer_norm", "x", x);
    OtoTensor *like = w ? w : b;
    for (int i = 0; i < 2; i++) {
        OtoTensor *numbers = i ? b : w;
        if (!numbers) continue;
        oto_need_float("oto_layer_norm", i ? "b" : "w", numbers);
        bool fits = numbers->rank <= x->rank && numbers->rank == like->rank;
        for (int k = 1; fits && k <= numbers->rank; k++)
            fits = numbers->shape[numbers->rank - k] == x->shape[x->rank - k];
        if (!fits)
            oto_refuse("oto_layer_norm", "%s is %s, but x is %s; %s must have the lengths of x's last axes",
                       i ? "b" : "w", oto_shape_quoted(numbers), oto_shape_quoted(x), i ? "b" : "w");
    }
    int64_t length = like ? like->size : x->cols;
    if (length == 0) oto_refuse("oto_layer_norm", "x is %s: there is nothing to average", oto_shape_quoted(x));
    return run(
        &layer_norm, x, w, b,
        (struct rows){.count = x->size / length, .parts = length, .inner = 1, .period = 1, .eps = (float)options.eps});
}

static OtoTensor *over_groups(const OtoOperation *operation, OtoTensor *x, int64_t groups, OtoTensor *w, OtoTensor *b,
                              double eps) {
    int64_t channels = x->shape[1], inner = 1;
    for (int i = 2; i < x->rank; i++) inner *= x->shape[i];
    check_weights(operation->name, x, "w", w, channels);
    check_weights(operation->name, x, "b", b, channels);
    if (channels * inner == 0) oto_refuse(operation->name, "x is %s: there is nothing to average", oto_shape_quoted(x));
    return run(operation, x, w, b,
               (struct rows){.count = x->shape[0] * groups,
                             .parts = channels / groups,
                             .inner = inner,
                             .period = groups,
                             .eps = (float)eps});
}

OtoTensor *(oto_group_norm)(OtoTensor *x, int groups, OtoTensor *w, OtoTensor *b, OtoNormOptions options) {
    oto_need_float("oto_group_norm", "x", x);
    if (x->rank < 2) oto_refuse("oto_group_norm", "x is %s, but must be (batch, channels, ...)", oto_shape_quoted(x));
    if (groups < 1 || x->shape[1] % groups)
        oto_refuse("oto_group_norm", "%d groups do not divide the %lld channels of x %s", groups,
                   (long long)x->shape[1], oto_shape_quoted(x));
    return over_groups(&group_norm, x, groups, w, b, options.eps);
}

OtoTensor *(oto_instance_norm)(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoNormOptions options) {
    oto_need_float("oto_instance_norm", "x", x);
    if (x->rank < 3)
        oto_refuse("oto_instance_norm",
                   "x is %s, but must be (batch, channels, time) or (batch, channels, height, width)",
                   oto_shape_quoted(x));
    if (x->size / (x->shape[0] * x->shape[1] ? x->shape[0] * x->shape[1] : 1) == 1)
        oto_refuse("oto_instance_norm", "x is %s: one value for each channel, of which no variance can be had",
                   oto_shape_quoted(x));
    return over_groups(&instance_norm, x, x->shape[1] ? x->shape[1] : 1, w, b, options.eps);
}
