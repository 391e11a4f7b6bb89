/* buffer: the memory behind a tensor's elements. A buffer may have several holders (a tensor, and the operations that
 * need it for their gradients) and goes when the last lets go of it. Large buffers that went are kept for the next of
 * their size, because a training asks for the same sizes again in each step; that is why a step costs no page faults,
 * and a million steps take the memory of one. Those below 128 KiB wait a while before. For the library's own files.
 */
#ifndef OTO_BUFFER_H
#define OTO_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* size bytes, aligned to 64; zeroed, or as they come. NULL: no memory. The caller is its first holder. */
void *oto_buffer_zeroed(size_t size);
void *oto_buffer_new(size_t size);
/* One holder more (returns buffer), one less. NULL is nothing to let go of. */
void *oto_buffer_hold(void *buffer);
void oto_buffer_release(void *buffer);
bool oto_buffer_shared(void *buffer);

/* How often the elements were changed in place by the library (oto_update): what was computed from an older version has
 * no gradient any more. */
unsigned oto_buffer_version(void *buffer);
void oto_buffer_changed(void *buffer);

/* Bytes that wait for the next buffer of their size; oto_buffers_trim gives them back to the system. */
int64_t oto_buffer_bytes_waiting(void);
void oto_buffers_trim(void);

#endif
