/* A checkpoint that somebody else wrote: a net takes all of it, or is left as it was; nothing else may happen. */
#include "lib/oto.h"
#include "survive.h"

#include <string.h>

static OtoLayer *net;
static OtoOptimizer *adam;
static float before[64];

static void copy_numbers(float to[64]) {
    int at = 0;
    oto_scope {
        OtoTensorList list = oto_layer_tensors(net);
        for (int i = 0; i < list.count; i++)
            for (int64_t k = 0; k < list.items[i].tensor->size; k++)
                to[at++] = ((float *)list.items[i].tensor->data)[k];
    }
}

static bool loaded;
static void use(const uint8_t *data, size_t size) {
    copy_numbers(before);
    loaded = false;
    oto_load_bytes(net, "fuzz.safetensors", data, size, (OtoLoadOptions){.optimizer = size % 2 ? adam : NULL});
    loaded = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (!net) {
        net = oto_sequential(oto_nn_linear(2, 3), oto_nn_batch_norm1d(3));
        adam = oto_adam(net);
    }
    survive(use, data, size);
    float after[64] = {};
    copy_numbers(after);
    if (!loaded && memcmp(before, after, sizeof after) != 0) abort();
    return 0;
}
