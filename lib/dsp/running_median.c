#include "lib/dsp/running_median.h"
#include "lib/dsp/transform.h"
#include "lib/dsp/transpose.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

/* Sixteen series run side by side, one in each lane of wide registers, and each keeps its window sorted. */
enum { LANES = 16 };

/* The window one further: leaving leaves, entering enters, and everything between them moves by one place. Behind the
 * window stands infinity. */
OTO_VECTORISED static void replace(float *restrict sorted, int size, const float *restrict leaving,
                                   const float *restrict entering) {
    float before[LANES], old[LANES], new[LANES];
    for (int lane = 0; lane < LANES; lane++) {
        before[lane] = -INFINITY;
        old[lane] = leaving[lane];
        new[lane] = entering[lane];
    }
    for (int i = 0; i < size; i++, sorted += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            /* Without the old one, what follows it moves up; the new one goes where it is no smaller than what is
             * before. */
            float moved = sorted[lane] < old[lane] ? sorted[lane] : sorted[LANES + lane];
            float place = before[lane] > new[lane] ? before[lane] : new[lane];
            sorted[lane] = moved < place ? moved : place;
            before[lane] = moved;
        }
}

/* Index i of a series of n that is mirrored with its ends repeated: d c b a | a b c d | d c b a. */
static int64_t mirrored(int64_t i, int64_t n) {
    int64_t at = i % (2 * n);
    if (at < 0) at += 2 * n;
    return at < n ? at : 2 * n - 1 - at;
}

/* The medians of n steps of sixteen series, x[i * LANES + lane]. */
static void filter(const float *x, float *to, int64_t n, int size, float *sorted) {
    float infinity[LANES];
    for (int lane = 0; lane < LANES; lane++) infinity[lane] = INFINITY;
    for (int i = 0; i <= size; i++) memcpy(sorted + i * LANES, infinity, sizeof infinity);
    int64_t first = -(int64_t)(size / 2);
    for (int64_t i = first; i < first + size; i++) replace(sorted, size, infinity, x + mirrored(i, n) * LANES);
    for (int64_t i = 0; i < n; i++) {
        if (i % 1024 == 0 && oto_interrupt_pending()) return;
        memcpy(to + i * LANES, sorted + size / 2 * LANES, sizeof infinity);
        if (i + 1 < n)
            replace(sorted, size, x + mirrored(first + i, n) * LANES, x + mirrored(first + i + size, n) * LANES);
    }
}

struct medians {
    const float *x;
    float *to;
    int64_t rows, cols;
    int size;
    bool along_time;
    atomic_bool no_memory;
};

/* Sixteen rows, or columns, from `from` on, are turned so that they lie side by side. */
static void take(const struct medians *m, int64_t from, int64_t count, float *series) {
    if (m->along_time) {
        oto_transpose_floats(m->x + from * m->cols, m->cols, series, LANES, count, m->cols);
        return;
    }
    for (int64_t i = 0; i < m->rows; i++)
        memcpy(series + i * LANES, m->x + i * m->cols + from, (size_t)count * sizeof *series);
}

static void put(const struct medians *m, int64_t from, int64_t count, const float *series) {
    if (m->along_time) {
        oto_transpose_floats(series, LANES, m->to + from * m->cols, m->cols, m->cols, count);
        return;
    }
    for (int64_t i = 0; i < m->rows; i++)
        memcpy(m->to + i * m->cols + from, series + i * LANES, (size_t)count * sizeof *series);
}

static void filter_series(int64_t from, int64_t to, void *context) {
    struct medians *m = context;
    int64_t n = m->along_time ? m->cols : m->rows;
    float *series = oto_transform_reals_or_null(n * LANES), *medians = oto_transform_reals_or_null(n * LANES);
    float *sorted = oto_transform_reals_or_null((m->size + 1L) * LANES);
    if (series && medians && sorted) {
        memset(series, 0, (size_t)(n * LANES) * sizeof *series);
        take(m, from, to - from, series);
        filter(series, medians, n, m->size, sorted);
        put(m, from, to - from, medians);
    } else {
        m->no_memory = true;
    }
    oto_transform_release(series);
    oto_transform_release(medians);
    oto_transform_release(sorted);
}

bool oto_running_median(const float *x, float *to, int64_t rows, int64_t cols, int size, bool along_time) {
    struct medians medians = {.x = x, .to = to, .rows = rows, .cols = cols, .size = size, .along_time = along_time};
    oto_parallel(along_time ? rows : cols, LANES, filter_series, &medians);
    return !medians.no_memory;
}
