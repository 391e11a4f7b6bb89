#include "kernel/worker/program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kernel/worker/fault.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/signals.h"
#include "lib/record/record.h"

static const struct loaded *program;
static int status;

void program_exit_now(int code) {
    if (worker_is_forked_child()) _exit(code);
    code &= 0xff;
    if (code) fault_exit(code, 0, 0);
    struct oto_record record;
    oto_record_begin(&record, WORKER_RAN);
    oto_record_integer(&record, "unit", worker.unit);
    oto_record_text(&record, "how", "exited");
    oto_record_integer(&record, "threads", 0);
    oto_record_send(worker.records, &record);
    _exit(0);
}

/* Registered before the program can register anything, so it runs after all of that. A child that the program forked
 * goes on with the C library's own exit. */
static void finish(void) {
    for (size_t i = program->finaliser_count; i-- > 0;) program->finalisers[i]();
    fflush(NULL);
    if (!worker_is_forked_child()) program_exit_now(status);
}

static void finish_quickly(void) {
    if (!worker_is_forked_child()) program_exit_now(status);
}

/* Checked code at -O0 takes up to six times the stack that it takes unchecked, of which a terminal gives 8 MiB. The
 * system lets the first thread's stack grow up to the limit of the moment. */
static void widen_stack(void) {
    const rlim_t stack = 64 << 20;
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur >= stack) return;
    limit.rlim_cur = limit.rlim_max < stack ? limit.rlim_max : stack;
    if (setrlimit(RLIMIT_STACK, &limit) < 0) perror("oto-worker: setrlimit");
}

void program_begin(const struct loaded *loaded) {
    static struct loaded own; /* main may leave by pthread_exit, and the caller's frames with it */
    own = *loaded;
    program = &own;
    worker.program = true;
    widen_stack();
    if (atexit(finish) != 0 || at_quick_exit(finish_quickly) != 0)
        fputs("oto-worker: this program's exit status will be lost\n", stderr);
}

void program_main(uintptr_t entry, int argument_count, char **arguments) {
    extern char **environ;
    errno = 0;
    load_initialise(program);
    program_exit(((int (*)(int, char **, char **))entry)(argument_count, arguments, environ));
}

void program_exit(int code) {
    status = code;
    exit(code);
}

void program_quick_exit(int code) {
    status = code;
    quick_exit(code);
}

/* ---- undefined behaviour ---- */

/* A division by zero traps in the machine: only a program with a handler of its own for that goes on. */
static bool handles_division(void) {
    struct sigaction action;
    return sigaction(SIGFPE, NULL, &action) == 0 && !signals_handle(&action) && action.sa_handler != SIG_DFL;
}

bool program_survives(const char *kind) {
    if (!worker.program || !strcmp(kind, "unreachable-call")) return false;
    return strcmp(kind, "integer-divide-by-zero") != 0 || handles_division();
}

void program_finding(const char *kind, const char *message, unsigned line, unsigned column) {
    int before = errno;
    struct oto_record record;
    oto_record_begin(&record, WORKER_FINDING);
    oto_record_text(&record, "what", "undefined");
    oto_record_text(&record, "kind", kind);
    oto_record_text(&record, "message", message);
    oto_record_integer(&record, "line", line);
    oto_record_integer(&record, "column", column);
    oto_record_send(worker.records, &record);
    oto_record_free(&record);
    errno = before;
}
