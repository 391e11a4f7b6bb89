#include "lib/dsp/filter.h"
#include "lib/dsp/convolution.h"
#include "lib/dsp/finite.h"
#include "lib/dsp/fir.h"
#include "lib/dsp/recursion.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/arrange.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/place.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- what cannot be ---- */

/* Whether all roots of a[0] z^p + ... + a[p] lie within the unit circle, or on it: the reflection coefficients that
 * Levinson's recursion, run backwards, finds are all at most 1. */
static bool is_bounded(double *a, int64_t p) {
    enum { ROUNDING = 1 << 20 };
    for (; p >= 1; p--) {
        double k = a[p] / a[0], rest = 1 - k * k;
        if (fabs(k) > 1 + 1.0 / ROUNDING) return false;
        if (rest < 1.0 / ROUNDING) return true; /* on the circle: what it grows by shows in the result */
        for (int64_t j = 1, l = p - 1; j <= l; j++, l--) {
            double first = a[j], last = a[l];
            a[j] = (first - k * last) / rest;
            a[l] = (last - k * first) / rest;
        }
    }
    return true;
}

static void need_row(const char *operation, const char *argument, OtoTensor *x) {
    oto_need_float(operation, argument, x);
    if (x->size == 0 || x->rows != 1)
        oto_refuse(operation, "%s is %s, but must be one row of coefficients, such as oto_tensor(1, -0.5)", argument,
                   oto_shape_quoted(x));
    oto_need_finite(operation, argument, x);
}

void oto_check_polynomials(const char *operation, OtoTensor *b, OtoTensor *a) {
    need_row(operation, "b", b);
    need_row(operation, "a", a);
    if (((float *)a->data)[0] == 0) oto_refuse(operation, "a[0] is 0, but everything is divided by it");
    bool bounded = true;
    oto_scope {
        double *copy = malloc((size_t)a->size * sizeof *copy);
        if (!copy) oto_refuse(operation, "no memory for %" PRId64 " coefficients", a->size);
        oto_hold(copy, free);
        for (int64_t j = 0; j < a->size; j++) copy[j] = (double)((float *)a->data)[j] / (double)*(float *)a->data;
        bounded = is_bounded(copy, a->size - 1);
    }
    if (!bounded)
        oto_refuse(operation,
                   "the filter is unstable: a has a pole outside the unit circle, and its output would grow without "
                   "end; check its signs (a[0] y[n] = ... - a[1] y[n - 1] - ...), or design it as sections "
                   "(oto_butter), which do not suffer from rounding");
}

void oto_check_filtered(const char *operation, OtoTensor *x, double fs) {
    oto_need_float(operation, "x", x);
    if (x->size == 0) oto_refuse(operation, "x is empty: %s", oto_shape_quoted(x));
    if (fs != 0 && fs != 2 && x->sample_rate > 0 && x->sample_rate != fs)
        oto_refuse(operation, "the filter was designed for %g Hz, but x has %g Hz; design it with .fs = %g", fs,
                   x->sample_rate, x->sample_rate);
    oto_need_finite(operation, "x", x);
}

void oto_check_bounded(const char *operation, OtoTensor *y) {
    const float *numbers = y->data;
    if (oto_all_finite(numbers, y->size)) return;
    int64_t at = 0;
    while (isfinite(numbers[at])) at++;
    oto_refuse(operation, "the filter is unstable: at sample %" PRId64 " its output has grown beyond float32",
               at % y->cols);
}

/* ---- what it remembers ---- */

static void release_state(void *value) {
    free(((OtoFilterState *)value)->memory);
}
OtoFilterState *oto_filter_state(void) {
    return oto_value_new(OTO_HELD, sizeof(OtoFilterState), release_state);
}

/* The memory to filter that many channels with: of the state, where there is one; new otherwise, for this scope. */
static double *memory_of(const char *operation, OtoFilterState *state, int64_t channels, int64_t numbers) {
    if (state) oto_check_value(operation, "state", state, OTO_HELD);
    if (state && state->memory) {
        if (state->channels != channels || state->numbers != numbers)
            oto_refuse(operation,
                       "state is that of another filter: it has %" PRId64 " channels of %" PRId64
                       " numbers, needed are "
                       "%" PRId64 " of %" PRId64 "; make one for each with oto_filter_state()",
                       state->channels, state->numbers, channels, numbers);
        return state->memory;
    }
    double *memory = calloc((size_t)(channels * numbers) + 1, sizeof *memory);
    if (!memory) oto_refuse(operation, "no memory for the state of %" PRId64 " channels", channels);
    if (!state) return oto_hold(memory, free);
    *state = (OtoFilterState){.channels = channels, .numbers = numbers, .memory = memory};
    oto_value_owns(state, channels * numbers * (int64_t)sizeof *memory);
    return memory;
}

/* ---- filtering ---- */

enum { BLOCK = 1024 };

struct filtering {
    const OtoRecursion *recursion;
    double *memory;
    int64_t numbers;
    OtoTensor *x, *y;
    atomic_bool no_memory;
};

OTO_VECTORISED static void to_doubles(double *restrict to, const float *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = (double)x[i];
}
OTO_VECTORISED static void to_floats(float *restrict to, const double *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = (float)x[i];
}

static void filter_rows(int64_t from, int64_t to, void *context) {
    struct filtering *f = context;
    double *block = malloc((size_t)(BLOCK + oto_recursion_room(f->recursion)) * sizeof *block);
    if (!block) f->no_memory = true;
    for (int64_t row = from; row < to && block; row++) {
        const float *x = (float *)f->x->data + row * f->x->cols;
        float *y = (float *)f->y->data + row * f->x->cols;
        for (int64_t at = 0, n; at < f->x->cols; at += n) {
            n = f->x->cols - at < BLOCK ? f->x->cols - at : BLOCK;
            to_doubles(block, x + at, n);
            oto_recursion_run(f->recursion, f->memory + row * f->numbers, block, n, block + BLOCK);
            to_floats(y + at, block, n);
        }
    }
    free(block);
}

static void filter(const char *operation, const OtoRecursion *recursion, OtoTensor *x, OtoTensor *y,
                   OtoFilterState *state) {
    int64_t numbers = oto_recursion_remembers(recursion);
    struct filtering f = {.recursion = recursion, .numbers = numbers, .x = x, .y = y};
    f.memory = memory_of(operation, state, x->rows, numbers);
    oto_parallel(x->rows, BLOCK * 16 / x->cols + 1, filter_rows, &f);
    if (f.no_memory) oto_refuse(operation, "no memory for a filter of %" PRId64 " coefficients", recursion->memory);
    oto_check_bounded(operation, y);
}

/* Without a recursion: each row behind its last samples, weighted at once. */
static void filter_finite(const char *operation, OtoTensor *b, float first, OtoTensor *x, OtoTensor *y,
                          OtoFilterState *state) {
    int64_t before = b->size - 1, n = x->cols;
    double *memory = memory_of(operation, state, x->rows, before);
    float *h = malloc((size_t)(b->size + before + n) * sizeof *h), *row = h + b->size;
    if (!h) oto_refuse(operation, "no memory for %" PRId64 " samples", before + n);
    oto_hold(h, free);
    for (int64_t j = 0; j < b->size; j++) h[j] = ((float *)b->data)[j] / first;
    for (int64_t i = 0; i < x->rows && !oto_interrupt_pending(); i++, memory += before) {
        for (int64_t j = 0; j < before; j++) row[j] = (float)memory[j];
        memcpy(row + before, (float *)x->data + i * n, (size_t)n * sizeof *row);
        oto_fir(operation, row, before + n, h, b->size, (float *)y->data + i * n, OTO_FIR_AUTO);
        for (int64_t j = 0; j < before; j++) memory[j] = (double)row[n + j];
    }
}

/* ---- gradients ---- */

static void refuse_state(const char *operation, OtoFilterState *state, bool records) {
    if (state && records)
        oto_refuse(operation,
                   "a gradient cannot flow through .state, which forgets what it came from; filter the whole "
                   "sound at once, or inside oto_no_grad");
}

/* y is linear in x, and its transpose is the same filter backwards in time: what sample n gave to later ones. */
static OtoTensor *backwards(OtoTensor *b, OtoTensor *a, OtoTensor *gradient) {
    return oto_flip(oto_lfilter(b, a, oto_flip(gradient, -1)), -1);
}

/* The sums over n of gradient[n] u[n - j], for j < taps, over all rows. */
static OtoTensor *delayed_products(OtoTensor *gradient, OtoTensor *u, OtoTensor *like) {
    int64_t n = u->cols, taps = like->size, there = taps < n ? taps : n;
    OtoTensor *g = oto_shaped(gradient, 2, (const long long[]){u->rows, n});
    OtoTensor *turned = oto_flip(oto_shaped(u, 2, (const long long[]){u->rows, n}), 1);
    OtoTensor *sums = oto_sum_over(oto_part(oto_convolve(g, turned), 1, n - 1, there), 0);
    if (there < taps) sums = oto_place(sums, 0, 0, taps);
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < like->rank; i++) shape[i] = like->shape[i];
    return oto_shaped(sums, like->rank, shape);
}

/* A(z) y = B(z) x, with 1 / A for a filter of poles alone:
 *     dL/db[j] = sum over n of dL/dy[n] (x / A)[n - j],    dL/da[j] = -sum over n of dL/dy[n] (y / A)[n - j] */
static void lfilter_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *b = oto_node_input(node, 0), *a = oto_node_input(node, 1), *one = oto_tensor(1);
    if (oto_node_wants(node, 2)) oto_give(node, 2, backwards(b, a, gradient));
    if (oto_node_wants(node, 0))
        oto_give(node, 0, delayed_products(gradient, oto_lfilter(one, a, oto_node_input(node, 2)), b));
    if (oto_node_wants(node, 1)) {
        OtoTensor *u = oto_lfilter(one, a, oto_node_output(node));
        oto_give(node, 1, oto_mul(delayed_products(gradient, u, a), -1));
    }
}

OtoTensor *(oto_lfilter)(OtoTensor *b, OtoTensor *a, OtoTensor *x, OtoFilter options) {
    const char *operation = "oto_lfilter";
    oto_check_polynomials(operation, b, a);
    oto_check_filtered(operation, x, b->sample_rate);
    refuse_state(operation, options.state, oto_records(b, a, x));
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "filter");
    oto_scope {
        if (a->size == 1) {
            filter_finite(operation, b, *(float *)a->data, x, y, options.state);
        } else {
            OtoRecursion recursion = oto_recursion_of_polynomials(operation, b, a);
            filter(operation, &recursion, x, y, options.state);
        }
    }
    static const OtoOperation lfilter = {"oto_lfilter", lfilter_backward, OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT};
    return oto_record(&lfilter, y, NULL, 0, b, a, x);
}

static void sosfilt_backward(OtoNode *node, OtoTensor *gradient) {
    OtoSos sos = *(const OtoSos *)oto_node_settings(node);
    oto_give(node, 0, oto_flip(oto_sosfilt(sos, oto_flip(gradient, -1)), -1));
}

OtoTensor *(oto_sosfilt)(OtoSos sos, OtoTensor *x, OtoFilter options) {
    const char *operation = "oto_sosfilt";
    oto_check_sections(operation, &sos);
    oto_check_filtered(operation, x, sos.fs);
    refuse_state(operation, options.state, oto_records(x));
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "filter");
    oto_scope {
        OtoRecursion recursion = oto_recursion_of_sections(operation, &sos);
        filter(operation, &recursion, x, y, options.state);
    }
    static const OtoOperation sosfilt = {.name = "oto_sosfilt", .backward = sosfilt_backward};
    return oto_record(&sosfilt, y, &sos, sizeof sos, x);
}
