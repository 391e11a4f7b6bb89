/* Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000; gates in PyTorch's order
 * i, f, g, o):
 *
 *     i = sigmoid(a_i)   f = sigmoid(a_f)   g = tanh(a_g)   o = sigmoid(a_o)       a = W_ih x + b_ih + W_hh h + b_hh
 *     c_t = f c_(t-1) + i g
 *     h_t = o tanh c_t
 */
#include "lib/nn/recurrence.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/simd.h"

OTO_VECTORISED static void lstm_step(int64_t hidden, float *restrict a, const float *restrict recurrent,
                                     const float *restrict bias, float *restrict kept, float *restrict h,
                                     float *restrict c) {
    for (int64_t j = 0; j < hidden; j++) {
        int64_t fj = hidden + j, gj = 2 * hidden + j, oj = 3 * hidden + j, second = 4 * hidden;
        float i = oto_fast_sigmoid(a[j] + recurrent[j] + (bias[j] + bias[second + j]));
        float f = oto_fast_sigmoid(a[fj] + recurrent[fj] + (bias[fj] + bias[second + fj]));
        float g = oto_fast_tanh(a[gj] + recurrent[gj] + (bias[gj] + bias[second + gj]));
        float o = oto_fast_sigmoid(a[oj] + recurrent[oj] + (bias[oj] + bias[second + oj]));
        float next = f * c[j] + i * g;
        a[j] = i;
        a[fj] = f;
        a[gj] = g;
        a[oj] = o;
        c[j] = next;
        kept[j] = next;
        h[j] = o * oto_fast_tanh(next);
    }
}

/* dL/da, by the chain rule through the three lines above; sigmoid' = s (1 - s), tanh' = 1 - t^2. */
OTO_VECTORISED static void lstm_step_back(int64_t hidden, const float *restrict gates, const float *restrict c,
                                          const float *restrict c_before, float *restrict dh, float *restrict dc,
                                          float *restrict da) {
    for (int64_t j = 0; j < hidden; j++) {
        int64_t fj = hidden + j, gj = 2 * hidden + j, oj = 3 * hidden + j;
        float i = gates[j], f = gates[fj], g = gates[gj], o = gates[oj], t = oto_fast_tanh(c[j]);
        float dcell = dc[j] + dh[j] * o * (1 - t * t);
        da[j] = dcell * g * i * (1 - i);
        da[fj] = dcell * c_before[j] * f * (1 - f);
        da[gj] = dcell * i * (1 - g * g);
        da[oj] = dh[j] * t * o * (1 - o);
        dc[j] = dcell * f;
        dh[j] = 0;
    }
}

static void forward(const struct step *step) {
    lstm_step(step->hidden, step->gates, step->recurrent, step->bias, step->kept, step->h, step->c);
}
static void backward(const struct step_back *step) {
    lstm_step_back(step->hidden, step->gates, step->kept, step->kept_before, step->dh, step->dc, step->dgates);
}

static void lstm_backward(OtoNode *node, OtoTensor *gradient);
static const OtoOperation lstm = {
    .name = "oto_lstm", .backward = lstm_backward, .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT, .once = true};
const struct recurrent_cell oto_lstm_cell = {.operation = &lstm, .gates = 4, .forward = forward, .backward = backward};

static void lstm_backward(OtoNode *node, OtoTensor *gradient) {
    oto_recurrent_backward(&oto_lstm_cell, node, gradient);
}
