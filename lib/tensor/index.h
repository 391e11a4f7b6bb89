/* index: elements chosen by the numbers in another tensor, and added to places that such numbers name. Indices are
 * int64, or float32 with whole numbers, from 0; what lies outside an axis is refused. Differentiable, again too. An
 * axis is given by its name or number. */
#ifndef OTO_INDEX_H
#define OTO_INDEX_H

#include "axis.h"

/* The indices of an axis that are listed, in their order, also several times: indices (n). As torch.index_select; along
 * the first axis the same as oto_take. */
#define oto_index_select(x, axis, indices) oto_index_select_axis(x, OTO_WHICH_AXIS(axis), indices)
OtoTensor *oto_index_select_axis(OtoTensor *x, OtoWhichAxis axis, OtoTensor *indices);

/* At each place one element of x: y[i, j, k] = x[i, index[i, j, k], k], for axis 1. index has x's rank, and in every
 * other axis at most x's length; y has the shape of index. As torch.gather. */
#define oto_gather(x, axis, index) oto_gather_axis(x, OTO_WHICH_AXIS(axis), index)
OtoTensor *oto_gather_axis(OtoTensor *x, OtoWhichAxis axis, OtoTensor *index);

/* x, and at index the numbers of source added: y[i, index[i, j, k], k] += source[i, j, k], for axis 1, in their order.
 * source has the shape of index. What oto_gather takes, this puts back: it is its backward. As torch.scatter_add. */
#define oto_scatter_add(x, axis, index, source) oto_scatter_add_axis(x, OTO_WHICH_AXIS(axis), index, source)
OtoTensor *oto_scatter_add_axis(OtoTensor *x, OtoWhichAxis axis, OtoTensor *index, OtoTensor *source);

/* Class numbers (...) as (..., classes): 1 at the class's place, else 0. classes -1: as many as the largest number
 * needs. float32, as losses take it; as torch.nn.functional.one_hot otherwise. No gradient flows. */
OtoTensor *oto_one_hot(OtoTensor *numbers, int64_t classes);

/* ---- for the library's own files ---- */

/* oto_index_select under another name. */
OtoTensor *oto_index_along(const char *operation, OtoTensor *x, int axis, OtoTensor *indices);

#endif
