/* interpolate: an axis with more or fewer places, and numbers for them from their neighbours. */
#ifndef OTO_INTERPOLATE_H
#define OTO_INTERPOLATE_H

#include "axis.h"
#include "options.h"

typedef enum OtoInterpolation { OTO_NEAREST, OTO_LINEAR } OtoInterpolation;

/* x with `size` places along an axis (name or number) in the stead of n: oto_interpolate(x, "time", 4 * frames).
 *     .mode OTO_NEAREST         place j is taken from place j n / size, rounded down
 *           OTO_LINEAR          between two neighbours
 *     .align_corners false      a place is a stretch, and ends lie on ends: j from (j + 1/2) n / size - 1/2
 *                    true       a place is a point, the first and the last stay: j from j (n - 1) / (size - 1)
 * Images by both axes one after another ("bilinear"). An axis in s or Hz keeps its extent. Differentiable, again too.
 * As torch.nn.functional.interpolate. */
typedef struct OtoInterpolateOptions {
    OtoInterpolation mode;
    bool align_corners;
} OtoInterpolateOptions;
OtoTensor *oto_interpolate_axis(OtoTensor *x, OtoWhichAxis axis, int64_t size, OtoInterpolateOptions options);
#define oto_interpolate(x, axis, size, ...)                                                                            \
    oto_interpolate_axis(                                                                                              \
        x, OTO_WHICH_AXIS(axis), size,                                                                                 \
        OTO_OPTIONS(OtoInterpolateOptions, (.mode = OTO_NEAREST, .align_corners = false), __VA_ARGS__))

#endif
