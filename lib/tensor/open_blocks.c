#include "lib/tensor/open_blocks.h"

#include <stdlib.h>

struct block {
    struct block *outer;
    uint64_t number; /* grows inwards */
    void (*end)(void *what);
    void *what;
};
static _Thread_local struct block *innermost;
static _Thread_local uint64_t last_number;

uint64_t oto_block_begin(void (*end)(void *what), void *what) {
    struct block *block = malloc(sizeof *block);
    if (!block) return 0;
    *block = (struct block){innermost, ++last_number, end, what};
    innermost = block;
    return block->number;
}

void oto_block_end(uint64_t number) {
    while (innermost && innermost->number >= number) {
        struct block *block = innermost;
        innermost = block->outer;
        block->end(block->what);
        free(block->what);
        free(block);
    }
}

void oto_blocks_left(void) {
    oto_block_end(0);
}
