/* input: the cell's standard input, which is the host's: reading asks for a line and waits for it. */
#ifndef OTO_WORKER_INPUT_H
#define OTO_WORKER_INPUT_H

#include <stdio.h>

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Replaces stdin by a stream that asks the host; false with errno. */
bool input_open(void);
/* Whether a stream is that one. */
bool input_is_host(const FILE *stream);
/* No more input in this cell. */
void input_end(void);
/* At the start of a cell: stdin is that stream again, what an earlier cell left unread is dropped, and so is an end of
 * file. */
void input_reset(void);
/* read(2) of standard input (of the file, where descriptor 0 leads to one): at most size bytes of the line; 0 at end of
 * file; -1 with EINTR when interrupted. */
ssize_t input_read(void *bytes, size_t size);
/* getpass: asks for a line that is not shown while it is typed; empty when there is none. It is overwritten by the next
 * call; NULL without memory. */
char *input_secret(const char *prompt);

#pragma GCC visibility pop
#endif
