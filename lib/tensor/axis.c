#include "lib/tensor/axis.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <stdio.h>

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

OtoAxes oto_axes_themselves(OtoAxes axes) {
    return axes;
}
OtoAxes oto_axes_named(const char *name) {
    return (OtoAxes){.count = 1, .axis = {oto_axis_named(name)}};
}
OtoAxes oto_axes_numbered(int64_t number) {
    return (OtoAxes){.count = 1, .axis = {oto_axis_numbered(number)}};
}

unsigned oto_which_axes(const char *operation, OtoTensor *x, OtoAxes axes) {
    unsigned set = 0;
    if (axes.count < 1) oto_refuse(operation, "no axis is given; %s has %d", oto_shape_quoted(x), x->rank);
    for (int i = 0; i < axes.count; i++) {
        int axis = oto_which_axis(operation, x, axes.axis[i]);
        if (set >> axis & 1)
            oto_refuse(operation, "axis %s of %s comes twice", oto_axis_quoted(x, axis), oto_shape_quoted(x));
        set |= 1u << axis;
    }
    return set;
}

const char *oto_axis_quoted(OtoTensor *x, int axis) {
    static _Thread_local char text[80];
    const char *name = x->axes[axis].name;
    snprintf(text, sizeof text, *name ? "%d (%s)" : "%d", axis, name);
    return text;
}

OtoAround oto_around(OtoTensor *x, int axis) {
    OtoAround around = {.outer = 1, .length = x->shape[axis], .inner = 1};
    for (int i = 0; i < axis; i++) around.outer *= x->shape[i];
    for (int i = axis + 1; i < x->rank; i++) around.inner *= x->shape[i];
    return around;
}

int oto_shape_without(OtoTensor *x, unsigned axes, bool keep, long long shape[OTO_RANK_MAX]) {
    int rank = 0;
    shape[0] = 1;
    for (int i = 0; i < x->rank; i++) {
        if (!(axes >> i & 1))
            shape[rank++] = x->shape[i];
        else if (keep)
            shape[rank++] = 1;
    }
    return rank ? rank : 1;
}

void oto_axes_without(OtoTensor *y, OtoTensor *x, unsigned axes, bool keep) {
    for (int i = 0, to = 0; i < x->rank; i++) {
        if (!(axes >> i & 1))
            oto_axis_copy(y, to++, x, i);
        else if (keep)
            oto_name_axis(y, to++, x->axes[i].name);
    }
}
