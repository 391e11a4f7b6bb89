/* layers: the operations of linear.h, convolution.h, batch_norm.h, norm.h, pooling.h and activations.h as layers that
 * own their parameters. Names, defaults and first values are those of torch.nn: weights and biases of linear layers and
 * convolutions are uniform in +-1 / sqrt(inputs of an output), drawn from the library's generator (oto_seed).
 */
#ifndef OTO_NN_LAYERS_H
#define OTO_NN_LAYERS_H

#include "layer.h"
#include "activations.h"
#include "convolution.h"
#include "pooling.h"
#include "../tensor/interpolate.h"

/* x (..., in) -> (..., out) */
typedef struct OtoNnLinearOptions {
    bool no_bias;
} OtoNnLinearOptions;
OtoLayer *oto_nn_linear(int in, int out, OtoNnLinearOptions options);
#define oto_nn_linear(in, out, ...)                                                                                    \
    oto_nn_linear(in, out, OTO_OPTIONS(OtoNnLinearOptions, (.no_bias = false), __VA_ARGS__))

/* oto_nn_conv2d(1, 16, 3, .padding = 1): options are those of oto_conv2d, and no_bias. A kernel that is not square is
 * .kernels = {1, 7}. */
typedef struct OtoNnConvOptions {
    int stride, padding, dilation, groups;
    bool same;
    int strides[2], paddings[2], dilations[2], kernels[2];
    int output_padding, output_paddings[2]; /* of transposed ones */
    bool no_bias;
} OtoNnConvOptions;
#define OTO_NN_CONV_OPTIONS(...)                                                                                       \
    OTO_OPTIONS(OtoNnConvOptions, (.stride = 1, .padding = 0, .dilation = 1, .groups = 1), __VA_ARGS__)
OtoLayer *oto_nn_conv1d(int in, int out, int kernel, OtoNnConvOptions options);
OtoLayer *oto_nn_conv2d(int in, int out, int kernel, OtoNnConvOptions options);
OtoLayer *oto_nn_conv_transpose1d(int in, int out, int kernel, OtoNnConvOptions options);
OtoLayer *oto_nn_conv_transpose2d(int in, int out, int kernel, OtoNnConvOptions options);
#define oto_nn_conv1d(in, out, kernel, ...) oto_nn_conv1d(in, out, kernel, OTO_NN_CONV_OPTIONS(__VA_ARGS__))
#define oto_nn_conv2d(in, out, kernel, ...) oto_nn_conv2d(in, out, kernel, OTO_NN_CONV_OPTIONS(__VA_ARGS__))
#define oto_nn_conv_transpose1d(in, out, kernel, ...)                                                                  \
    oto_nn_conv_transpose1d(in, out, kernel, OTO_NN_CONV_OPTIONS(__VA_ARGS__))
#define oto_nn_conv_transpose2d(in, out, kernel, ...)                                                                  \
    oto_nn_conv_transpose2d(in, out, kernel, OTO_NN_CONV_OPTIONS(__VA_ARGS__))

/* Of (batch, channels) or (batch, channels, time); of (batch, channels, height, width). Owns w, b and the running mean
 * and variance. */
typedef struct OtoNnBatchNormOptions {
    double eps, momentum;
} OtoNnBatchNormOptions;
#define OTO_NN_BATCH_NORM_OPTIONS(...) OTO_OPTIONS(OtoNnBatchNormOptions, (.eps = 1e-5, .momentum = 0.1), __VA_ARGS__)
OtoLayer *oto_nn_batch_norm1d(int channels, OtoNnBatchNormOptions options);
OtoLayer *oto_nn_batch_norm2d(int channels, OtoNnBatchNormOptions options);
#define oto_nn_batch_norm1d(channels, ...) oto_nn_batch_norm1d(channels, OTO_NN_BATCH_NORM_OPTIONS(__VA_ARGS__))
#define oto_nn_batch_norm2d(channels, ...) oto_nn_batch_norm2d(channels, OTO_NN_BATCH_NORM_OPTIONS(__VA_ARGS__))

/* Over the last axis, of length `features`; over groups of channels. */
typedef struct OtoNnNormOptions {
    double eps;
} OtoNnNormOptions;
#define OTO_NN_NORM_OPTIONS(...) OTO_OPTIONS(OtoNnNormOptions, (.eps = 1e-5), __VA_ARGS__)
OtoLayer *oto_nn_layer_norm(int features, OtoNnNormOptions options);
OtoLayer *oto_nn_group_norm(int groups, int channels, OtoNnNormOptions options);
#define oto_nn_layer_norm(features, ...) oto_nn_layer_norm(features, OTO_NN_NORM_OPTIONS(__VA_ARGS__))
#define oto_nn_group_norm(groups, channels, ...) oto_nn_group_norm(groups, channels, OTO_NN_NORM_OPTIONS(__VA_ARGS__))

/* Over each channel of (batch, channels, time), of (batch, channels, height, width). With .affine = true it owns w and
 * b; without, as in PyTorch, there is nothing to learn. */
typedef struct OtoNnInstanceNormOptions {
    double eps;
    bool affine;
} OtoNnInstanceNormOptions;
#define OTO_NN_INSTANCE_NORM_OPTIONS(...)                                                                              \
    OTO_OPTIONS(OtoNnInstanceNormOptions, (.eps = 1e-5, .affine = false), __VA_ARGS__)
OtoLayer *oto_nn_instance_norm1d(int channels, OtoNnInstanceNormOptions options);
OtoLayer *oto_nn_instance_norm2d(int channels, OtoNnInstanceNormOptions options);
#define oto_nn_instance_norm1d(channels, ...)                                                                          \
    oto_nn_instance_norm1d(channels, OTO_NN_INSTANCE_NORM_OPTIONS(__VA_ARGS__))
#define oto_nn_instance_norm2d(channels, ...)                                                                          \
    oto_nn_instance_norm2d(channels, OTO_NN_INSTANCE_NORM_OPTIONS(__VA_ARGS__))

OtoLayer *oto_nn_max_pool1d(int kernel, OtoPoolOptions options);
OtoLayer *oto_nn_max_pool2d(int kernel, OtoPoolOptions options);
OtoLayer *oto_nn_avg_pool1d(int kernel, OtoPoolOptions options);
OtoLayer *oto_nn_avg_pool2d(int kernel, OtoPoolOptions options);
#define oto_nn_max_pool1d(kernel, ...) oto_nn_max_pool1d(kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
#define oto_nn_max_pool2d(kernel, ...) oto_nn_max_pool2d(kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
#define oto_nn_avg_pool1d(kernel, ...) oto_nn_avg_pool1d(kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
#define oto_nn_avg_pool2d(kernel, ...) oto_nn_avg_pool2d(kernel, OTO_POOL_OPTIONS(__VA_ARGS__))
/* To so many places, or size by size. */
OtoLayer *oto_nn_adaptive_avg_pool1d(int size);
OtoLayer *oto_nn_adaptive_avg_pool2d(int size);

/* ---- activations: options are those of the operations ---- */

OtoLayer *oto_nn_relu(void);
OtoLayer *oto_nn_sigmoid(void);
OtoLayer *oto_nn_tanh(void);
OtoLayer *oto_nn_silu(void);
OtoLayer *oto_nn_gelu(OtoGeluOptions options);
#define oto_nn_gelu(...) oto_nn_gelu(OTO_OPTIONS(OtoGeluOptions, (.approximate = false), __VA_ARGS__))
OtoLayer *oto_nn_leaky_relu(double slope);
OtoLayer *oto_nn_elu(OtoEluOptions options);
#define oto_nn_elu(...) oto_nn_elu(OTO_OPTIONS(OtoEluOptions, (.alpha = 1), __VA_ARGS__))
OtoLayer *oto_nn_softplus(OtoSoftplusOptions options);
#define oto_nn_softplus(...) oto_nn_softplus(OTO_OPTIONS(OtoSoftplusOptions, (.beta = 1, .threshold = 20), __VA_ARGS__))
OtoLayer *oto_nn_hardtanh(OtoHardtanhOptions options);
#define oto_nn_hardtanh(...) oto_nn_hardtanh(OTO_OPTIONS(OtoHardtanhOptions, (.lowest = -1, .highest = 1), __VA_ARGS__))
/* Its slope below 0 is learned: one, or one a channel. */
typedef struct OtoNnPreluOptions {
    int channels;
    double initial;
} OtoNnPreluOptions;
OtoLayer *oto_nn_prelu(OtoNnPreluOptions options);
#define oto_nn_prelu(...) oto_nn_prelu(OTO_OPTIONS(OtoNnPreluOptions, (.channels = 1, .initial = 0.25), __VA_ARGS__))
/* Along an axis by name or number. A net that oto_cross_entropy trains ends without one: that does it itself. */
#define oto_nn_softmax(axis) oto_nn_softmax_axis(OTO_WHICH_AXIS(axis))
#define oto_nn_log_softmax(axis) oto_nn_log_softmax_axis(OTO_WHICH_AXIS(axis))
OtoLayer *oto_nn_softmax_axis(OtoWhichAxis axis);
OtoLayer *oto_nn_log_softmax_axis(OtoWhichAxis axis);

/* ---- another shape, or none ---- */

/* (batch, a, b, ...) -> (batch, a b ...) */
OtoLayer *oto_nn_flatten(void);
/* (batch, a b ...) -> (batch, a, b, ...): oto_nn_unflatten(64, 8, 8), which is torch.nn.Unflatten(1, (64, 8, 8)) */
#define oto_nn_unflatten(...) oto_nn_unflatten_to(OTO_INDICES(__VA_ARGS__))
OtoLayer *oto_nn_unflatten_to(int rank, const long long shape[]);
/* Each axis after the channels gets `factor` times as many places, as oto_interpolate makes them:
 * oto_nn_upsample2d(2, .mode = OTO_LINEAR) is torch.nn.Upsample(scale_factor = 2, mode = "bilinear"). */
OtoLayer *oto_nn_upsample1d(int factor, OtoInterpolateOptions options);
OtoLayer *oto_nn_upsample2d(int factor, OtoInterpolateOptions options);
#define oto_nn_upsample1d(factor, ...)                                                                                 \
    oto_nn_upsample1d(factor, OTO_OPTIONS(OtoInterpolateOptions, (.mode = OTO_NEAREST), __VA_ARGS__))
#define oto_nn_upsample2d(factor, ...)                                                                                 \
    oto_nn_upsample2d(factor, OTO_OPTIONS(OtoInterpolateOptions, (.mode = OTO_NEAREST), __VA_ARGS__))
/* x itself: where a net takes a layer, and none is wanted. */
OtoLayer *oto_nn_identity(void);

#endif
