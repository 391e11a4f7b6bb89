/* relocate: the machine's part of linking, one file a machine (relocate_x86_64.c, relocate_aarch64.c). */
#ifndef OTO_WORKER_RELOCATE_H
#define OTO_WORKER_RELOCATE_H

#include "kernel/worker/worker.h"

/* What a relocation wants to know of its symbol. */
enum relocation_value {
    RELOCATION_UNKNOWN,
    RELOCATION_NOTHING,
    RELOCATION_ADDRESS, /* where the symbol is */
    RELOCATION_SLOT,    /* where its slot is */
    RELOCATION_CALL     /* where to jump to call it: its stub, or the code itself when it cannot be redefined */
};

#pragma GCC visibility push(hidden)

/* Which value the type needs, and into *width how many bytes it patches. */
enum relocation_value relocation_needs(uint32_t type, size_t *width);
/* Patches the bytes at place, which cells see at address. NULL, or what went wrong. */
const char *relocation_apply(uint32_t type, unsigned char *place, uintptr_t address, uintptr_t value, int64_t addend);

#pragma GCC visibility pop
#endif
