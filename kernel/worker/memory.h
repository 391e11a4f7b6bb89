/* memory: the limit on what a cell may hold, and reading memory that may not be there. */
#ifndef OTO_WORKER_MEMORY_H
#define OTO_WORKER_MEMORY_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Was an allocation of size bytes refused because of the limit (and not because the machine could never grant it)? */
bool memory_is_limit(size_t size);

/* Copies size bytes from address, without touching them itself; false when any of them cannot be read. Safe in signal
 * handlers. */
bool memory_read(void *to, uintptr_t address, size_t size);

#pragma GCC visibility pop
#endif
