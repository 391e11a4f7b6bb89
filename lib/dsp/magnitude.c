#include "lib/dsp/magnitude.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <string.h>

static void need_complex(const char *operation, OtoTensor *X) {
    oto_need(operation, "X", X);
    if (X->type != OTO_COMPLEX64)
        oto_refuse(operation, "X is %s, but must be complex64, as oto_stft and oto_fft make it",
                   oto_type_name(X->type));
}

/* Magnitudes, or their squares: of complex64 and float32. */
static OtoTensor *size_of(const char *operation, const char *origin, OtoTensor *X, bool squared) {
    oto_need(operation, "X", X);
    if (X->type == OTO_INT64) oto_need_float(operation, "X", X);
    if (X->quantity == OTO_DECIBEL)
        oto_refuse(operation, "X is in dB already; oto_db_to_amplitude and oto_db_to_power go back");
    if (X->quantity == OTO_POWER) oto_refuse(operation, "X is a power already; oto_map(X, sqrtf) gives its amplitude");
    OtoTensor *Y = oto_like(X, OTO_FLOAT32, origin);
    float *to = Y->data;
    for (int64_t i = 0; i < X->size; i++) {
        float power;
        if (X->type == OTO_COMPLEX64) {
            const float *z = (float *)X->data + 2 * i;
            power = z[0] * z[0] + z[1] * z[1];
        } else {
            power = ((float *)X->data)[i] * ((float *)X->data)[i];
        }
        to[i] = squared ? power : sqrtf(power);
    }
    Y->quantity = squared ? OTO_POWER : OTO_AMPLITUDE;
    return Y;
}

OtoTensor *oto_magnitude(OtoTensor *X) {
    return size_of("oto_magnitude", "magnitude", X, false);
}
OtoTensor *oto_power(OtoTensor *X) {
    return size_of("oto_power", "power", X, true);
}

OtoTensor *oto_phase(OtoTensor *X) {
    need_complex("oto_phase", X);
    OtoTensor *Y = oto_like(X, OTO_FLOAT32, "phase");
    for (int64_t i = 0; i < X->size; i++) ((float *)Y->data)[i] = cargf(((float _Complex *)X->data)[i]);
    Y->quantity = OTO_PHASE;
    return Y;
}

/* Part 0 is real, part 1 imaginary. */
static OtoTensor *part(const char *operation, const char *origin, OtoTensor *X, int which) {
    need_complex(operation, X);
    OtoTensor *Y = oto_like(X, OTO_FLOAT32, origin);
    for (int64_t i = 0; i < X->size; i++) ((float *)Y->data)[i] = ((float *)X->data)[2 * i + which];
    return Y;
}

OtoTensor *oto_real(OtoTensor *X) {
    return part("oto_real", "real part", X, 0);
}
OtoTensor *oto_imag(OtoTensor *X) {
    return part("oto_imag", "imaginary part", X, 1);
}

OtoTensor *oto_polar(OtoTensor *magnitude, OtoTensor *phase) {
    oto_need_float("oto_polar", "magnitude", magnitude);
    oto_need_float("oto_polar", "phase", phase);
    if (magnitude->rank != phase->rank || memcmp(magnitude->shape, phase->shape, sizeof magnitude->shape))
        oto_refuse("oto_polar", "magnitude is %s and phase %s; they need one shape", oto_shape_quoted(magnitude),
                   oto_shape_quoted(phase));
    OtoTensor *X = oto_like(magnitude, OTO_COMPLEX64, "polar");
    const float *m = magnitude->data, *p = phase->data;
    float *parts = X->data;
    for (int64_t i = 0; i < X->size; i++) {
        parts[2 * i] = m[i] * cosf(p[i]);
        parts[2 * i + 1] = m[i] * sinf(p[i]);
    }
    X->quantity = OTO_SPECTRUM;
    return X;
}
