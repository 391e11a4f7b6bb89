/* run: one RUN command, from the object to RAN. */
#ifndef OTO_WORKER_RUN_H
#define OTO_WORKER_RUN_H

#include "kernel/worker/worker.h"
#include "lib/record/record.h"

#pragma GCC visibility push(hidden)

void run_cell(const struct oto_record *command);

/* Is the session's main thread inside cell code (or in what it called)? */
bool run_active(void);
/* Leaves the running cell, from its main thread, also out of a signal handler; how is RAN's. */
[[noreturn]] void run_unwind(const char *how);
/* The same from another of the session's threads, which ends here. */
[[noreturn]] void run_unwind_from_thread(const char *how);
/* Frames at or above this address belong to the worker. 0 on other threads. */
uintptr_t run_base(void);

#pragma GCC visibility pop
#endif
