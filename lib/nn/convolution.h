/* convolution: sums of neighbours, with weights that are the same at every place.
 *
 *     OtoTensor *y = oto_conv2d(x, w, b, .padding = 1);
 *     x (batch, in, height, width), w (out, in, 3, 3), b (out)  ->  y (batch, out, height, width)
 *
 *     y[n, o, i] = b[o] + sum over c, k of w[o, c, k] x[n, c, stride i + dilation k - padding]
 *
 * where x is 0 outside. The length of an axis becomes (length + 2 padding - dilation (kernel - 1) - 1) / stride + 1,
 * rounded down. All agree with the functions of the same names in torch.nn.functional, and can be differentiated twice.
 */
#ifndef OTO_NN_CONVOLUTION_H
#define OTO_NN_CONVOLUTION_H

#include "../tensor/tensor.h"

typedef struct OtoConvOptions {
    int stride, padding, dilation; /* of both axes */
    int groups;                    /* so many convolutions side by side, each of its share of the channels */
    bool same;                     /* padded so that y is as long as x; stride 1 */
    /* Of each axis (height, width) where they differ: .paddings = {0, 3}; these win over the numbers above. */
    int strides[2], paddings[2], dilations[2];
} OtoConvOptions;
#define OTO_CONV_OPTIONS(...)                                                                                          \
    OTO_OPTIONS(OtoConvOptions, (.stride = 1, .padding = 0, .dilation = 1, .groups = 1), __VA_ARGS__)

/* x (batch, in, time), w (out, in / groups, kernel), b (out) or NULL -> (batch, out, time). */
OtoTensor *oto_conv1d(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvOptions options);
#define oto_conv1d(x, w, b, ...) oto_conv1d(x, w, b, OTO_CONV_OPTIONS(__VA_ARGS__))
/* x (batch, in, height, width), w (out, in / groups, kernel, kernel), b (out) or NULL -> (batch, out, height, width).
 */
OtoTensor *oto_conv2d(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvOptions options);
#define oto_conv2d(x, w, b, ...) oto_conv2d(x, w, b, OTO_CONV_OPTIONS(__VA_ARGS__))

/* The transposed map: what oto_conv's backward does with a gradient, as a layer that makes its input larger. Each x
 * adds w times itself to y around stride times its place. The length becomes
 * (length - 1) stride - 2 padding + dilation (kernel - 1) + output_padding + 1. */
typedef struct OtoConvTransposeOptions {
    int stride, padding, dilation, groups;
    int output_padding; /* so much longer at the end, below stride (or dilation): of the lengths that a convolution
                           with this stride brings to x's, the one that is meant */
    int strides[2], paddings[2], dilations[2], output_paddings[2];
} OtoConvTransposeOptions;
#define OTO_CONV_TRANSPOSE_OPTIONS(...)                                                                                \
    OTO_OPTIONS(OtoConvTransposeOptions, (.stride = 1, .padding = 0, .dilation = 1, .groups = 1, .output_padding = 0), \
                __VA_ARGS__)

/* x (batch, in, time), w (in, out / groups, kernel), b (out) or NULL -> (batch, out, time). */
OtoTensor *oto_conv_transpose1d(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvTransposeOptions options);
#define oto_conv_transpose1d(x, w, b, ...) oto_conv_transpose1d(x, w, b, OTO_CONV_TRANSPOSE_OPTIONS(__VA_ARGS__))
/* x (batch, in, height, width), w (in, out / groups, kernel, kernel), b (out) or NULL. */
OtoTensor *oto_conv_transpose2d(OtoTensor *x, OtoTensor *w, OtoTensor *b, OtoConvTransposeOptions options);
#define oto_conv_transpose2d(x, w, b, ...) oto_conv_transpose2d(x, w, b, OTO_CONV_TRANSPOSE_OPTIONS(__VA_ARGS__))

/* ---- for the library's own files ---- */

/* Refuse options that are wrong for every x, along so many axes. */
void oto_conv_check(const char *operation, int axes, const OtoConvOptions *options);
void oto_conv_transpose_check(const char *operation, int axes, const OtoConvTransposeOptions *options);

#endif
