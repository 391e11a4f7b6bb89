/* guard: a sleeping process that outlives the kernel for a moment, for the ends that no program can prepare: SIGKILL,
 * as clients and the system's memory killer send it, and other signals that come from outside. */
#ifndef OTO_GUARD_H
#define OTO_GUARD_H

#include <stdbool.h>
#include <sys/types.h>

/* Forks the guard; call it first, while the process is small and has one thread. Every program started from here on
 * carries OTO_KERNEL in its environment; when the kernel has ended, however, the guard kills whoever carries it still.
 * False, with errno, when there can be none. */
bool guard_start(void);

/* The guard, which ends by itself. */
pid_t guard_process(void);

/* When the kernel ends, the guard removes this file if it is still the one that is there now. */
void guard_remember(const char *path);

#endif
