/* wide_input: the C library's functions that read wide characters, for cells.
 *
 * The stream that asks the host is one of bytes only (no stream with functions of its own can be wide in glibc), so
 * wide characters are put together here; for other streams the library's own functions are called. */
#ifndef OTO_WORKER_WIDE_INPUT_H
#define OTO_WORKER_WIDE_INPUT_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* What a cell is to call instead of the C library's function of that name, or NULL. */
void *wide_input_find(const char *name);

#pragma GCC visibility pop
#endif
