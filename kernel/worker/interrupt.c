#include "kernel/worker/interrupt.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/machine.h"
#include "kernel/worker/run.h"
#include "kernel/worker/signals.h"

static volatile sig_atomic_t pending;
static const char *volatile reason = "interrupted";

int interrupt_signal(void) {
    return SIGRTMIN + 5;
}

bool oto_interrupted(void) {
    return pending;
}

static void leave_cell(void) {
    arena_forbid_execution(false);
    pending = 0;
    const char *how = reason;
    reason = "interrupted";
    run_unwind(how);
}

static void on_interrupt(int signal, siginfo_t *info, void *context) {
    if (worker_is_forked_child()) _exit(0);
    if (gettid() != worker.thread) {
        syscall(SYS_tgkill, worker.session, worker.thread, signal);
        return;
    }
    pending = 1;
    if (!run_active()) return; /* its code is being loaded: interrupt_check sees it */
    if (arena_is_code(machine_pc(context))) leave_cell();
    signals_reclaim_segv();
    arena_forbid_execution(true);
}

void interrupt_install(void) {
    struct sigaction action = {.sa_sigaction = on_interrupt, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigset_t unblock;
    sigemptyset(&action.sa_mask);
    sigaction(interrupt_signal(), &action, NULL);
    sigemptyset(&unblock);
    sigaddset(&unblock, interrupt_signal());
    sigprocmask(SIG_UNBLOCK, &unblock, NULL);
}

void interrupt_forget(void) {
    pending = 0;
}

void interrupt_request(const char *how) {
    reason = how;
    syscall(SYS_tgkill, worker.session, worker.thread, interrupt_signal());
}

void interrupt_check(void) {
    if (pending) leave_cell();
}

void interrupt_settle(void) {
    if (pending) arena_forbid_execution(false);
    pending = 0;
    reason = "interrupted";
}

void interrupt_on_fault(const siginfo_t *info, void *context) {
    uintptr_t pc = machine_pc(context);
    if (!pending || !run_active() || pc != (uintptr_t)info->si_addr || !arena_is_code(pc)) return;
    if (gettid() == worker.thread && !worker_is_forked_child()) leave_cell();
    if (worker_is_forked_child()) _exit(0);
    for (;;) pause(); /* another thread of the cell: it is stopped anyway when the cell ends */
}
