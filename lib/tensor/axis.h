/* axis: which axis a function is to work on, by its name or its number.
 *
 *     oto_mean_over(S, "time")       the axis of that name
 *     oto_mean_over(S, 1)            the second; -1 is the last
 *     oto_mean_over(S, OTO_AXES("frequency", "time"))       both, where a function takes several
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

/* One axis or, by OTO_AXES, several: oto_mean_over(x, OTO_AXES("height", "width")). */
typedef struct OtoAxes {
    int count;
    OtoWhichAxis axis[OTO_RANK_MAX];
} OtoAxes;
#define OTO_AXES(...)                                                                                                  \
    ((OtoAxes){.count = sizeof((OtoWhichAxis[]){OTO_AXES_1(__VA_ARGS__)}) / sizeof(OtoWhichAxis),                      \
               .axis = {OTO_AXES_1(__VA_ARGS__)}})
#define OTO_AXES_1(axis, ...) OTO_WHICH_AXIS(axis) __VA_OPT__(, OTO_AXES_2(__VA_ARGS__))
#define OTO_AXES_2(axis, ...) OTO_WHICH_AXIS(axis) __VA_OPT__(, OTO_AXES_3(__VA_ARGS__))
#define OTO_AXES_3(axis, ...) OTO_WHICH_AXIS(axis) __VA_OPT__(, OTO_AXES_4(__VA_ARGS__))
#define OTO_AXES_4(axis, ...) OTO_WHICH_AXIS(axis) __VA_OPT__(, OTO_AXES_5(__VA_ARGS__))
#define OTO_AXES_5(axis, ...) OTO_WHICH_AXIS(axis) __VA_OPT__(, OTO_AXES_6(__VA_ARGS__))
#define OTO_AXES_6(axis) OTO_WHICH_AXIS(axis)
#define OTO_WHICH_AXES(axes)                                                                                           \
    _Generic((axes),                                                                                                   \
        OtoAxes: oto_axes_themselves,                                                                                  \
        char *: oto_axes_named,                                                                                        \
        const char *: oto_axes_named,                                                                                  \
        default: oto_axes_numbered)(axes)
OtoAxes oto_axes_themselves(OtoAxes axes);
OtoAxes oto_axes_named(const char *name);
OtoAxes oto_axes_numbered(int64_t number);

/* ---- for the library's own files ---- */

/* The number of that axis of x, from 0; refuses where there is none. */
int oto_which_axis(const char *operation, OtoTensor *x, OtoWhichAxis axis);
/* The same of several, as a set: bit i for axis i. Refuses an axis that comes twice. */
unsigned oto_which_axes(const char *operation, OtoTensor *x, OtoAxes axes);
/* How x is seen from an axis: outer elements before it, its length, inner elements behind it. */
typedef struct OtoAround {
    int64_t outer, length, inner;
} OtoAround;
OtoAround oto_around(OtoTensor *x, int axis);
/* x's shape without the axes of a set (or, if they are kept, with length 1 there); at least (1). Returns the rank. */
int oto_shape_without(OtoTensor *x, unsigned axes, bool keep, long long shape[OTO_RANK_MAX]);
/* Gives y, which has that shape, the names of x's axes. */
void oto_axes_without(OtoTensor *y, OtoTensor *x, unsigned axes, bool keep);
/* "1 (time)": an axis of x for a message; kept until this thread asks again. */
const char *oto_axis_quoted(OtoTensor *x, int axis);

#endif
