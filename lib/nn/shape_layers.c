/* Layers that change the shape, and one that changes nothing. */
#include "lib/nn/layers.h"
#include "lib/nn/settings.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static OtoTensor *flatten_forward(OtoLayer *layer, OtoTensor *x) {
    return oto_reshape(x, x->shape[0], x->shape[0] ? x->size / x->shape[0] : 0);
}
OtoLayer *oto_nn_flatten(void) {
    static const OtoLayerType type = {.name = "flatten", .forward = flatten_forward};
    return oto_layer_new(&type, NULL, 0);
}

static OtoTensor *identity_forward(OtoLayer *layer, OtoTensor *x) {
    return x;
}
OtoLayer *oto_nn_identity(void) {
    static const OtoLayerType type = {.name = "identity", .forward = identity_forward};
    return oto_layer_new(&type, NULL, 0);
}

static OtoTensor *unflatten_forward(OtoLayer *layer, OtoTensor *x) {
    const struct oto_unflatten_settings *settings = oto_layer_settings(layer, struct oto_unflatten_settings);
    long long shape[OTO_RANK_MAX] = {x->shape[0]}, size = 1;
    for (int i = 0; i < settings->rank; i++) size *= shape[1 + i] = settings->shape[i];
    if (x->rank != 2 || x->shape[1] != size)
        oto_refuse("oto_nn_unflatten", "x is %s, but must be (batch, %lld): an example of %s numbers",
                   oto_shape_quoted(x), size, layer->settings_text);
    return oto_reshape_to(x, 1 + settings->rank, shape);
}
OtoLayer *oto_nn_unflatten_to(int rank, const long long shape[]) {
    static const OtoLayerType type = {.name = "unflatten", .forward = unflatten_forward};
    oto_check_range("oto_nn_unflatten", "the number of axes", rank, 1, OTO_RANK_MAX - 1);
    struct oto_unflatten_settings settings = {.rank = rank};
    for (int i = 0; i < rank; i++) {
        oto_check_range("oto_nn_unflatten", "a length", (double)shape[i], 1, 1 << 30);
        settings.shape[i] = shape[i];
    }
    OtoLayer *layer = oto_layer_new(&type, &settings, sizeof settings);
    char *text = strdup("");
    for (int i = 0; text && i < rank; i++) {
        char *longer = NULL;
        if (asprintf(&longer, "%s%s%lld", text, i ? ", " : "", shape[i]) < 0) longer = NULL;
        free(text);
        text = longer;
    }
    if (!text) oto_refuse("oto_nn_unflatten", "no memory for a text");
    oto_layer_say(layer, "%s", text);
    free(text);
    return layer;
}

/* ---- more places ---- */

static OtoTensor *upsample(OtoLayer *layer, OtoTensor *x, int rank, const char *axes) {
    const struct oto_upsample_settings *settings = oto_layer_settings(layer, struct oto_upsample_settings);
    if (x->rank != rank) oto_refuse(layer->type, "x is %s, but must be %s", oto_shape_quoted(x), axes);
    for (int axis = 2; axis < rank; axis++)
        x = oto_interpolate_axis(x, oto_axis_numbered(axis), settings->factor * x->shape[axis], settings->options);
    return x;
}
static OtoTensor *upsample1d_forward(OtoLayer *layer, OtoTensor *x) {
    return upsample(layer, x, 3, "(batch, channels, time)");
}
static OtoTensor *upsample2d_forward(OtoLayer *layer, OtoTensor *x) {
    return upsample(layer, x, 4, "(batch, channels, height, width)");
}
static OtoLayer *upsample_layer(const OtoLayerType *type, int factor, OtoInterpolateOptions options) {
    oto_check_range(type->name, "factor", factor, 1, 1 << 20);
    struct oto_upsample_settings settings = {.factor = factor, .options = options};
    OtoLayer *layer = oto_layer_new(type, &settings, sizeof settings);
    oto_layer_say(layer, "%d%s%s", factor, options.mode == OTO_LINEAR ? ", linear" : "",
                  options.align_corners ? ", align_corners" : "");
    return layer;
}
OtoLayer *(oto_nn_upsample1d)(int factor, OtoInterpolateOptions options) {
    static const OtoLayerType type = {.name = "upsample1d", .forward = upsample1d_forward};
    return upsample_layer(&type, factor, options);
}
OtoLayer *(oto_nn_upsample2d)(int factor, OtoInterpolateOptions options) {
    static const OtoLayerType type = {.name = "upsample2d", .forward = upsample2d_forward};
    return upsample_layer(&type, factor, options);
}
