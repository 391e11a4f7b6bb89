/* Gated recurrent unit (Cho et al. 2014), with PyTorch's gates r, z, n:
 *
 *     r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)         z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
 *     q = W_hn h + b_hn                                  n = tanh(W_in x + b_in + r q)
 *     h_t = (1 - z) n + z h_(t-1)
 */
#include "lib/nn/recurrence.h"
#include "lib/tensor/elementary.h"
#include "lib/tensor/simd.h"

OTO_VECTORISED static void gru_step(int64_t hidden, float *restrict a, const float *restrict recurrent,
                                    const float *restrict bias, float *restrict kept, float *restrict h) {
    for (int64_t j = 0; j < hidden; j++) {
        int64_t zj = hidden + j, nj = 2 * hidden + j, second = 3 * hidden;
        float r = oto_fast_sigmoid(a[j] + recurrent[j] + (bias[j] + bias[second + j]));
        float z = oto_fast_sigmoid(a[zj] + recurrent[zj] + (bias[zj] + bias[second + zj]));
        float q = recurrent[nj] + bias[second + nj];
        float n = oto_fast_tanh(a[nj] + bias[nj] + r * q);
        a[j] = r;
        a[zj] = z;
        a[nj] = n;
        kept[j] = q;
        h[j] = n + z * (h[j] - n);
    }
}

/* The gradient of n's argument reaches x as it is, and h times r. */
OTO_VECTORISED static void gru_step_back(int64_t hidden, const float *restrict gates, const float *restrict q,
                                         const float *restrict h_before, float *restrict dh, float *restrict da,
                                         float *restrict drecurrent) {
    for (int64_t j = 0; j < hidden; j++) {
        int64_t zj = hidden + j, nj = 2 * hidden + j;
        float r = gates[j], z = gates[zj], n = gates[nj];
        float dn = dh[j] * (1 - z) * (1 - n * n);
        float dr = dn * q[j] * r * (1 - r);
        float dz = dh[j] * (h_before[j] - n) * z * (1 - z);
        da[j] = dr;
        da[zj] = dz;
        da[nj] = dn;
        drecurrent[j] = dr;
        drecurrent[zj] = dz;
        drecurrent[nj] = dn * r;
        dh[j] *= z;
    }
}

static void forward(const struct step *step) {
    gru_step(step->hidden, step->gates, step->recurrent, step->bias, step->kept, step->h);
}
static void backward(const struct step_back *step) {
    gru_step_back(step->hidden, step->gates, step->kept, step->h_before, step->dh, step->dgates, step->drecurrent);
}

static void gru_backward(OtoNode *node, OtoTensor *gradient);
static const OtoOperation gru = {
    .name = "oto_gru", .backward = gru_backward, .saves = OTO_SAVES_INPUTS | OTO_SAVES_OUTPUT, .once = true};
const struct recurrent_cell oto_gru_cell = {
    .operation = &gru, .gates = 3, .apart = true, .forward = forward, .backward = backward};

static void gru_backward(OtoNode *node, OtoTensor *gradient) {
    oto_recurrent_backward(&oto_gru_cell, node, gradient);
}
