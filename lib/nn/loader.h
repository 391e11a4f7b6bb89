/* loader: what a loop over batches remembers. For the files batches*.c. */
#ifndef OTO_NN_LOADER_H
#define OTO_NN_LOADER_H

#include "batches.h"

struct loader {
    OtoExamples examples;
    OtoBatchOptions options;
    OtoTensor *labels; /* y of a data set, or NULL; its own */
    int64_t count;     /* examples in all */
    int64_t *order, length;
    int64_t next, end; /* batches, over all epochs */
    int64_t ordered;   /* the epoch of the order; -1: none yet */
    uint64_t key;
    uint64_t steps_before;
    bool by_class, said; /* the examples stand class by class, and are taken so */
};

#endif
