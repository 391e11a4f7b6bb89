#include "lib/dsp/recursion.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A recursion seems to need one result after the other. But it is linear: eight results are eight inputs, each times
 * the start of the impulse response h from there on, and the results before, each times what follows from it alone.
 * With four instead of eight: (y0 y1 y2 y3) = x0 (1 h1 h2 h3) + x1 (0 1 h1 h2) + x2 (0 0 1 h1) + x3 (0 0 0 1) + y[-1]
 * (...) + y[-2] (...) ... Eight are kept as two times four, as wide as registers are; the first four are spared inputs
 * that come after them.
 */
/* A chunk is short enough for a plain copy: from 2 KB on, memcpy takes an instruction that can be ten times slower. */
enum { STEP = 8, HALF = STEP / 2, CHUNK = 240 };
typedef double Four __attribute__((vector_size(HALF * sizeof(double)), aligned(8)));

/* ---- making one ---- */

static double *numbers(const char *operation, int64_t count) {
    double *x = calloc((size_t)count + 1, sizeof *x);
    if (!x) oto_refuse(operation, "no memory for a filter of %" PRId64 " coefficients", count);
    return oto_hold(x, free);
}

static OtoRecursion recursion_of(const char *operation, int stages, int64_t memory) {
    OtoRecursion r = {.stages = stages, .memory = memory};
    r.b = numbers(operation, stages * (memory + 1));
    r.a = numbers(operation, stages * (memory + 1));
    r.steps = numbers(operation, stages * (STEP + memory) * STEP);
    return r;
}

/* STEP results of the recursion alone, where before[memory - j] is y[-j]. */
static void respond(const double *a, int64_t memory, const double *before, const double *x, double *y) {
    for (int i = 0; i < STEP; i++) {
        y[i] = x[i];
        for (int64_t j = 1; j <= memory; j++) y[i] -= a[j] * (j <= i ? y[i - j] : before[memory + i - j]);
    }
}

static void find_steps(const char *operation, OtoRecursion *r) {
    oto_scope {
        double *before = numbers(operation, r->memory), *x = numbers(operation, STEP);
        for (int s = 0; s < r->stages; s++) {
            double *a = r->a + s * (r->memory + 1), *steps = r->steps + s * (STEP + r->memory) * STEP;
            for (int64_t i = 0; i < STEP + r->memory; i++) {
                double *one = i < STEP ? x + i : before + i - STEP;
                *one = 1;
                respond(a, r->memory, before, x, steps + i * STEP);
                *one = 0;
            }
        }
    }
}

OtoRecursion oto_recursion_of_sections(const char *operation, const OtoSos *sos) {
    OtoRecursion r = recursion_of(operation, sos->sections, 2);
    for (int s = 0; s < sos->sections; s++) {
        OtoSection section = sos->section[s];
        memcpy(r.b + 3 * s, (double[]){section.b0, section.b1, section.b2}, 3 * sizeof(double));
        memcpy(r.a + 3 * s, (double[]){1, section.a1, section.a2}, 3 * sizeof(double));
    }
    find_steps(operation, &r);
    return r;
}

OtoRecursion oto_recursion_of_polynomials(const char *operation, OtoTensor *b, OtoTensor *a) {
    OtoRecursion r = recursion_of(operation, 1, (b->size > a->size ? b->size : a->size) - 1);
    double first = (double)((float *)a->data)[0];
    for (int64_t j = 0; j < b->size; j++) r.b[j] = (double)((float *)b->data)[j] / first;
    for (int64_t j = 0; j < a->size; j++) r.a[j] = (double)((float *)a->data)[j] / first;
    find_steps(operation, &r);
    return r;
}

/* ---- running it ---- */

int64_t oto_recursion_remembers(const OtoRecursion *r) {
    return (r->stages + 1) * r->memory;
}
int64_t oto_recursion_room(const OtoRecursion *r) {
    return 2 * (r->memory + CHUNK);
}

/* y[n] = sum b[j] x[n - j]; x has what came before in front of it. */
OTO_VECTORISED static void weigh(const double *restrict x, double *restrict y, int64_t n, const double *restrict b,
                                 int64_t memory) {
    for (int64_t i = 0; i < n; i++) y[i] = b[0] * x[i];
    for (int64_t j = 1; j <= memory; j++)
        for (int64_t i = 0; i < n; i++) y[i] += b[j] * x[i - j];
}

/* The recursion, in place; y has what came before in front of it. */
OTO_VECTORISED static void recur(double *y, int64_t n, const double *a, const double *steps, int64_t memory) {
    const Four *step = (const Four *)steps, *past = step + 2 * STEP;
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP, y += STEP) {
        Four first = {}, second = {};
        for (int k = 0; k < HALF; k++) {
            first += step[2 * k] * y[k];
            second += step[2 * k + 1] * y[k] + step[2 * k] * y[HALF + k];
        }
        for (int64_t j = memory; j >= 1; j--) {
            first += past[2 * (memory - j)] * y[-j];
            second += past[2 * (memory - j) + 1] * y[-j];
        }
        *(Four *)y = first;
        *(Four *)(y + HALF) = second;
    }
    for (; i < n; i++, y++)
        for (int64_t j = 1; j <= memory; j++) y[0] -= a[j] * y[-j];
}

/* A section alone, from x to y, both with two numbers before them. What it multiplies with stays in registers. */
OTO_VECTORISED static void run_section(const double *restrict x, double *restrict y, int64_t n, const double *b,
                                       const double *a, const double *steps) {
    const Four *step = (const Four *)steps, *past = step + 2 * STEP;
    double last = y[-1], last_but_one = y[-2];
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        Four in[2], out[2] = {};
#pragma clang loop unroll(full)
        for (int half = 0; half < 2; half++) {
            const double *at = x + i + half * HALF;
            const Four *now = (const Four *)at, *before = (const Four *)(at - 1), *long_ago = (const Four *)(at - 2);
            in[half] = b[0] * *now + b[1] * *before + b[2] * *long_ago;
        }
#pragma clang loop unroll(full)
        for (int k = 0; k < HALF; k++) {
            out[0] += step[2 * k] * in[0][k];
            out[1] += step[2 * k + 1] * in[0][k];
            out[1] += step[2 * k] * in[1][k];
        }
        out[0] += past[0] * last_but_one + past[2] * last;
        out[1] += past[1] * last_but_one + past[3] * last;
        *(Four *)(y + i) = out[0];
        *(Four *)(y + i + HALF) = out[1];
        last_but_one = out[1][HALF - 2];
        last = out[1][HALF - 1];
    }
    for (; i < n; i++) y[i] = b[0] * x[i] + b[1] * x[i - 1] + b[2] * x[i - 2] - a[1] * y[i - 1] - a[2] * y[i - 2];
}

/* The last numbers of a series behind n more; what has faded below all that a float32 can show becomes 0, before
 * arithmetic with numbers that small gets slow. */
static void remember(double *state, const double *series, int64_t n, int64_t memory) {
    for (int64_t j = 0; j < memory; j++) {
        double value = series[n + j];
        state[j] = fabs(value) < 1e-200 ? 0 : value;
    }
}

/* ---- chains of sections ---- */

/* Four sections of a chain run at once, one in each lane of a register, each DELAY samples behind the one that it
 * listens to: so long what it hears is on the way. Where a chain has fewer, the last ones hand on what they hear. */
enum { LANES = 4, DELAY = 4, LATE = (LANES - 1) * DELAY, CHAIN_CHUNK = 8192 };
typedef int64_t Choice __attribute__((vector_size(LANES * sizeof(int64_t)), aligned(8)));

struct lanes {
    Four b0, b1, b2, a1, a2;
    Four x1, x2, y1, y2;         /* inputs and outputs one and two samples ago */
    Four in_1, in_2, in_3, in_4; /* what they hear in 1 ... DELAY samples; the first lane of in_4: what the last said */
};

/* One sample more in each lane, except where it has not begun yet, or is at its end. */
static inline __attribute__((always_inline)) void step(struct lanes *l, double x, const Choice *active) {
    Four in = l->in_1;
    in[0] = x;
    Four out = l->b1 * l->x1 + l->b2 * l->x2 + l->b0 * in - l->a2 * l->y2 - l->a1 * l->y1;
    l->in_1 = l->in_2;
    l->in_2 = l->in_3;
    l->in_3 = l->in_4;
    l->in_4 = __builtin_shufflevector(out, out, 3, 0, 1, 2);
#define CHOSEN(yes, no) ((Four)((*active & (Choice)(yes)) | (~*active & (Choice)(no))))
    l->x2 = CHOSEN(l->x1, l->x2);
    l->x1 = CHOSEN(in, l->x1);
    l->y2 = CHOSEN(l->y1, l->y2);
    l->y1 = CHOSEN(out, l->y1);
#undef CHOSEN
}

/* n numbers in place. */
OTO_VECTORISED static void run_lanes(struct lanes *lanes, double *x, int64_t n) {
    struct lanes l = *lanes;
    const Choice all = {-1, -1, -1, -1}, first = {0, -DELAY, -2 * DELAY, -3 * DELAY};
    for (int64_t i = 0; i < n + LATE; i++) {
        for (; i >= LATE && i < n; i++) {
            step(&l, x[i], &all);
            x[i - LATE] = l.in_4[0];
        }
        Choice at = first + i, active = (at >= 0) & (at < n);
        step(&l, i < n ? x[i] : 0, &active);
        if (i >= LATE) x[i - LATE] = l.in_4[0];
    }
    *lanes = l;
}

/* The whole chain; rows of `state` are the last two numbers of its input and of each section's output. */
static void run_chain(const OtoRecursion *r, double *state, double *x, int64_t n) {
    double heard[2];
    memcpy(heard, state, sizeof heard);
    for (int from = 0; from < r->stages; from += LANES) {
        struct lanes l = {.b0 = {1, 1, 1, 1}};
        int count = r->stages - from < LANES ? r->stages - from : LANES;
        double *said = state + 2 * (from + 1);
        for (int s = 0; s < count; s++) {
            const double *b = r->b + 3 * (from + s), *a = r->a + 3 * (from + s);
            l.b0[s] = b[0], l.b1[s] = b[1], l.b2[s] = b[2], l.a1[s] = a[1], l.a2[s] = a[2];
            l.x2[s] = heard[0], l.x1[s] = heard[1];
            l.y2[s] = heard[0] = said[2 * s], l.y1[s] = heard[1] = said[2 * s + 1];
        }
        run_lanes(&l, x, n);
        if (from == 0) remember(state, (double[]){l.x2[0], l.x1[0]}, 0, 2);
        for (int s = 0; s < count; s++) remember(said + 2 * s, (double[]){l.y2[s], l.y1[s]}, 0, 2);
    }
}

/* ---- running ---- */

static void run_chunk(const OtoRecursion *r, double *state, double *x, int64_t n, double *room) {
    int64_t memory = r->memory;
    double *in = room, *out = room + memory + CHUNK;
    memcpy(in, state, (size_t)memory * sizeof *in);
    memcpy(in + memory, x, (size_t)n * sizeof *in);
    remember(state, in, n, memory);
    for (int s = 0; s < r->stages; s++) {
        const double *b = r->b + s * (memory + 1), *a = r->a + s * (memory + 1);
        const double *steps = r->steps + s * (STEP + memory) * STEP;
        state += memory;
        memcpy(out, state, (size_t)memory * sizeof *out);
        if (memory == 2) {
            run_section(in + memory, out + memory, n, b, a, steps);
        } else {
            weigh(in + memory, out + memory, n, b, memory);
            recur(out + memory, n, a, steps, memory);
        }
        remember(state, out, n, memory);
        double *other = in;
        in = out;
        out = other;
    }
    memcpy(x, in + memory, (size_t)n * sizeof *x);
}

void oto_recursion_run(const OtoRecursion *r, double *state, double *x, int64_t n, double *room) {
    bool chain = r->memory == 2 && r->stages > 1;
    int64_t length = chain ? CHAIN_CHUNK : CHUNK;
    for (int64_t at = 0; at < n && !oto_interrupt_pending(); at += length) {
        int64_t count = n - at < length ? n - at : length;
        if (chain)
            run_chain(r, state, x + at, count);
        else
            run_chunk(r, state, x + at, count, room);
    }
}

bool oto_recursion_settle(const OtoRecursion *r, double constant, double *state) {
    for (int64_t j = 0; j < r->memory; j++) state[j] = constant;
    for (int s = 0; s < r->stages; s++) {
        double above = 0, below = 0, size = 0;
        for (int64_t j = s * (r->memory + 1); j < (s + 1) * (r->memory + 1); j++) {
            above += r->b[j];
            below += r->a[j];
            size += fabs(r->a[j]);
        }
        if (fabs(below) <= 1e-15 * size) return false;
        constant *= above / below;
        state += r->memory;
        for (int64_t j = 0; j < r->memory; j++) state[j] = constant;
    }
    return true;
}
