#include "kernel/worker/dispositions.h"

#include <errno.h>

#include "kernel/worker/protocol.h"
#include "kernel/worker/signals.h"

static bool is_reserved(int number) {
    return number == WORKER_SIGNAL_INTERRUPT || number == WORKER_SIGNAL_STOP_THREAD || number == WORKER_SIGNAL_FAMILY;
}

/* For a while: in a handler, or in sigsuspend. */
static void unreserve(sigset_t *set) {
    sigdelset(set, WORKER_SIGNAL_INTERRUPT);
    sigdelset(set, WORKER_SIGNAL_STOP_THREAD);
    sigdelset(set, WORKER_SIGNAL_FAMILY);
}

/* For good: who blocks everything does not want to be interrupted, and is then stopped by force. */
static const sigset_t *without_reserved(int how, const sigset_t *set, sigset_t *own) {
    if (!set || how == SIG_UNBLOCK) return set;
    *own = *set;
    sigdelset(own, WORKER_SIGNAL_STOP_THREAD);
    sigdelset(own, WORKER_SIGNAL_FAMILY);
    return own;
}

int dispositions_sigaction(int number, const struct sigaction *action, struct sigaction *before) {
    struct sigaction own, found;
    if (is_reserved(number)) {
        errno = EINVAL;
        return -1;
    }
    if (action) {
        own = *action;
        unreserve(&own.sa_mask);
        if (own.sa_handler == SIG_DFL) signals_default(number, &own);
    }
    if (sigaction(number, action ? &own : NULL, &found) < 0) return -1;
    if (!before) return 0;
    *before = found;
    if (signals_handle(&found)) {
        *before = (struct sigaction){.sa_handler = SIG_DFL};
        sigemptyset(&before->sa_mask);
    }
    return 0;
}

void (*dispositions_signal(int number, void (*handler)(int)))(int) {
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    sigemptyset(&action.sa_mask);
    if (handler == SIG_ERR) {
        errno = EINVAL;
        return SIG_ERR;
    }
    return dispositions_sigaction(number, &action, &before) < 0 ? SIG_ERR : before.sa_handler;
}

int dispositions_sigprocmask(int how, const sigset_t *set, sigset_t *before) {
    sigset_t own;
    return sigprocmask(how, without_reserved(how, set, &own), before);
}

int dispositions_pthread_sigmask(int how, const sigset_t *set, sigset_t *before) {
    sigset_t own;
    return pthread_sigmask(how, without_reserved(how, set, &own), before);
}

int dispositions_sigsuspend(const sigset_t *set) {
    sigset_t own = *set;
    unreserve(&own);
    return sigsuspend(&own);
}
