/* arena: one reserved piece of the address space that holds all cell code and its data.
 *
 * Everything lies within 2 GiB, so that small-model code reaches its slots and constants by 32-bit displacements. The
 * four areas grow upwards and are never given back: old code stays valid as long as the session lives. */
#ifndef OTO_WORKER_ARENA_H
#define OTO_WORKER_ARENA_H

#include "kernel/worker/worker.h"

enum area { AREA_TEXT, AREA_RODATA, AREA_SLOTS, AREA_DATA, AREA_COUNT };

#pragma GCC visibility push(hidden)

/* Reserves the address space; false with errno when the system refuses. */
bool arena_open(void);
/* How many bytes the area still takes. */
size_t arena_room(enum area area);
/* Zeroed memory of the area, writable until arena_seal; NULL when the area is full or the system has no memory.
 * align is a power of two. */
void *arena_allocate(enum area area, size_t size, size_t align);
/* Makes text read-and-execute and rodata read-only again. */
bool arena_seal(void);

bool arena_holds(enum area area, uintptr_t address);
uintptr_t arena_low(enum area area);
uintptr_t arena_high(enum area area); /* end of what is in use */

/* Takes the right to execute away from all cell code, or gives it back (see interrupt.c). */
void arena_forbid_execution(bool forbid);

#pragma GCC visibility pop
#endif
