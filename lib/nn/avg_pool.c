/* Means of windows: y[o] = sum of x[i] over its window / n, so dL/dx[i] = the sum of dL/dy[o] / n over the windows that
 * i lies in. */
#include "lib/nn/pooling.h"
#include "lib/nn/windows.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"

#include <string.h>

enum { PIECE = 1 << 15 };

struct pool {
    struct windows windows;
    const float *from;
    float *to;
};

/* n: the whole window counts, padding too. */
static float share(const struct windows *w, int64_t height, int64_t width) {
    return 1.0f / (float)(w->adaptive ? height * width : w->kernel[0] * w->kernel[1]);
}

static void pool_planes(int64_t from, int64_t to, void *context) {
    const struct pool *pool = context;
    const struct windows *w = &pool->windows;
    float *y = pool->to + from * w->out[0] * w->out[1];
    for (int64_t plane = from; plane < to; plane++) {
        const float *x = pool->from + plane * w->in[0] * w->in[1];
        for (int64_t row = 0; row < w->out[0]; row++)
            for (int64_t column = 0; column < w->out[1]; column++) {
                int64_t top, bottom, left, right;
                oto_window(w, 0, row, &top, &bottom);
                oto_window(w, 1, column, &left, &right);
                float sum = 0;
                for (int64_t r = top; r < bottom; r++) {
                    float of_row = 0;
                    for (int64_t c = left; c < right; c++) of_row += x[r * w->in[1] + c];
                    sum += of_row;
                }
                *y++ = sum * share(w, bottom - top, right - left);
            }
    }
}

static void back_planes(int64_t from, int64_t to, void *context) {
    const struct pool *pool = context;
    const struct windows *w = &pool->windows;
    const float *gradient = pool->from + from * w->out[0] * w->out[1];
    for (int64_t plane = from; plane < to; plane++) {
        float *x = pool->to + plane * w->in[0] * w->in[1];
        memset(x, 0, (size_t)(w->in[0] * w->in[1]) * sizeof *x);
        for (int64_t row = 0; row < w->out[0]; row++)
            for (int64_t column = 0; column < w->out[1]; column++) {
                int64_t top, bottom, left, right;
                oto_window(w, 0, row, &top, &bottom);
                oto_window(w, 1, column, &left, &right);
                float g = *gradient++ * share(w, bottom - top, right - left);
                for (int64_t r = top; r < bottom; r++)
                    for (int64_t c = left; c < right; c++) x[r * w->in[1] + c] += g;
            }
    }
}

static int64_t grain_of(const struct windows *w) {
    return PIECE / (w->in[0] * w->in[1] + 1) + 1;
}

static void pool_backward(OtoNode *node, OtoTensor *gradient);
static OtoTensor *pool(const OtoOperation *operation, OtoTensor *x, const struct windows *w);

/* The backward of spreading is the mean again: both are linear. */
static void spread_backward(OtoNode *node, OtoTensor *gradient) {
    static const OtoOperation means = {
        .name = "a mean of windows", .backward = pool_backward, .saves = OTO_SAVES_NOTHING};
    oto_give(node, 0, pool(&means, gradient, oto_node_settings(node)));
}
static const OtoOperation spread_means = {
    .name = "the gradient of a mean of windows", .backward = spread_backward, .saves = OTO_SAVES_NOTHING};

static void pool_backward(OtoNode *node, OtoTensor *gradient) {
    const struct windows *w = oto_node_settings(node);
    OtoTensor *dx = oto_windows_results(gradient, w->in, OTO_FLOAT32);
    struct pool run = {.windows = *w, .from = gradient->data, .to = dx->data};
    oto_parallel(dx->shape[0] * dx->shape[1], grain_of(w), back_planes, &run);
    oto_give(node, 0, oto_record(&spread_means, dx, w, sizeof *w, gradient));
}
#define OPERATION(called) {.name = called, .backward = pool_backward, .saves = OTO_SAVES_NOTHING}
static const OtoOperation avg_pool1d = OPERATION("oto_avg_pool1d"), avg_pool2d = OPERATION("oto_avg_pool2d"),
                          adaptive1d = OPERATION("oto_adaptive_avg_pool1d"),
                          adaptive2d = OPERATION("oto_adaptive_avg_pool2d");

static OtoTensor *pool(const OtoOperation *operation, OtoTensor *x, const struct windows *w) {
    OtoTensor *y = oto_windows_results(x, w->out, OTO_FLOAT32);
    struct pool run = {.windows = *w, .from = x->data, .to = y->data};
    oto_parallel(x->shape[0] * x->shape[1], grain_of(w), pool_planes, &run);
    return oto_record(operation, y, w, sizeof *w, x);
}

static OtoTensor *fixed(const OtoOperation *operation, int rank, OtoTensor *x, int kernel,
                        const OtoPoolOptions *options) {
    struct windows w = oto_windows(operation->name, x, rank, kernel, options);
    if (options->indices) oto_refuse(operation->name, ".indices is for maxima: a mean comes from the whole window");
    return pool(operation, x, &w);
}

static OtoTensor *adaptive(const OtoOperation *operation, int rank, OtoTensor *x, int64_t height, int64_t width) {
    oto_need_images(operation->name, x, rank);
    struct windows w = {
        .in = {rank == 3 ? 1 : x->shape[2], x->shape[rank - 1]}, .out = {height, width}, .adaptive = true};
    oto_check_range(operation->name, rank == 3 ? "size" : "width", (double)width, 1, 1 << 30);
    oto_check_range(operation->name, "height", (double)height, 1, 1 << 30);
    if (w.in[0] * w.in[1] == 0)
        oto_refuse(operation->name, "x is %s: there is nothing to average", oto_shape_quoted(x));
    return pool(operation, x, &w);
}

OtoTensor *(oto_avg_pool1d)(OtoTensor *x, int kernel, OtoPoolOptions options) {
    return fixed(&avg_pool1d, 3, x, kernel, &options);
}
OtoTensor *(oto_avg_pool2d)(OtoTensor *x, int kernel, OtoPoolOptions options) {
    return fixed(&avg_pool2d, 4, x, kernel, &options);
}
OtoTensor *oto_adaptive_avg_pool1d(OtoTensor *x, int64_t size) {
    return adaptive(&adaptive1d, 3, x, 1, size);
}
OtoTensor *oto_adaptive_avg_pool2d(OtoTensor *x, int64_t height, int64_t width) {
    return adaptive(&adaptive2d, 4, x, height, width);
}
