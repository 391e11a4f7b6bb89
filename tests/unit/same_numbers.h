/* same_numbers: whether two nets have learned the same, to the bit. After cmocka.h. */
#ifndef OTO_TESTS_SAME_NUMBERS_H
#define OTO_TESTS_SAME_NUMBERS_H

#include "lib/nn/layer.h"

static inline void assert_same_numbers(OtoLayer *a, OtoLayer *b) {
    oto_scope {
        OtoTensorList x = oto_layer_tensors(a), y = oto_layer_tensors(b);
        assert_int_equal(x.count, y.count);
        for (int i = 0; i < x.count; i++)
            assert_memory_equal(x.items[i].tensor->data, y.items[i].tensor->data,
                                (size_t)x.items[i].tensor->size * sizeof(float));
    }
}

#endif
