#include "lib/dsp/recursion.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A recursion seems to need one result after the other. But it is linear: four results are four inputs, each times the
 * start of the impulse response h from there on, and the results before, each times what follows from it alone:
 *     (y0 y1 y2 y3) = x0 (1 h1 h2 h3) + x1 (0 1 h1 h2) + x2 (0 0 1 h1) + x3 (0 0 0 1) + y[-1] (...) + y[-2] (...) ...
 */
/* A chunk is short enough for a plain copy: from 2 KB on, memcpy takes an instruction that can be ten times slower. */
enum { STEP = 4, CHUNK = 240 };
typedef double Four __attribute__((vector_size(STEP * sizeof(double)), aligned(8)));

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

/* Four results of the recursion alone, where before[memory - j] is y[-j]. */
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
    const Four *step = (const Four *)steps, *past = step + STEP;
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP, y += STEP) {
        Four sum = step[0] * y[0] + step[1] * y[1] + step[2] * y[2] + step[3] * y[3];
        for (int64_t j = memory; j >= 1; j--) sum += past[memory - j] * y[-j];
        *(Four *)y = sum;
    }
    for (; i < n; i++, y++)
        for (int64_t j = 1; j <= memory; j++) y[0] -= a[j] * y[-j];
}

/* Both for a section, of which filters are mostly made: what it multiplies with stays in registers. */
OTO_VECTORISED static void run_section(const double *restrict x, double *restrict y, int64_t n, const double *b,
                                       const double *a, const double *steps) {
    const Four *step = (const Four *)steps;
    Four s0 = step[0], s1 = step[1], s2 = step[2], s3 = step[3], second = step[4], first = step[5];
    double y1 = y[-1], y2 = y[-2];
    int64_t i = 0;
    for (; i + STEP <= n; i += STEP) {
        const Four *now = (const Four *)(x + i), *before = (const Four *)(x + i - 1),
                   *long_ago = (const Four *)(x + i - 2);
        Four in = b[0] * *now + b[1] * *before + b[2] * *long_ago;
        Four sum = s0 * in[0] + s1 * in[1] + s2 * in[2] + s3 * in[3] + second * y2 + first * y1;
        *(Four *)(y + i) = sum;
        y1 = sum[3];
        y2 = sum[2];
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
    for (int64_t at = 0; at < n && !oto_interrupt_pending(); at += CHUNK)
        run_chunk(r, state, x + at, n - at < CHUNK ? n - at : CHUNK, room);
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
