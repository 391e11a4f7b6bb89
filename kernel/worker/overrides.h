/* overrides: the C library's functions that mean something else in a cell than in a program of its own. */
#ifndef OTO_WORKER_OVERRIDES_H
#define OTO_WORKER_OVERRIDES_H

#pragma GCC visibility push(hidden)

/* The function that cell code gets when it calls name, or NULL: the system's. */
void *overrides_find(const char *name);

#pragma GCC visibility pop
#endif
