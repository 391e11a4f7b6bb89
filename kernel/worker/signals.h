/* signals: the signals by which the machine ends a cell, and what each of them meant. */
#ifndef OTO_WORKER_SIGNALS_H
#define OTO_WORKER_SIGNALS_H

#include <signal.h>

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

void signals_install(void);
/* Is this action one of ours? */
bool signals_handle(const struct sigaction *action);
/* Where a cell wants a signal's default, which ends it: our action, so that we can tell. Other signals' stay. */
void signals_default(int number, struct sigaction *action);
/* Takes SIGSEGV back from the cell, which may have a handler of its own; safe in signal handlers. */
void signals_reclaim_segv(void);

#pragma GCC visibility pop
#endif
