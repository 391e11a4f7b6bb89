#include "kernel/worker/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/worker/children.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/offsets.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/threads.h"
#include "lib/record/record.h"
#include "lib/tensor/parallel.h"

static pid_t below; /* the snapshot that this process was made from; 0: none */

static bool has_threads(void) {
    struct stat tasks;
    return stat("/proc/self/task", &tasks) < 0 || tasks.st_nlink != 3; /* the folder itself, .. and one thread */
}

/* A fork without the handlers of the libraries, when there is no thread whose locks they would have to settle: those of
 * AddressSanitizer alone read four megabytes. Handlers that student code registered are for its own forks. */
static pid_t fork_quickly(void) {
    if (has_threads()) return fork();
    pid_t child = _Fork();
    if (child == 0) sanitizer_forked();
    return child;
}

static void say_restored(int status) {
    struct oto_record record;
    oto_record_begin(&record, WORKER_RESTORED);
    oto_record_integer(&record, "status", status);
    oto_record_integer(&record, "pid", getpid());
    oto_record_send(worker.records, &record); /* an engine that is gone shows on the next command */
    oto_record_free(&record);
}

/* Nobody is there who could continue it: its own children might. */
static bool stays_stopped(pid_t child) {
    siginfo_t info = {};
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    return waitid(P_PID, (id_t)child, &info, WSTOPPED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child &&
           !children_exist(child);
}

/* Waits for its end. One that stopped itself is ended; then the status tells of the stop. */
static int outlive(pid_t child) {
    bool failed;
    for (int status, stopped = 0;;) {
        siginfo_t info = {};
        if (waitid(P_PID, (id_t)child, &info, WEXITED | WSTOPPED | WNOWAIT) < 0 && errno == EINTR) continue;
        if (info.si_code != CLD_STOPPED) {
            while ((failed = waitpid(child, &status, 0) < 0) && errno == EINTR) {
            }
            return stopped ? stopped : failed ? 0 : status;
        }
        if (!stays_stopped(child)) continue;
        stopped = W_STOPCODE(info.si_status);
        kill(child, SIGKILL);
    }
}

static int wait_for(pid_t child) {
    /* A student's handler must not run in the snapshot, and the engine may be gone when we report. */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    int status = outlive(child);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static void become_session(pid_t parent) {
    below = parent;
    worker.session = getpid();
    worker.thread = gettid();
    worker.program = false;
    threads_forget();
    interrupt_forget();
}

bool snapshot_take(void) {
    /* What a cell starts and leaves comes to its snapshot when the cell dies. */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    for (;;) {
        oto_parallel_rest();
        struct offsets offsets = offsets_take();
        struct children before = children_list();
        /* a cell that ignores SIGCHLD would keep the end of its own process from us */
        struct sigaction normal = {.sa_handler = SIG_DFL}, of_cells;
        sigaction(SIGCHLD, &normal, &of_cells);
        pid_t self = getpid(), child = fork_quickly();
        if (child < 0) perror("oto-worker: cannot take a snapshot");
        if (child <= 0) {
            sigaction(SIGCHLD, &of_cells, NULL);
            offsets_forget(&offsets);
            children_forget(&before);
            if (child == 0) become_session(self);
            return child == 0;
        }
        int status = wait_for(child);
        sigaction(SIGCHLD, &of_cells, NULL);
        children_end_others(&before);
        offsets_restore(&offsets);
        say_restored(status);
    }
}

void snapshot_undo(void) {
    if (worker.session == getpid() && below && getppid() == below) kill(below, SIGKILL);
    _exit(0);
}
