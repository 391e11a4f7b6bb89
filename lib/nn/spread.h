/* spread: how the gradients of a net, or what its layers give, are spread: a histogram for each, and in numbers.
 *
 *     oto_backward(loss);
 *     oto_show_gradients(net);              after oto_step too: the gradients of the last step
 *     oto_show_activations(net, x);
 *
 * What to look for: gradients that become smaller from layer to layer towards the input (they vanish) or larger (they
 * explode), a gradient that is zero everywhere (nothing leads there), activations that are zero nearly everywhere (dead
 * relus) or at the ends of sigmoid and tanh (saturated).
 */
#ifndef OTO_NN_SPREAD_H
#define OTO_NN_SPREAD_H

#include "layer.h"

/* The gradient of each parameter: deviation, range, the part that is 0, and its size beside that of the parameter (root
 * mean squares). Refuses when there is no gradient at all. Of more than 24 parameters the picture shows those of two
 * axes and more, the first 24 of them; the text always has all. */
void oto_show_gradients(OtoLayer *net);
/* What each layer without parts gives while x goes through, in evaluation mode. */
void oto_show_activations(OtoLayer *net, OtoTensor *x);
/* The same as text; free() it. */
char *oto_gradients_text(OtoLayer *net);
char *oto_activations_text(OtoLayer *net, OtoTensor *x);

#endif
