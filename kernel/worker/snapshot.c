#include "kernel/worker/snapshot.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/worker/children.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/offsets.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/threads.h"
#include "lib/record/record.h"

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

static int wait_for(pid_t child) {
    int status = 0;
    /* A student's handler must not run in the snapshot, and the engine may be gone when we report. */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
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
        struct offsets offsets = offsets_take();
        struct children before = children_list();
        pid_t self = getpid(), child = fork_quickly();
        if (child < 0) perror("oto-worker: cannot take a snapshot");
        if (child <= 0) {
            offsets_forget(&offsets);
            children_forget(&before);
            if (child == 0) become_session(self);
            return child == 0;
        }
        int status = wait_for(child);
        children_end_others(&before);
        offsets_restore(&offsets);
        say_restored(status);
    }
}

void snapshot_undo(void) {
    if (worker.session == getpid() && below && getppid() == below) kill(below, SIGKILL);
    _exit(0);
}
