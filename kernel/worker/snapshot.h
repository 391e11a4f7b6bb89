/* snapshot: the session's state before a cell, kept by a process that sleeps under the one that runs the cell. */
#ifndef OTO_WORKER_SNAPSHOT_H
#define OTO_WORKER_SNAPSHOT_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Returns true in a new process, which is the session from now on. The calling process sleeps as its snapshot; when the
 * new one ends, whatever the reason, the snapshot ends what that left behind, puts file offsets back, says RESTORED,
 * and takes the next snapshot of itself, so true is returned anew. False: no process can be made; the caller goes on
 * without. */
bool snapshot_take(void);
/* Ends the calling process, and the snapshot with the same state below it, so that the one below that goes on. */
[[noreturn]] void snapshot_undo(void);

#pragma GCC visibility pop
#endif
