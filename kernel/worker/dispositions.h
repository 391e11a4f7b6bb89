/* dispositions: what the C library's functions about signals mean in a cell.
 *
 * Three real-time signals are the worker's own, as two are the C library's: a cell cannot handle them, and block only
 * the interrupt. Where the worker handles a signal only to tell how a cell died, the cell sees and sets SIG_DFL. */
#ifndef OTO_WORKER_DISPOSITIONS_H
#define OTO_WORKER_DISPOSITIONS_H

#include <signal.h>

#include "kernel/worker/worker.h"

#pragma GCC visibility push(hidden)

/* signal, sigaction, sigprocmask, pthread_sigmask and sigsuspend of a cell. */
void (*dispositions_signal(int number, void (*handler)(int)))(int);
int dispositions_sigaction(int number, const struct sigaction *action, struct sigaction *before);
int dispositions_sigprocmask(int how, const sigset_t *set, sigset_t *before);
int dispositions_pthread_sigmask(int how, const sigset_t *set, sigset_t *before);
int dispositions_sigsuspend(const sigset_t *set);

#pragma GCC visibility pop
#endif
