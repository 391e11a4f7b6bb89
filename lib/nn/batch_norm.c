/* Batch norm. With v = w h + b, h = (x - mean) / s, s = sqrt(variance + eps), y = v, below 0 slope v:
 *
 *     g = dL/dv = dL/dy, up to 0 slope dL/dy        dL/db = sum g        dL/dw = sum g h
 *     in training     dL/dx = w / s (g - mean of g - h mean of g h), because mean and variance come from x
 *     in evaluation   dL/dx = w / s g
 *
 * Whether v is above 0 is computed again from x, so that nothing but x is kept. Sums are made for each row (one channel
 * of one example) and added in order.
 */
#include "lib/nn/batch_norm.h"
#include "lib/nn/fusion.h"
#include "lib/nn/moments.h"
#include "lib/nn/windows.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>

enum { PIECE = 1 << 14, LANES = 16 };

struct settings {
    bool training;
    float slope;
};

/* A batch as rows: row r is channel r % channels. */
struct rows {
    int64_t batch, channels, length;
};

static struct rows rows_of(OtoTensor *x) {
    int64_t length = 1;
    for (int i = 2; i < x->rank; i++) length *= x->shape[i];
    return (struct rows){.batch = x->shape[0], .channels = x->shape[1], .length = length};
}

static int64_t grain_of(const struct rows *rows) {
    return PIECE / (rows->length + 1) + 1;
}

/* ---- forward ---- */

struct forward {
    struct rows rows;
    const float *x;
    float *y;
    struct moments *moments;    /* of each row */
    const float *scale, *shift; /* of each channel */
    float slope;
};

static void measure(int64_t from, int64_t to, void *context) {
    const struct forward *f = context;
    for (int64_t row = from; row < to; row++)
        f->moments[row] = oto_moments(f->x + row * f->rows.length, f->rows.length);
}

OTO_VECTORISED static void scale_row(const float *restrict x, float *restrict y, int64_t length, float scale,
                                     float shift, float slope) {
    for (int64_t i = 0; i < length; i++) {
        float v = x[i] * scale + shift;
        y[i] = v < 0 ? (slope == 0 ? 0 : v * slope) : v;
    }
}

static void scale_rows(int64_t from, int64_t to, void *context) {
    const struct forward *f = context;
    int64_t length = f->rows.length;
    for (int64_t row = from; row < to; row++) {
        int64_t channel = row % f->rows.channels;
        scale_row(f->x + row * length, f->y + row * length, length, f->scale[channel], f->shift[channel], f->slope);
    }
}

/* ---- backward ---- */

struct backward {
    struct rows rows;
    const float *x, *gradient, *scale, *shift, *mean;
    float slope;
    struct sums {
        double g, gx;                      /* of g, and of g (x - mean) */
    } *sums;                               /* of each row */
    const float *factor, *constant, *of_x; /* dL/dx = factor g + constant + of_x x, for each channel */
    float *to;
};

OTO_VECTORISED static void sum_row(const float *restrict x, const float *restrict gradient, int64_t length, float mean,
                                   float scale, float shift, float slope, float *restrict sums) {
    float g_lanes[LANES] = {}, gx_lanes[LANES] = {}, g_sum = 0, gx_sum = 0;
    int64_t i = 0;
    for (; i + LANES <= length; i += LANES)
        for (int k = 0; k < LANES; k++) {
            float g = x[i + k] * scale + shift > 0 ? gradient[i + k] : gradient[i + k] * slope;
            g_lanes[k] += g;
            gx_lanes[k] += g * (x[i + k] - mean);
        }
    for (; i < length; i++) {
        float g = x[i] * scale + shift > 0 ? gradient[i] : gradient[i] * slope;
        g_sum += g;
        gx_sum += g * (x[i] - mean);
    }
    for (int k = 0; k < LANES; k++) g_sum += g_lanes[k], gx_sum += gx_lanes[k];
    sums[0] = g_sum;
    sums[1] = gx_sum;
}

static void sum_rows(int64_t from, int64_t to, void *context) {
    enum { CHUNK = 4096 }; /* floats are added in short runs */
    const struct backward *b = context;
    int64_t length = b->rows.length;
    for (int64_t row = from; row < to; row++) {
        int64_t channel = row % b->rows.channels;
        struct sums all = {};
        for (int64_t at = 0; at < length; at += CHUNK) {
            float sums[2];
            sum_row(b->x + row * length + at, b->gradient + row * length + at,
                    length - at < CHUNK ? length - at : CHUNK, b->mean[channel], b->scale[channel], b->shift[channel],
                    b->slope, sums);
            all.g += (double)sums[0];
            all.gx += (double)sums[1];
        }
        b->sums[row] = all;
    }
}

OTO_VECTORISED static void back_row(const float *restrict x, const float *restrict gradient, float *restrict to,
                                    int64_t length, float scale, float shift, float slope, float factor, float constant,
                                    float of_x) {
    for (int64_t i = 0; i < length; i++) {
        float g = x[i] * scale + shift > 0 ? gradient[i] : gradient[i] * slope;
        to[i] = factor * g + (constant + of_x * x[i]);
    }
}

static void back_rows(int64_t from, int64_t to, void *context) {
    const struct backward *b = context;
    int64_t length = b->rows.length;
    for (int64_t row = from; row < to; row++) {
        int64_t channel = row % b->rows.channels, at = row * length;
        back_row(b->x + at, b->gradient + at, b->to + at, length, b->scale[channel], b->shift[channel], b->slope,
                 b->factor[channel], b->constant[channel], b->of_x[channel]);
    }
}

/* What forward hands to backward: (4, channels). */
enum { MEAN, INVERSE, SCALE, SHIFT, STATISTICS };

static void batch_norm_backward(OtoNode *node, OtoTensor *gradient) {
    const struct settings *settings = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *statistics = oto_node_input(node, 3);
    struct rows rows = rows_of(x);
    int64_t channels = rows.channels, count = rows.batch * channels;
    const float *known = statistics->data, *inverse = known + INVERSE * channels;
    OtoTensor *dx = oto_like_new(x, OTO_FLOAT32, NULL), *dw = oto_tensor_new(OTO_FLOAT32, 1, (long long[]){channels}),
              *db = oto_tensor_new(OTO_FLOAT32, 1, (long long[]){channels}),
              *line = oto_tensor_new(OTO_FLOAT32, 2, (long long[]){3, channels});
    struct sums *sums = oto_buffer_new((size_t)count * sizeof *sums);
    if (!sums) oto_refuse("oto_batch_norm", "no memory for the sums of %lld rows", (long long)count);
    float *factor = line->data, *constant = factor + channels, *of_x = constant + channels, *to_w = dw->data,
          *to_b = db->data;
    struct backward b = {.rows = rows,
                         .x = x->data,
                         .gradient = gradient->data,
                         .mean = known + MEAN * channels,
                         .scale = known + SCALE * channels,
                         .shift = known + SHIFT * channels,
                         .slope = settings->slope,
                         .sums = sums,
                         .factor = factor,
                         .constant = constant,
                         .of_x = of_x,
                         .to = dx->data};
    oto_parallel(count, grain_of(&rows), sum_rows, &b);
    double values = (double)(rows.batch * rows.length);
    for (int64_t c = 0; c < channels; c++) {
        struct sums all = {};
        for (int64_t i = 0; i < rows.batch; i++) {
            all.g += sums[i * channels + c].g;
            all.gx += sums[i * channels + c].gx;
        }
        double s = (double)inverse[c], scale = (double)b.scale[c], slope = scale * s * s * all.gx / values;
        to_b[c] = (float)all.g;
        to_w[c] = (float)(all.gx * s);
        factor[c] = b.scale[c];
        of_x[c] = settings->training ? (float)-slope : 0;
        constant[c] = settings->training ? (float)(slope * (double)b.mean[c] - scale * all.g / values) : 0;
    }
    oto_buffer_release(sums);
    if (oto_node_wants(node, 0)) {
        oto_parallel(count, grain_of(&rows), back_rows, &b);
        oto_give(node, 0, dx);
    }
    oto_give(node, 1, dw);
    oto_give(node, 2, db);
}
#define OPERATION(called)                                                                                              \
    {.name = called, .backward = batch_norm_backward, .saves = OTO_SAVES_INPUT(0) | OTO_SAVES_INPUT(3), .once = true}
static const OtoOperation batch_norm = OPERATION("oto_batch_norm"),
                          with_relu = OPERATION("oto_batch_norm and oto_relu"),
                          with_leaky_relu = OPERATION("oto_batch_norm and oto_leaky_relu");

static void check_channels(OtoTensor *x, const char *argument, OtoTensor *numbers) {
    if (!numbers) return;
    oto_need_float("oto_batch_norm", argument, numbers);
    if (numbers->rank != 1 || numbers->size != x->shape[1])
        oto_refuse("oto_batch_norm", "%s is %s, but x is %s, with %lld channels (its second axis)%s", argument,
                   oto_shape_quoted(numbers), oto_shape_quoted(x), (long long)x->shape[1],
                   oto_channels_hint(x, numbers->size));
}

/* v = scale x + shift for each channel; inverse = 1 / s. */
static void line_of(double variance, double eps, float mean, OtoTensor *w, OtoTensor *b, int64_t channel,
                    float *inverse, float *scale, float *shift) {
    double over_s = 1 / sqrt(variance + eps);
    *inverse = (float)over_s;
    *scale = (float)((w ? (double)((float *)w->data)[channel] : 1) * over_s);
    *shift = (b ? ((float *)b->data)[channel] : 0) - *scale * mean;
}

void oto_batch_norm_lines(OtoTensor *mean, OtoTensor *variance, OtoTensor *w, OtoTensor *b, double eps, float *scale,
                          float *shift) {
    float inverse;
    for (int64_t c = 0; c < mean->size; c++)
        line_of((double)((float *)variance->data)[c], eps, ((float *)mean->data)[c], w, b, c, &inverse, &scale[c],
                &shift[c]);
}

/* Mean and variance of each channel of the batch; the running ones follow. */
static void measure_batch(struct forward *f, OtoTensor *running_mean, OtoTensor *running_variance, double momentum,
                          float *mean, double *variance) {
    int64_t channels = f->rows.channels;
    oto_parallel(f->rows.batch * channels, grain_of(&f->rows), measure, f);
    for (int64_t c = 0; c < channels; c++) {
        struct moments all = {};
        for (int64_t i = 0; i < f->rows.batch; i++) all = oto_moments_together(all, f->moments[i * channels + c]);
        mean[c] = (float)all.mean;
        variance[c] = all.squares / all.count;
        if (!running_mean) continue;
        float *to_mean = (float *)running_mean->data + c, *to_variance = (float *)running_variance->data + c;
        *to_mean += (float)(momentum * (all.mean - (double)*to_mean));
        *to_variance += (float)(momentum * (all.squares / (all.count - 1) - (double)*to_variance));
    }
}

OtoTensor *(oto_batch_norm)(OtoTensor *x, OtoTensor *mean, OtoTensor *variance, OtoTensor *w, OtoTensor *b,
                            OtoBatchNormOptions options) {
    oto_need_float("oto_batch_norm", "x", x);
    if (x->rank < 2) oto_refuse("oto_batch_norm", "x is %s, but must be (batch, channels, ...)", oto_shape_quoted(x));
    check_channels(x, "the running mean", mean);
    check_channels(x, "the running variance", variance);
    check_channels(x, "w", w);
    check_channels(x, "b", b);
    if (!mean != !variance) oto_refuse("oto_batch_norm", "give a running mean and a running variance, or neither");
    if (!mean && !options.training)
        oto_refuse("oto_batch_norm", "in evaluation the running mean and variance are needed");
    struct rows rows = rows_of(x);
    if (options.training && rows.batch * rows.length < 2)
        oto_refuse(
            "oto_batch_norm",
            "x is %s: one value for each channel, and in training its variance is wanted; take a batch of two or "
            "more (leave the last, smaller batch out), or evaluate: oto_evaluating(net)",
            oto_shape_quoted(x));
    int64_t channels = rows.channels, count = options.training ? rows.batch * channels : 1;
    OtoTensor *y = oto_like_new(x, OTO_FLOAT32, NULL),
              *statistics = oto_tensor_new(OTO_FLOAT32, 2, (long long[]){STATISTICS, channels});
    float *known = statistics->data, *scale = known + SCALE * channels, *shift = known + SHIFT * channels;
    struct moments *moments = oto_buffer_new((size_t)count * sizeof *moments);
    double *variances = oto_buffer_new((size_t)channels * sizeof *variances);
    if (!moments || !variances) {
        oto_buffer_release(moments);
        oto_buffer_release(variances);
        oto_refuse("oto_batch_norm", "no memory for the moments of %lld rows", (long long)count);
    }
    struct forward f = {.rows = rows,
                        .x = x->data,
                        .y = y->data,
                        .moments = moments,
                        .scale = scale,
                        .shift = shift,
                        .slope = (float)options.slope};
    if (options.training) measure_batch(&f, mean, variance, options.momentum, known + MEAN * channels, variances);
    for (int64_t c = 0; c < channels; c++) {
        if (!options.training) {
            known[MEAN * channels + c] = ((float *)mean->data)[c];
            variances[c] = (double)((float *)variance->data)[c];
        }
        line_of(variances[c], options.eps, known[MEAN * channels + c], w, b, c, &known[INVERSE * channels + c],
                &scale[c], &shift[c]);
    }
    oto_buffer_release(moments);
    oto_buffer_release(variances);
    oto_parallel(rows.batch * channels, grain_of(&rows), scale_rows, &f);
    struct settings settings = {.training = options.training, .slope = (float)options.slope};
    const OtoOperation *operation = options.slope == 1   ? &batch_norm
                                    : options.slope == 0 ? &with_relu
                                                         : &with_leaky_relu;
    return oto_record(operation, y, &settings, sizeof settings, x, w, b, statistics);
}
