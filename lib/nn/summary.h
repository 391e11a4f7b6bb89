/* summary: what a network is made of, and what it costs.
 *
 *     oto_summary(net, x);
 *
 *     layer                                  result                       parameters    FLOP   memory
 *     sequential                             (batch 16, 10)                   4,522
 *       0  linear(40, 64)                    (batch 16, 64)                   2,624    81.9 k  4.1 kB
 *       ...
 */
#ifndef OTO_NN_SUMMARY_H
#define OTO_NN_SUMMARY_H

#include "layer.h"

/* Sends x through the net once, in evaluation mode and without gradients, and shows a line for each layer: its place
 * and settings, the shape of its result, how many numbers it learns, the floating point operations of its products (a
 * multiplication and an addition are two) and the bytes of its result. A layer that x goes through twice says so, and
 * one that it does not reach. Below stand the sums: parameters, and the least memory of a step of training by Adam
 * (parameters, gradients and two averages of 4 bytes each, and the results of all layers that have no parts, which
 * backward needs). What a layer of one's own computes besides its parts is not counted. */
void oto_summary(OtoLayer *net, OtoTensor *x);
/* The same as text; free() it. */
char *oto_summary_text(OtoLayer *net, OtoTensor *x);

#endif
