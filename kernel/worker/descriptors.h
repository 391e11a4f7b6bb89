/* descriptors: the worker's own file descriptors. They have high numbers, so that the first file a cell opens is 3 as
 * in any process, and cells cannot close or replace them: to a cell they are not open. */
#ifndef OTO_WORKER_DESCRIPTORS_H
#define OTO_WORKER_DESCRIPTORS_H

#include <stdbool.h>

#pragma GCC visibility push(hidden)

/* Another descriptor for the same file, one of the worker's own from now on; negative with errno when there is none. */
int descriptors_keep(int fd);
/* The same, and closes fd. */
int descriptors_move(int fd);

/* What cells call: the C library's functions, but for the worker's own descriptors. */
int descriptors_close(int fd);
int descriptors_dup2(int from, int to);
int descriptors_dup3(int from, int to, int flags);
int descriptors_close_range(unsigned first, unsigned last, int flags);
void descriptors_closefrom(int first);

#pragma GCC visibility pop
#endif
