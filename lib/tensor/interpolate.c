#include "lib/tensor/interpolate.h"
#include "lib/tensor/arithmetic.h"
#include "lib/tensor/error.h"
#include "lib/tensor/pick.h"

#include <inttypes.h>
#include <math.h>

static OtoTensor *nearest(const OtoOperation *operation, OtoTensor *x, int axis, int64_t size) {
    OtoTensor *places = oto_places_new(size);
    int64_t n = x->shape[axis];
    for (int64_t j = 0; j < size; j++) ((int64_t *)places->data)[j] = (int64_t)((double)j * (double)n / (double)size);
    return oto_pick(operation, x, axis, places, 0);
}

/* y = (1 - w) lower + w upper, where the place lies w behind the lower neighbour */
static OtoTensor *linear(const OtoOperation *operation, OtoTensor *x, int axis, int64_t size, bool align_corners) {
    int64_t n = x->shape[axis];
    long long shape[OTO_RANK_MAX];
    for (int k = 0; k < x->rank; k++) shape[k] = k == axis ? size : 1;
    OtoTensor *lower = oto_places_new(size), *upper = oto_places_new(size);
    OtoTensor *of_lower = oto_tensor_new(OTO_FLOAT32, x->rank, shape),
              *of_upper = oto_tensor_new(OTO_FLOAT32, x->rank, shape);
    double step = align_corners ? size > 1 ? (double)(n - 1) / (double)(size - 1) : 0 : (double)n / (double)size;
    for (int64_t j = 0; j < size; j++) {
        double at = align_corners ? (double)j * step : fmax(0, ((double)j + 0.5) * step - 0.5);
        int64_t place = (int64_t)at < n - 1 ? (int64_t)at : n - 1;
        float w = (float)(at - (double)place);
        ((int64_t *)lower->data)[j] = place;
        ((int64_t *)upper->data)[j] = place < n - 1 ? place + 1 : place;
        ((float *)of_lower->data)[j] = 1 - w;
        ((float *)of_upper->data)[j] = w;
    }
    return oto_add(oto_mul(oto_pick(operation, x, axis, lower, 0), of_lower),
                   oto_mul(oto_pick(operation, x, axis, upper, 0), of_upper));
}

OtoTensor *oto_interpolate_axis(OtoTensor *x, OtoWhichAxis which, int64_t size, OtoInterpolateOptions options) {
    static const OtoOperation interpolate = OTO_PICKING("oto_interpolate");
    const char *name = "oto_interpolate";
    oto_need_float(name, "x", x);
    int axis = oto_which_axis(name, x, which);
    if (size < 1) oto_refuse(name, "size is %" PRId64 ", but must be at least 1", size);
    if (x->shape[axis] == 0) oto_refuse(name, "axis %s of %s is empty", oto_axis_quoted(x, axis), oto_shape_quoted(x));
    if ((unsigned)options.mode > OTO_LINEAR)
        oto_refuse(name, "mode is %d; use OTO_NEAREST or OTO_LINEAR", (int)options.mode);
    if (options.mode == OTO_NEAREST && options.align_corners)
        oto_refuse(name, "align_corners is for .mode = OTO_LINEAR; the nearest place has no corners");
    OtoTensor *y = NULL;
    oto_scope y = oto_keep(options.mode == OTO_NEAREST ? nearest(&interpolate, x, axis, size)
                                                       : linear(&interpolate, x, axis, size, options.align_corners));
    y->quantity = x->quantity;
    y->axes[axis].step = x->axes[axis].step * (double)x->shape[axis] / (double)size;
    return y;
}
