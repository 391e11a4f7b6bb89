#include "kernel/engine/beside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/death.h"
#include "kernel/engine/process.h"
#include "kernel/engine/report.h"
#include "kernel/engine/usage.h"

int beside_folder(const struct cell_run *run) {
    char *path = must_format("/proc/%d/cwd", (int)process_pid(run->session->process));
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = errno;
    free(path);
    errno = failed;
    return fd;
}

/* A program that runs beside the session. */
struct running {
    pid_t pid;
    int outputs[2]; /* read ends of its stdout and stderr, -1 once closed */
};

static bool start_program(struct cell_run *run, char *const *arguments, struct running *running) {
    extern char **environ;
    int ends[4] = {-1, -1, -1, -1}, directory = beside_folder(run), failed = errno;
    if (directory >= 0 && pipe2(ends, O_CLOEXEC) == 0 && pipe2(ends + 2, O_CLOEXEC) == 0) {
        posix_spawn_file_actions_t actions;
        posix_spawnattr_t attributes;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
        posix_spawn_file_actions_adddup2(&actions, ends[3], 2);
        posix_spawn_file_actions_addfchdir_np(&actions, directory);
        posix_spawnattr_init(&attributes);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
        failed = posix_spawnp(&running->pid, arguments[0], &actions, &attributes, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
        posix_spawnattr_destroy(&attributes);
    } else {
        failed = errno;
    }
    running->outputs[0] = ends[0];
    running->outputs[1] = ends[2];
    int unused[] = {directory, ends[1], ends[3], failed ? ends[0] : -1, failed ? ends[2] : -1};
    for (size_t i = 0; i < sizeof unused / sizeof *unused; i++)
        if (unused[i] >= 0) close(unused[i]);
    errno = failed;
    return !failed;
}

/* Passes on what is there to read of one output. */
static void pass_on(struct cell_run *run, struct running *running, int which, struct text *captured) {
    char chunk[65536];
    ssize_t n = read(running->outputs[which], chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) return;
    if (n <= 0) {
        close(running->outputs[which]);
        running->outputs[which] = -1;
    } else if (captured && which == 0) {
        text_add_n(captured, chunk, (size_t)n);
    } else if (run->host && run->host->stream) {
        run->host->stream(run->host->context, which + 1, chunk, (size_t)n);
    }
}

/* Whether the program is to be stopped now: why is the cell's outcome. */
static bool must_stop(struct cell_run *run, pid_t pid, double started) {
    const struct limits *limits = &run->session->options.limits;
    if (interruption_asked(&run->session->interruption)) {
        outcome_fail(run->outcome, "KeyboardInterrupt", must_copy("the command was interrupted"));
        return true;
    }
    if (limits->time && process_now() - started > (double)limits->time / 1000) {
        outcome_fail(run->outcome, "TimeLimit",
                     must_format("the command took longer than the cell's limit of %g s: raise it with %%config "
                                 "time_limit",
                                 (double)limits->time / 1000));
        return true;
    }
    struct excess excess = usage_excess(pid, limits);
    if (!excess.what) return false;
    const struct sighting nothing = {};
    struct oto_record fault;
    const char *ename;
    usage_tell(&excess, &fault);
    char *sentence = death_sentence(&fault, &nothing, &ename);
    outcome_fail(run->outcome, ename, sentence);
    oto_record_free(&fault);
    return true;
}

bool beside_run(struct cell_run *run, char *const *arguments, int *status, struct text *captured) {
    struct running running;
    if (!start_program(run, arguments, &running)) return false;
    session_step_aside(run->session);
    /* a program that it left in the background keeps the outputs open, and is not waited for */
    bool ended = false, silent = false, stopped = false;
    double started = process_now(), look = started;
    while ((running.outputs[0] >= 0 || running.outputs[1] >= 0) && !(ended && silent)) {
        struct pollfd readable[2] = {{.fd = running.outputs[0], .events = POLLIN},
                                     {.fd = running.outputs[1], .events = POLLIN}};
        if (!ended && !stopped && process_now() >= look) {
            stopped = must_stop(run, running.pid, started);
            look = process_now() + USAGE_INTERVAL;
            if (stopped) usage_end(running.pid);
            if (stopped) kill(-running.pid, SIGKILL);
        }
        silent = poll(readable, 2, ended ? 0 : 50) <= 0;
        for (int which = 0; which < 2; which++)
            if (!silent && readable[which].revents) pass_on(run, &running, which, captured);
        if (!ended) ended = waitpid(running.pid, status, WNOHANG) == running.pid;
    }
    for (int which = 0; which < 2; which++)
        if (running.outputs[which] >= 0) close(running.outputs[which]);
    while (!ended && waitpid(running.pid, status, 0) < 0 && errno == EINTR);
    session_step_back(run->session);
    return true;
}
