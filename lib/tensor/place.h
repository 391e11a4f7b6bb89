/* place: a tensor seen in another shape, parts of it, and parts put back among zeros. Written down; they check nothing.
 * For the library's own files. */
#ifndef OTO_PLACE_H
#define OTO_PLACE_H

#include "axis.h"

/* x's numbers, shared and not copied, in another shape of as many elements. Neither is to be written to. */
OtoTensor *oto_shaped(OtoTensor *x, int rank, const long long shape[]);
/* Indices from, ..., from + count - 1 of an axis. */
OtoTensor *oto_part(OtoTensor *x, int axis, int64_t from, int64_t count);
/* Zeros, but for x at index `from` of an axis that becomes `length` long. */
OtoTensor *oto_place(OtoTensor *x, int axis, int64_t from, int64_t length);
/* What a result that holds some of x's elements shares with it, beside the axes. */
void oto_inherit(OtoTensor *y, OtoTensor *x);

#endif
