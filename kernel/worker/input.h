/* input: the cell's standard input, which is the host's: reading asks for a line and waits for it. */
#ifndef OTO_WORKER_INPUT_H
#define OTO_WORKER_INPUT_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Replaces stdin by a stream that asks the host; false with errno. */
bool input_open(void);
/* At the start of a cell: what an earlier cell left unread is dropped, and so is an end of file. */
void input_begin(void);
/* read(2) of standard input: at most size bytes of the line; 0 at end of file; -1 with EINTR when interrupted. */
ssize_t input_read(void *bytes, size_t size);

#pragma GCC visibility pop
#endif
