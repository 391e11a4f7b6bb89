#include "kernel/worker/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernel/worker/fault.h"
#include "kernel/worker/protocol.h"
#include "lib/record/record.h"

static const struct loaded *program;
static int status;

void program_exit_now(int code) {
    if (worker_is_forked_child()) _exit(code);
    code &= 0xff;
    if (code) fault_exit(code, 0, 0);
    struct oto_record record;
    oto_record_begin(&record, WORKER_RAN);
    oto_record_text(&record, "how", "exited");
    oto_record_integer(&record, "threads", 0);
    oto_record_send(worker.records, &record);
    _exit(0);
}

/* Registered before the program can register anything, so it runs after all of that. */
static void finish(void) {
    for (size_t i = program->finaliser_count; i-- > 0;) program->finalisers[i]();
    fflush(NULL);
    program_exit_now(status);
}

void program_begin(const struct loaded *loaded) {
    program = loaded;
    worker.program = true;
    if (atexit(finish) != 0) fputs("oto-worker: this program's exit status will be lost\n", stderr);
}

void program_exit(int code) {
    status = code;
    exit(code);
}
