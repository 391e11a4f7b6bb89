#include "lib/dsp/mu_law.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static void check_mu(const char *operation, double mu) {
    if (!(mu > 0 && mu < 1e9)) oto_refuse(operation, "mu is %g, but must be positive; 255 is usual", mu);
}

static void check_unit(const char *operation, double x, int64_t i) {
    if (!(x >= -1 && x <= 1))
        oto_refuse(operation, "element %" PRId64 " of x is %g, but must lie within [-1, 1]; oto_normalise first", i, x);
}

/* For loops of their own, which fill wide registers. */
OTO_VECTORISED static void compress(float *restrict y, const float *restrict x, int64_t count, float mu) {
    float scale = 1 / oto_fast_log2(1 + mu);
    for (int64_t i = 0; i < count; i++) y[i] = copysignf(oto_fast_log2(1 + mu * fabsf(x[i])) * scale, x[i]);
}
OTO_VECTORISED static void expand(float *x, int64_t count, float mu, float scale) {
    float octaves = oto_fast_log2(1 + mu);
    for (int64_t i = 0; i < count; i++) x[i] = copysignf((oto_fast_exp2(octaves * fabsf(x[i] * scale)) - 1) / mu, x[i]);
}

/* The index of the level at or above x, among 1 + mu levels from -1 to 1: numpy.digitize(..., right=True). */
static int64_t level_of(double x, int64_t levels) {
    double step = 2.0 / (double)(levels - 1);
    int64_t index = (int64_t)ceil((x + 1) / step - 1e-9);
    while (index > 0 && -1 + (double)(index - 1) * step >= x) index--;
    while (index < levels && -1 + (double)index * step < x) index++;
    return index;
}

OtoTensor *(oto_mu_compress)(OtoTensor *x, OtoMuLaw options) {
    oto_need_float("oto_mu_compress", "x", x);
    check_mu("oto_mu_compress", options.mu);
    if (options.quantize && options.mu < 1)
        oto_refuse("oto_mu_compress", "mu is %g, which leaves no levels to quantise to; use at least 1", options.mu);
    for (int64_t i = 0; i < x->size; i++) check_unit("oto_mu_compress", (double)((float *)x->data)[i], i);
    OtoTensor *y = oto_like(x, options.quantize ? OTO_INT64 : OTO_FLOAT32, "mu-law");
    if (options.quantize) y->quantity = OTO_PLAIN;
    int64_t levels = (int64_t)(1 + options.mu), middle = (int64_t)(options.mu + 1) / 2;
    enum { CHUNK = 1024 };
    float compressed[CHUNK];
    for (int64_t first = 0; first < x->size; first += CHUNK) {
        int64_t count = x->size - first < CHUNK ? x->size - first : CHUNK;
        compress(compressed, (float *)x->data + first, count, (float)options.mu);
        if (options.quantize)
            for (int64_t i = 0; i < count; i++)
                ((int64_t *)y->data)[first + i] = level_of((double)compressed[i], levels) - middle;
        else
            memcpy((float *)y->data + first, compressed, (size_t)count * sizeof *compressed);
    }
    return y;
}

OtoTensor *(oto_mu_expand)(OtoTensor *x, OtoMuLaw options) {
    oto_need("oto_mu_expand", "x", x);
    if (x->type == OTO_COMPLEX64) oto_need_float("oto_mu_expand", "x", x);
    check_mu("oto_mu_expand", options.mu);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "mu-law inverse");
    if (x->sample_rate > 0) y->quantity = OTO_AMPLITUDE;
    float *to = y->data, scale = (float)(options.quantize ? 2 / (1 + options.mu) : 1);
    for (int64_t i = 0; i < x->size; i++) {
        to[i] = x->type == OTO_INT64 ? (float)((int64_t *)x->data)[i] : ((float *)x->data)[i];
        check_unit("oto_mu_expand", (double)(to[i] * scale), i);
    }
    expand(to, y->size, (float)options.mu, scale);
    return y;
}
