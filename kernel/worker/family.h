/* family: how many processes and threads a cell has, so that a fork bomb ends the cell and not the machine.
 *
 * Every process that cell code forks has a place in a table that all processes of the session share, wherever it goes
 * and whatever session it makes for itself; threads are counted by the process that starts them. Programs that a cell
 * starts (system, popen, posix_spawn) know nothing of it: the engine counts those (kernel/engine/usage.h). */
#ifndef OTO_WORKER_FAMILY_H
#define OTO_WORKER_FAMILY_H

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* Once, at start-up; false with errno. */
bool family_open(void);
/* How many may be alive at once from now on; 0: no limit. */
void family_limit(int64_t most);
int64_t family_most(void);

/* fork for cell code, which called it at pc in the frame fp. */
pid_t family_fork(uintptr_t pc, uintptr_t fp);
/* Ends the cell, which wanted more than the limit at pc in the frame fp; also from a forked child of it, or from
 * another thread. */
[[noreturn]] void family_exhausted(uintptr_t pc, uintptr_t fp);

#pragma GCC visibility pop
#endif
