#include "lib/dsp/delta.h"
#include "lib/dsp/frames.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { ORDER_MAX = 8, WIDTH_MAX = 1023 };

/* The weights of the frames around one in its derivative. A polynomial of degree `order` has the same derivative of
 * that order everywhere: order! times its last coefficient. That is the part of the frames along (k - half)^order which
 * lower powers do not have, found by Gram and Schmidt. */
static bool weights_of(double *weights, int width, int order) {
    double half = (width - 1) / 2.0, factorial = 1;
    double *q = malloc((size_t)(order + 1) * (size_t)width * sizeof *q);
    if (!q) return false;
    for (int j = 0; j <= order; j++) {
        double *power = q + (ptrdiff_t)j * width, square = 0;
        for (int k = 0; k < width; k++) power[k] = pow((k - half) / half, j);
        for (int i = 0; i < j; i++) {
            const double *lower = q + (ptrdiff_t)i * width;
            double shared = 0;
            for (int k = 0; k < width; k++) shared += lower[k] * power[k];
            for (int k = 0; k < width; k++) power[k] -= shared * lower[k];
        }
        for (int k = 0; k < width; k++) square += power[k] * power[k];
        for (int k = 0; k < width; k++) weights[k] = power[k] / square; /* of the last j */
        for (int k = 0; k < width; k++) power[k] /= sqrt(square);
        if (j > 1) factorial *= j;
    }
    for (int k = 0; k < width; k++) weights[k] *= factorial / pow(half, order);
    free(q);
    return true;
}

/* y[t] = sum over k of weights[k] x[t + k], where all `width` numbers are there. */
OTO_VECTORISED static void weigh(float *restrict y, const float *restrict x, int64_t count, const double *weights,
                                 int width) {
    for (int k = 0; k < width; k++) {
        float weight = (float)weights[k];
        for (int64_t t = 0; t < count; t++) y[t] += weight * x[t + k];
    }
}

static float weighted(const double *weights, const float *x, int width) {
    double sum = 0;
    for (int k = 0; k < width; k++) sum += weights[k] * (double)x[k];
    return (float)sum;
}

OtoTensor *(oto_delta)(OtoTensor *x, OtoDelta options) {
    static const OtoPad pads[] = {[OTO_DELTA_NEAREST] = OTO_PAD_EDGE,
                                  [OTO_DELTA_MIRROR] = OTO_PAD_REFLECT,
                                  [OTO_DELTA_CONSTANT] = OTO_PAD_ZEROS,
                                  [OTO_DELTA_WRAP] = OTO_PAD_WRAP};
    oto_need_float("oto_delta", "x", x);
    int width = options.width, order = options.order;
    if (width < 3 || width % 2 == 0 || width > WIDTH_MAX)
        oto_refuse("oto_delta", "width is %d, but must be odd and lie within [3, %d]", width, WIDTH_MAX);
    oto_check_range("oto_delta", "order", order, 1, width - 1 < ORDER_MAX ? width - 1 : ORDER_MAX);
    if ((unsigned)options.mode > OTO_DELTA_WRAP)
        oto_refuse("oto_delta", "mode is %d; use OTO_DELTA_INTERP, _NEAREST, _MIRROR, _CONSTANT or _WRAP",
                   (int)options.mode);
    if (options.mode == OTO_DELTA_INTERP && width > x->cols)
        oto_refuse("oto_delta", "width is %d, but x has %" PRId64 " frames; use a smaller width, or OTO_DELTA_NEAREST",
                   width, x->cols);
    OtoTensor *y = oto_like(x, OTO_FLOAT32, "delta");
    if (x->size == 0) return y;
    double weights[WIDTH_MAX];
    float ends[WIDTH_MAX];
    if (!weights_of(weights, width, order))
        oto_refuse("oto_delta", "no memory for %d frames of %d powers", width, order);
    int half = width / 2;
    for (int64_t row = 0; row < x->rows; row++) {
        const float *from = (float *)x->data + row * x->cols;
        float *to = (float *)y->data + row * x->cols;
        int64_t whole = x->cols - width + 1, last = whole > 0 ? half + whole : half; /* frames with all neighbours */
        if (whole > 0) weigh(to + half, from, whole, weights, width);
        for (int64_t t = 0; t < x->cols; t++) {
            if (t == half && whole > 0) t = last;
            if (t >= x->cols) break;
            if (options.mode == OTO_DELTA_INTERP) {
                to[t] = to[t < half ? half : last - 1];
            } else {
                oto_samples_at(ends, from, x->cols, t - half, width, pads[options.mode], half);
                to[t] = weighted(weights, ends, width);
            }
        }
    }
    return y;
}
