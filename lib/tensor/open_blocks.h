/* open_blocks: what is undone at the end of a block of the library (an evaluation, averaged weights), also when a refusal or
 * an interrupt jumps out of it. What is known of an open block is not in its frame, which such a jump leaves. */
#ifndef OTO_OPEN_BLOCKS_H
#define OTO_OPEN_BLOCKS_H

#include <stdint.h>

/* Opens a block of this thread: end(what) is called once, at its end, and what is then freed. Its number, or 0 when
 * there is no memory: then nothing is open, and what stays the caller's. */
uint64_t oto_block_begin(void (*end)(void *what), void *what);

/* Ends the block and those further in, which have been jumped out of. One that has ended already is left alone. */
void oto_block_end(uint64_t number);

/* Ends all blocks of this thread, the innermost first. */
void oto_blocks_left(void);

#endif
