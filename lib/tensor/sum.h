/* sum: sums over axes, and their opposite. For the library's own files; the public ones are in arithmetic.h.
 *
 * The two are each other's backward: the gradient of a sum goes to every element that was summed, and the gradient of a
 * number that was spread over many places is the sum over these places.
 */
#ifndef OTO_SUM_H
#define OTO_SUM_H

#include "tensor.h"

/* scale times the sum over the axes of x whose bit is set in axes (at least one). The result has the given shape, whose
 * lengths are those of the axes left, in order, with ones anywhere between. */
OtoTensor *oto_sum_axes(OtoTensor *x, unsigned axes, double scale, int rank, const long long shape[]);
/* scale times x, spread over these axes of a result of the given shape: the backward of oto_sum_axes. */
OtoTensor *oto_spread(OtoTensor *x, unsigned axes, double scale, int rank, const long long shape[]);
/* The sum over the places at which `like` repeated when it was broadcast to x's shape; x itself where it did not. */
OtoTensor *oto_sum_to(OtoTensor *x, OtoTensor *like);

/* Gives y, which was found over these axes of x, the other axes of x and what it measures; returns y. */
OtoTensor *oto_reduced(OtoTensor *y, OtoTensor *x, unsigned axes, bool keep, const char *origin);
/* How many numbers of x go into one; refuses an empty axis. */
int64_t oto_reduced_count(const char *operation, OtoTensor *x, unsigned axes);

#endif
