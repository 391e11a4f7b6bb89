/* scratch: memory for the bodies of oto_parallel to work in, one block for each that can be at work at a time; so it is
 * as large as the threads ask for, not as the pieces, and stays in their caches. For the library's own files. */
#ifndef OTO_SCRATCH_H
#define OTO_SCRATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { OTO_SCRATCH_BLOCKS = 64 };

struct scratch {
    float *memory;
    size_t floats; /* of a block */
    int blocks;
    atomic_bool taken[OTO_SCRATCH_BLOCKS];
};

/* Blocks of so many floats, aligned to 64 bytes. false: no memory. */
bool oto_scratch_open(struct scratch *scratch, size_t floats);
void oto_scratch_close(struct scratch *scratch);
/* In a body: a block that nobody else works in, and back. */
float *oto_scratch_take(struct scratch *scratch);
void oto_scratch_give(struct scratch *scratch, float *block);

#endif
