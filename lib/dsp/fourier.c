#include "lib/dsp/fourier.h"
#include "lib/dsp/transform.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A spectrum of the last axis of x with that many bins; bin k lies at k * sample_rate / n when x is a sound. */
static OtoTensor *spectrum_of(OtoTensor *x, const char *operation, int64_t bins, int64_t n) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = x->shape[i];
    shape[x->rank - 1] = bins;
    OtoTensor *X = oto_zeros_of(OTO_COMPLEX64, x->rank, shape);
    for (int i = 0; i < x->rank - 1; i++) oto_axis_copy(X, i, x, i);
    bool hertz = x->sample_rate > 0 && !strcmp(x->axes[x->rank - 1].name, "time") && x->framing.hop_length == 0;
    oto_name_axis(X, x->rank - 1, "frequency", .unit = hertz ? "Hz" : "",
                  .step = hertz ? x->sample_rate / (double)n : 1);
    X->sample_rate = x->sample_rate;
    X->quantity = OTO_SPECTRUM;
    oto_set_origin(X, operation, x);
    return X;
}

/* A signal whose spectrum X is. */
static OtoTensor *signal_of(OtoTensor *X, const char *operation, OtoType type, int64_t n) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < X->rank; i++) shape[i] = X->shape[i];
    shape[X->rank - 1] = n;
    OtoTensor *x = oto_zeros_of(type, X->rank, shape);
    for (int i = 0; i < X->rank - 1; i++) oto_axis_copy(x, i, X, i);
    if (X->sample_rate > 0) {
        oto_name_axis(x, X->rank - 1, "time", .unit = "s", .step = 1 / X->sample_rate);
        x->sample_rate = X->sample_rate;
        x->quantity = OTO_AMPLITUDE;
    }
    oto_set_origin(x, operation, X);
    return x;
}

static void need_points(const char *operation, OtoTensor *x) {
    oto_need(operation, "x", x);
    if (x->cols < 1 || x->cols > INT_MAX)
        oto_refuse(operation, "the last axis of %s cannot be transformed; it needs at least one element",
                   oto_shape_quoted(x));
}

static float _Complex complex_at(OtoTensor *x, int64_t i) {
    return x->type == OTO_COMPLEX64 ? ((float _Complex *)x->data)[i]
           : x->type == OTO_FLOAT32 ? ((float *)x->data)[i]
                                    : (float)((int64_t *)x->data)[i];
}

OtoTensor *oto_dft(OtoTensor *x) {
    need_points("oto_dft", x);
    if (x->rank != 1)
        oto_refuse("oto_dft", "x is %s, but must have one axis; oto_row takes a row", oto_shape_quoted(x));
    int64_t n = x->size;
    OtoTensor *X = spectrum_of(x, "dft", n, n);
    /* exp(-2 pi i k m / N) takes only N values; a table of them, read at k m mod N, keeps the sum exact in its angles.
     */
    double _Complex *turn = malloc((size_t)n * sizeof *turn);
    if (!turn) oto_refuse("oto_dft", "no memory for %" PRId64 " complex numbers", n);
    for (int64_t m = 0; m < n; m++) turn[m] = cexp(-2i * M_PI * (double)m / (double)n);
    for (int64_t k = 0; k < n && !oto_interrupt_pending(); k++) {
        double _Complex sum = 0;
        for (int64_t m = 0, at = 0; m < n; m++) {
            sum += (double _Complex)complex_at(x, m) * turn[at];
            at += k;
            if (at >= n) at -= n;
        }
        ((float _Complex *)X->data)[k] = (float _Complex)sum;
    }
    free(turn);
    return X;
}

/* Complex transforms of every row of `from` into `to`, each element times scale. */
static void transform_rows(const char *operation, enum oto_transform kind, OtoTensor *from, OtoTensor *to,
                           float scale) {
    int64_t n = from->cols;
    float _Complex *in = oto_transform_complexes(operation, n), *out = oto_transform_complexes(operation, n);
    for (int64_t row = 0; row < from->rows; row++) {
        for (int64_t j = 0; j < n; j++) in[j] = complex_at(from, row * n + j);
        oto_transform_run(operation, kind, (int)n, in, out);
        float _Complex *result = (float _Complex *)to->data + row * n;
        for (int64_t j = 0; j < n; j++) result[j] = out[j] * scale;
    }
    oto_transform_release(in);
    oto_transform_release(out);
}

OtoTensor *oto_fft(OtoTensor *x) {
    need_points("oto_fft", x);
    OtoTensor *X = spectrum_of(x, "fft", x->cols, x->cols);
    transform_rows("oto_fft", OTO_FORWARD, x, X, 1);
    return X;
}

OtoTensor *oto_ifft(OtoTensor *X) {
    need_points("oto_ifft", X);
    OtoTensor *x = signal_of(X, "ifft", OTO_COMPLEX64, X->cols);
    transform_rows("oto_ifft", OTO_BACKWARD, X, x, 1.0f / (float)X->cols);
    return x;
}

OtoTensor *oto_rfft(OtoTensor *x) {
    need_points("oto_rfft", x);
    oto_need_float("oto_rfft", "x", x);
    int64_t n = x->cols, bins = n / 2 + 1;
    OtoTensor *X = spectrum_of(x, "rfft", bins, n);
    float *in = oto_transform_reals("oto_rfft", n);
    float _Complex *out = oto_transform_complexes("oto_rfft", bins);
    for (int64_t row = 0; row < x->rows; row++) {
        memcpy(in, (float *)x->data + row * n, (size_t)n * sizeof *in);
        oto_transform_run("oto_rfft", OTO_REAL_FORWARD, (int)n, in, out);
        memcpy((float _Complex *)X->data + row * bins, out, (size_t)bins * sizeof *out);
    }
    oto_transform_release(in);
    oto_transform_release(out);
    return X;
}

OtoTensor *(oto_irfft)(OtoTensor *X, OtoInverse options) {
    need_points("oto_irfft", X);
    int64_t bins = X->cols, n = options.length ? options.length : 2 * (bins - 1);
    if (X->type != OTO_COMPLEX64) oto_refuse("oto_irfft", "X is %s, but must be complex64", oto_type_name(X->type));
    if (n < 1 || n / 2 + 1 != bins)
        oto_refuse("oto_irfft", "%" PRId64 " bins belong to a length of %" PRId64 " or %" PRId64 ", not %" PRId64, bins,
                   2 * (bins - 1), 2 * bins - 1, n);
    OtoTensor *x = signal_of(X, "irfft", OTO_FLOAT32, n);
    float _Complex *in = oto_transform_complexes("oto_irfft", bins);
    float *out = oto_transform_reals("oto_irfft", n);
    for (int64_t row = 0; row < X->rows; row++) {
        memcpy(in, (float _Complex *)X->data + row * bins, (size_t)bins * sizeof *in);
        oto_transform_run("oto_irfft", OTO_REAL_BACKWARD, (int)n, in, out);
        for (int64_t j = 0; j < n; j++) ((float *)x->data)[row * n + j] = out[j] / (float)n;
    }
    oto_transform_release(in);
    oto_transform_release(out);
    return x;
}
