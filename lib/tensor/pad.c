#include "lib/tensor/pad.h"
#include "lib/tensor/error.h"
#include "lib/tensor/pick.h"

#include <inttypes.h>

void oto_check_pad(const char *operation, const char *argument, OtoPad mode) {
    if ((unsigned)mode > OTO_PAD_LINEAR_RAMP)
        oto_refuse(operation, "%s is %d; use OTO_PAD_ZEROS, _REFLECT, _EDGE, _SYMMETRIC, _WRAP or _LINEAR_RAMP",
                   argument, (int)mode);
}

/* i modulo period, in [0, period). */
static int64_t folded(int64_t i, int64_t period) {
    return (i % period + period) % period;
}

int64_t oto_padded_place(int64_t i, int64_t n, OtoPad mode) {
    if (i >= 0 && i < n) return i;
    switch (mode) {
    case OTO_PAD_EDGE:
        return i < 0 ? 0 : n - 1;
    case OTO_PAD_REFLECT:
        if (n == 1) return 0;
        i = folded(i, 2 * (n - 1));
        return i < n ? i : 2 * (n - 1) - i;
    case OTO_PAD_SYMMETRIC:
        i = folded(i, 2 * n);
        return i < n ? i : 2 * n - 1 - i;
    case OTO_PAD_WRAP:
        return folded(i, n);
    case OTO_PAD_ZEROS:
    case OTO_PAD_LINEAR_RAMP:
        break;
    }
    return -1;
}

OtoTensor *oto_pad_axis(OtoTensor *x, OtoWhichAxis which, int64_t before, int64_t after, OtoPadOptions options) {
    static const OtoOperation pad = OTO_PICKING("oto_pad");
    oto_need_float("oto_pad", "x", x);
    int axis = oto_which_axis("oto_pad", x, which);
    oto_check_pad("oto_pad", "mode", options.mode);
    if (options.mode == OTO_PAD_LINEAR_RAMP)
        oto_refuse("oto_pad", "mode is OTO_PAD_LINEAR_RAMP, which is for the frames of sounds; use another");
    if (before < 0 || after < 0)
        oto_refuse("oto_pad", "before is %" PRId64 " and after %" PRId64 "; oto_slice makes an axis shorter", before,
                   after);
    int64_t n = x->shape[axis], length;
    if (__builtin_add_overflow(n, before, &length) || __builtin_add_overflow(length, after, &length))
        oto_refuse("oto_pad", "before is %" PRId64 " and after %" PRId64 ": more than can be counted", before, after);
    if (n == 0 && options.mode != OTO_PAD_ZEROS)
        oto_refuse("oto_pad", "axis %s of %s is empty: there is nothing to go on with", oto_axis_quoted(x, axis),
                   oto_shape_quoted(x));
    OtoTensor *y = NULL;
    oto_scope {
        OtoTensor *places = oto_places_new(length);
        for (int64_t j = 0; j < length; j++)
            ((int64_t *)places->data)[j] = oto_padded_place(j - before, n, options.mode);
        y = oto_keep(oto_pick(&pad, x, axis, places, options.value));
    }
    y->axes[axis].start -= (double)before * y->axes[axis].step;
    return y;
}
