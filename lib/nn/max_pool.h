/* max_pool: maxima of windows two wide that do not overlap, on plain memory. For the library's own files. */
#ifndef OTO_NN_MAX_POOL_H
#define OTO_NN_MAX_POOL_H

#include <stdint.h>

/* y[j] = the largest of x[r * length + 2 j] and its right neighbour, r from 0 to rows - 1; NaN counts as larger than
 * all. places[j], unless places is NULL, is 2 r + column of where it was: of equal values the first. */
void oto_max_of_pairs(const float *x, int64_t rows, int64_t length, int64_t count, float *y, uint16_t *places);

#endif
