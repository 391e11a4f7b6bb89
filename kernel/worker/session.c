#include "kernel/worker/session.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/worker/fault.h"
#include "kernel/worker/leaks.h"
#include "kernel/worker/offsets.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/run.h"
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

static void limit_memory(void) {
    struct rlimit limit;
    worker.memory_base = worker_data_bytes();
    if (!worker.memory_limit || !worker.memory_base || getrlimit(RLIMIT_DATA, &limit) < 0) return;
    rlim_t wanted = (rlim_t)(worker.memory_base + worker.memory_limit);
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_DATA, &limit) < 0) perror("oto-worker: setrlimit");
}

static void become_session(void) {
    worker.session = getpid();
    worker.thread = gettid();
    worker.program = false;
    threads_forget();
}

/* The parent's part: it is the snapshot. It sleeps until the child is gone, then it is the session again. */
static void sleep_as_snapshot(pid_t child, struct offsets *offsets) {
    int status = 0;
    /* A student's handler must not run in the snapshot, and the engine may be gone when we report. */
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    offsets_restore(offsets);
    struct oto_record record;
    oto_record_begin(&record, WORKER_RESTORED);
    oto_record_integer(&record, "status", status);
    oto_record_integer(&record, "pid", getpid());
    say(&record);
}

static void begin(void) {
    fflush(NULL);
    struct offsets offsets = offsets_take();
    pid_t child = fork();
    if (child < 0) {
        int error = errno;
        offsets_forget(&offsets);
        fprintf(stderr, "oto-worker: cannot take a snapshot: %s\n", strerror(error));
        struct oto_record record;
        oto_record_begin(&record, WORKER_RESTORED);
        oto_record_integer(&record, "status", W_EXITCODE(99, 0));
        oto_record_integer(&record, "pid", getpid());
        say(&record);
        return;
    }
    if (child > 0) {
        sleep_as_snapshot(child, &offsets);
        return;
    }
    offsets_forget(&offsets);
    become_session();
    limit_memory();
    say_pid(WORKER_BEGUN);
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
            char *text = symbol ? value_format((const void *)symbol_address(symbol), field->data) : NULL;
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

int session_serve(void) {
    bool in_transaction = false;
    become_session();
    say_pid(WORKER_READY);
    for (;;) {
        struct oto_record command;
        int got = oto_record_receive(worker.commands, &command);
        if (got == 0) _exit(0);
        if (got < 0) {
            perror("oto-worker: commands");
            _exit(1);
        }
        switch (command.kind) {
        case WORKER_BEGIN: {
            pid_t before = worker.session;
            begin();
            in_transaction = worker.session != before; /* in the child; the parent comes back when it is over */
            break;
        }
        case WORKER_RUN:
            run_cell(&command);
            break;
        case WORKER_COMMIT:
            in_transaction = false;
            say_pid(WORKER_COMMITTED);
            break;
        case WORKER_ABANDON:
            if (in_transaction) {
                fflush(NULL);
                _exit(0);
            }
            break;
        case WORKER_LIMIT:
            worker.memory_limit = oto_record_get_integer(&command, "memory", 0);
            break;
        case WORKER_FORMAT:
            format_values(&command);
            break;
        case WORKER_LEAKS:
            answer_leaks();
            break;
        default:
            break; /* an answer or CONTINUE that came too late */
        }
        oto_record_free(&command);
    }
}
