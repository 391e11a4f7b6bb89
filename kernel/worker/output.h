/* output: a cell's stdout and stderr. Whatever a cell does to them (close, dup2, freopen, fclose, wide characters) is
 * its own affair: the next one begins with both as they were at first. */
#ifndef OTO_WORKER_OUTPUT_H
#define OTO_WORKER_OUTPUT_H

#include <stdio.h>

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Once, at the start: remembers where descriptors 0 to 2 lead. False with errno. */
bool output_open(void);
/* At the start of a cell: descriptors 0 to 2, stdout and stderr are put back. */
void output_begin(void);
/* Whether descriptor 0 is still the one of the start: reading it asks the host. */
bool output_input_is_host(void);

/* What fclose and freopen mean for the standard streams in a cell. */
int output_close(FILE *stream);
FILE *output_reopen(const char *path, const char *mode, FILE *stream);

#pragma GCC visibility pop
#endif
