#include "lib/dsp/filter.h"
#include "lib/dsp/recursion.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

struct zero_phase {
    const OtoRecursion *recursion;
    OtoTensor *x, *y;
    OtoPadType padtype;
    int64_t padlen;
    atomic_bool no_memory, unsettled;
};

/* Sample `beyond` places before the end sample x[0], or behind it with step -1. */
static double beyond(const float *x, int64_t step, int64_t places, OtoPadType padtype) {
    double end = (double)x[0], mirrored = (double)x[step * places];
    return padtype == OTO_PADTYPE_ODD ? 2 * end - mirrored : padtype == OTO_PADTYPE_EVEN ? mirrored : end;
}

/* What a filter remembers when the first number had been there for ever. */
static void settle(struct zero_phase *z, double first, double *state) {
    if (!oto_recursion_settle(z->recursion, first, state)) z->unsettled = true;
}

OTO_VECTORISED static void copy_reversed(double *restrict to, const double *restrict x, int64_t n) {
    for (int64_t i = 0; i < n; i++) to[i] = x[n - 1 - i];
}

/* Filters n numbers in place, from the last to the first. */
static void run_backwards(const OtoRecursion *recursion, double *state, double *x, int64_t n, double *room) {
    enum { BLOCK = 1024 };
    double block[BLOCK];
    for (int64_t end = n, count; end > 0; end -= count) {
        count = end < BLOCK ? end : BLOCK;
        copy_reversed(block, x + end - count, count);
        oto_recursion_run(recursion, state, block, count, room);
        copy_reversed(x + end - count, block, count);
    }
}

static void filter_rows(int64_t from, int64_t to, void *context) {
    struct zero_phase *z = context;
    int64_t cols = z->x->cols, pad = z->padlen, n = cols + 2 * pad, numbers = oto_recursion_remembers(z->recursion);
    double *room = malloc((size_t)(n + numbers + oto_recursion_room(z->recursion)) * sizeof *room);
    if (!room) z->no_memory = true;
    for (int64_t row = from; row < to && room && !z->unsettled; row++) {
        const float *x = (float *)z->x->data + row * cols;
        float *y = (float *)z->y->data + row * cols;
        double *all = room + numbers + oto_recursion_room(z->recursion);
        for (int64_t i = 0; i < pad; i++) {
            all[i] = beyond(x, 1, pad - i, z->padtype);
            all[pad + cols + i] = beyond(x + cols - 1, -1, i + 1, z->padtype);
        }
        for (int64_t i = 0; i < cols; i++) all[pad + i] = (double)x[i];
        settle(z, all[0], room);
        oto_recursion_run(z->recursion, room, all, n, room + numbers);
        settle(z, all[n - 1], room);
        run_backwards(z->recursion, room, all, n, room + numbers);
        for (int64_t i = 0; i < cols; i++) y[i] = (float)all[pad + i];
    }
    free(room);
}

static void filter_both_ways(const char *operation, const OtoRecursion *recursion, OtoTensor *x, OtoTensor *y,
                             OtoFiltfilt options, int64_t coefficients) {
    if ((unsigned)options.padtype > OTO_PADTYPE_NONE)
        oto_refuse(operation, "padtype is %d; use OTO_PADTYPE_ODD or another of filter.h", (int)options.padtype);
    int64_t padlen = options.padtype == OTO_PADTYPE_NONE ? 0 : options.padlen == -1 ? 3 * coefficients : options.padlen;
    if (padlen < 0) oto_refuse(operation, "padlen is %" PRId64 ", but must be at least 0", padlen);
    if (padlen >= x->cols)
        oto_refuse(operation,
                   "x has %" PRId64 " samples, and padlen is %" PRId64
                   ", but must be less; give a longer sound, or .padtype = OTO_PADTYPE_NONE",
                   x->cols, padlen);
    struct zero_phase z = {.recursion = recursion, .x = x, .y = y, .padtype = options.padtype, .padlen = padlen};
    oto_parallel(x->rows, 1, filter_rows, &z);
    if (z.no_memory) oto_refuse(operation, "no memory for %" PRId64 " samples in double", x->cols);
    if (z.unsettled)
        oto_refuse(operation, "the filter has a pole at 0 Hz: a constant makes it grow for ever, so it cannot begin");
    oto_check_bounded(operation, y);
}

OtoTensor *(oto_filtfilt)(OtoTensor *b, OtoTensor *a, OtoTensor *x, OtoFiltfilt options) {
    const char *operation = "oto_filtfilt";
    oto_check_polynomials(operation, b, a);
    oto_check_filtered(operation, x, b->sample_rate);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "filter both ways");
    oto_scope {
        OtoRecursion recursion = oto_recursion_of_polynomials(operation, b, a);
        filter_both_ways(operation, &recursion, x, y, options, recursion.memory + 1);
    }
    return y;
}

/* Coefficients of the sections as one polynomial, but for zeros that all but fill it up. */
static int64_t coefficients_of(const OtoSos *sos) {
    int b_short = 0, a_short = 0;
    for (int i = 0; i < sos->sections; i++) {
        b_short += sos->section[i].b2 == 0;
        a_short += sos->section[i].a2 == 0;
    }
    return 2 * sos->sections + 1 - (b_short < a_short ? b_short : a_short);
}

OtoTensor *(oto_sosfiltfilt)(OtoSos sos, OtoTensor *x, OtoFiltfilt options) {
    const char *operation = "oto_sosfiltfilt";
    oto_check_sections(operation, &sos);
    oto_check_filtered(operation, x, sos.fs);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "filter both ways");
    oto_scope {
        OtoRecursion recursion = oto_recursion_of_sections(operation, &sos);
        filter_both_ways(operation, &recursion, x, y, options, coefficients_of(&sos));
    }
    return y;
}
