/* heap: the worker's own memory, apart from the one that cell code gets from malloc.
 *
 * malloc is AddressSanitizer's here: it keeps what was freed in quarantine for a long time and surrounds every block
 * with zones, which a worker that loads an object a cell would pay for in memory and in the time of every fork. This is
 * the C library's own allocator, which nothing else in the process uses, so a cell that breaks its heap leaves the
 * loader's tables whole, and a search for leaks does not see them. */
#ifndef OTO_WORKER_HEAP_H
#define OTO_WORKER_HEAP_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Each NULL when there is no memory; release with heap_free. */
void *heap_allocate(size_t size); /* zeroed */
void *heap_resize(void *block, size_t size);
char *heap_copy(const char *text);
char *heap_copy_n(const char *text, size_t length);
[[gnu::format(printf, 1, 2)]] char *heap_format(const char *format, ...);
void heap_free(void *block);

/* From here on, records are made of this memory too. */
void heap_serve_records(void);

#pragma GCC visibility pop
#endif
