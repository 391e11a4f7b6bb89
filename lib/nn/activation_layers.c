/* Activations as layers. */
#include "lib/nn/layers.h"
#include "lib/nn/settings.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdio.h>

/* ---- without settings ---- */

#define DEFINE_PLAIN(operation, result)                                                                                \
    static OtoTensor *operation##_forward(OtoLayer *layer, OtoTensor *x) {                                             \
        return result;                                                                                                 \
    }                                                                                                                  \
    OtoLayer *oto_nn_##operation(void) {                                                                               \
        static const OtoLayerType type = {.name = #operation, .forward = operation##_forward};                         \
        return oto_layer_new(&type, NULL, 0);                                                                          \
    }
DEFINE_PLAIN(relu, oto_relu(x))
DEFINE_PLAIN(sigmoid, oto_sigmoid(x))
DEFINE_PLAIN(tanh, oto_tanh(x))
DEFINE_PLAIN(silu, oto_silu(x))

/* ---- with numbers ---- */

static OtoTensor *leaky_relu_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_leaky_relu(x, .slope = *oto_layer_settings(layer, double));
}
OtoLayer *oto_nn_leaky_relu(double slope) {
    static const OtoLayerType type = {.name = "leaky_relu", .forward = leaky_relu_forward};
    oto_check_range("oto_nn_leaky_relu", "slope", slope, 0, INFINITY);
    OtoLayer *layer = oto_layer_new(&type, &slope, sizeof slope);
    oto_layer_say(layer, "%g", slope);
    return layer;
}

/* A layer whose settings are the options of its operation. */
#define DEFINE_WITH_OPTIONS(operation, Options)                                                                        \
    static OtoTensor *operation##_forward(OtoLayer *layer, OtoTensor *x) {                                             \
        return (oto_##operation)(x, *oto_layer_settings(layer, Options));                                              \
    }                                                                                                                  \
    static OtoLayer *new_##operation(const Options *options) {                                                         \
        static const OtoLayerType type = {.name = #operation, .forward = operation##_forward};                         \
        return oto_layer_new(&type, options, sizeof *options);                                                         \
    }
DEFINE_WITH_OPTIONS(gelu, OtoGeluOptions)
DEFINE_WITH_OPTIONS(elu, OtoEluOptions)
DEFINE_WITH_OPTIONS(softplus, OtoSoftplusOptions)
DEFINE_WITH_OPTIONS(hardtanh, OtoHardtanhOptions)

OtoLayer *(oto_nn_gelu)(OtoGeluOptions options) {
    OtoLayer *layer = new_gelu(&options);
    if (options.approximate) oto_layer_say(layer, "approximate");
    return layer;
}
OtoLayer *(oto_nn_elu)(OtoEluOptions options) {
    oto_check_range("oto_nn_elu", "alpha", options.alpha, 0, INFINITY);
    OtoLayer *layer = new_elu(&options);
    if (options.alpha != 1) oto_layer_say(layer, "alpha %g", options.alpha);
    return layer;
}
OtoLayer *(oto_nn_softplus)(OtoSoftplusOptions options) {
    if (!(options.beta > 0)) oto_refuse("oto_nn_softplus", "beta is %g, but must be above 0", options.beta);
    OtoLayer *layer = new_softplus(&options);
    if (options.beta != 1) oto_layer_say(layer, "beta %g", options.beta);
    return layer;
}
OtoLayer *(oto_nn_hardtanh)(OtoHardtanhOptions options) {
    if (!(options.lowest < options.highest))
        oto_refuse("oto_nn_hardtanh", "lowest is %g and highest %g; lowest must be below highest", options.lowest,
                   options.highest);
    OtoLayer *layer = new_hardtanh(&options);
    oto_layer_say(layer, "%g, %g", options.lowest, options.highest);
    return layer;
}

static OtoTensor *prelu_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_prelu(x, layer->tensors[0].tensor);
}
OtoLayer *(oto_nn_prelu)(OtoNnPreluOptions options) {
    static const OtoLayerType type = {.name = "prelu", .forward = prelu_forward};
    oto_check_range("oto_nn_prelu", "channels", options.channels, 1, 1 << 30);
    OtoLayer *layer = oto_layer_new(&type, NULL, 0);
    oto_layer_say(layer, "%d", options.channels);
    oto_scope oto_add_parameter(layer, "weight", oto_add(oto_zeros(options.channels), options.initial));
    return layer;
}

/* ---- along an axis ---- */

static OtoWhichAxis axis_of(OtoLayer *layer) {
    const struct oto_axis_settings *settings = oto_layer_settings(layer, struct oto_axis_settings);
    return (OtoWhichAxis){.name = *settings->name ? settings->name : NULL, .number = settings->number};
}
static OtoTensor *softmax_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_softmax_axis(x, axis_of(layer));
}
static OtoTensor *log_softmax_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_log_softmax_axis(x, axis_of(layer));
}
static OtoLayer *along(const OtoLayerType *type, OtoWhichAxis axis) {
    struct oto_axis_settings settings = {.number = axis.number};
    if (axis.name && snprintf(settings.name, sizeof settings.name, "%s", axis.name) >= (int)sizeof settings.name)
        oto_refuse(type->name, "\"%s\" is too long for an axis's name", axis.name);
    OtoLayer *layer = oto_layer_new(type, &settings, sizeof settings);
    if (axis.name)
        oto_layer_say(layer, "%s", axis.name);
    else
        oto_layer_say(layer, "%lld", (long long)axis.number);
    return layer;
}
OtoLayer *oto_nn_softmax_axis(OtoWhichAxis axis) {
    static const OtoLayerType type = {.name = "softmax", .forward = softmax_forward};
    return along(&type, axis);
}
OtoLayer *oto_nn_log_softmax_axis(OtoWhichAxis axis) {
    static const OtoLayerType type = {.name = "log_softmax", .forward = log_softmax_forward};
    return along(&type, axis);
}
