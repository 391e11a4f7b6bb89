#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/engine/process_parts.h"
#include "kernel/engine/usage.h"
#include "kernel/worker/protocol.h"

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
    char *arguments[] = {
        (char *)worker, "--commands", "3", "--records", "4", options->no_snapshots ? "--no-snapshots" : NULL, NULL};
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
                                .end = options->no_snapshots ? pidfd_open(pid, 0) : -1,
                                .interruption = interruption};
    set_nonblocking(process->records);
    set_nonblocking(process->outputs[0]);
    set_nonblocking(process->outputs[1]);
    /* a larger pipe lets a printing cell run ahead of us */
    fcntl(process->outputs[0], F_SETPIPE_SZ, 1 << 20);
    return process;
}

/* Whatever student code writes on the records, only what descends from the worker is signalled or read. */
bool process_owns(const struct process *process, pid_t pid) {
    return pid > 1 && getsid(pid) == process->base;
}

void process_signal(const struct process *process, pid_t pid, int signal) {
    if (process_owns(process, pid)) kill(pid, signal);
}

/* Collects those that were killed and have ended by now. */
static void collect(struct process *process) {
    for (int i = 0; i < DYING_MOST; i++)
        if (process->dying[i] && waitpid(process->dying[i], NULL, WNOHANG) != 0) process->dying[i] = 0;
}

/* Kills a process. It is collected later: the end of a large process takes longer than a small cell. */
void process_finish(struct process *process, pid_t pid) {
    process_signal(process, pid, SIGKILL);
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

void process_stop(struct process *process) {
    if (!process) return;
    close(process->commands);
    usage_end(process->base);
    kill(-process->base, SIGKILL);
    process_finish(process, process->running);
    process_finish(process, process->session);
    process_finish(process, process->snapshot);
    process_finish(process, process->base);
    finish_dying(process);
    reap(process);
    close(process->records);
    close_all(process->outputs, 2);
    close_all(&process->end, 1);
    text_free(&process->pending);
    free(process);
}

bool process_is_alone(const struct process *process) {
    return process->running == process->session;
}

pid_t process_pid(const struct process *process) {
    return process->running ? process->running : process->session;
}

bool process_note_restored(struct process *process, const struct oto_record *record) {
    pid_t before = process->session;
    process->session = (pid_t)oto_record_get_integer(record, "pid", process->session);
    if (process->session == process->snapshot) process->snapshot = 0;
    return process->session == before;
}

enum begin_end process_begin(struct process *process, const struct limits *limits, bool debug) {
    struct oto_record record;
    collect(process);
    oto_record_begin(&record, WORKER_BEGIN);
    oto_record_integer(&record, "memory", limits->memory);
    oto_record_integer(&record, "processes", limits->processes);
    oto_record_integer(&record, "file", limits->file);
    process->limits = *limits;
    if (debug) oto_record_integer(&record, "debug", 1);
    if (!channel_send(process, &record)) return BEGIN_LOST;
    for (;;) {
        if (!channel_await(process, &record, (int[]){WORKER_BEGUN, WORKER_RESTORED, 0}, NULL, 20)) return BEGIN_LOST;
        bool begun = record.kind == WORKER_BEGUN;
        bool refused = !begun && oto_record_get_integer(&record, "status", 0) == W_EXITCODE(WORKER_NO_PROCESS, 0);
        bool same = begun ? oto_record_get_integer(&record, "parent", 0) == process->session
                          : process_note_restored(process, &record);
        if (begun) process->running = (pid_t)oto_record_get_integer(&record, "pid", 0);
        oto_record_free(&record);
        if (!same) return BEGIN_LOST;
        if (refused) return BEGIN_REFUSED;
        if (begun) return process->running > 0 ? BEGIN_DONE : BEGIN_LOST;
    }
}

/* Does a snapshot hold more for itself than a quarter of what a cell may take? What it shares with the session costs
 * nothing; counting that takes long, so what it holds at all is asked first. */
static bool is_costly(const struct process *process, pid_t snapshot) {
    int64_t most = process->limits.memory / 4096; /* a quarter, in kilobytes */
    return most && usage_kilobytes(snapshot, "status", "RssAnon:") > most &&
           usage_kilobytes(snapshot, "smaps_rollup", "Private_Dirty:") > most;
}

bool process_can_undo(const struct process *process) {
    return process->snapshot != 0;
}

bool process_commit(struct process *process) {
    struct oto_record record;
    if (!channel_send_plain(process, WORKER_COMMIT)) return false;
    if (!channel_await(process, &record, (int[]){WORKER_COMMITTED, WORKER_RESTORED, 0}, NULL, 5)) {
        /* it says that it has run, and does not listen: what runs there is not the worker any more */
        process_abandon(process, NULL);
        return false;
    }
    bool committed = record.kind == WORKER_COMMITTED;
    if (process_is_alone(process)) {
        process->running = 0;
    } else if (committed) {
        pid_t old = process->snapshot;
        process->snapshot = process->session;
        process->session = process->running;
        process->running = 0;
        process_finish(process, old);
        if (is_costly(process, process->snapshot)) {
            process_finish(process, process->snapshot);
            process->snapshot = 0;
        }
    } else {
        process_note_restored(process, &record);
        process->running = 0;
    }
    oto_record_free(&record);
    reap(process);
    return committed;
}

bool process_abandon(struct process *process, const struct cell_host *host) {
    struct oto_record record;
    if (!process->running) return true;
    pid_t running = process->running;
    bool alone = process_is_alone(process);
    process->running = 0;
    if (alone) process_finish(process, running);
    if (alone || !channel_send_plain(process, WORKER_ABANDON)) return false;
    if (!channel_await(process, &record, (int[]){WORKER_RESTORED, 0}, host, 3)) {
        process_signal(process, running, SIGKILL);
        if (!channel_await(process, &record, (int[]){WORKER_RESTORED, 0}, host, 10)) return false;
    }
    process_note_restored(process, &record);
    oto_record_free(&record);
    process_finish(process, running);
    reap(process);
    return true;
}

bool process_undo(struct process *process) {
    struct oto_record record;
    if (!process->snapshot || !channel_send_plain(process, WORKER_UNDO)) return false;
    if (!channel_await(process, &record, (int[]){WORKER_RESTORED, 0}, NULL, 10)) return false;
    process_note_restored(process, &record);
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
    if (!channel_send(process, &record)) return false;
    if (!channel_await(process, &record, (int[]){WORKER_VALUES, 0}, NULL, 10)) return false;
    for (size_t i = 0; i < count; i++)
        texts[i] = must_copy(i < record.count && record.fields[i].type == 's' ? record.fields[i].data : "");
    oto_record_free(&record);
    return true;
}

char *process_leaks(struct process *process) {
    struct oto_record record;
    if (!channel_send_plain(process, WORKER_LEAKS) ||
        !channel_await(process, &record, (int[]){WORKER_VALUES, 0}, NULL, 30))
        return NULL;
    char *text = must_copy(oto_record_get_text(&record, "leaks", ""));
    oto_record_free(&record);
    return text;
}
