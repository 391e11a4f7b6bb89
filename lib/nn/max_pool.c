/* Maxima of windows. y[o] = max x[i] over its window: dL/dx[i] = the sum of dL/dy[o] where x[i] was the maximum. Which
 * place of its window that was is kept as a number of two bytes; x itself is not. */
#include "lib/nn/max_pool.h"
#include "lib/nn/pooling.h"
#include "lib/nn/windows.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { PIECE = 1 << 15, NOWHERE = UINT16_MAX };

struct pool {
    struct windows windows;
    const float *x;
    float *y;
    uint16_t *places; /* of each result: row * kernel width + column in its window */
    const float *gradient;
    float *to;
};

/* Place `place` of each window: results j from ... end - 1 look at x[j stride]. */
OTO_VECTORISED static void take_larger(const float *restrict x, int64_t stride, int64_t from, int64_t end,
                                       uint16_t place, float *restrict y, uint16_t *restrict places) {
    if (stride == 1)
        for (int64_t j = from; j < end; j++) {
            bool take = x[j] > y[j] || x[j] != x[j];
            y[j] = take ? x[j] : y[j];
            places[j] = take ? place : places[j];
        }
    else if (stride == 2)
        for (int64_t j = from; j < end; j++) {
            float v = x[2 * j];
            bool take = v > y[j] || v != v;
            y[j] = take ? v : y[j];
            places[j] = take ? place : places[j];
        }
    else
        for (int64_t j = from; j < end; j++) {
            float v = x[stride * j];
            bool take = v > y[j] || v != v;
            y[j] = take ? v : y[j];
            places[j] = take ? place : places[j];
        }
}

static int64_t ceiling(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static void pool_row(const struct windows *w, const float *x, int64_t row, float *y, uint16_t *places) {
    int64_t out = w->out[1], in = w->in[1], stride = w->stride[1], top, bottom;
    oto_window(w, 0, row, &top, &bottom);
    int64_t above = row * w->stride[0] - w->padding[0];
    for (int64_t j = 0; j < out; j++) {
        y[j] = -INFINITY;
        places[j] = NOWHERE;
    }
    for (int64_t r = top; r < bottom; r++)
        for (int64_t k = 0; k < w->kernel[1]; k++) {
            int64_t first = k - w->padding[1]; /* of result 0 */
            int64_t from = first < 0 ? ceiling(-first, stride) : 0, end = in > first ? ceiling(in - first, stride) : 0;
            if (end > out) end = out;
            take_larger(x + r * in + first, stride, from, end, (uint16_t)((r - above) * w->kernel[1] + k), y, places);
        }
    for (int64_t j = 0; j < out; j++) { /* where all are -infinity: the first */
        int64_t left = j * stride - w->padding[1];
        if (places[j] == NOWHERE) places[j] = (uint16_t)((top - above) * w->kernel[1] + (left < 0 ? -left : 0));
    }
}

/* ---- windows of width 2 that do not overlap, eight at a time ---- */

typedef float Floats __attribute__((vector_size(32), aligned(4)));
typedef int32_t Whole __attribute__((vector_size(32)));
typedef uint16_t Places __attribute__((vector_size(16), aligned(2)));

#define CHOOSE(which, a, b) (((which) & (a)) | (~(which) & (b)))
/* v is in columns `column` of row r of the windows. */
#define TAKE_LARGER(v, column)                                                                                         \
    do {                                                                                                               \
        Whole take = ((v) > best) | ((v) != (v));                                                                      \
        best = (Floats)CHOOSE(take, (Whole)(v), (Whole)best);                                                          \
        place = CHOOSE(take, (Whole){} + (int32_t)(2 * r + (column)), place);                                          \
    } while (0)

OTO_VECTORISED static void pool_eights(const float *x, int64_t rows, int64_t length, int64_t eights, float *y,
                                       uint16_t *places) {
    for (int64_t i = 0; i < eights; i++, x += 16, y += 8) {
        Floats best = __builtin_shufflevector(*(const Floats *)x, *(const Floats *)(x + 8), 0, 2, 4, 6, 8, 10, 12, 14);
        Whole place = {};
        for (int64_t r = 0; r < rows; r++) {
            Floats a = *(const Floats *)(x + r * length), b = *(const Floats *)(x + r * length + 8);
            Floats even = __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14),
                   odd = __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
            if (r > 0) TAKE_LARGER(even, 0);
            TAKE_LARGER(odd, 1);
        }
        *(Floats *)y = best;
        if (places) ((Places *)places)[i] = __builtin_convertvector(place, Places);
    }
}

void oto_max_of_pairs(const float *x, int64_t rows, int64_t length, int64_t count, float *y, uint16_t *places) {
    int64_t eights = count / 8;
    pool_eights(x, rows, length, eights, y, places);
    for (int64_t j = 8 * eights; j < count; j++) {
        float best = x[2 * j];
        int64_t place = 0;
        for (int64_t at = 1; at < 2 * rows; at++) {
            float v = x[at / 2 * length + 2 * j + at % 2];
            if (!(v > best || v != v)) continue;
            best = v;
            place = at;
        }
        y[j] = best;
        if (places) places[j] = (uint16_t)place;
    }
}

static bool are_pairs(const struct windows *w) {
    bool apart = true;
    for (int i = 0; i < 2; i++) apart &= w->stride[i] == w->kernel[i] && w->padding[i] == 0;
    return apart && w->kernel[1] == 2;
}

static void pool_planes(int64_t from, int64_t to, void *context) {
    const struct pool *pool = context;
    const struct windows *w = &pool->windows;
    bool pairs = are_pairs(w);
    for (int64_t plane = from; plane < to; plane++)
        for (int64_t row = 0; row < w->out[0]; row++) {
            int64_t at = (plane * w->out[0] + row) * w->out[1];
            const float *x = pool->x + plane * w->in[0] * w->in[1];
            if (pairs)
                oto_max_of_pairs(x + row * w->kernel[0] * w->in[1], w->kernel[0], w->in[1], w->out[1], pool->y + at,
                                 pool->places + at);
            else
                pool_row(w, x, row, pool->y + at, pool->places + at);
        }
}

/* ---- backward ---- */

/* Windows of width 2 that do not overlap: each place of x belongs to one. */
OTO_VECTORISED static void back_pairs(const float *restrict gradient, const uint16_t *restrict places, int64_t count,
                                      uint16_t place, float *restrict to) {
    for (int64_t j = 0; j < count; j++) {
        to[2 * j] = places[j] == place ? gradient[j] : 0;
        to[2 * j + 1] = places[j] == place + 1 ? gradient[j] : 0;
    }
}

static void back_plane_of_pairs(const struct windows *w, const float *gradient, const uint16_t *places, float *to) {
    for (int64_t row = 0; row < w->in[0]; row++, to += w->in[1]) {
        int64_t out = row / w->kernel[0], written = 0;
        if (out < w->out[0]) {
            back_pairs(gradient + out * w->out[1], places + out * w->out[1], w->out[1],
                       (uint16_t)(row % w->kernel[0] * 2), to);
            written = 2 * w->out[1];
        }
        memset(to + written, 0, (size_t)(w->in[1] - written) * sizeof *to);
    }
}

static int64_t place_in_plane(const struct windows *w, int64_t at, uint16_t place) {
    int64_t row = at / w->out[1] * w->stride[0] - w->padding[0] + place / w->kernel[1],
            column = at % w->out[1] * w->stride[1] - w->padding[1] + place % w->kernel[1];
    return row * w->in[1] + column;
}

static void back_planes(int64_t from, int64_t to, void *context) {
    const struct pool *pool = context;
    const struct windows *w = &pool->windows;
    bool pairs = are_pairs(w);
    int64_t in = w->in[0] * w->in[1], out = w->out[0] * w->out[1];
    for (int64_t plane = from; plane < to; plane++) {
        const float *gradient = pool->gradient + plane * out;
        const uint16_t *places = pool->places + plane * out;
        float *x = pool->to + plane * in;
        if (pairs) {
            back_plane_of_pairs(w, gradient, places, x);
            continue;
        }
        memset(x, 0, (size_t)in * sizeof *x);
        for (int64_t at = 0; at < out; at++) x[place_in_plane(w, at, places[at])] += gradient[at];
    }
}

static int64_t grain_of(const struct windows *w) {
    return PIECE / (w->in[0] * w->in[1] + 1) + 1;
}

static void max_pool_backward(OtoNode *node, OtoTensor *gradient) {
    const struct windows *w = oto_node_settings(node);
    OtoTensor *x = oto_node_input(node, 0), *dx = oto_like_new(x, OTO_FLOAT32, NULL);
    struct pool pool = {
        .windows = *w, .places = oto_node_input(node, 1)->data, .gradient = gradient->data, .to = dx->data};
    oto_parallel(x->shape[0] * x->shape[1], grain_of(w), back_planes, &pool);
    oto_give(node, 0, dx);
}
#define OPERATION(called) {.name = called, .backward = max_pool_backward, .saves = OTO_SAVES_INPUT(1), .once = true}
static const OtoOperation max_pool1d = OPERATION("oto_max_pool1d"), max_pool2d = OPERATION("oto_max_pool2d");

static OtoTensor *indices_of(OtoTensor *y, const struct windows *w, const uint16_t *places) {
    OtoTensor *indices = oto_windows_results(y, w->out, OTO_INT64);
    int64_t *to = indices->data, out = w->out[0] * w->out[1];
    for (int64_t i = 0; i < indices->size; i++) to[i] = place_in_plane(w, i % out, places[i]);
    return indices;
}

static OtoTensor *run(const OtoOperation *operation, int rank, OtoTensor *x, int kernel,
                      const OtoPoolOptions *options) {
    struct windows w = oto_windows(operation->name, x, rank, kernel, options);
    if (w.kernel[0] * w.kernel[1] >= NOWHERE)
        oto_refuse(operation->name, "a window of %lld by %lld is too large; a window has at most 65534 places",
                   (long long)w.kernel[0], (long long)w.kernel[1]);
    OtoTensor *y = oto_windows_results(x, w.out, OTO_FLOAT32),
              *places = oto_tensor_new(OTO_FLOAT32, 1, (long long[]){(y->size + 1) / 2}); /* two in a float */
    struct pool pool = {.windows = w, .x = x->data, .y = y->data, .places = places->data};
    oto_parallel(x->shape[0] * x->shape[1], grain_of(&w), pool_planes, &pool);
    if (options->indices) *options->indices = indices_of(y, &w, places->data);
    return oto_record(operation, y, &w, sizeof w, x, places);
}

OtoTensor *(oto_max_pool1d)(OtoTensor *x, int kernel, OtoPoolOptions options) {
    return run(&max_pool1d, 3, x, kernel, &options);
}
OtoTensor *(oto_max_pool2d)(OtoTensor *x, int kernel, OtoPoolOptions options) {
    return run(&max_pool2d, 4, x, kernel, &options);
}

/* ---- and back: y[index] = x, dL/dx = dL/dy[index] ---- */

static void unpool_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *indices = oto_node_input(node, 1), *dx = oto_like_new(oto_node_input(node, 0), OTO_FLOAT32, NULL);
    int64_t planes = dx->shape[0] * dx->shape[1], in = planes ? dx->size / planes : 0,
            out = planes ? gradient->size / planes : 0;
    const int64_t *index = indices->data;
    for (int64_t i = 0; i < dx->size; i++) ((float *)dx->data)[i] = ((float *)gradient->data)[i / in * out + index[i]];
    oto_give(node, 0, dx);
}
#define UNPOOL(called) {.name = called, .backward = unpool_backward, .saves = OTO_SAVES_INPUT(1), .once = true}
static const OtoOperation unpool1d = UNPOOL("oto_max_unpool1d"), unpool2d = UNPOOL("oto_max_unpool2d");

static OtoTensor *unpool(const OtoOperation *operation, int rank, OtoTensor *x, OtoTensor *indices, int64_t height,
                         int64_t width) {
    oto_need_images(operation->name, x, rank);
    oto_need(operation->name, "indices", indices);
    bool fits = indices->type == OTO_INT64 && indices->rank == x->rank;
    for (int i = 0; fits && i < rank; i++) fits = indices->shape[i] == x->shape[i];
    if (!fits)
        oto_refuse(operation->name,
                   "indices are %s %s, but must be int64 %s, as .indices of oto_max_pool receives them",
                   oto_type_name(indices->type), oto_shape_quoted(indices), oto_shape_quoted(x));
    oto_check_range(operation->name, rank == 3 ? "time" : "height", (double)(rank == 3 ? width : height), 1, 1 << 30);
    oto_check_range(operation->name, rank == 3 ? "time" : "width", (double)width, 1, 1 << 30);
    int64_t out = height * width, planes = x->shape[0] * x->shape[1], in = planes ? x->size / planes : 0;
    const int64_t *index = indices->data;
    for (int64_t i = 0; i < x->size; i++)
        if (index[i] < 0 || index[i] >= out)
            oto_refuse(operation->name,
                       "index %lld lies outside %lld by %lld; are these the lengths before the pooling?",
                       (long long)index[i], (long long)height, (long long)width);
    OtoTensor *y = oto_windows_results(x, (const int64_t[]){height, width}, OTO_FLOAT32);
    memset(y->data, 0, (size_t)y->size * sizeof(float));
    for (int64_t i = 0; i < x->size; i++) ((float *)y->data)[i / in * out + index[i]] = ((float *)x->data)[i];
    return oto_record(operation, y, NULL, 0, x, indices);
}

OtoTensor *oto_max_unpool1d(OtoTensor *x, OtoTensor *indices, int64_t time) {
    return unpool(&unpool1d, 3, x, indices, 1, time);
}
OtoTensor *oto_max_unpool2d(OtoTensor *x, OtoTensor *indices, int64_t height, int64_t width) {
    return unpool(&unpool2d, 4, x, indices, height, width);
}
