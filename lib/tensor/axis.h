/* axis: which axis a function is to work on, by its name or its number.
 *
 *     oto_mean_over(S, "time")       the axis of that name
 *     oto_mean_over(S, 1)            the second; -1 is the last
 */
#ifndef OTO_AXIS_H
#define OTO_AXIS_H

#include "tensor.h"

typedef struct OtoWhichAxis {
    const char *name; /* NULL: number counts */
    int64_t number;
} OtoWhichAxis;
#define OTO_WHICH_AXIS(axis)                                                                                           \
    _Generic((axis), char *: oto_axis_named, const char *: oto_axis_named, default: oto_axis_numbered)(axis)
OtoWhichAxis oto_axis_named(const char *name);
OtoWhichAxis oto_axis_numbered(int64_t number);

/* ---- for the library's own files ---- */

/* The number of that axis of x, from 0; refuses where there is none. */
int oto_which_axis(const char *operation, OtoTensor *x, OtoWhichAxis axis);
/* How x is seen from an axis: outer elements before it, its length, inner elements behind it. */
typedef struct OtoAround {
    int64_t outer, length, inner;
} OtoAround;
OtoAround oto_around(OtoTensor *x, int axis);
/* x's shape without an axis (or, if it is kept, with length 1 there); at least (1). Returns the rank. */
int oto_shape_without(OtoTensor *x, int axis, bool keep, long long shape[OTO_RANK_MAX]);
/* Gives y, which has that shape, the names of x's axes. */
void oto_axes_without(OtoTensor *y, OtoTensor *x, int axis, bool keep);

#endif
