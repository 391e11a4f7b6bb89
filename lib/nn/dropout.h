/* dropout: in training, numbers are set to 0 at random, so that a network cannot lean on few of them; what stays grows
 * by 1 / (1 - p), so that sums are the same on average. (Srivastava et al. 2014.)
 *
 * It acts in training mode only, and the mode is that of the layer whose forward runs: oto_dropout in a forward of
 * one's own stops when oto_evaluate or oto_evaluating says so, without a flag to be handed on. Outside any layer there
 * is no mode, and it always acts. Where it does not act it returns x itself.
 */
#ifndef OTO_NN_DROPOUT_H
#define OTO_NN_DROPOUT_H

#include "layer.h"

typedef struct OtoDropoutOptions {
    double p; /* the probability to be set to 0, 0 ... 1 */
} OtoDropoutOptions;
#define OTO_DROPOUT_OPTIONS(...) OTO_OPTIONS(OtoDropoutOptions, (.p = 0.5), __VA_ARGS__)

/* Each number by itself. Which ones depends on the generator (oto_seed), not on the number of threads. As
 * torch.nn.functional.dropout; can be differentiated twice, and keeps nothing for that. */
OtoTensor *oto_dropout(OtoTensor *x, OtoDropoutOptions options);
#define oto_dropout(x, ...) oto_dropout(x, OTO_DROPOUT_OPTIONS(__VA_ARGS__))
/* Whole channels of (batch, channels, time) or (batch, channels, height, width): neighbours in time or place are so
 * alike that one tells the other. As torch.nn.functional.dropout1d and dropout2d. */
OtoTensor *oto_dropout1d(OtoTensor *x, OtoDropoutOptions options);
OtoTensor *oto_dropout2d(OtoTensor *x, OtoDropoutOptions options);
#define oto_dropout1d(x, ...) oto_dropout1d(x, OTO_DROPOUT_OPTIONS(__VA_ARGS__))
#define oto_dropout2d(x, ...) oto_dropout2d(x, OTO_DROPOUT_OPTIONS(__VA_ARGS__))

OtoLayer *oto_nn_dropout(double p);
OtoLayer *oto_nn_dropout1d(double p);
OtoLayer *oto_nn_dropout2d(double p);

#endif
