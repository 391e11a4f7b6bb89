#include "lib/tensor/axis.h"
#include "lib/tensor/error.h"

#include <inttypes.h>

OtoWhichAxis oto_axis_named(const char *name) {
    oto_check_text("axis", "its name", name);
    return (OtoWhichAxis){.name = name};
}
OtoWhichAxis oto_axis_numbered(int64_t number) {
    return (OtoWhichAxis){.number = number};
}

int oto_which_axis(const char *operation, OtoTensor *x, OtoWhichAxis axis) {
    if (axis.name) {
        int found = oto_axis_find(x, axis.name);
        if (found < 0) oto_refuse(operation, "no axis is called \"%s\" in %s", axis.name, oto_shape_quoted(x));
        return found;
    }
    int64_t number = axis.number < 0 ? axis.number + x->rank : axis.number;
    if (number < 0 || number >= x->rank)
        oto_refuse(operation, "there is no axis %" PRId64 " in %s; its axes are 0 to %d, or -1 for the last",
                   axis.number, oto_shape_quoted(x), x->rank - 1);
    return (int)number;
}

OtoAround oto_around(OtoTensor *x, int axis) {
    OtoAround around = {.outer = 1, .length = x->shape[axis], .inner = 1};
    for (int i = 0; i < axis; i++) around.outer *= x->shape[i];
    for (int i = axis + 1; i < x->rank; i++) around.inner *= x->shape[i];
    return around;
}

int oto_shape_without(OtoTensor *x, int axis, bool keep, long long shape[OTO_RANK_MAX]) {
    int rank = 0;
    shape[0] = 1;
    for (int i = 0; i < x->rank; i++) {
        if (i != axis)
            shape[rank++] = x->shape[i];
        else if (keep)
            shape[rank++] = 1;
    }
    return rank ? rank : 1;
}

void oto_axes_without(OtoTensor *y, OtoTensor *x, int axis, bool keep) {
    if (x->rank == 1 && !keep) return;
    for (int i = 0, to = 0; i < x->rank; i++) {
        if (i != axis)
            oto_axis_copy(y, to++, x, i);
        else if (keep)
            oto_name_axis(y, to++, x->axes[i].name);
    }
}
