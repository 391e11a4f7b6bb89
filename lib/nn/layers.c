#include "lib/nn/layers.h"
#include "lib/nn/batch_norm.h"
#include "lib/nn/initial.h"
#include "lib/nn/linear.h"
#include "lib/nn/norm.h"
#include "lib/nn/settings.h"
#include "lib/nn/weight_norm.h"
#include "lib/nn/windows.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <float.h>
#include <math.h>

/* ---- parameters ---- */

static OtoTensor *constant(double value, int length) {
    return oto_add(oto_zeros(length), value);
}

static void add_weights(OtoLayer *layer, int rank, const long long shape[], int64_t inputs, int bias) {
    double bound = 1 / sqrt((double)inputs);
    oto_scope {
        oto_add_parameter(layer, "weight", oto_initial_uniform(layer, bound, rank, shape));
        if (bias) oto_add_parameter(layer, "bias", oto_initial_uniform(layer, bound, 1, (const long long[]){bias}));
    }
}

/* w = 1, b = 0 */
static void add_scale(OtoLayer *layer, int length) {
    oto_scope {
        oto_add_parameter(layer, "weight", oto_parameter(constant(1, length)));
        oto_add_parameter(layer, "bias", oto_parameter(constant(0, length)));
    }
}

/* The i-th, for a forward: the weight is the first. NULL: it has none. */
static OtoTensor *tensor_of(OtoLayer *layer, int i) {
    if (i == 0 && layer->weight_from) return oto_layer_weight(layer);
    return i < oto_plain_tensors(layer) ? layer->tensors[i].tensor : NULL;
}

/* ---- linear ---- */

static OtoTensor *linear_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_linear(x, tensor_of(layer, 0), tensor_of(layer, 1));
}
/* Each number of y is a sum over a row of w. */
static int64_t linear_operations(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    return 2 * y->size * layer->tensors[0].tensor->cols;
}
OtoLayer *(oto_nn_linear)(int in, int out, OtoNnLinearOptions options) {
    static const OtoLayerType type = {.name = "linear", .forward = linear_forward, .operations = linear_operations};
    oto_check_range("oto_nn_linear", "in", in, 1, 1 << 30);
    oto_check_range("oto_nn_linear", "out", out, 1, 1 << 30);
    OtoLayer *layer = oto_layer_new(&type, NULL, 0);
    oto_layer_say(layer, "%d, %d", in, out);
    add_weights(layer, 2, (const long long[]){out, in}, in, options.no_bias ? 0 : out);
    return layer;
}

/* ---- convolutions ---- */

OtoConvOptions oto_conv_options(const OtoNnConvOptions *o) {
    return (OtoConvOptions){.stride = o->stride,
                            .padding = o->padding,
                            .dilation = o->dilation,
                            .groups = o->groups,
                            .same = o->same,
                            .strides = {o->strides[0], o->strides[1]},
                            .paddings = {o->paddings[0], o->paddings[1]},
                            .dilations = {o->dilations[0], o->dilations[1]}};
}
static OtoConvTransposeOptions transpose_options(const OtoNnConvOptions *o) {
    return (OtoConvTransposeOptions){.stride = o->stride,
                                     .padding = o->padding,
                                     .dilation = o->dilation,
                                     .groups = o->groups,
                                     .output_padding = o->output_padding,
                                     .strides = {o->strides[0], o->strides[1]},
                                     .paddings = {o->paddings[0], o->paddings[1]},
                                     .dilations = {o->dilations[0], o->dilations[1]},
                                     .output_paddings = {o->output_paddings[0], o->output_paddings[1]}};
}

static OtoTensor *conv1d_forward(OtoLayer *layer, OtoTensor *x) {
    return (oto_conv1d)(x, tensor_of(layer, 0), tensor_of(layer, 1),
                        oto_conv_options(oto_layer_settings(layer, OtoNnConvOptions)));
}
static OtoTensor *conv2d_forward(OtoLayer *layer, OtoTensor *x) {
    return (oto_conv2d)(x, tensor_of(layer, 0), tensor_of(layer, 1),
                        oto_conv_options(oto_layer_settings(layer, OtoNnConvOptions)));
}
static OtoTensor *conv_transpose1d_forward(OtoLayer *layer, OtoTensor *x) {
    return (oto_conv_transpose1d)(x, tensor_of(layer, 0), tensor_of(layer, 1),
                                  transpose_options(oto_layer_settings(layer, OtoNnConvOptions)));
}
static OtoTensor *conv_transpose2d_forward(OtoLayer *layer, OtoTensor *x) {
    return (oto_conv_transpose2d)(x, tensor_of(layer, 0), tensor_of(layer, 1),
                                  transpose_options(oto_layer_settings(layer, OtoNnConvOptions)));
}

/* Each number of y (of a transposed one: of x) meets the weights of its channel once. */
static int64_t conv_operations(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    const OtoTensor *w = layer->tensors[0].tensor;
    return 2 * y->size * (w->size / w->shape[0]);
}
static int64_t conv_transpose_operations(OtoLayer *layer, OtoTensor *x, OtoTensor *y) {
    const OtoTensor *w = layer->tensors[0].tensor;
    return 2 * x->size * (w->size / w->shape[0]);
}

/* What is wrong for every x is refused here, where it was written, and not where the first x comes. */
static void check_convolution(const char *operation, int axes, bool transposed, const OtoNnConvOptions *options) {
    const OtoConvOptions forth = oto_conv_options(options);
    const OtoConvTransposeOptions back = transpose_options(options);
    if (transposed)
        oto_conv_transpose_check(operation, axes, &back);
    else
        oto_conv_check(operation, axes, &forth);
    if (transposed && options->same)
        oto_refuse(operation, ".same = true is for convolutions that are not transposed; choose a .padding");
    if (!transposed && (options->output_padding || options->output_paddings[0] || options->output_paddings[1]))
        oto_refuse(operation, ".output_padding is for transposed convolutions; see .padding");
}

static OtoLayer *convolution(const OtoLayerType *type, int rank, bool transposed, int in, int out, int kernel,
                             const OtoNnConvOptions *options) {
    oto_check_range(oto_layer_maker(type), "in", in, 1, 1 << 30);
    oto_check_range(oto_layer_maker(type), "out", out, 1, 1 << 30);
    check_convolution(oto_layer_maker(type), rank - 2, transposed, options);
    if (in % options->groups || out % options->groups)
        oto_refuse(oto_layer_maker(type), "%d groups do not divide %d channels in and %d out", options->groups, in,
                   out);
    int first = transposed ? in : out, second = (transposed ? out : in) / options->groups;
    long long shape[4] = {first, second};
    int64_t inputs = second;
    bool each = options->kernels[0] || options->kernels[1];
    for (int i = 2; i < rank; i++) {
        shape[i] = each ? options->kernels[i - 2] : kernel;
        oto_check_range(oto_layer_maker(type), "kernel", (double)shape[i], 1, 1 << 20);
        inputs *= shape[i];
    }
    OtoLayer *layer = oto_layer_new(type, options, sizeof *options);
    oto_layer_say(layer, "%d, %d, %lld", in, out, shape[2]);
    add_weights(layer, rank, shape, inputs, options->no_bias ? 0 : out);
    return layer;
}

OtoLayer *(oto_nn_conv1d)(int in, int out, int kernel, OtoNnConvOptions options) {
    static const OtoLayerType type = {.name = "conv1d", .forward = conv1d_forward, .operations = conv_operations};
    return convolution(&type, 3, false, in, out, kernel, &options);
}
OtoLayer *(oto_nn_conv2d)(int in, int out, int kernel, OtoNnConvOptions options) {
    static const OtoLayerType type = {.name = "conv2d", .forward = conv2d_forward, .operations = conv_operations};
    return convolution(&type, 4, false, in, out, kernel, &options);
}
OtoLayer *(oto_nn_conv_transpose1d)(int in, int out, int kernel, OtoNnConvOptions options) {
    static const OtoLayerType type = {
        .name = "conv_transpose1d", .forward = conv_transpose1d_forward, .operations = conv_transpose_operations};
    return convolution(&type, 3, true, in, out, kernel, &options);
}
OtoLayer *(oto_nn_conv_transpose2d)(int in, int out, int kernel, OtoNnConvOptions options) {
    static const OtoLayerType type = {
        .name = "conv_transpose2d", .forward = conv_transpose2d_forward, .operations = conv_transpose_operations};
    return convolution(&type, 4, true, in, out, kernel, &options);
}

/* ---- norms ---- */

static OtoTensor *batch_norm(OtoLayer *layer, OtoTensor *x) {
    const OtoNnBatchNormOptions *options = oto_layer_settings(layer, OtoNnBatchNormOptions);
    return oto_batch_norm(x, tensor_of(layer, 2), tensor_of(layer, 3), tensor_of(layer, 0), tensor_of(layer, 1),
                          .training = layer->training, .eps = options->eps, .momentum = options->momentum);
}
static OtoTensor *batch_norm1d_forward(OtoLayer *layer, OtoTensor *x) {
    if (x->rank != 2 && x->rank != 3)
        oto_refuse("oto_nn_batch_norm1d", "x is %s, but must be (batch, channels) or (batch, channels, time)",
                   oto_shape_quoted(x));
    return batch_norm(layer, x);
}
static OtoTensor *batch_norm2d_forward(OtoLayer *layer, OtoTensor *x) {
    if (x->rank != 4)
        oto_refuse("oto_nn_batch_norm2d", "x is %s, but must be (batch, channels, height, width)", oto_shape_quoted(x));
    return batch_norm(layer, x);
}
static OtoLayer *batch_norm_layer(const OtoLayerType *type, int channels, const OtoNnBatchNormOptions *options) {
    oto_check_range(oto_layer_maker(type), "channels", channels, 1, 1 << 30);
    oto_check_range(oto_layer_maker(type), "eps", options->eps, 0, (double)FLT_MAX);
    oto_check_range(oto_layer_maker(type), "momentum", options->momentum, 0, 1);
    OtoLayer *layer = oto_layer_new(type, options, sizeof *options);
    oto_layer_say(layer, "%d", channels);
    add_scale(layer, channels);
    oto_scope {
        oto_add_buffer(layer, "running_mean", constant(0, channels));
        oto_add_buffer(layer, "running_var", constant(1, channels));
    }
    return layer;
}
OtoLayer *(oto_nn_batch_norm1d)(int channels, OtoNnBatchNormOptions options) {
    static const OtoLayerType type = {.name = "batch_norm1d", .forward = batch_norm1d_forward};
    return batch_norm_layer(&type, channels, &options);
}
OtoLayer *(oto_nn_batch_norm2d)(int channels, OtoNnBatchNormOptions options) {
    static const OtoLayerType type = {.name = "batch_norm2d", .forward = batch_norm2d_forward};
    return batch_norm_layer(&type, channels, &options);
}

static OtoTensor *layer_norm_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_layer_norm(x, tensor_of(layer, 0), tensor_of(layer, 1),
                          .eps = oto_layer_settings(layer, OtoNnNormOptions)->eps);
}
OtoLayer *(oto_nn_layer_norm)(int features, OtoNnNormOptions options) {
    static const OtoLayerType type = {.name = "layer_norm", .forward = layer_norm_forward};
    oto_check_range("oto_nn_layer_norm", "features", features, 1, 1 << 30);
    oto_check_range("oto_nn_layer_norm", "eps", options.eps, 0, (double)FLT_MAX);
    OtoLayer *layer = oto_layer_new(&type, &options, sizeof options);
    oto_layer_say(layer, "%d", features);
    add_scale(layer, features);
    return layer;
}

static OtoTensor *group_norm_forward(OtoLayer *layer, OtoTensor *x) {
    const struct oto_group_norm_settings *settings = oto_layer_settings(layer, struct oto_group_norm_settings);
    return oto_group_norm(x, settings->groups, tensor_of(layer, 0), tensor_of(layer, 1), .eps = settings->eps);
}
OtoLayer *(oto_nn_group_norm)(int groups, int channels, OtoNnNormOptions options) {
    static const OtoLayerType type = {.name = "group_norm", .forward = group_norm_forward};
    oto_check_range("oto_nn_group_norm", "channels", channels, 1, 1 << 30);
    oto_check_range("oto_nn_group_norm", "eps", options.eps, 0, (double)FLT_MAX);
    if (groups < 1 || channels % groups)
        oto_refuse("oto_nn_group_norm", "%d groups do not divide %d channels", groups, channels);
    struct oto_group_norm_settings settings = {.groups = groups, .eps = options.eps};
    OtoLayer *layer = oto_layer_new(&type, &settings, sizeof settings);
    oto_layer_say(layer, "%d, %d", groups, channels);
    add_scale(layer, channels);
    return layer;
}

static OtoTensor *instance_norm(OtoLayer *layer, OtoTensor *x, int rank, const char *axes) {
    if (x->rank != rank) oto_refuse(layer->type, "x is %s, but must be %s", oto_shape_quoted(x), axes);
    int channels = oto_layer_settings(layer, struct oto_instance_norm_settings)->channels;
    if (x->shape[1] != channels)
        oto_refuse(layer->type, "x is %s, that is %lld channels, but the layer was made for %d%s", oto_shape_quoted(x),
                   (long long)x->shape[1], channels, oto_channels_hint(x, channels));
    return oto_instance_norm(x, tensor_of(layer, 0), tensor_of(layer, 1),
                             .eps = oto_layer_settings(layer, struct oto_instance_norm_settings)->eps);
}
static OtoTensor *instance_norm1d_forward(OtoLayer *layer, OtoTensor *x) {
    return instance_norm(layer, x, 3, "(batch, channels, time)");
}
static OtoTensor *instance_norm2d_forward(OtoLayer *layer, OtoTensor *x) {
    return instance_norm(layer, x, 4, "(batch, channels, height, width)");
}
static OtoLayer *instance_norm_layer(const OtoLayerType *type, int channels, const OtoNnInstanceNormOptions *options) {
    oto_check_range(oto_layer_maker(type), "channels", channels, 1, 1 << 30);
    oto_check_range(oto_layer_maker(type), "eps", options->eps, 0, (double)FLT_MAX);
    struct oto_instance_norm_settings settings = {.channels = channels, .eps = options->eps};
    OtoLayer *layer = oto_layer_new(type, &settings, sizeof settings);
    oto_layer_say(layer, "%d%s", channels, options->affine ? ", affine" : "");
    if (options->affine) add_scale(layer, channels);
    return layer;
}
OtoLayer *(oto_nn_instance_norm1d)(int channels, OtoNnInstanceNormOptions options) {
    static const OtoLayerType type = {.name = "instance_norm1d", .forward = instance_norm1d_forward};
    return instance_norm_layer(&type, channels, &options);
}
OtoLayer *(oto_nn_instance_norm2d)(int channels, OtoNnInstanceNormOptions options) {
    static const OtoLayerType type = {.name = "instance_norm2d", .forward = instance_norm2d_forward};
    return instance_norm_layer(&type, channels, &options);
}

/* ---- pooling ---- */

#define DEFINE_POOLING(pool, axes)                                                                                     \
    static OtoTensor *pool##_forward(OtoLayer *layer, OtoTensor *x) {                                                  \
        const struct oto_pool_settings *settings = oto_layer_settings(layer, struct oto_pool_settings);                \
        return (oto_##pool)(x, settings->kernel, settings->options);                                                   \
    }                                                                                                                  \
    OtoLayer *(oto_nn_##pool)(int kernel, OtoPoolOptions options) {                                                    \
        static const OtoLayerType type = {.name = #pool, .forward = pool##_forward};                                   \
        oto_check_windows("oto_nn_" #pool, axes, kernel, &options);                                                    \
        if (options.indices) oto_refuse("oto_nn_" #pool, ".indices is for the operation oto_" #pool);                  \
        struct oto_pool_settings settings = {.kernel = kernel, .options = options};                                    \
        OtoLayer *layer = oto_layer_new(&type, &settings, sizeof settings);                                            \
        oto_layer_say(layer, "%d", kernel);                                                                            \
        return layer;                                                                                                  \
    }
DEFINE_POOLING(max_pool1d, 1)
DEFINE_POOLING(max_pool2d, 2)
DEFINE_POOLING(avg_pool1d, 1)
DEFINE_POOLING(avg_pool2d, 2)

static OtoTensor *adaptive1d_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_adaptive_avg_pool1d(x, *oto_layer_settings(layer, int));
}
static OtoTensor *adaptive2d_forward(OtoLayer *layer, OtoTensor *x) {
    int size = *oto_layer_settings(layer, int);
    return oto_adaptive_avg_pool2d(x, size, size);
}
static OtoLayer *adaptive(const OtoLayerType *type, int size) {
    oto_check_range(oto_layer_maker(type), "size", size, 1, 1 << 30);
    OtoLayer *layer = oto_layer_new(type, &size, sizeof size);
    oto_layer_say(layer, "%d", size);
    return layer;
}
OtoLayer *oto_nn_adaptive_avg_pool1d(int size) {
    static const OtoLayerType type = {.name = "adaptive_avg_pool1d", .forward = adaptive1d_forward};
    return adaptive(&type, size);
}
OtoLayer *oto_nn_adaptive_avg_pool2d(int size) {
    static const OtoLayerType type = {.name = "adaptive_avg_pool2d", .forward = adaptive2d_forward};
    return adaptive(&type, size);
}
