#include "lib/tensor/pick.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/place.h"
#include "lib/tensor/simd.h"

#include <string.h>

enum { PIECE = 1 << 15 }; /* elements that are worth a thread */

/* Elements are seen as one or two floats: what is copied may be any 64 bits, what is added is complex. */
struct picking {
    const float *from;
    float *to, fill;
    const int64_t *places;
    int64_t count, length, inner; /* count places, in an axis of that length; inner in floats */
};

OtoTensor *oto_places_new(int64_t n) {
    return oto_tensor_new(OTO_INT64, 1, (long long[]){n});
}

static int64_t floats_of(OtoTensor *x) {
    return x->type == OTO_FLOAT32 ? 1 : 2;
}

static void pick_outer(int64_t from, int64_t to, void *context) {
    const struct picking *p = context;
    for (int64_t at = from; at < to; at++) { /* over (outer, count) */
        int64_t place = p->places[at % p->count];
        float *row = p->to + at * p->inner;
        const float *source = p->from + (at / p->count * p->length + place) * p->inner;
        if (place < 0)
            for (int64_t i = 0; i < p->inner; i++) row[i] = p->fill;
        else if (p->inner == 1)
            *row = *source;
        else
            memcpy(row, source, (size_t)p->inner * sizeof *row);
    }
}

OTO_VECTORISED static void add_row(float *restrict to, const float *restrict from, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

static void put_outer(int64_t from, int64_t to, void *context) {
    const struct picking *p = context;
    for (int64_t outer = from; outer < to; outer++)
        for (int64_t j = 0; j < p->count; j++) {
            if (p->places[j] < 0) continue;
            float *row = p->to + (outer * p->length + p->places[j]) * p->inner;
            const float *source = p->from + (outer * p->count + j) * p->inner;
            if (p->inner == 1)
                *row += *source;
            else
                add_row(row, source, p->inner);
        }
}

static OtoTensor *with_length(OtoTensor *x, int axis, int64_t length,
                              OtoTensor *make(OtoType, int, const long long *)) {
    long long shape[OTO_RANK_MAX];
    for (int i = 0; i < x->rank; i++) shape[i] = i == axis ? length : x->shape[i];
    OtoTensor *y = make(x->type, x->rank, shape);
    for (int i = 0; i < x->rank; i++) {
        oto_axis_copy(y, i, x, i);
        if (i == axis && x->axes[i].values && length == x->shape[i]) oto_name_axis(y, i, x->axes[i].name);
    }
    oto_inherit(y, x);
    return y;
}

void oto_pick_backward(OtoNode *node, OtoTensor *gradient) {
    int axis = *(const int *)oto_node_settings(node);
    oto_give(node, 0, oto_put(gradient, axis, oto_node_input(node, 1), oto_node_input(node, 0)->shape[axis]));
}

OtoTensor *oto_pick(const OtoOperation *operation, OtoTensor *x, int axis, OtoTensor *places, double fill) {
    OtoTensor *y = with_length(x, axis, places->size, oto_tensor_new);
    OtoAround around = oto_around(x, axis);
    struct picking p = {.from = x->data,
                        .to = y->data,
                        .fill = (float)fill,
                        .places = places->data,
                        .count = places->size,
                        .length = around.length,
                        .inner = around.inner * floats_of(x)};
    if (y->size > 0) oto_parallel(around.outer * p.count, PIECE / p.inner + 1, pick_outer, &p);
    return oto_record(operation, y, &axis, sizeof axis, x, places);
}

/* z = x put to its places:  dL/dx is dL/dz picked from there */
static void put_backward(OtoNode *node, OtoTensor *gradient) {
    static const OtoOperation picking = OTO_PICKING("oto_pick");
    int axis = *(const int *)oto_node_settings(node);
    oto_give(node, 0, oto_pick(&picking, gradient, axis, oto_node_input(node, 1), 0));
}

OtoTensor *oto_put(OtoTensor *x, int axis, OtoTensor *places, int64_t length) {
    static const OtoOperation put = {.name = "oto_put", .backward = put_backward, .saves = OTO_SAVES_INPUT(1)};
    OtoTensor *z = with_length(x, axis, length, oto_zeros_of);
    OtoAround around = oto_around(x, axis);
    struct picking p = {.from = x->data,
                        .to = z->data,
                        .places = places->data,
                        .count = places->size,
                        .length = length,
                        .inner = around.inner * floats_of(x)};
    if (x->size > 0) oto_parallel(around.outer, PIECE / (p.count * p.inner) + 1, put_outer, &p);
    return oto_record(&put, z, &axis, sizeof axis, x, places);
}
