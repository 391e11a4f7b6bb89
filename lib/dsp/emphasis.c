#include "lib/dsp/emphasis.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>

OTO_VECTORISED static void difference(float *restrict y, const float *restrict x, int64_t n, float coef) {
    for (int64_t i = 1; i < n; i++) y[i] = x[i] - coef * x[i - 1];
}

static void check(const char *operation, OtoTensor *x, OtoEmphasis options) {
    oto_need_float(operation, "x", x);
    if (!isfinite(options.coef)) oto_refuse(operation, "coef is %g, but must be finite", options.coef);
    if (x->cols < 2 && isnan(options.zi))
        oto_refuse(operation, "x is %s: two samples are needed to go on straight before it, or a zi",
                   oto_shape_quoted(x));
}

OtoTensor *(oto_preemphasis)(OtoTensor *x, OtoEmphasis options) {
    check("oto_preemphasis", x, options);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "pre-emphasis");
    for (int64_t row = 0; row < x->rows && x->cols > 0; row++) {
        const float *from = (float *)x->data + row * x->cols;
        float *to = (float *)y->data + row * x->cols;
        to[0] = from[0] + (isnan(options.zi) ? 2 * from[0] - from[1] : (float)options.zi);
        difference(to, from, x->cols, (float)options.coef);
    }
    return y;
}

OtoTensor *(oto_deemphasis)(OtoTensor *x, OtoEmphasis options) {
    check("oto_deemphasis", x, options);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "de-emphasis");
    for (int64_t row = 0; row < x->rows && x->cols > 0; row++) {
        const float *from = (float *)x->data + row * x->cols;
        float *to = (float *)y->data + row * x->cols;
        /* What pre-emphasis added to the first sample, worked out from its first two results. */
        double state = options.zi, coef = options.coef;
        if (isnan(state)) state = -((2 - coef) * (double)from[0] - (double)from[1]) / (3 - coef);
        for (int64_t i = 0; i < x->cols; i++) {
            double sample = (double)from[i] + state;
            to[i] = (float)sample;
            state = coef * sample;
        }
    }
    return y;
}
