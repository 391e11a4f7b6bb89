#include "kernel/engine/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/engine/text.h"
#include "kernel/worker/protocol.h"

enum { DYING_MOST = 8 };

/* How long an interrupted cell may take to stop by itself. */
static const double grace_seconds = 1.2;

struct process {
    pid_t base, session, snapshot, running; /* running: the child that runs a cell, or 0 */
    pid_t dying[DYING_MOST];                /* killed, not collected yet */
    int commands, records, outputs[2];
    struct interruption *interruption; /* the session's */
    struct text pending;               /* bytes of records not parsed yet */
    int64_t memory_limit;              /* of the cell that runs */
};

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void set_nonblocking(int fd) {
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void close_all(const int *fds, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0) close(fds[i]);
}

/* The environment of the worker: this process's, with the session's additions in front. */
static char **worker_environment(const struct session_options *options) {
    extern char **environ;
    size_t count = 0, extra = 0, n = 0;
    while (environ[count]) count++;
    while (options->environment && options->environment[extra]) extra++;
    char **list = must_allocate((count + extra + 2) * sizeof *list);
    /* the library brings its own threads; those of OpenBLAS would have to end at every fork */
    if (!getenv("OPENBLAS_NUM_THREADS")) list[n++] = "OPENBLAS_NUM_THREADS=1";
    for (size_t i = 0; i < extra; i++) list[n++] = (char *)options->environment[i];
    for (size_t i = 0; i < count; i++) {
        size_t name = strcspn(environ[i], "=") + 1;
        bool overridden = false;
        for (size_t k = 0; k < extra; k++) overridden |= !strncmp(environ[i], options->environment[k], name);
        if (!overridden) list[n++] = environ[i];
    }
    return list;
}

struct start {
    int fds[8]; /* commands r w, records r w, stdout r w, stderr r w */
};

static pid_t spawn(const char *worker, const struct session_options *options, struct start *start, char **error) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    pid_t pid = -1;
    /* the worker's ends land on fixed numbers, so nothing else of ours is open there */
    char *arguments[] = {(char *)worker, "--commands", "3", "--records", "4", NULL};
    char **environment = worker_environment(options);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, start->fds[5], 1);
    posix_spawn_file_actions_adddup2(&actions, start->fds[7], 2);
    posix_spawn_file_actions_adddup2(&actions, start->fds[0], 3);
    posix_spawn_file_actions_adddup2(&actions, start->fds[3], 4);
    if (options->working_directory) posix_spawn_file_actions_addchdir_np(&actions, options->working_directory);
    posix_spawnattr_init(&attributes);
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    int failed = posix_spawn(&pid, worker, &actions, &attributes, arguments, environment);
    if (failed) {
        *error = must_format("cannot start %s: %s", worker, strerror(failed));
        pid = -1;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(environment);
    return pid;
}

/* Descriptors from 10 up, so that the worker's 3 and 4 never collide with a parent's end. */
static bool high_pipe(int ends[2]) {
    int low[2];
    if (pipe2(low, O_CLOEXEC) < 0) return false;
    ends[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 10);
    ends[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 10);
    close_all(low, 2);
    return ends[0] >= 0 && ends[1] >= 0;
}

struct process *process_start(const char *worker, const struct session_options *options,
                              struct interruption *interruption, char **error) {
    struct start start = {.fds = {-1, -1, -1, -1, -1, -1, -1, -1}};
    for (int i = 0; i < 4; i++) {
        if (high_pipe(start.fds + 2 * i)) continue;
        *error = must_format("cannot make pipes for the worker: %s", strerror(errno));
        close_all(start.fds, 8);
        return NULL;
    }
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signal(SIGPIPE, SIG_IGN);
    pid_t pid = spawn(worker, options, &start, error);
    int worker_ends[] = {start.fds[0], start.fds[3], start.fds[5], start.fds[7]};
    close_all(worker_ends, 4);
    int own_ends[] = {start.fds[1], start.fds[2], start.fds[4], start.fds[6]};
    if (pid < 0) {
        close_all(own_ends, 4);
        return NULL;
    }
    struct process *process = must_allocate(sizeof *process);
    *process = (struct process){.base = pid,
                                .session = pid,
                                .commands = own_ends[0],
                                .records = own_ends[1],
                                .outputs = {own_ends[2], own_ends[3]},
                                .interruption = interruption};
    set_nonblocking(process->records);
    set_nonblocking(process->outputs[0]);
    set_nonblocking(process->outputs[1]);
    /* a larger pipe lets a printing cell run ahead of us */
    fcntl(process->outputs[0], F_SETPIPE_SZ, 1 << 20);
    return process;
}

/* Whatever student code writes on the records, only what descends from the worker is signalled or read. */
static bool is_ours(const struct process *process, pid_t pid) {
    return pid > 1 && getsid(pid) == process->base;
}

static void kill_ours(const struct process *process, pid_t pid, int signal) {
    if (is_ours(process, pid)) kill(pid, signal);
}

/* Collects those that were killed and have ended by now. */
static void collect(struct process *process) {
    for (int i = 0; i < DYING_MOST; i++)
        if (process->dying[i] && waitpid(process->dying[i], NULL, WNOHANG) != 0) process->dying[i] = 0;
}

/* Kills a process. It is collected later: the end of a large process takes longer than a small cell. */
static void finish(struct process *process, pid_t pid) {
    kill_ours(process, pid, SIGKILL);
    collect(process);
    for (int i = 0; pid > 0 && i < DYING_MOST; i++) {
        if (process->dying[i]) continue;
        process->dying[i] = pid;
        return;
    }
}

/* Waits for those that were killed, half a second at most. */
static void finish_dying(struct process *process) {
    bool left = true;
    for (int i = 0; left && i < 1000; i++) {
        collect(process);
        left = false;
        for (int k = 0; k < DYING_MOST; k++) left |= process->dying[k] != 0;
        if (left) usleep(500);
    }
}

/* Collects orphans that students' programs left and that have ended. Compilers are collected by their own callers. */
static void reap(const struct process *process) {
    for (int i = 0; i < 64; i++) {
        siginfo_t info = {};
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid) return;
        pid_t group = getpgid(info.si_pid);
        if (group != process->base && getsid(info.si_pid) != process->base) return;
        waitpid(info.si_pid, NULL, WNOHANG);
    }
}

/* Everything below this process in the worker's session, by the kernel's lists of children. */
static void kill_tree(pid_t pid, int depth) {
    if (depth > 64) return;
    char *path = must_format("/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *file = fopen(path, "r");
    free(path);
    if (file) {
        int child;
        while (fscanf(file, "%d", &child) == 1) kill_tree(child, depth + 1);
        fclose(file);
    }
    kill(pid, SIGKILL);
}

void process_stop(struct process *process) {
    if (!process) return;
    close(process->commands);
    kill_tree(process->base, 0);
    kill(-process->base, SIGKILL);
    finish(process, process->running);
    finish(process, process->session);
    finish(process, process->snapshot);
    finish(process, process->base);
    finish_dying(process);
    reap(process);
    close(process->records);
    close_all(process->outputs, 2);
    text_free(&process->pending);
    free(process);
}

pid_t process_pid(const struct process *process) {
    return process->running ? process->running : process->session;
}

void run_result_free(struct run_result *result) {
    for (size_t i = 0; i < result->finding_count; i++) oto_record_free(&result->findings[i]);
    free(result->findings);
    free(result->thread_functions);
    oto_record_free(&result->loaded);
    oto_record_free(&result->record);
}

static bool send_command(struct process *process, struct oto_record *record) {
    bool ok = oto_record_send(process->commands, record) == 0;
    oto_record_free(record);
    return ok;
}

static bool send_plain(struct process *process, int kind) {
    struct oto_record record;
    oto_record_begin(&record, kind);
    return send_command(process, &record);
}

/* Passes on what the cell printed; false when nothing was there. */
static bool pump_output(struct process *process, int which, const struct cell_host *host) {
    char chunk[65536];
    ssize_t n = read(process->outputs[which], chunk, sizeof chunk);
    if (n > 0 && host && host->stream) host->stream(host->context, which + 1, chunk, (size_t)n);
    return n > 0;
}

static void drain(struct process *process, const struct cell_host *host) {
    for (int which = 0; which < 2; which++) {
        /* at most what a pipe can hold: a child that prints on for ever must not keep us here */
        for (int i = 0; i < 64 && pump_output(process, which, host); i++);
    }
}

void process_drain(struct process *process, const struct cell_host *host) {
    drain(process, host);
}

enum arrival { ARRIVED, NOTHING_YET, SPOILT, ENDED };

/* The next record, if one is complete. What the cell printed before it is passed on before it, and what it prints after
 * it comes later, because the worker waits until a display has left the pipe: so the order is drain, then read. */
static enum arrival next_record(struct process *process, struct oto_record *record, const struct cell_host *host) {
    for (;;) {
        const char *why;
        long used =
            oto_record_parse(record, (const unsigned char *)text_c(&process->pending), process->pending.length, &why);
        if (used > 0) {
            memmove(process->pending.data, process->pending.data + used, process->pending.length - (size_t)used);
            process->pending.length -= (size_t)used;
            return ARRIVED;
        }
        if (used < 0) {
            text_clear(&process->pending); /* no records: student code wrote on the descriptor */
            return SPOILT;
        }
        char chunk[65536];
        int waiting = 0;
        if (ioctl(process->records, FIONREAD, &waiting) == 0 && waiting > 0) drain(process, host);
        ssize_t n = read(process->records, chunk, sizeof chunk);
        if (n > 0)
            text_add_n(&process->pending, chunk, (size_t)n);
        else if (n < 0 && errno == EINTR)
            continue;
        else if (n < 0 && errno == EAGAIN)
            return NOTHING_YET;
        else
            return ENDED;
    }
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
    send_command(process, &answer);
}

/* Waits until a record of one of the kinds comes (0 ends the list), handling all others; false when the worker is gone
 * or nothing came in time. What is printed meanwhile stays in the pipes when there is no host to take it. */
static bool await(struct process *process, struct oto_record *record, const int *kinds, const struct cell_host *host,
                  double seconds) {
    double deadline = now() + seconds;
    for (;;) {
        enum arrival arrival = next_record(process, record, host);
        if (arrival == ENDED || arrival == SPOILT) return false;
        if (arrival == ARRIVED) {
            for (const int *kind = kinds; *kind; kind++)
                if (record->kind == *kind) return true;
            oto_record_free(record);
            continue;
        }
        double left = deadline - now();
        if (left <= 0) return false;
        struct pollfd watched[3] = {
            {process->records, POLLIN, 0}, {process->outputs[0], POLLIN, 0}, {process->outputs[1], POLLIN, 0}};
        poll(watched, host ? 3 : 1, left > 1 ? 1000 : (int)(left * 1000) + 1);
        for (int which = 0; host && which < 2; which++)
            if (watched[1 + which].revents & POLLIN) pump_output(process, which, host);
    }
}

/* RESTORED may come late from a snapshot that we killed the child of: it tells who is the session now. */
static void note_restored(struct process *process, const struct oto_record *record) {
    process->session = (pid_t)oto_record_get_integer(record, "pid", process->session);
    if (process->session == process->snapshot) process->snapshot = 0;
}

bool process_begin(struct process *process, const struct limits *limits, bool debug) {
    struct oto_record record;
    collect(process);
    oto_record_begin(&record, WORKER_BEGIN);
    oto_record_integer(&record, "memory", limits->memory);
    oto_record_integer(&record, "processes", limits->processes);
    oto_record_integer(&record, "file", limits->file);
    process->memory_limit = limits->memory;
    if (debug) oto_record_integer(&record, "debug", 1);
    if (!send_command(process, &record)) return false;
    for (;;) {
        if (!await(process, &record, (int[]){WORKER_BEGUN, WORKER_RESTORED, 0}, NULL, 20)) return false;
        bool begun = record.kind == WORKER_BEGUN;
        if (begun)
            process->running = (pid_t)oto_record_get_integer(&record, "pid", 0);
        else
            note_restored(process, &record);
        oto_record_free(&record);
        if (begun) return process->running > 0;
    }
}

/* How far the stopping of a cell has gone. */
struct stopping {
    double asked; /* when it was asked to stop, 0: not */
    bool killed, timed_out;
};

/* Asks the cell to stop, and after the grace time makes it. Returns seconds until there is something to do, or -1. */
static double stop_if_asked(struct process *process, struct stopping *stopping, double deadline) {
    double time = now();
    if (!stopping->asked && deadline > 0 && time >= deadline) stopping->timed_out = true;
    if (!stopping->asked && (interruption_asked(process->interruption) || stopping->timed_out)) {
        stopping->asked = time;
        kill_ours(process, process->running, WORKER_SIGNAL_INTERRUPT);
    }
    if (stopping->asked) {
        double left = stopping->asked + grace_seconds - time;
        if (left > 0) return left;
        if (!stopping->killed) {
            kill_ours(process, process->running, SIGKILL);
            stopping->killed = true;
        }
        return 1;
    }
    return deadline > 0 ? deadline - time : -1;
}

static void take_fault(struct process *process, struct run_result *result, struct oto_record *record) {
    oto_record_free(&result->record);
    result->record = *record;
    pid_t pid = (pid_t)oto_record_get_integer(record, "pid", process->running);
    if (!is_ours(process, pid)) pid = process->running;
    if (result->look) result->look(result->look_context, &result->record, pid);
    send_plain(process, WORKER_CONTINUE);
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
    case WORKER_RESTORED:
        note_restored(process, record);
        result->status = (int)oto_record_get_integer(record, "status", 0);
        finish(process, process->running);
        process->running = 0;
        result->end = was_stopped(stopping, result->status) ? RUN_KILLED : result->record.kind ? RUN_FAULT : RUN_DIED;
        oto_record_free(record);
        return true;
    case WORKER_FINDING:
        keep_finding(result, record);
        return false;
    case OTO_RECORD_INPUT:
        answer_input(process, record, host);
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
        if (!is_ours(process, (pid_t)oto_record_get_integer(record, "pid", 0))) {
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
    double deadline = now() + 10;
    kill_ours(process, process->running, SIGKILL);
    while (!find_restored(process, &record)) {
        char chunk[65536];
        struct pollfd watched = {process->records, POLLIN, 0};
        if (now() >= deadline || poll(&watched, 1, 1000) < 0) return false;
        ssize_t n = watched.revents ? read(process->records, chunk, sizeof chunk) : -1;
        if (n == 0) return false;
        if (n > 0) text_add_n(&process->pending, chunk, (size_t)n);
    }
    note_restored(process, &record);
    result->status = (int)oto_record_get_integer(&record, "status", 0);
    result->end = RUN_DIED;
    finish(process, process->running);
    process->running = 0;
    oto_record_free(&record);
    return true;
}

void process_run(struct process *process, const struct run_request *request, const struct cell_host *host,
                 struct run_result *result) {
    struct oto_record record;
    struct stopping stopping = {};
    double deadline = request->time_limit > 0 ? now() + request->time_limit : 0;
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
    if (!send_command(process, &record)) return;
    for (;;) {
        double wait = stop_if_asked(process, &stopping, deadline);
        struct pollfd watched[4] = {{process->records, POLLIN, 0},
                                    {process->outputs[0], POLLIN, 0},
                                    {process->outputs[1], POLLIN, 0},
                                    {process->interruption->wake, POLLIN, 0}};
        if (poll(watched, 4, wait < 0 ? -1 : (int)(wait * 1000) + 1) < 0 && errno != EINTR) return;
        if (watched[3].revents) interruption_notice(process->interruption);
        for (int which = 0; which < 2; which++)
            if (watched[1 + which].revents & POLLIN) pump_output(process, which, host);
        if (!watched[0].revents) continue;
        bool ended = false;
        enum arrival arrival = NOTHING_YET;
        while (!ended && (arrival = next_record(process, &record, host)) != NOTHING_YET) {
            if (arrival == ENDED || (arrival == SPOILT && !end_spoilt(process, result))) return;
            if (arrival == SPOILT) break;
            ended = handle_record(process, &record, host, result, &stopping);
        }
        if (!ended && arrival != SPOILT) continue;
        drain(process, host);
        if (ended_as_another(result)) result->end = RUN_EXITED;
        result->timed_out = stopping.timed_out;
        result->by_interrupt = interruption_asked(process->interruption);
        return;
    }
}

/* Kilobytes of a field of a file below /proc/PID; 0 when it cannot be read. */
static int64_t kilobytes_of(pid_t pid, const char *name, const char *field) {
    char *path = must_format("/proc/%d/%s", (int)pid, name), *line = NULL;
    FILE *file = fopen(path, "re");
    size_t capacity = 0, length = strlen(field);
    int64_t kilobytes = 0;
    while (file && getline(&line, &capacity, file) > 0)
        if (!strncmp(line, field, length)) kilobytes = strtoll(line + length, NULL, 10);
    free(line);
    free(path);
    if (file) fclose(file);
    return kilobytes;
}

/* Does a snapshot hold more for itself than a quarter of what a cell may take? What it shares with the session costs
 * nothing; counting that takes long, so what it holds at all is asked first. */
static bool is_costly(const struct process *process, pid_t snapshot) {
    int64_t most = process->memory_limit / 4096; /* a quarter, in kilobytes */
    return most && kilobytes_of(snapshot, "status", "RssAnon:") > most &&
           kilobytes_of(snapshot, "smaps_rollup", "Private_Dirty:") > most;
}

bool process_can_undo(const struct process *process) {
    return process->snapshot != 0;
}

bool process_commit(struct process *process) {
    struct oto_record record;
    if (!send_plain(process, WORKER_COMMIT)) return false;
    if (!await(process, &record, (int[]){WORKER_COMMITTED, WORKER_RESTORED, 0}, NULL, 5)) {
        /* it says that it has run, and does not listen: what runs there is not the worker any more */
        process_abandon(process, NULL);
        return false;
    }
    bool committed = record.kind == WORKER_COMMITTED;
    if (committed) {
        pid_t old = process->snapshot;
        process->snapshot = process->session;
        process->session = process->running;
        process->running = 0;
        finish(process, old);
        if (is_costly(process, process->snapshot)) {
            finish(process, process->snapshot);
            process->snapshot = 0;
        }
    } else {
        note_restored(process, &record);
        process->running = 0;
    }
    oto_record_free(&record);
    reap(process);
    return committed;
}

bool process_abandon(struct process *process, const struct cell_host *host) {
    struct oto_record record;
    if (!process->running) return true;
    if (!send_plain(process, WORKER_ABANDON)) return false;
    pid_t running = process->running;
    process->running = 0;
    if (!await(process, &record, (int[]){WORKER_RESTORED, 0}, host, 3)) {
        kill_ours(process, running, SIGKILL);
        if (!await(process, &record, (int[]){WORKER_RESTORED, 0}, host, 10)) return false;
    }
    note_restored(process, &record);
    oto_record_free(&record);
    finish(process, running);
    reap(process);
    return true;
}

bool process_undo(struct process *process) {
    struct oto_record record;
    if (!process->snapshot || !send_plain(process, WORKER_UNDO)) return false;
    if (!await(process, &record, (int[]){WORKER_RESTORED, 0}, NULL, 10)) return false;
    note_restored(process, &record);
    oto_record_free(&record);
    return true;
}

bool process_format(struct process *process, const char *const *names, const char *const *shapes, size_t count,
                    char **texts) {
    struct oto_record record;
    oto_record_begin(&record, WORKER_FORMAT);
    for (size_t i = 0; i < count; i++) {
        oto_record_text(&record, "name", names[i]);
        oto_record_text(&record, "type", shapes[i]);
    }
    if (!send_command(process, &record)) return false;
    if (!await(process, &record, (int[]){WORKER_VALUES, 0}, NULL, 10)) return false;
    for (size_t i = 0; i < count; i++)
        texts[i] = must_copy(i < record.count && record.fields[i].type == 's' ? record.fields[i].data : "");
    oto_record_free(&record);
    return true;
}

char *process_leaks(struct process *process) {
    struct oto_record record;
    if (!send_plain(process, WORKER_LEAKS) || !await(process, &record, (int[]){WORKER_VALUES, 0}, NULL, 30))
        return NULL;
    char *text = must_copy(oto_record_get_text(&record, "leaks", ""));
    oto_record_free(&record);
    return text;
}
