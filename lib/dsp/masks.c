#include "lib/dsp/masks.h"
#include "lib/dsp/finite.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Both are divided by the larger one first, so that no power overflows or vanishes. */
OTO_VECTORISED static void squared_mask(float *restrict mask, const float *restrict x, const float *restrict ref,
                                        float margin, int64_t n, float at_zero) {
    for (int64_t i = 0; i < n; i++) {
        float a = x[i], b = margin * ref[i], larger = a > b ? a : b, scale = larger < FLT_MIN ? 1 : larger;
        a /= scale;
        b /= scale;
        float share = a * a / (a * a + b * b);
        mask[i] = larger < FLT_MIN ? at_zero : share;
    }
}

static float mask_of(float a, float b, float power, float at_zero) {
    float larger = a > b ? a : b;
    if (larger < FLT_MIN) return at_zero;
    float p = powf(a / larger, power), q = powf(b / larger, power);
    return p / (p + q);
}

void oto_softmask_into(float *mask, const float *x, const float *ref, float margin, int64_t n, double power,
                       float at_zero) {
    if (power == 2) {
        squared_mask(mask, x, ref, margin, n, at_zero);
        return;
    }
    for (int64_t i = 0; i < n; i++)
        mask[i] = isinf(power) ? x[i] > margin * ref[i] : mask_of(x[i], margin * ref[i], (float)power, at_zero);
}

static void need_magnitudes(const char *operation, const char *argument, OtoTensor *x) {
    oto_need_float(operation, argument, x);
    oto_need_finite(operation, argument, x);
    for (int64_t i = 0; i < x->size; i++)
        if (((float *)x->data)[i] < 0)
            oto_refuse(operation, "%s has negative numbers, such as %g; magnitudes and powers have none", argument,
                       (double)((float *)x->data)[i]);
}

static void check_power(const char *operation, double power) {
    if (!(power > 0)) oto_refuse(operation, "power is %g, but must be positive", power);
}

OtoTensor *(oto_softmask)(OtoTensor *X, OtoTensor *X_ref, OtoSoftmask options) {
    need_magnitudes("oto_softmask", "X", X);
    need_magnitudes("oto_softmask", "X_ref", X_ref);
    check_power("oto_softmask", options.power);
    if (X->rank != X_ref->rank || memcmp(X->shape, X_ref->shape, (size_t)X->rank * sizeof *X->shape))
        oto_refuse("oto_softmask", "X is %s and X_ref %s; they need one shape", oto_shape_quoted(X),
                   oto_shape_quoted(X_ref));
    OtoTensor *mask = oto_like(X, OTO_FLOAT32, "mask");
    mask->quantity = OTO_PLAIN;
    oto_softmask_into(mask->data, X->data, X_ref->data, 1, X->size, options.power, options.split_zeros ? 0.5f : 0);
    return mask;
}

/* The shares of all sources in one element, `apart` from one another, into shares. */
static void find_shares(const float *V, int64_t sources, int64_t apart, double power, float *shares) {
    float largest = 0, sum = 0;
    for (int64_t i = 0; i < sources; i++)
        if (V[i * apart] > largest) largest = V[i * apart];
    for (int64_t i = 0; i < sources; i++) {
        float ratio = largest < FLT_MIN ? 1 : V[i * apart] / largest;
        shares[i] = power == 2 ? ratio * ratio : powf(ratio, (float)power);
        sum += shares[i];
    }
    for (int64_t i = 0; i < sources; i++) shares[i] /= sum;
}

OtoTensor *(oto_wiener)(OtoTensor *S, OtoTensor *V, OtoWiener options) {
    oto_need("oto_wiener", "S", S);
    if (S->type == OTO_INT64) oto_need_float("oto_wiener", "S", S);
    need_magnitudes("oto_wiener", "V", V);
    check_power("oto_wiener", options.power);
    if (isinf(options.power)) oto_refuse("oto_wiener", "power is infinite; take a large number");
    if (V->rank != S->rank + 1 || memcmp(V->shape + 1, S->shape, (size_t)S->rank * sizeof *S->shape) || V->shape[0] < 1)
        oto_refuse("oto_wiener", "S is %s and V %s; V needs one axis of sources before those of S (see oto_stack)",
                   oto_shape_quoted(S), oto_shape_quoted(V));
    OtoTensor *sources = oto_like(V, S->type, NULL);
    oto_name_axis(sources, 0, "source");
    for (int axis = 0; axis < S->rank; axis++) oto_axis_copy(sources, axis + 1, S, axis);
    sources->quantity = S->quantity;
    sources->sample_rate = S->sample_rate;
    sources->framing = S->framing;
    oto_set_origin(sources, "wiener", S);
    int parts = S->type == OTO_COMPLEX64 ? 2 : 1;
    oto_scope {
        float *shares = oto_zeros(V->shape[0])->data;
        const float *mixture = S->data;
        float *to = sources->data;
        for (int64_t i = 0; i < S->size; i++) {
            find_shares((float *)V->data + i, V->shape[0], S->size, options.power, shares);
            for (int64_t source = 0; source < V->shape[0]; source++)
                for (int part = 0; part < parts; part++)
                    to[(source * S->size + i) * parts + part] = mixture[i * parts + part] * shares[source];
        }
    }
    return sources;
}
