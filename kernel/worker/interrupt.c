#include "kernel/worker/interrupt.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/machine.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/run.h"
#include "kernel/worker/signals.h"

static volatile sig_atomic_t pending;
static const char *volatile reason = "interrupted";

bool oto_interrupted(void) {
    return pending;
}

static struct frame frames[FRAMES_MAX]; /* where the cell was left */
static size_t frame_count;

/* Where the cell is; returning: pc is where it was about to return to, so the call just before it is meant. */
static void note_place(const void *context, bool returning) {
    frame_count = frames_walk(frames, machine_pc(context) - returning, machine_fp(context), machine_sp(context),
                              machine_link(context));
}

size_t interrupt_place(const struct frame **place) {
    *place = frames;
    return frame_count;
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
    if (arena_is_code(machine_pc(context))) {
        note_place(context, false);
        leave_cell();
    }
    signals_reclaim_segv();
    sigdelset(&((ucontext_t *)context)->uc_sigmask, SIGSEGV); /* or the return into the cell would kill it */
    arena_forbid_execution(true);
}

void interrupt_install(void) {
    struct sigaction action = {.sa_sigaction = on_interrupt, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigset_t unblock;
    sigemptyset(&action.sa_mask);
    sigaction(WORKER_SIGNAL_INTERRUPT, &action, NULL);
    sigemptyset(&unblock);
    sigaddset(&unblock, WORKER_SIGNAL_INTERRUPT);
    sigprocmask(SIG_UNBLOCK, &unblock, NULL);
}

void interrupt_forget(void) {
    pending = 0;
}

void interrupt_request(const char *how) {
    reason = how;
    syscall(SYS_tgkill, worker.session, worker.thread, WORKER_SIGNAL_INTERRUPT);
}

void interrupt_check(void) {
    frame_count = 0;
    if (pending) leave_cell();
}

void interrupt_instead(const struct frame *place, size_t count) {
    if (!pending) return;
    memcpy(frames, place, count * sizeof *place);
    frame_count = count;
    leave_cell();
}

void interrupt_settle(void) {
    if (pending) arena_forbid_execution(false);
    pending = 0;
    reason = "interrupted";
}

void interrupt_on_fault(const siginfo_t *info, void *context) {
    uintptr_t pc = machine_pc(context);
    if (!pending || !run_active() || pc != (uintptr_t)info->si_addr || !arena_is_code(pc)) return;
    if (gettid() == worker.thread && !worker_is_forked_child()) {
        note_place(context, true);
        leave_cell();
    }
    if (worker_is_forked_child()) _exit(0);
    for (;;) pause(); /* another thread of the cell: it is stopped anyway when the cell ends */
}
