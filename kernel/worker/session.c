#include "kernel/worker/session.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/family.h"
#include "kernel/worker/leaks.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/run.h"
#include "kernel/worker/snapshot.h"
#include "kernel/worker/symbols.h"
#include "kernel/worker/threads.h"
#include "kernel/worker/value.h"
#include "lib/record/record.h"

/* Sends and frees. An engine that is gone shows as end of file on the next command. */
static void say(struct oto_record *record) {
    if (oto_record_send(worker.records, record) < 0 && errno == EMSGSIZE)
        fprintf(stderr, "oto-worker: a message of kind %d is too large to send\n", record->kind);
    oto_record_free(record);
}

static void say_pid(int kind) {
    struct oto_record record;
    oto_record_begin(&record, kind);
    oto_record_integer(&record, "pid", getpid());
    say(&record);
}

static void limit_files(void) {
    struct rlimit size;
    if (getrlimit(RLIMIT_FSIZE, &size) < 0) return;
    rlim_t wanted = worker.file_limit ? (rlim_t)worker.file_limit : RLIM_INFINITY;
    size.rlim_cur = wanted < size.rlim_max ? wanted : size.rlim_max;
    if (setrlimit(RLIMIT_FSIZE, &size) < 0) perror("oto-worker: setrlimit");
}

/* What a cell may take: from here on, up to the limits that BEGIN names. */
static void limit(const struct oto_record *command) {
    struct rlimit data;
    worker.memory_limit = oto_record_get_integer(command, "memory", 0);
    worker.memory_base = worker_data_bytes();
    worker.file_limit = oto_record_get_integer(command, "file", 0);
    family_limit(oto_record_get_integer(command, "processes", 0));
    limit_files();
    if (!worker.memory_limit || !worker.memory_base || getrlimit(RLIMIT_DATA, &data) < 0) return;
    rlim_t wanted = (rlim_t)(worker.memory_base + worker.memory_limit);
    data.rlim_cur = wanted < data.rlim_max ? wanted : data.rlim_max;
    if (setrlimit(RLIMIT_DATA, &data) < 0) perror("oto-worker: setrlimit");
}

/* A value by its description, or for "&" the address. NULL: no memory. */
static char *text_of(const struct symbol *symbol, const char *type) {
    char *text;
    if (strcmp(type, "&")) return value_format((const void *)symbol_address(symbol), type);
    return asprintf(&text, "0x%zx", (size_t)symbol_address(symbol)) < 0 ? NULL : text;
}

static void format_values(const struct oto_record *request) {
    struct oto_record record;
    const char *name = NULL;
    oto_record_begin(&record, WORKER_VALUES);
    for (size_t i = 0; i < request->count; i++) {
        const struct oto_field *field = &request->fields[i];
        if (field->type != 's') continue;
        if (!strcmp(field->name, "name")) name = field->data;
        if (!strcmp(field->name, "type") && name) {
            const struct symbol *symbol = symbols_find(name);
            char *text = symbol ? text_of(symbol, field->data) : NULL;
            oto_record_text(&record, name, text ? text : "<unknown>");
            free(text);
            name = NULL;
        }
    }
    say(&record);
}

static void answer_leaks(void) {
    struct oto_record record;
    char *text = leaks_report();
    oto_record_begin(&record, WORKER_VALUES);
    oto_record_text(&record, "leaks", text ? text : "no memory to look for leaks");
    free(text);
    say(&record);
}

/* A transaction is open: this process, and it alone, runs the cell. */
static bool in_transaction;
/* Below this process sleeps a snapshot with the same state. */
static bool has_snapshot;

/* What fails here only leaves the cell without a debugger. */
static void admit_debugger(void) {
    arena_own_code();
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0); /* some systems let only a parent look in */
}

static void begin(const struct oto_record *command) {
    has_snapshot = has_snapshot || (!worker.no_snapshots && snapshot_take());
    if (!has_snapshot && !worker.no_snapshots) {
        struct oto_record record;
        oto_record_begin(&record, WORKER_RESTORED);
        oto_record_integer(&record, "status", W_EXITCODE(WORKER_NO_PROCESS, 0));
        oto_record_integer(&record, "pid", getpid());
        say(&record);
        return;
    }
    in_transaction = true;
    if (oto_record_get_integer(command, "debug", 0) == 1) admit_debugger();
    limit(command);
    struct oto_record record;
    oto_record_begin(&record, WORKER_BEGUN);
    oto_record_integer(&record, "pid", getpid());
    oto_record_integer(&record, "parent", has_snapshot ? getppid() : getpid());
    say(&record);
}

/* The cell's process is the session's state now. The next cell's process is made ahead, while nobody waits for it. */
static void commit(void) {
    if (worker.no_snapshots && threads_are_left()) _exit(1); /* only a fork leaves them behind */
    in_transaction = has_snapshot = false;
    if (!arena_share_code()) _exit(1); /* what is loaded from now on could not be seen: the cell is taken back */
    say_pid(WORKER_COMMITTED);
    if (!worker.no_snapshots) has_snapshot = snapshot_take();
}

static void obey(const struct oto_record *command) {
    switch (command->kind) {
    case WORKER_BEGIN:
        if (!in_transaction) begin(command);
        break;
    case WORKER_RUN:
        if (in_transaction) run_cell(command);
        break;
    case WORKER_COMMIT:
        if (in_transaction) commit();
        break;
    case WORKER_ABANDON:
        if (in_transaction) _exit(0);
        break;
    case WORKER_UNDO:
        if (!in_transaction) snapshot_undo();
        break;
    case WORKER_FORMAT:
        format_values(command);
        break;
    case WORKER_LEAKS:
        answer_leaks();
        break;
    default:
        break; /* an answer or CONTINUE that came too late */
    }
}

int session_serve(void) {
    worker.session = getpid();
    worker.thread = gettid();
    say_pid(WORKER_READY);
    if (!worker.no_snapshots) has_snapshot = snapshot_take();
    for (;;) {
        struct oto_record command;
        int got = oto_record_receive(worker.commands, &command);
        if (got < 0) perror("oto-worker: commands");
        if (got <= 0) snapshot_undo(); /* the engine is gone: the snapshots end one after the other */
        obey(&command);
        oto_record_free(&command);
    }
}
