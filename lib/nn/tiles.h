/* tiles: pictures in a picture: what a convolution looks for, and what it finds.
 *
 *     oto_show_filters(net, "0");                 the weights of a convolution, a tile for each
 *     oto_show_feature_maps(net, x, "2");         what layer "2" gives for the first example of x, a tile a channel
 */
#ifndef OTO_NN_TILES_H
#define OTO_NN_TILES_H

#include "layer.h"

/* Weights (out, in, height, width): a row of tiles for each of out, a column for each of in; where in is 1, they stand
 * in a square. Weights (out, in, kernel) of a conv1d: a tile (in, kernel) for each of out. All tiles have one scale of
 * colours. Of more than 256 tiles the first are shown. Refuses a path to a layer that has no such weight. */
void oto_show_filters(OtoLayer *net, const char *path);
/* (batch, channels, height, width) or (batch, channels, time), in evaluation mode. */
void oto_show_feature_maps(OtoLayer *net, OtoTensor *x, const char *path);

#endif
