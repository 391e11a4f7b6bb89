/* arena: one reserved piece of the address space that holds all cell code and its data.
 *
 * Everything lies within 2 GiB, so that small-model code reaches its slots and constants by 32-bit displacements. The
 * areas grow upwards; what a unit was given stays its own as long as the session lives, so old code and old pointers
 * stay valid. Only a unit of statements that has run gives the memory of its code back.
 *
 * Code and constants are memory that all processes of the session share: they are written once, behind what any
 * snapshot uses, so a snapshot needs no copy of them and a fork no page tables for them. Cells see them read-only; the
 * loader writes through a second view. */
#ifndef OTO_WORKER_ARENA_H
#define OTO_WORKER_ARENA_H

#include "kernel/worker/worker.h"

/* AREA_MISSING stays inaccessible: missing.h. */
enum area { AREA_STUBS, AREA_TEXT, AREA_RODATA, AREA_SLOTS, AREA_DATA, AREA_MISSING, AREA_COUNT };

#pragma GCC visibility push(hidden)

/* Reserves the address space; false with errno when the system refuses. */
bool arena_open(void);
/* How many bytes the area still takes. */
size_t arena_room(enum area area);
/* Zeroed memory of the area; NULL when the area is full or the system has no memory. align is a power of two. What it
 * returns is the address for cells: it is written at arena_writable. */
void *arena_allocate(enum area area, size_t size, size_t align);
void *arena_writable(const void *at);
/* Gives the memory between two addresses of a shared area back to the system, as soon as whole pages of it are given
 * back; the addresses are not used again. */
void arena_discard(enum area area, uintptr_t low, uintptr_t high);

bool arena_holds(enum area area, uintptr_t address);
/* Is that code of cells, or a stub by which they call? */
bool arena_is_code(uintptr_t address);
uintptr_t arena_low(enum area area);
uintptr_t arena_high(enum area area); /* end of what is in use */

/* Makes the code that cells see this process's own, so that a debugger can write breakpoints into it; again after each
 * unit that was loaded, for its code. False: the system refuses. */
bool arena_own_code(void);
/* Back to the code that all processes share, without what was written. */
bool arena_share_code(void);
/* Takes the right to execute away from all cell code, or gives it back (see interrupt.c). */
void arena_forbid_execution(bool forbid);

#pragma GCC visibility pop
#endif
