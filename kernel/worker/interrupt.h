/* interrupt: stopping a cell that runs too long, without losing what it did.
 *
 * The engine sends WORKER_SIGNAL_INTERRUPT. When the program counter is in cell code, the handler leaves the cell at
 * once. When it is in a library (which may hold a lock, or be half way through a list), the handler takes the right to
 * execute away from all cell code instead: the library finishes its work, its return into the cell faults, and the
 * fault leaves the cell. Blocking system calls end with EINTR. */
#ifndef OTO_WORKER_INTERRUPT_H
#define OTO_WORKER_INTERRUPT_H

#include <signal.h>

#include "kernel/worker/frames.h"
#include "kernel/worker/worker.h"

/* For library calls that take long: has the cell been asked to stop? Then return early, in a sound state. */
bool oto_interrupted(void);

#pragma GCC visibility push(hidden)

/* At start-up, and again for each cell, which may have taken the signal away. */
void interrupt_install(void);
/* In a new process: what was asked of its parent is not asked of it. */
void interrupt_forget(void);
/* A thread asks the main thread to leave the cell; how is RAN's. */
void interrupt_request(const char *how);
/* At the start of a cell: leaves it at once when it was interrupted before it began. */
void interrupt_check(void);
/* The frames in which a cell was left that has just been interrupted, innermost first; how many. */
size_t interrupt_place(const struct frame **place);
/* The library, called from where frames are, can go no further. When it was asked to stop, that is why (what it has
 * left out is no number), and the cell is left as by any interrupt; else this returns. On the main thread. */
void interrupt_instead(const struct frame *place, size_t count);
/* After a cell: forgets what is pending and lets cell code run again. */
void interrupt_settle(void);
/* Is this SIGSEGV the return into cell code that an interrupt waits for? Then it does not return. */
void interrupt_on_fault(const siginfo_t *info, void *context);

#pragma GCC visibility pop
#endif
