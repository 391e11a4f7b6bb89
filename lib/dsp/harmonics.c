#include "lib/dsp/harmonics.h"
#include "lib/dsp/finite.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <string.h>

static void check(const char *operation, const char *argument, OtoTensor *x, OtoTensor *harmonics) {
    oto_need_float(operation, argument, x);
    oto_need_finite(operation, argument, x);
    if (x->rank != 2 || x->size == 0 || strcmp(x->axes[0].unit, "Hz"))
        oto_refuse(operation, "%s is %s, but must be (frequency in Hz, time)", argument, oto_shape_quoted(x));
    oto_need_float(operation, "harmonics", harmonics);
    oto_need_finite(operation, "harmonics", harmonics);
    if (harmonics->rank != 1 || harmonics->size < 1)
        oto_refuse(operation, "harmonics is %s, but must be a list such as oto_tensor(1, 2, 3)",
                   oto_shape_quoted(harmonics));
    for (int64_t h = 0; h < harmonics->size; h++)
        if (!(((float *)harmonics->data)[h] > 0))
            oto_refuse(operation, "harmonics has %g, but a harmonic is positive",
                       (double)((float *)harmonics->data)[h]);
}

OTO_VECTORISED static void between(float *restrict to, const float *restrict below, const float *restrict above,
                                   float share, int64_t n) {
    for (int64_t t = 0; t < n; t++) to[t] = below[t] + share * (above[t] - below[t]);
}

/* The row of x at some frequency, which lies between those of the bins lower and lower + 1. */
static void interpolate(OtoTensor *x, double hz, double fill_value, float *to) {
    int64_t low = 0, high = x->rows - 1;
    if (hz < oto_axis_at(x, 0, low) || hz > oto_axis_at(x, 0, high)) {
        for (int64_t t = 0; t < x->cols; t++) to[t] = (float)fill_value;
        return;
    }
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (oto_axis_at(x, 0, middle) < hz)
            low = middle;
        else
            high = middle;
    }
    double from = oto_axis_at(x, 0, low), distance = oto_axis_at(x, 0, high) - from;
    const float *row = (float *)x->data + low * x->cols;
    between(to, row, row + (high - low) * x->cols, (float)(distance > 0 ? (hz - from) / distance : 0), x->cols);
}

OtoTensor *(oto_interp_harmonics)(OtoTensor *x, OtoTensor *harmonics, OtoInterpHarmonics options) {
    check("oto_interp_harmonics", "x", x, harmonics);
    OtoTensor *y = oto_zeros(harmonics->size, x->rows, x->cols);
    oto_name_axis(y, 0, "harmonic");
    oto_axis_copy(y, 1, x, 0);
    oto_axis_copy(y, 2, x, 1);
    y->sample_rate = x->sample_rate;
    y->framing = x->framing;
    y->quantity = x->quantity;
    oto_set_origin(y, "harmonics", x);
    for (int64_t h = 0; h < harmonics->size && !oto_interrupt_pending(); h++)
        for (int64_t k = 0; k < x->rows; k++)
            interpolate(x, (double)((float *)harmonics->data)[h] * oto_axis_at(x, 0, k), options.fill_value,
                        (float *)y->data + (h * x->rows + k) * x->cols);
    return y;
}

/* Everything that is no peak over frequency: fill_value. */
static void keep_peaks(OtoTensor *salience, OtoTensor *S, double fill_value) {
    const float *x = S->data;
    int64_t frames = S->cols;
    for (int64_t i = 0; i < S->size; i++) {
        bool inner = i >= frames && i < S->size - frames;
        if (!inner || !(x[i] > x[i - frames] && x[i] > x[i + frames])) ((float *)salience->data)[i] = (float)fill_value;
    }
}

OtoTensor *(oto_salience)(OtoTensor *S, OtoTensor *harmonics, OtoSalience options) {
    check("oto_salience", "S", S, harmonics);
    double sum = 0;
    if (options.weights) {
        oto_need_float("oto_salience", "weights", options.weights);
        if (options.weights->size != harmonics->size)
            oto_refuse("oto_salience", "weights has %lld numbers for %lld harmonics", (long long)options.weights->size,
                       (long long)harmonics->size);
    }
    for (int64_t h = 0; h < harmonics->size; h++)
        sum += options.weights ? (double)((float *)options.weights->data)[h] : 1;
    if (sum == 0) oto_refuse("oto_salience", "the weights add up to 0, so there is no mean");
    OtoTensor *salience = oto_like(S, OTO_FLOAT32, "salience");
    oto_scope {
        OtoTensor *y = oto_interp_harmonics(S, harmonics);
        for (int64_t h = 0; h < harmonics->size; h++) {
            double weight = options.weights ? (double)((float *)options.weights->data)[h] : 1;
            const float *from = (float *)y->data + h * S->size;
            for (int64_t i = 0; i < S->size; i++) ((float *)salience->data)[i] += (float)(weight / sum) * from[i];
        }
    }
    if (options.filter_peaks) keep_peaks(salience, S, options.fill_value);
    return salience;
}
