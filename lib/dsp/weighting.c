#include "lib/dsp/weighting.h"
#include "lib/dsp/decibel.h"
#include "lib/tensor/error.h"

#include <math.h>

static double square(double x) {
    return x * x;
}

/* A pole at `hz`, in dB: 10 log10(f^2 + hz^2). */
static double pole(double f, double hz) {
    return 10 * log10(f * f + hz * hz);
}

static double curve(char kind, double f) {
    const double low = 20.598997, high = 12194.217;
    double octaves = 20 * log10(f * f), top = 20 * log10(high * high);
    switch (kind) {
    case 'A':
        return 2 + top + 2 * octaves - 2 * pole(f, high) - 2 * pole(f, low) - pole(f, 107.65265) - pole(f, 737.86223);
    case 'B':
        return 0.17 + top + 1.5 * octaves - 2 * pole(f, high) - 2 * pole(f, low) - pole(f, 158.48932);
    case 'C':
        return 0.062 + top + octaves - 2 * pole(f, high) - 2 * pole(f, low);
    case 'D':
        return octaves / 2 - 20 * log10(square(8.3046305e-3)) +
               10 * (log10(square(square(1018.7) - f * f) + square(1039.6 * f)) -
                     log10(square(square(3136.5) - f * f) + square(3424 * f)) - log10(square(282.7) + f * f) -
                     log10(square(1160) + f * f));
    default:
        return 0;
    }
}

static void check_kind(const char *operation, char kind) {
    if (kind != 'A' && kind != 'B' && kind != 'C' && kind != 'D' && kind != 'Z')
        oto_refuse(operation, "kind is '%c' (%d); use 'A', 'B', 'C', 'D' or 'Z'", kind, kind);
}

double oto_frequency_weighting_number(double hz, OtoWeighting options) {
    check_kind("oto_frequency_weighting", options.kind);
    if (options.kind == 'Z') return 0;
    return fmax(options.min_db, curve(options.kind, hz));
}

OtoTensor *oto_frequency_weighting_tensor(OtoTensor *hz, OtoWeighting options) {
    oto_need_float("oto_frequency_weighting", "hz", hz);
    check_kind("oto_frequency_weighting", options.kind);
    OtoTensor *y = oto_like(hz, OTO_FLOAT32, NULL);
    for (int64_t i = 0; i < hz->size; i++)
        ((float *)y->data)[i] = (float)oto_frequency_weighting_number((double)((float *)hz->data)[i], options);
    y->quantity = OTO_DECIBEL;
    return y;
}

OtoTensor *(oto_perceptual_weighting)(OtoTensor *S, OtoPerceptualWeighting options) {
    oto_need_float("oto_perceptual_weighting", "S", S);
    check_kind("oto_perceptual_weighting", options.kind);
    if (S->rank < 2 || S->quantity == OTO_AMPLITUDE || S->quantity == OTO_DECIBEL)
        oto_refuse("oto_perceptual_weighting", "S is %s%s%s, but must be a power spectrogram (frequency, time)",
                   oto_shape_quoted(S), *oto_quantity_name(S->quantity) ? " and holds " : "",
                   oto_quantity_name(S->quantity));
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *power = S;
        if (S->quantity != OTO_POWER) {
            power = oto_copy(S);
            power->quantity = OTO_POWER;
        }
        y = oto_keep(oto_db(power, .ref = options.ref, .amin = options.amin, .top_db = options.top_db));
    }
    int64_t bins = S->shape[S->rank - 2];
    for (int64_t row = 0; row < S->rows; row++) {
        double hz = oto_axis_at(S, S->rank - 2, row % bins);
        float offset = (float)oto_frequency_weighting(hz, .kind = options.kind);
        for (int64_t t = 0; t < S->cols; t++) ((float *)y->data)[row * S->cols + t] += offset;
    }
    oto_set_origin(y, "perceptual weighting", S);
    return y;
}
