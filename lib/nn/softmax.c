/* softmax and log_softmax along an axis: x is (outer, length, inner). */
#include "lib/nn/activations.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>

/* So many columns of (length, inner) at a time; those of one row lie side by side. */
enum { COLUMNS = 64, PIECE = 1 << 14 };

struct softmax {
    const float *x, *gradient;
    float *y;
    OtoAround around;
    int64_t tiles; /* of COLUMNS in inner */
    bool log;
};

#define LOG2_E 1.44269504f
#define LOG_2 0.69314718f

/* The largest is taken away first, so that no exponential overflows. */
OTO_VECTORISED static void softmax_row(const float *restrict x, float *restrict y, int64_t count, bool log) {
    float largest[16], sums[16] = {}, most = -INFINITY, sum = 0;
    for (int k = 0; k < 16; k++) largest[k] = -INFINITY;
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) largest[k] = x[i + k] > largest[k] ? x[i + k] : largest[k];
    for (; i < count; i++) most = x[i] > most ? x[i] : most;
    for (int k = 0; k < 16; k++) most = largest[k] > most ? largest[k] : most;
    for (i = 0; i < count; i++) y[i] = oto_fast_exp2((x[i] - most) * LOG2_E);
    for (i = 0; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) sums[k] += y[i + k];
    for (; i < count; i++) sum += y[i];
    for (int k = 0; k < 16; k++) sum += sums[k];
    if (log) {
        float all = most + logf(sum);
        for (i = 0; i < count; i++) y[i] = x[i] - all;
    } else {
        float scale = 1 / sum;
        for (i = 0; i < count; i++) y[i] *= scale;
    }
}

OTO_VECTORISED static void softmax_columns(const float *restrict x, float *restrict y, int64_t length, int64_t inner,
                                           int64_t columns, bool log) {
    float most[COLUMNS], sum[COLUMNS] = {};
    for (int64_t c = 0; c < columns; c++) most[c] = -INFINITY;
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < columns; c++) most[c] = x[i * inner + c] > most[c] ? x[i * inner + c] : most[c];
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < columns; c++) {
            float e = oto_fast_exp2((x[i * inner + c] - most[c]) * LOG2_E);
            y[i * inner + c] = e;
            sum[c] += e;
        }
    for (int64_t c = 0; c < columns; c++) sum[c] = log ? most[c] + oto_fast_log2(sum[c]) * LOG_2 : 1 / sum[c];
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < columns; c++)
            y[i * inner + c] = log ? x[i * inner + c] - sum[c] : y[i * inner + c] * sum[c];
}

/* softmax:      dL/dx = y (g - sum g y)
 * log_softmax:  dL/dx = g - exp(y) sum g */
OTO_VECTORISED static void back_row(const float *restrict y, const float *restrict g, float *restrict to, int64_t count,
                                    bool log) {
    float sums[16] = {}, sum = 0;
    int64_t i = 0;
    for (; i + 16 <= count; i += 16)
        for (int k = 0; k < 16; k++) sums[k] += log ? g[i + k] : g[i + k] * y[i + k];
    for (; i < count; i++) sum += log ? g[i] : g[i] * y[i];
    for (int k = 0; k < 16; k++) sum += sums[k];
    if (log)
        for (i = 0; i < count; i++) to[i] = g[i] - oto_fast_exp2(y[i] * LOG2_E) * sum;
    else
        for (i = 0; i < count; i++) to[i] = y[i] * (g[i] - sum);
}

OTO_VECTORISED static void back_columns(const float *restrict y, const float *restrict g, float *restrict to,
                                        int64_t length, int64_t inner, int64_t columns, bool log) {
    float sum[COLUMNS] = {};
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < columns; c++) sum[c] += log ? g[i * inner + c] : g[i * inner + c] * y[i * inner + c];
    for (int64_t i = 0; i < length; i++)
        for (int64_t c = 0; c < columns; c++) {
            int64_t at = i * inner + c;
            to[at] = log ? g[at] - oto_fast_exp2(y[at] * LOG2_E) * sum[c] : y[at] * (g[at] - sum[c]);
        }
}

/* Pieces are counted over (outer, tiles). */
static void run_pieces(int64_t from, int64_t to, void *context) {
    const struct softmax *s = context;
    int64_t length = s->around.length, inner = s->around.inner;
    for (int64_t piece = from; piece < to; piece++) {
        int64_t column = piece % s->tiles * COLUMNS, at = piece / s->tiles * length * inner + column;
        int64_t columns = inner - column < COLUMNS ? inner - column : COLUMNS;
        if (s->gradient && inner == 1)
            back_row(s->x + at, s->gradient + at, s->y + at, length, s->log);
        else if (s->gradient)
            back_columns(s->x + at, s->gradient + at, s->y + at, length, inner, columns, s->log);
        else if (inner == 1)
            softmax_row(s->x + at, s->y + at, length, s->log);
        else
            softmax_columns(s->x + at, s->y + at, length, inner, columns, s->log);
    }
}

static OtoTensor *run(OtoTensor *x, OtoTensor *gradient, int axis, bool log) {
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, NULL);
    struct softmax softmax = {.x = x->data,
                              .gradient = gradient ? gradient->data : NULL,
                              .y = y->data,
                              .around = oto_around(x, axis),
                              .log = log};
    softmax.tiles = (softmax.around.inner + COLUMNS - 1) / COLUMNS;
    int64_t columns = softmax.around.inner < COLUMNS ? softmax.around.inner : COLUMNS,
            grain = PIECE / (softmax.around.length * columns + 1) + 1;
    if (y->size > 0) oto_parallel(softmax.around.outer * softmax.tiles, grain, run_pieces, &softmax);
    return y;
}

/* Once more differentiated, by operations that write themselves down. */
static OtoTensor *back_again(OtoTensor *y, OtoTensor *gradient, int axis, bool log) {
    if (!log) return oto_mul(y, oto_sub(gradient, oto_sum_over(oto_mul(gradient, y), axis, .keep = true)));
    return oto_sub(gradient, oto_mul(oto_softmax(y, axis), oto_sum_over(gradient, axis, .keep = true)));
}

static void give_back(OtoNode *node, OtoTensor *gradient, bool log) {
    int axis = *(const int *)oto_node_settings(node);
    OtoTensor *y = oto_node_output(node);
    oto_give(node, 0, oto_records(gradient, y) ? back_again(y, gradient, axis, log) : run(y, gradient, axis, log));
}
static void softmax_backward(OtoNode *node, OtoTensor *gradient) {
    give_back(node, gradient, false);
}
static void log_softmax_backward(OtoNode *node, OtoTensor *gradient) {
    give_back(node, gradient, true);
}

static OtoTensor *apply(const OtoOperation *operation, OtoTensor *x, OtoWhichAxis which, bool log) {
    oto_need_float(operation->name, "x", x);
    int axis = oto_which_axis(operation->name, x, which);
    OtoTensor *y = run(x, NULL, axis, log);
    return oto_record(operation, y, &axis, sizeof axis, x);
}

OtoTensor *oto_softmax_axis(OtoTensor *x, OtoWhichAxis axis) {
    static const OtoOperation softmax = {
        .name = "oto_softmax", .backward = softmax_backward, .saves = OTO_SAVES_OUTPUT};
    return apply(&softmax, x, axis, false);
}
OtoTensor *oto_log_softmax_axis(OtoTensor *x, OtoWhichAxis axis) {
    static const OtoOperation log_softmax = {
        .name = "oto_log_softmax", .backward = log_softmax_backward, .saves = OTO_SAVES_OUTPUT};
    return apply(&log_softmax, x, axis, true);
}
