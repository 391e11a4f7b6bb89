#include "lib/nn/shortcut.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"

/* The parts: the layer, and of a residual the shortcut where there is one. */

static OtoTensor *residual_forward(OtoLayer *layer, OtoTensor *x) {
    OtoTensor *y = oto_apply(layer->children[0], x);
    OtoTensor *straight = layer->child_count > 1 ? oto_apply(layer->children[1], x) : x;
    bool same = y->rank == straight->rank;
    for (int i = 0; same && i < y->rank; i++) same = y->shape[i] == straight->shape[i];
    if (!same)
        oto_refuse(
            "oto_nn_residual", "%s is %s, but the layer has made %s of it, and only like can be added to like; %s",
            layer->child_count > 1 ? "what came by the shortcut" : "x", oto_shape_quoted(straight), oto_shape_quoted(y),
            layer->child_count > 1 ? "let both end in one shape"
                                   : "give a .shortcut that changes x in the same way, as a convolution by 1");
    return oto_add(straight, y);
}

OtoLayer *(oto_nn_residual)(OtoLayer *layer, OtoResidualOptions options) {
    static const OtoLayerType type = {.name = "residual", .forward = residual_forward};
    oto_check_value("oto_nn_residual", "layer", layer, OTO_LAYER);
    OtoLayer *residual = oto_layer_new(&type, NULL, 0);
    oto_add_layer(residual, "layer", layer);
    if (options.shortcut) oto_add_layer(residual, "shortcut", options.shortcut);
    return residual;
}

static OtoTensor *skip_forward(OtoLayer *layer, OtoTensor *x) {
    OtoTensor *y = oto_apply(layer->children[0], x);
    bool fits = y->rank == x->rank && x->rank > 1;
    for (int i = 0; fits && i < x->rank; i++) fits = i == 1 || y->shape[i] == x->shape[i];
    if (!fits)
        oto_refuse("oto_nn_skip",
                   "x is %s, but the layer has made %s of it; they can stand behind one another when all but the "
                   "channels (axis 1) is the same%s",
                   oto_shape_quoted(x), oto_shape_quoted(y),
                   x->rank > 2 ? ": lengths that 2 divides as often as the layer halves them come back" : "");
    return oto_cat(1, x, y);
}

OtoLayer *oto_nn_skip(OtoLayer *layer) {
    static const OtoLayerType type = {.name = "skip", .forward = skip_forward};
    oto_check_value("oto_nn_skip", "layer", layer, OTO_LAYER);
    OtoLayer *skip = oto_layer_new(&type, NULL, 0);
    oto_add_layer(skip, "layer", layer);
    return skip;
}
