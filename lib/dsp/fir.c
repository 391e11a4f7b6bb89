#include "lib/dsp/fir.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 64, PIECE = 16384, DIRECT_MAX = 96, FFT_MAX = 1 << 26 };

struct fir {
    const float *x, *h; /* direct: h turned around */
    float *y;
    int64_t n, taps, count; /* count: of results */
    /* by transforms */
    int size;
    int64_t step; /* results of one */
    const OtoPlan *forward, *backward;
    const float _Complex *H;
    atomic_bool no_memory;
};

/* ---- direct ---- */

/* TILE results, which stay in registers. */
OTO_VECTORISED static void tile(const float *restrict x, const float *restrict h, int64_t taps, float *restrict y) {
    float sum[TILE] = {};
    for (int64_t j = 0; j < taps; j++)
        for (int i = 0; i < TILE; i++) sum[i] += h[j] * x[i + j];
    memcpy(y, sum, sizeof sum);
}

static void direct(int64_t from, int64_t to, void *context) {
    struct fir *f = context;
    int64_t i = from;
    for (; i + TILE <= to && !oto_interrupt_pending(); i += TILE) tile(f->x + i, f->h, f->taps, f->y + i);
    for (; i < to && i >= to - TILE; i++) {
        f->y[i] = 0;
        for (int64_t j = 0; j < f->taps; j++) f->y[i] += f->h[j] * f->x[i + j];
    }
}

static void run_direct(const char *operation, struct fir *f) {
    float *turned = malloc((size_t)f->taps * sizeof *turned);
    if (!turned) oto_refuse(operation, "no memory for %" PRId64 " taps", f->taps);
    for (int64_t j = 0; j < f->taps; j++) turned[j] = f->h[f->taps - 1 - j];
    f->h = turned;
    oto_parallel(f->count, PIECE, direct, f);
    free(turned);
}

/* ---- by transforms ---- */

OTO_VECTORISED static void multiply(float *restrict X, const float *restrict H, int64_t bins) {
    for (int64_t k = 0; k < bins; k++) {
        float re = X[2 * k] * H[2 * k] - X[2 * k + 1] * H[2 * k + 1];
        float im = X[2 * k] * H[2 * k + 1] + X[2 * k + 1] * H[2 * k];
        X[2 * k] = re;
        X[2 * k + 1] = im;
    }
}

/* Each block of `size` samples is convolved as if it were a circle; the first taps - 1 results, which have gone around
 * it, are dropped (overlap-save: unlike overlap-add, no two blocks write the same place). */
static void some_blocks(int64_t from, int64_t to, void *context) {
    struct fir *f = context;
    float *block = oto_transform_reals_or_null(f->size), *X = oto_transform_reals_or_null(f->size + 2L);
    if (!block || !X) f->no_memory = true;
    for (int64_t b = from; b < to && block && X && !oto_interrupt_pending(); b++) {
        int64_t at = b * f->step, here = f->n - at < f->size ? f->n - at : f->size;
        memcpy(block, f->x + at, (size_t)here * sizeof *block);
        memset(block + here, 0, (size_t)(f->size - here) * sizeof *block);
        oto_transform_execute(f->forward, block, X);
        multiply(X, (const float *)f->H, f->size / 2 + 1);
        oto_transform_execute(f->backward, X, block);
        int64_t wanted = f->count - at < f->step ? f->count - at : f->step;
        memcpy(f->y + at, block + f->taps - 1, (size_t)wanted * sizeof *block);
    }
    oto_transform_release(block);
    oto_transform_release(X);
}

/* A transform of a few times the taps costs least for each result; of a short signal, one takes it all. */
static int transform_size(const char *operation, int64_t n, int64_t taps) {
    int64_t size = 1024;
    while (size < 4 * taps && size < n) size *= 2;
    if (size > FFT_MAX) oto_refuse(operation, "%" PRId64 " taps are too many; at most %d", taps, FFT_MAX / 2);
    return (int)size;
}

static void run_transforms(const char *operation, struct fir *f) {
    f->size = transform_size(operation, f->n, f->taps);
    f->step = f->size - f->taps + 1;
    f->forward = oto_transform_plan(operation, OTO_REAL_FORWARD, f->size);
    f->backward = oto_transform_plan(operation, OTO_REAL_BACKWARD, f->size);
    float *h = oto_transform_reals_or_null(f->size);
    float _Complex *H = (float _Complex *)oto_transform_reals_or_null(f->size + 2L);
    if (h && H) {
        for (int64_t j = 0; j < f->size; j++) h[j] = j < f->taps ? f->h[j] / (float)f->size : 0;
        oto_transform_execute(f->forward, h, H);
        f->H = H;
        int64_t blocks = (f->count + f->step - 1) / f->step, grain = PIECE / f->size + 1;
        oto_parallel(blocks, grain, some_blocks, f);
    }
    bool done = h && H && !f->no_memory;
    oto_transform_release(h);
    oto_transform_release(H);
    if (!done) oto_refuse(operation, "no memory for transforms of length %d", f->size);
}

void oto_fir(const char *operation, const float *x, int64_t n, const float *h, int64_t taps, float *y,
             OtoFirMethod method) {
    struct fir f = {.x = x, .h = h, .y = y, .n = n, .taps = taps, .count = n - taps + 1};
    bool is_short = taps <= DIRECT_MAX || f.count <= DIRECT_MAX;
    if (method == OTO_FIR_DIRECT || (method == OTO_FIR_AUTO && is_short))
        run_direct(operation, &f);
    else
        run_transforms(operation, &f);
}
