/* shortcut: layers that x goes past, and not only through. Gradients come back on the straight way unchanged, which is
 * why nets of many such blocks can be trained (He et al. 2015).
 */
#ifndef OTO_NN_SHORTCUT_H
#define OTO_NN_SHORTCUT_H

#include "layer.h"

/* x + layer(x); where the layer changes the shape, shortcut(x) + layer(x):
 *     oto_nn_residual(block, .shortcut = oto_nn_conv2d(16, 32, 1, .stride = 2)) */
typedef struct OtoResidualOptions {
    OtoLayer *shortcut;
} OtoResidualOptions;
OtoLayer *oto_nn_residual(OtoLayer *layer, OtoResidualOptions options);
#define oto_nn_residual(layer, ...) oto_nn_residual(layer, OTO_OPTIONS(OtoResidualOptions, (NULL), __VA_ARGS__))

/* x and layer(x) behind one another in the channels: (batch, channels, ...) -> (batch, channels + those of layer, ...).
 * A U-Net is such skips inside one another. */
OtoLayer *oto_nn_skip(OtoLayer *layer);

#endif
