/* session: the loop over the engine's commands, and transactions by fork. */
#ifndef OTO_WORKER_SESSION_H
#define OTO_WORKER_SESSION_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Serves until the commands end; returns the exit status of the process. */
int session_serve(void);

#pragma GCC visibility pop
#endif
