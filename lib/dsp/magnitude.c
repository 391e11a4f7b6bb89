#include "lib/dsp/magnitude.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/error.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { GRAIN = 1 << 15 };

static void need_complex(const char *operation, OtoTensor *X) {
    oto_need(operation, "X", X);
    if (X->type != OTO_COMPLEX64)
        oto_refuse(operation, "X is %s, but must be complex64, as oto_stft and oto_fft make it",
                   oto_type_name(X->type));
}

OTO_VECTORISED void oto_squares_of(float *restrict power, const float _Complex *restrict z, int64_t count) {
    const float *parts = (const float *)z;
    for (int64_t i = 0; i < count; i++) power[i] = parts[2 * i] * parts[2 * i] + parts[2 * i + 1] * parts[2 * i + 1];
}

/* A vector at a time: sqrtf may set errno, which keeps a loop over it narrow. */
OTO_VECTORISED void oto_roots_of(float *x, int64_t count) {
    typedef float Lanes __attribute__((vector_size(64), aligned(4)));
    enum { LANES = sizeof(Lanes) / sizeof(float) };
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) *(Lanes *)(x + i) = __builtin_elementwise_sqrt(*(Lanes *)(x + i));
    for (; i < count; i++) x[i] = sqrtf(x[i]);
}

OTO_VECTORISED static void squares_of_reals(float *restrict power, const float *restrict x, int64_t count) {
    for (int64_t i = 0; i < count; i++) power[i] = x[i] * x[i];
}
OTO_VECTORISED static void sizes_of_reals(float *restrict size, const float *restrict x, int64_t count) {
    for (int64_t i = 0; i < count; i++) size[i] = fabsf(x[i]);
}

struct work {
    OtoTensor *X, *Y;
    bool squared;
};

static void measure(int64_t from, int64_t to, void *context) {
    const struct work *w = context;
    float *result = (float *)w->Y->data + from;
    if (w->X->type == OTO_COMPLEX64) {
        oto_squares_of(result, (float _Complex *)w->X->data + from, to - from);
        if (!w->squared) oto_roots_of(result, to - from);
    } else if (w->squared) {
        squares_of_reals(result, (float *)w->X->data + from, to - from);
    } else {
        sizes_of_reals(result, (float *)w->X->data + from, to - from);
    }
}

OTO_VECTORISED static void angles_of(float *restrict angle, const float *restrict z, int64_t count) {
    for (int64_t i = 0; i < count; i++) angle[i] = oto_fast_angle(z[2 * i + 1], z[2 * i]);
}
static void measure_angles(int64_t from, int64_t to, void *context) {
    const struct work *w = context;
    angles_of((float *)w->Y->data + from, (float *)w->X->data + 2 * from, to - from);
}

/* Magnitudes, or their squares: of complex64 and float32. */
static OtoTensor *size_of(const char *operation, const char *origin, OtoTensor *X, bool squared) {
    oto_need(operation, "X", X);
    if (X->type == OTO_INT64) oto_need_float(operation, "X", X);
    if (X->quantity == OTO_DECIBEL)
        oto_refuse(operation, "X is in dB already; oto_db_to_amplitude and oto_db_to_power go back");
    if (X->quantity == OTO_POWER) oto_refuse(operation, "X is a power already; oto_map(X, sqrtf) gives its amplitude");
    OtoTensor *Y = oto_like(X, OTO_FLOAT32, origin);
    oto_parallel(X->size, GRAIN, measure, &(struct work){X, Y, squared});
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
    oto_parallel(X->size, GRAIN, measure_angles, &(struct work){X, Y, false});
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
