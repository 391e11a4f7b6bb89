/* weights: of a net whose PyTorch twin has the same ones, without a file: drawn by the path of each tensor. */
#ifndef OTO_TESTS_WEIGHTS_H
#define OTO_TESTS_WEIGHTS_H

#include <string.h>

#include "golden.h"
#include "lib/nn/layer.h"

/* As weights in tests/golden/make_nn_pytorch.py and filled in weights.py. */
static inline void fill_weights(OtoLayer *net) {
    OtoTensorList list = oto_layer_tensors(net);
    for (int i = 0; i < list.count; i++) {
        uint32_t seed = 0;
        for (const char *at = list.items[i].path; *at; at++) seed += (unsigned char)*at;
        float *data = golden_fill(list.items[i].tensor, seed)->data;
        bool variance = strstr(list.items[i].path, "running_var");
        for (int64_t k = 0; k < list.items[i].tensor->size; k++)
            data[k] = variance ? fabsf(0.5f * data[k]) + 0.5f : 0.5f * data[k];
    }
}

#endif
