#include "kernel/worker/family.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/worker/fault.h"
#include "kernel/worker/protocol.h"

enum { PLACES = 4096, CLAIMED = -1 };

static struct family {
    _Atomic pid_t places[PLACES]; /* 0: free */
} *family;
static int64_t most;

/* In the cell's process: a child of it found no place. */
static void on_exhausted(int signal, siginfo_t *info, void *context) {
    if (!worker_is_forked_child()) family_exhausted(0, 0);
}

bool family_open(void) {
    family = mmap(NULL, sizeof *family, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sigaction action = {.sa_sigaction = on_exhausted, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    return family != MAP_FAILED && sigaction(WORKER_SIGNAL_FAMILY, &action, NULL) == 0;
}

void family_limit(int64_t limit) {
    most = limit > PLACES ? PLACES : limit;
}

int64_t family_most(void) {
    return most;
}

static bool is_gone(pid_t pid) {
    return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* A place for a process that is about to be forked, or NULL: all that the limit grants are taken. */
static _Atomic pid_t *claim(void) {
    for (int64_t i = 0; i < most; i++) {
        pid_t holder = 0;
        if (atomic_compare_exchange_strong(&family->places[i], &holder, CLAIMED)) return &family->places[i];
    }
    for (int64_t i = 0; i < most; i++) {
        pid_t holder = atomic_load(&family->places[i]);
        if (is_gone(holder) && atomic_compare_exchange_strong(&family->places[i], &holder, CLAIMED))
            return &family->places[i];
    }
    return NULL;
}

pid_t family_fork(uintptr_t pc, uintptr_t fp) {
    if (!most) return fork();
    _Atomic pid_t *place = claim();
    if (!place) family_exhausted(pc, fp);
    pid_t child = fork();
    if (child == 0) {
        atomic_store(place, getpid());
    } else { /* the child may be dead before it could say who it is */
        pid_t claimed = CLAIMED;
        atomic_compare_exchange_strong(place, &claimed, child < 0 ? 0 : child);
    }
    return child;
}

void family_exhausted(uintptr_t pc, uintptr_t fp) {
    if (worker_is_forked_child()) {
        kill(worker.session, WORKER_SIGNAL_FAMILY);
        _exit(1);
    }
    fault_processes(most, most, pc, fp);
}
