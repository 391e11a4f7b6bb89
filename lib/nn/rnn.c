/* The plain recurrent network (Elman 1990): h_t = tanh(W_ih x + b_ih + W_hh h_(t-1) + b_hh), or the same with ReLU. */
#include "lib/nn/recurrence.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/simd.h"

OTO_VECTORISED static void tanh_step(int64_t hidden, float *restrict a, const float *restrict recurrent,
                                     const float *restrict bias, float *restrict h) {
    for (int64_t j = 0; j < hidden; j++)
        a[j] = h[j] = oto_fast_tanh(a[j] + recurrent[j] + (bias[j] + bias[hidden + j]));
}
OTO_VECTORISED static void relu_step(int64_t hidden, float *restrict a, const float *restrict recurrent,
                                     const float *restrict bias, float *restrict h) {
    for (int64_t j = 0; j < hidden; j++) {
        float sum = a[j] + recurrent[j] + (bias[j] + bias[hidden + j]);
        a[j] = h[j] = sum > 0 || sum != sum ? sum : 0;
    }
}
static void tanh_forward(const struct step *step) {
    tanh_step(step->hidden, step->gates, step->recurrent, step->bias, step->h);
}
static void relu_forward(const struct step *step) {
    relu_step(step->hidden, step->gates, step->recurrent, step->bias, step->h);
}

/* The one gate is h_t itself. */
OTO_VECTORISED static void tanh_step_back(int64_t hidden, const float *restrict h, float *restrict dh,
                                          float *restrict da) {
    for (int64_t j = 0; j < hidden; j++) {
        da[j] = dh[j] * (1 - h[j] * h[j]);
        dh[j] = 0;
    }
}
OTO_VECTORISED static void relu_step_back(int64_t hidden, const float *restrict h, float *restrict dh,
                                          float *restrict da) {
    for (int64_t j = 0; j < hidden; j++) {
        da[j] = h[j] > 0 ? dh[j] : 0;
        dh[j] = 0;
    }
}
static void tanh_back(const struct step_back *step) {
    tanh_step_back(step->hidden, step->gates, step->dh, step->dgates);
}
static void relu_back(const struct step_back *step) {
    relu_step_back(step->hidden, step->gates, step->dh, step->dgates);
}

static void rnn_tanh_backward(OtoNode *node, OtoTensor *gradient);
static void rnn_relu_backward(OtoNode *node, OtoTensor *gradient);
static const OtoOperation rnn_tanh = {
    .name = "oto_rnn", .backward = rnn_tanh_backward, .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT, .once = true};
static const OtoOperation rnn_relu = {
    .name = "oto_rnn", .backward = rnn_relu_backward, .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT, .once = true};
const struct recurrent_cell oto_rnn_tanh_cell = {
    .operation = &rnn_tanh, .gates = 1, .forward = tanh_forward, .backward = tanh_back};
const struct recurrent_cell oto_rnn_relu_cell = {
    .operation = &rnn_relu, .gates = 1, .forward = relu_forward, .backward = relu_back};

static void rnn_tanh_backward(OtoNode *node, OtoTensor *gradient) {
    oto_recurrent_backward(&oto_rnn_tanh_cell, node, gradient);
}
static void rnn_relu_backward(OtoNode *node, OtoTensor *gradient) {
    oto_recurrent_backward(&oto_rnn_relu_cell, node, gradient);
}
