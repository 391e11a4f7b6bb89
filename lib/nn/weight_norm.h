/* weight_norm: linear layers and convolutions whose weight is computed anew in each forward from what is learned in its
 * place. As torch.nn.utils.parametrizations, whose names the tensors have; both can be differentiated twice.
 */
#ifndef OTO_NN_WEIGHT_NORM_H
#define OTO_NN_WEIGHT_NORM_H

#include "layer.h"

/* Learns length and direction of each output's weights apart: w = g v / |v|, g (out, 1, ...) and v like w. (Salimans
 * and Kingma 2016.) Changes the layer and returns it: oto_nn_weight_norm(oto_nn_conv1d(16, 16, 3)). What it computes is
 * the same as before, until g and v are learned. */
OtoLayer *oto_nn_weight_norm(OtoLayer *layer);

/* w / sigma, where sigma is the largest singular value of w as a matrix (outputs, the rest): no input is stretched by
 * more than 1, as critics of GANs need. sigma = u^T w v with u and v found by power iteration, of which each forward in
 * training makes some steps from where the last one ended. (Miyato et al. 2018.) */
typedef struct OtoSpectralNormOptions {
    int n_power_iterations;
    double eps; /* the least length that u and v are divided by */
} OtoSpectralNormOptions;
OtoLayer *oto_nn_spectral_norm(OtoLayer *layer, OtoSpectralNormOptions options);
#define oto_nn_spectral_norm(layer, ...)                                                                               \
    oto_nn_spectral_norm(layer,                                                                                        \
                         OTO_OPTIONS(OtoSpectralNormOptions, (.n_power_iterations = 1, .eps = 1e-12), __VA_ARGS__))

/* ---- for the library's own layers ---- */

/* How a layer's weight comes about. It is NULL in a layer that learns its weight itself. */
struct oto_weight_from {
    const char *name; /* "weight_norm" */
    OtoTensor *(*make)(OtoLayer *layer);
    int plain; /* tensors that the layer had before; the first of them is learned in the weight's place */
    OtoSpectralNormOptions options;
};

/* The weight of a layer, for this forward. */
OtoTensor *oto_layer_weight(OtoLayer *layer);
/* How many tensors it would have if it learned its weight itself. */
int oto_plain_tensors(const OtoLayer *layer);

#endif
