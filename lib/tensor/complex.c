#include "lib/tensor/complex.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"

#include <string.h>

static void need_complex(const char *operation, OtoTensor *X) {
    oto_need(operation, "X", X);
    if (X->type != OTO_COMPLEX64)
        oto_refuse(operation, "X is %s, but must be complex64, as oto_stft and oto_fft make it",
                   oto_type_name(X->type));
}

/* What has been computed with gradients tells no origin: it would cost more than the numbers. */
static OtoTensor *made_like(OtoTensor *X, OtoType type, const char *origin) {
    return oto_like_new(X, type, oto_records(X) ? NULL : origin);
}

/* Zeros, but for x in the real (0) or imaginary (1) part. */
static OtoTensor *as_part(OtoTensor *x, int which) {
    OtoTensor *zero = oto_like(x, OTO_FLOAT32, NULL);
    return which == 0 ? oto_complex(x, zero) : oto_complex(zero, x);
}

/* ---- parts ---- */

/* x = Re z:  dL/dz = dL/dx.    y = Im z:  dL/dz = i dL/dy */
static void real_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, as_part(gradient, 0));
}
static void imag_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, as_part(gradient, 1));
}

static OtoTensor *part(const OtoOperation *operation, const char *origin, OtoTensor *X, int which) {
    need_complex(operation->name, X);
    OtoTensor *y = made_like(X, OTO_FLOAT32, origin);
    for (int64_t i = 0; i < X->size; i++) ((float *)y->data)[i] = ((float *)X->data)[2 * i + which];
    return oto_record(operation, y, NULL, 0, X);
}
OtoTensor *oto_real(OtoTensor *X) {
    static const OtoOperation real = {.name = "oto_real", .backward = real_backward};
    return part(&real, "real part", X, 0);
}
OtoTensor *oto_imag(OtoTensor *X) {
    static const OtoOperation imag = {.name = "oto_imag", .backward = imag_backward};
    return part(&imag, "imaginary part", X, 1);
}

/* ---- together ---- */

/* z = x + i y:  dL/dx = Re dL/dz,  dL/dy = Im dL/dz */
static void complex_backward(OtoNode *node, OtoTensor *gradient) {
    if (oto_node_wants(node, 0)) oto_give(node, 0, oto_real(gradient));
    if (oto_node_wants(node, 1)) oto_give(node, 1, oto_imag(gradient));
}

OtoTensor *oto_complex(OtoTensor *real, OtoTensor *imag) {
    static const OtoOperation together = {.name = "oto_complex", .backward = complex_backward};
    oto_need_float("oto_complex", "real", real);
    oto_need_float("oto_complex", "imag", imag);
    if (real->rank != imag->rank || memcmp(real->shape, imag->shape, (size_t)real->rank * sizeof *real->shape))
        oto_refuse("oto_complex", "real is %s and imag %s; they need one shape", oto_shape_quoted(real),
                   oto_shape_quoted(imag));
    OtoTensor *z = oto_like_new(real, OTO_COMPLEX64, NULL);
    float *parts = z->data;
    for (int64_t i = 0; i < z->size; i++) {
        parts[2 * i] = ((float *)real->data)[i];
        parts[2 * i + 1] = ((float *)imag->data)[i];
    }
    return oto_record(&together, z, NULL, 0, real, imag);
}

/* w = conj z:  dL/dz = conj dL/dw */
static void conj_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_conj(gradient));
}
OtoTensor *oto_conj(OtoTensor *X) {
    static const OtoOperation conj = {.name = "oto_conj", .backward = conj_backward};
    need_complex("oto_conj", X);
    OtoTensor *w = made_like(X, OTO_COMPLEX64, "conjugate");
    for (int64_t i = 0; i < X->size; i++) ((float _Complex *)w->data)[i] = conjf(((float _Complex *)X->data)[i]);
    return oto_record(&conj, w, NULL, 0, X);
}
