/* program: the end of a cell that defines main: exit is the real one, and its status travels to the engine. */
#ifndef OTO_WORKER_PROGRAM_H
#define OTO_WORKER_PROGRAM_H

#include "kernel/worker/load.h"

#pragma GCC visibility push(hidden)

/* From here on this process is that program; *loaded must stay until it ends. */
void program_begin(const struct loaded *loaded);
/* exit(code): runs atexit functions and destructors, flushes, reports, ends. */
[[noreturn]] void program_exit(int code);
/* _exit(code): reports and ends. */
[[noreturn]] void program_exit_now(int code);

#pragma GCC visibility pop
#endif
