#include "lib/dsp/mu_law.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>

static void check_mu(const char *operation, double mu) {
    if (!(mu > 0 && mu < 1e9)) oto_refuse(operation, "mu is %g, but must be positive; 255 is usual", mu);
}

static void check_unit(const char *operation, double x, int64_t i) {
    if (!(x >= -1 && x <= 1))
        oto_refuse(operation, "element %" PRId64 " of x is %g, but must lie within [-1, 1]; oto_normalise first", i, x);
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
    for (int64_t i = 0; i < x->size; i++) {
        double sample = (double)((float *)x->data)[i];
        double compressed = copysign(log1p(options.mu * fabs(sample)) / log1p(options.mu), sample);
        if (options.quantize)
            ((int64_t *)y->data)[i] = level_of((double)(float)compressed, levels) - middle;
        else
            ((float *)y->data)[i] = (float)compressed;
    }
    return y;
}

OtoTensor *(oto_mu_expand)(OtoTensor *x, OtoMuLaw options) {
    oto_need("oto_mu_expand", "x", x);
    if (x->type == OTO_COMPLEX64) oto_need_float("oto_mu_expand", "x", x);
    check_mu("oto_mu_expand", options.mu);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "mu-law inverse");
    if (x->sample_rate > 0) y->quantity = OTO_AMPLITUDE;
    for (int64_t i = 0; i < x->size; i++) {
        double value = x->type == OTO_INT64 ? (double)((int64_t *)x->data)[i] : (double)((float *)x->data)[i];
        if (options.quantize) value *= 2 / (1 + options.mu);
        check_unit("oto_mu_expand", value, i);
        ((float *)y->data)[i] = (float)copysign((pow(1 + options.mu, fabs(value)) - 1) / options.mu, value);
    }
    return y;
}
