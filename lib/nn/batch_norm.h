/* batch_norm: each channel is brought to mean 0 and variance 1 over the batch; in evaluation by the averages of what
 * was seen in training. */
#ifndef OTO_NN_BATCH_NORM_H
#define OTO_NN_BATCH_NORM_H

#include "../tensor/tensor.h"

typedef struct OtoBatchNormOptions {
    bool training;   /* by the batch's own mean and variance, and the running ones follow */
    double momentum; /* running = (1 - momentum) running + momentum batch's; its variance there with 1 / (n - 1) */
    double eps;      /* added to the variance */
    double slope;    /* an activation on top in the same pass: below 0 times this; 1 is none, 0 relu, else leaky relu */
} OtoBatchNormOptions;

/* y = w (x - mean) / sqrt(variance + eps) + b for each channel: x (batch, channels, ...); mean, variance, w and b
 * (channels). The running mean and variance are changed in place in training; NULL there: not kept. w or b may be NULL.
 * Refuses one value a channel in training, of which no variance can be had. As torch.nn.functional.batch_norm. */
OtoTensor *oto_batch_norm(OtoTensor *x, OtoTensor *mean, OtoTensor *variance, OtoTensor *w, OtoTensor *b,
                          OtoBatchNormOptions options);
#define oto_batch_norm(x, mean, variance, w, b, ...)                                                                   \
    oto_batch_norm(                                                                                                    \
        x, mean, variance, w, b,                                                                                       \
        OTO_OPTIONS(OtoBatchNormOptions, (.training = false, .momentum = 0.1, .eps = 1e-5, .slope = 1), __VA_ARGS__))

#endif
