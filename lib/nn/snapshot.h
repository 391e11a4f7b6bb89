/* snapshot: the numbers of a layer's tensors as they were, to be put back. For the files of this folder that train. */
#ifndef OTO_NN_SNAPSHOT_H
#define OTO_NN_SNAPSHOT_H

#include "layer.h"

/* Zeroed it is empty. */
struct snapshot {
    int count;
    OtoTensor **tensors;
    void **copies;
};

enum snapshot_of { OTO_ALL_TENSORS, OTO_BUFFERS };

/* Copies what the layer holds now; what was in the snapshot is overwritten, and memory is taken only the first time.
 * Refuses in the name of the operation when there is none. */
void oto_snapshot_take(const char *operation, struct snapshot *snapshot, OtoLayer *layer, enum snapshot_of what);
/* The tensors get the numbers of the snapshot, which stays as it is; or the two change places. An empty one, and
 * tensors that were freed, are left alone. */
void oto_snapshot_put_back(const struct snapshot *snapshot);
void oto_snapshot_swap(struct snapshot *snapshot);
/* Whether these are still the tensors of the layer. */
bool oto_snapshot_is_of(const struct snapshot *snapshot, OtoLayer *layer);
void oto_snapshot_free(struct snapshot *snapshot);

#endif
