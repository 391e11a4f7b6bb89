#include "lib/nn/scratch.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/parallel.h"

bool oto_scratch_open(struct scratch *scratch, size_t floats) {
    *scratch = (struct scratch){.floats = (floats + 15) / 16 * 16, .blocks = oto_threads()};
    if (scratch->blocks > OTO_SCRATCH_BLOCKS) scratch->blocks = OTO_SCRATCH_BLOCKS;
    scratch->memory = oto_buffer_new(scratch->floats * (size_t)scratch->blocks * sizeof(float));
    return scratch->memory;
}

void oto_scratch_close(struct scratch *scratch) {
    oto_buffer_release(scratch->memory);
}

/* There are as many blocks as bodies at work, so that one is free at the latest when another body ends. */
float *oto_scratch_take(struct scratch *scratch) {
    for (int i = 0;; i = (i + 1) % scratch->blocks)
        if (!atomic_exchange(&scratch->taken[i], true)) return scratch->memory + (size_t)i * scratch->floats;
}

void oto_scratch_give(struct scratch *scratch, float *block) {
    atomic_store(&scratch->taken[(size_t)(block - scratch->memory) / scratch->floats], false);
}
