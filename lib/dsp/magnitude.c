#include "lib/dsp/magnitude.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/elementwise.h"
#include "lib/tensor/error.h"
#include "lib/tensor/graph.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

enum { GRAIN = 1 << 15 };

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

/* y = |x|:  dL/dx = x / |x| dL/dy, and 0 at x = 0 */
static void magnitude_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *x = oto_node_input(node, 0), *y = oto_node_output(node);
    OtoTensor *share = oto_div(gradient, oto_masked_fill(y, oto_equal(y, 0), 1));
    oto_give(node, 0, oto_mul(x, share));
}
/* y = |x|^2:  dL/dx = 2 x dL/dy */
static void power_backward(OtoNode *node, OtoTensor *gradient) {
    oto_give(node, 0, oto_mul(oto_node_input(node, 0), oto_mul(gradient, 2)));
}

/* Magnitudes, or their squares: of complex64 and float32. */
static OtoTensor *size_of(const OtoOperation *operation, const char *origin, OtoTensor *X, bool squared) {
    const char *name = operation->name;
    oto_need(name, "X", X);
    if (X->type == OTO_INT64) oto_need_float(name, "X", X);
    if (X->quantity == OTO_DECIBEL)
        oto_refuse(name, "X is in dB already; oto_db_to_amplitude and oto_db_to_power go back");
    if (X->quantity == OTO_POWER) oto_refuse(name, "X is a power already; oto_sqrt(X) gives its amplitude");
    OtoTensor *Y = oto_like(X, OTO_FLOAT32, oto_records(X) ? NULL : origin);
    oto_parallel(X->size, GRAIN, measure, &(struct work){X, Y, squared});
    Y->quantity = squared ? OTO_POWER : OTO_AMPLITUDE;
    return oto_record(operation, Y, NULL, 0, X);
}

OtoTensor *oto_magnitude(OtoTensor *X) {
    static const OtoOperation magnitude = {"oto_magnitude", magnitude_backward, OTO_SAVES_INPUT(0) | OTO_SAVES_OUTPUT};
    return size_of(&magnitude, "magnitude", X, false);
}
OtoTensor *oto_power(OtoTensor *X) {
    static const OtoOperation power = {"oto_power", power_backward, OTO_SAVES_INPUT(0)};
    return size_of(&power, "power", X, true);
}

/* p = angle z:  dL/dz = i z / |z|^2 dL/dp, and 0 at z = 0 */
static void phase_backward(OtoNode *node, OtoTensor *gradient) {
    OtoTensor *z = oto_node_input(node, 0), *x = oto_real(z), *y = oto_imag(z);
    OtoTensor *power = oto_add(oto_squared(x), oto_squared(y));
    OtoTensor *share = oto_div(gradient, oto_masked_fill(power, oto_equal(power, 0), 1));
    oto_give(node, 0, oto_complex(oto_mul(oto_mul(y, -1), share), oto_mul(x, share)));
}
OtoTensor *oto_phase(OtoTensor *X) {
    static const OtoOperation phase = {"oto_phase", phase_backward, OTO_SAVES_INPUT(0)};
    oto_need("oto_phase", "X", X);
    if (X->type != OTO_COMPLEX64)
        oto_refuse("oto_phase", "X is %s, but must be complex64, as oto_stft and oto_fft make it",
                   oto_type_name(X->type));
    OtoTensor *Y = oto_like(X, OTO_FLOAT32, oto_records(X) ? NULL : "phase");
    oto_parallel(X->size, GRAIN, measure_angles, &(struct work){X, Y, false});
    Y->quantity = OTO_PHASE;
    return oto_record(&phase, Y, NULL, 0, X);
}

OtoTensor *oto_polar(OtoTensor *magnitude, OtoTensor *phase) {
    oto_need_float("oto_polar", "magnitude", magnitude);
    oto_need_float("oto_polar", "phase", phase);
    if (magnitude->rank != phase->rank || memcmp(magnitude->shape, phase->shape, sizeof magnitude->shape))
        oto_refuse("oto_polar", "magnitude is %s and phase %s; they need one shape", oto_shape_quoted(magnitude),
                   oto_shape_quoted(phase));
    OtoTensor *X = NULL;
    oto_scope X = oto_keep(oto_complex(oto_mul(magnitude, oto_cos(phase)), oto_mul(magnitude, oto_sin(phase))));
    if (!X->node) oto_set_origin(X, "polar", magnitude);
    X->quantity = OTO_SPECTRUM;
    X->framing = magnitude->framing;
    return X;
}
