/* norm: the values of one example are brought to mean 0 and variance 1, over groups of its channels or over its last
 * axes, whatever else is in the batch. */
#ifndef OTO_NN_NORM_H
#define OTO_NN_NORM_H

#include "../tensor/tensor.h"

typedef struct OtoNormOptions {
    double eps; /* added to the variance */
} OtoNormOptions;
#define OTO_NORM_OPTIONS(...) OTO_OPTIONS(OtoNormOptions, (.eps = 1e-5), __VA_ARGS__)

/* y = w (x - mean) / sqrt(variance + eps) + b. All can be differentiated twice, and are those of torch.nn.functional.
 *
 * Over the last axes, which are those of w: x (..., features), w and b (features) or NULL, then over the last axis. */
OtoTensor *oto_layer_norm(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoNormOptions options);
#define oto_layer_norm(x, w, b, ...) oto_layer_norm(x, w, b, OTO_NORM_OPTIONS(__VA_ARGS__))
/* Over each of `groups` groups of neighbouring channels: x (batch, channels, ...), w and b (channels) or NULL. */
OtoTensor *oto_group_norm(OtoTensor *x, int groups, OtoTensor *w, OtoTensor *b, OtoNormOptions options);
#define oto_group_norm(x, groups, w, b, ...) oto_group_norm(x, groups, w, b, OTO_NORM_OPTIONS(__VA_ARGS__))
/* Over each channel: x (batch, channels, time) or (batch, channels, height, width). */
OtoTensor *oto_instance_norm(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoNormOptions options);
#define oto_instance_norm(x, w, b, ...) oto_instance_norm(x, w, b, OTO_NORM_OPTIONS(__VA_ARGS__))

#endif
