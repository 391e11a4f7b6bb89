#include "lib/nn/snapshot.h"
#include "lib/tensor/error.h"

#include <stdlib.h>
#include <string.h>

static size_t bytes_of(const OtoTensor *x) {
    return (size_t)x->size * (x->type == OTO_FLOAT32 ? sizeof(float) : 8);
}

void oto_snapshot_free(struct snapshot *snapshot) {
    for (int i = 0; i < snapshot->count; i++) free(snapshot->copies[i]);
    free(snapshot->copies);
    free(snapshot->tensors);
    *snapshot = (struct snapshot){};
}

/* Room for each of these tensors. */
static bool make_room(struct snapshot *snapshot, const OtoTensorList *list, enum snapshot_of what) {
    snapshot->tensors = calloc((size_t)list->count + 1, sizeof *snapshot->tensors);
    snapshot->copies = calloc((size_t)list->count + 1, sizeof *snapshot->copies);
    if (!snapshot->tensors || !snapshot->copies) return false;
    for (int i = 0; i < list->count; i++) {
        if (what == OTO_BUFFERS && !list->items[i].buffer) continue;
        void *copy = malloc(bytes_of(list->items[i].tensor) + 1);
        if (!copy) return false;
        snapshot->tensors[snapshot->count] = list->items[i].tensor;
        snapshot->copies[snapshot->count++] = copy;
    }
    return true;
}

void oto_snapshot_take(const char *operation, struct snapshot *snapshot, OtoLayer *layer, enum snapshot_of what) {
    if (!snapshot->tensors) oto_scope {
            OtoTensorList list = oto_layer_tensors(layer);
            if (!make_room(snapshot, &list, what)) {
                oto_snapshot_free(snapshot);
                oto_refuse(operation, "no memory for a copy of the %s", layer->type);
            }
        }
    for (int i = 0; i < snapshot->count; i++)
        memcpy(snapshot->copies[i], snapshot->tensors[i]->data, bytes_of(snapshot->tensors[i]));
}

void oto_snapshot_put_back(const struct snapshot *snapshot) {
    for (int i = 0; i < snapshot->count; i++) {
        OtoTensor *x = snapshot->tensors[i];
        if (oto_kind(x) != OTO_TENSOR) continue;
        memcpy(x->data, snapshot->copies[i], bytes_of(x));
        oto_changed(x);
    }
}

void oto_snapshot_swap(struct snapshot *snapshot) {
    for (int i = 0; i < snapshot->count; i++) {
        OtoTensor *x = snapshot->tensors[i];
        if (oto_kind(x) != OTO_TENSOR) continue;
        unsigned char *here = x->data, *there = snapshot->copies[i];
        for (size_t k = 0; k < bytes_of(x); k++) {
            unsigned char kept = here[k];
            here[k] = there[k];
            there[k] = kept;
        }
        oto_changed(x);
    }
}

bool oto_snapshot_is_of(const struct snapshot *snapshot, OtoLayer *layer) {
    bool same = true;
    oto_scope {
        OtoTensorList list = oto_layer_tensors(layer);
        int at = 0;
        for (int i = 0; i < list.count && at < snapshot->count; i++)
            at += snapshot->tensors[at] == list.items[i].tensor;
        same = at == snapshot->count;
    }
    return same;
}
