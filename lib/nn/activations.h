/* activations: functions of each element that bend the straight lines of linear layers, and softmax, which makes
 * probabilities of scores. All are those of torch.nn.functional, with its defaults; all can be differentiated twice.
 */
#ifndef OTO_NN_ACTIVATIONS_H
#define OTO_NN_ACTIVATIONS_H

#include "../tensor/axis.h"

/* max(x, 0) */
OtoTensor *oto_relu(OtoTensor *x);
/* 1 / (1 + exp(-x)) */
OtoTensor *oto_sigmoid(OtoTensor *x);
OtoTensor *oto_tanh(OtoTensor *x);
/* x sigmoid(x), also called swish */
OtoTensor *oto_silu(OtoTensor *x);

/* x, and below 0 slope times x (slope >= 0) */
typedef struct OtoLeakyReluOptions {
    double slope;
} OtoLeakyReluOptions;
OtoTensor *oto_leaky_relu(OtoTensor *x, OtoLeakyReluOptions options);
#define oto_leaky_relu(x, ...) oto_leaky_relu(x, OTO_OPTIONS(OtoLeakyReluOptions, (.slope = 0.01), __VA_ARGS__))

/* x, and below 0 alpha (exp(x) - 1) */
typedef struct OtoEluOptions {
    double alpha;
} OtoEluOptions;
OtoTensor *oto_elu(OtoTensor *x, OtoEluOptions options);
#define oto_elu(x, ...) oto_elu(x, OTO_OPTIONS(OtoEluOptions, (.alpha = 1), __VA_ARGS__))

/* x P(X <= x) of a standard normal X: x / 2 (1 + erf(x / sqrt 2)). With .approximate = true by
 * x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), as GPT-2 has it. */
typedef struct OtoGeluOptions {
    bool approximate;
} OtoGeluOptions;
OtoTensor *oto_gelu(OtoTensor *x, OtoGeluOptions options);
#define oto_gelu(x, ...) oto_gelu(x, OTO_OPTIONS(OtoGeluOptions, (.approximate = false), __VA_ARGS__))

/* log(1 + exp(beta x)) / beta: a smooth relu. Where beta x is above threshold, x. */
typedef struct OtoSoftplusOptions {
    double beta, threshold;
} OtoSoftplusOptions;
OtoTensor *oto_softplus(OtoTensor *x, OtoSoftplusOptions options);
#define oto_softplus(x, ...) oto_softplus(x, OTO_OPTIONS(OtoSoftplusOptions, (.beta = 1, .threshold = 20), __VA_ARGS__))

/* x, held between lowest and highest */
typedef struct OtoHardtanhOptions {
    double lowest, highest;
} OtoHardtanhOptions;
OtoTensor *oto_hardtanh(OtoTensor *x, OtoHardtanhOptions options);
#define oto_hardtanh(x, ...) oto_hardtanh(x, OTO_OPTIONS(OtoHardtanhOptions, (.lowest = -1, .highest = 1), __VA_ARGS__))

/* x, and below 0 w times x; w is learned: one number, or one for each channel (axis 1 of x). */
OtoTensor *oto_prelu(OtoTensor *x, OtoTensor *w);

/* exp(x) over its sum along an axis, which is given by name or number (-1: the last): probabilities. */
#define oto_softmax(x, axis) oto_softmax_axis(x, OTO_WHICH_AXIS(axis))
OtoTensor *oto_softmax_axis(OtoTensor *x, OtoWhichAxis axis);
/* Their logarithms, without loss where a probability is close to 0. */
#define oto_log_softmax(x, axis) oto_log_softmax_axis(x, OTO_WHICH_AXIS(axis))
OtoTensor *oto_log_softmax_axis(OtoTensor *x, OtoWhichAxis axis);

#endif
