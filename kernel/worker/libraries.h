/* libraries: the shared libraries that a cell asks for with -lNAME. */
#ifndef OTO_WORKER_LIBRARIES_H
#define OTO_WORKER_LIBRARIES_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Opens each of the names (one a line; m is libm.so, /a/path.so that file), so that its symbols are found. NULL, or
 * malloc'd text that says which cannot be opened and why. */
char *libraries_open(const char *names);

#pragma GCC visibility pop
#endif
