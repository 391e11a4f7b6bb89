#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/process_parts.h"
#include "kernel/engine/usage.h"
#include "kernel/worker/protocol.h"

/* How long an interrupted cell may take to stop by itself. */
static const double grace_seconds = 1.2;

/* A cell whose threads all wait for processors most of the time ends all the same. */
enum { MOST_TIMES_THE_LIMIT = 10 };

/* How far the stopping of a cell has gone. */
struct stopping {
    double limit, deadline; /* seconds that it may take, and until when on a machine that is its own; 0: for ever */
    double waited;          /* for a processor, before it began */
    double asked;           /* when it was asked to stop, 0: not */
    bool killed, timed_out;
    double look;  /* when to look next at what the cell takes */
    bool exceeds; /* it took too much and was killed: the result's record says what */
};

void run_result_free(struct run_result *result) {
    for (size_t i = 0; i < result->finding_count; i++) oto_record_free(&result->findings[i]);
    free(result->findings);
    free(result->thread_functions);
    oto_record_free(&result->loaded);
    oto_record_free(&result->record);
}

static void answer_input(struct process *process, const struct oto_record *question, const struct cell_host *host) {
    struct oto_record answer;
    char *line = host && host->input ? host->input(host->context, oto_record_get_text(question, "prompt", ""),
                                                   oto_record_get_integer(question, "secret", 0) != 0)
                                     : NULL;
    oto_record_begin(&answer, OTO_RECORD_ANSWER);
    if (line) {
        size_t length = strlen(line);
        char *whole = length && line[length - 1] == '\n' ? must_copy(line) : must_format("%s\n", line);
        oto_record_text(&answer, "line", whole);
        free(whole);
    }
    free(line);
    channel_send(process, &answer);
}

static void answer_measure(struct process *process, const struct oto_record *at, const struct cell_host *host) {
    struct oto_record answer;
    oto_record_begin(&answer, OTO_RECORD_ANSWER);
    if (host && host->measure) host->measure(host->context, at, &answer);
    channel_send(process, &answer);
}

/* How long the cell may go on; what it waits for a processor is no time of its own. */
static double time_left(const struct process *process, const struct stopping *stopping, double time) {
    double left = stopping->deadline - time;
    if (left > 0) return left;
    double waited = usage_waited(process->running) - stopping->waited,
           most = (MOST_TIMES_THE_LIMIT - 1) * stopping->limit;
    return left + (waited < 0 ? 0 : waited < most ? waited : most);
}

/* Asks the cell to stop, and after the grace time makes it. Returns seconds until there is something to do, or -1. */
static double stop_if_asked(struct process *process, struct stopping *stopping) {
    double time = process_now(), allowed = -1;
    if (!stopping->asked && stopping->limit > 0) {
        allowed = time_left(process, stopping, time);
        stopping->timed_out = allowed <= 0;
    }
    if (!stopping->asked && (interruption_asked(process->interruption) || stopping->timed_out)) {
        stopping->asked = time;
        process_signal(process, process->running, WORKER_SIGNAL_INTERRUPT);
    }
    if (stopping->asked) {
        double left = stopping->asked + grace_seconds - time;
        if (left > 0) return left;
        if (!stopping->killed) {
            process_signal(process, process->running, SIGKILL);
            stopping->killed = true;
        }
        return 1;
    }
    return allowed;
}

/* Ends a cell that takes more than it may together with what it started. Returns seconds until it is to be looked at
 * again. */
static double stop_if_exceeding(struct process *process, struct run_result *result, struct stopping *stopping) {
    double time = process_now();
    if (time < stopping->look || stopping->exceeds) return stopping->look - time;
    struct excess excess = usage_excess(process->session, &process->limits);
    stopping->look = process_now() + USAGE_INTERVAL;
    if (!excess.what) return USAGE_INTERVAL;
    oto_record_free(&result->record);
    usage_tell(&excess, &result->record);
    usage_end(process->session);
    stopping->exceeds = true;
    return USAGE_INTERVAL;
}

static void take_fault(struct process *process, struct run_result *result, struct oto_record *record) {
    oto_record_free(&result->record);
    result->record = *record;
    pid_t pid = (pid_t)oto_record_get_integer(record, "pid", process->running);
    if (!process_owns(process, pid)) pid = process->running;
    if (result->look) result->look(result->look_context, &result->record, pid);
    channel_send_plain(process, WORKER_CONTINUE);
}

static void keep_finding(struct run_result *result, struct oto_record *record) {
    enum { KEPT = 100 };
    if (result->finding_count < KEPT)
        ARRAY_ADD(result->findings, result->finding_count, result->finding_capacity) = *record;
    else
        oto_record_free(record);
}

/* Did the cell's process end because it was asked to? A program that it became by exec knows nothing of our signal and
 * dies of it. */
static bool was_stopped(const struct stopping *stopping, int status) {
    return stopping->killed || (stopping->asked && WIFSIGNALED(status) && WTERMSIG(status) == WORKER_SIGNAL_INTERRUPT);
}

/* A program that became another one by exec, and ended well as that. */
static bool ended_as_another(const struct run_result *result) {
    return result->program && result->end == RUN_DIED && WIFEXITED(result->status) && !WEXITSTATUS(result->status);
}

/* The process that ran the cell has ended; lost: the session with it, and not by the cell's fault. */
static void note_end(struct process *process, struct run_result *result, const struct stopping *stopping, bool lost) {
    process_finish(process, process->running);
    process->running = 0;
    result->end = lost                                    ? RUN_LOST
                  : stopping->exceeds                     ? RUN_FAULT
                  : was_stopped(stopping, result->status) ? RUN_KILLED
                  : result->record.kind                   ? RUN_FAULT
                                                          : RUN_DIED;
}

/* No snapshot tells of the end of a session that has none. False: the session has them, and ended with its records. */
static bool note_end_alone(struct process *process, struct run_result *result, const struct stopping *stopping) {
    if (!process_is_alone(process)) return false;
    process_signal(process, process->session, SIGKILL); /* if it only closed the records */
    pid_t ended;
    while ((ended = waitpid(process->session, &result->status, 0)) < 0 && errno == EINTR) {
    }
    note_end(process, result, stopping, ended < 0);
    return true;
}

/* One record of a running cell. True when it ends the run. */
static bool handle_record(struct process *process, struct oto_record *record, const struct cell_host *host,
                          struct run_result *result, struct stopping *stopping) {
    switch (record->kind) {
    case WORKER_LOADED:
        oto_record_free(&result->loaded);
        result->loaded = *record;
        return false;
    case WORKER_MISSING:
        result->end = RUN_MISSING;
        result->record = *record;
        return true;
    case WORKER_FAULT:
        take_fault(process, result, record);
        return false;
    case WORKER_RAN: {
        if (oto_record_get_integer(record, "unit", -1) != result->unit) { /* not of this run: student code wrote it */
            oto_record_free(record);
            return false;
        }
        const char *how = oto_record_get_text(record, "how", "returned");
        result->threads = (int)oto_record_get_integer(record, "threads", 0);
        for (size_t i = 0; i < record->count; i++)
            if (record->fields[i].type == 'i' && !strcmp(record->fields[i].name, "thread"))
                ARRAY_ADD(result->thread_functions, result->thread_function_count, result->thread_function_capacity) =
                    (uint64_t)record->fields[i].integer;
        result->end = !strcmp(how, "exited")        ? RUN_EXITED
                      : !strcmp(how, "interrupted") ? RUN_INTERRUPTED
                      : !strcmp(how, "refused")     ? RUN_REFUSED
                                                    : RUN_RETURNED;
        if (result->end != RUN_INTERRUPTED) {
            oto_record_free(record);
            return true;
        }
        oto_record_free(&result->record);
        result->record = *record;
        return true;
    }
    case WORKER_RESTORED: {
        bool lost = !process_note_restored(process, record);
        result->status = (int)oto_record_get_integer(record, "status", 0);
        note_end(process, result, stopping, lost);
        oto_record_free(record);
        return true;
    }
    case WORKER_FINDING:
        keep_finding(result, record);
        return false;
    case OTO_RECORD_INPUT:
        answer_input(process, record, host);
        oto_record_free(record);
        return false;
    case OTO_RECORD_MEASURE:
        answer_measure(process, record, host);
        oto_record_free(record);
        return false;
    case OTO_RECORD_REFUSAL:
        oto_record_free(&result->record);
        result->record = *record;
        return false;
    default:
        if (record->kind < OTO_RECORD_WORKER && host && host->record) host->record(host->context, record);
        oto_record_free(record);
        return false;
    }
}

/* Takes a RESTORED out of bytes that need not be records before it; keeps what may be the beginning of one. */
static bool find_restored(struct process *process, struct oto_record *record) {
    struct text *pending = &process->pending;
    const char *why;
    size_t at = 0;
    for (; at + 8 <= pending->length; at++) {
        uint16_t kind;
        memcpy(&kind, pending->data + at + 4, sizeof kind);
        if (kind != WORKER_RESTORED) continue;
        long used = oto_record_parse(record, (unsigned char *)pending->data + at, pending->length - at, &why);
        if (used == 0 && pending->length - at < 256) break;
        if (used <= 0) continue;
        if (!process_owns(process, (pid_t)oto_record_get_integer(record, "pid", 0))) {
            oto_record_free(record);
            continue;
        }
        text_clear(pending);
        return true;
    }
    memmove(pending->data, pending->data + at, pending->length - at);
    pending->length -= at;
    return false;
}

/* The cell wrote on the records what is none. It ends here; behind its bytes the snapshot says that it goes on. */
static bool end_spoilt(struct process *process, struct run_result *result) {
    struct oto_record record;
    double deadline = process_now() + 10;
    process_signal(process, process->running, SIGKILL);
    while (!find_restored(process, &record)) {
        char chunk[65536];
        struct pollfd watched = {process->records, POLLIN, 0};
        if (process_now() >= deadline || poll(&watched, 1, 1000) < 0) return false;
        ssize_t n = watched.revents ? read(process->records, chunk, sizeof chunk) : -1;
        if (n == 0) return false;
        if (n > 0) text_add_n(&process->pending, chunk, (size_t)n);
    }
    process_note_restored(process, &record);
    result->status = (int)oto_record_get_integer(&record, "status", 0);
    result->end = RUN_DIED;
    process_finish(process, process->running);
    process->running = 0;
    oto_record_free(&record);
    return true;
}

/* A process that was killed may still be there for a while, with the signal pending. */
static bool is_being_killed(pid_t pid) {
    static const char *const marks[] = {"\nSigPnd:\t", "\nShdPnd:\t"};
    char *path = must_format("/proc/%d/status", (int)pid), text[4096];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool gone = file < 0 && errno == ENOENT;
    ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
    free(path);
    if (file >= 0) close(file);
    if (length <= 0) return gone || file >= 0;
    text[length] = '\0';
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        const char *pending = strstr(text, marks[i]);
        if (pending && strtoull(pending + strlen(marks[i]), NULL, 16) & 1u << (SIGKILL - 1)) return true;
    }
    return strstr(text, "\nState:\tZ") != NULL;
}

void process_run(struct process *process, const struct run_request *request, const struct cell_host *host,
                 struct run_result *result) {
    struct oto_record record;
    struct stopping stopping = {.look = process_now() + USAGE_INTERVAL};
    if (request->time_limit > 0) {
        stopping.limit = request->time_limit;
        stopping.deadline = process_now() + request->time_limit;
        stopping.waited = usage_waited(process->running);
    }
    oto_record_begin(&record, WORKER_RUN);
    oto_record_integer(&record, "unit", request->unit);
    oto_record_bytes(&record, "object", request->object, request->size);
    oto_record_text(&record, "entry", request->entry);
    if (request->rebind) oto_record_text(&record, "rebind", request->rebind);
    if (request->keep) oto_record_text(&record, "keep", request->keep);
    if (request->libraries) oto_record_text(&record, "libraries", request->libraries);
    if (request->program) oto_record_integer(&record, "program", 1);
    if (request->transient) oto_record_integer(&record, "transient", 1);
    if (request->debug) oto_record_integer(&record, "debug", 1);
    if (request->arguments) oto_record_text(&record, "arguments", request->arguments);
    result->unit = request->unit;
    result->program = request->program;
    result->end = RUN_LOST;
    if (!channel_send(process, &record)) return;
    for (;;) {
        double wait = stop_if_asked(process, &stopping);
        double look = stop_if_exceeding(process, result, &stopping);
        if (wait < 0 || look < wait) wait = look < 0 ? USAGE_INTERVAL : look;
        struct pollfd watched[5] = {{process->records, POLLIN, 0},
                                    {process->outputs[0], POLLIN, 0},
                                    {process->outputs[1], POLLIN, 0},
                                    {process->interruption->wake, POLLIN, 0},
                                    {process->end, POLLIN, 0}};
        if (poll(watched, 5, (int)(wait * 1000) + 1) < 0 && errno != EINTR) return;
        if (watched[3].revents) interruption_notice(process->interruption);
        for (int which = 0; which < 2; which++)
            if (watched[1 + which].revents & POLLIN) channel_pump(process, which, host);
        if (!watched[0].revents && !watched[4].revents) continue;
        bool ended = false;
        enum arrival arrival = NOTHING_YET;
        while (!ended && (arrival = channel_next(process, &record, host)) != NOTHING_YET) {
            if (arrival == SPOILT && process_is_alone(process)) return;
            if (arrival == SPOILT && !end_spoilt(process, result)) return;
            if (arrival == ENDED || arrival == SPOILT) break;
            ended = handle_record(process, &record, host, result, &stopping);
        }
        bool gone = !ended && (arrival == ENDED || watched[4].revents);
        if (gone && !(ended = note_end_alone(process, result, &stopping))) return;
        if (!ended && arrival != SPOILT) continue;
        channel_drain(process, host);
        if (ended_as_another(result)) result->end = RUN_EXITED;
        /* A cell that kills the process that holds the session is the cell that fails, and not one after it that is
         * there when the process has ended. */
        if (process->running && is_being_killed(process->session)) result->end = RUN_LOST;
        result->timed_out = stopping.timed_out;
        result->by_interrupt = interruption_asked(process->interruption);
        return;
    }
}
