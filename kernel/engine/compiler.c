#include "kernel/engine/compiler.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/compiler/protocol.h"

struct compiler {
    pid_t pid; /* 0: has ended */
    int socket;
};

static bool spawn(const struct toolchain *toolchain, const struct flavour *flavour, int socket, pid_t *pid) {
    extern char **environ;
    size_t count = 0;
    while (flavour->parse_flags[count]) count++;
    char **arguments = must_allocate((count + 3) * sizeof *arguments);
    arguments[0] = toolchain->compiler;
    arguments[1] = toolchain->clang;
    memcpy(arguments + 2, flavour->parse_flags, count * sizeof *arguments);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, socket, COMPILER_SOCKET);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t defaults, none;
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    sigaddset(&defaults, SIGINT);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setsigmask(&attributes, &none);
    int failed = posix_spawn(pid, arguments[0], &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    free(arguments);
    errno = failed;
    return !failed;
}

struct compiler *compiler_start(const struct toolchain *toolchain, const struct flavour *flavour, char **error) {
    int ends[2] = {-1, -1};
    pid_t pid = 0;
    bool ok = !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    /* adddup2 of a descriptor onto itself would leave it to be closed at exec */
    if (ok && ends[1] == COMPILER_SOCKET) {
        int other = fcntl(ends[1], F_DUPFD_CLOEXEC, COMPILER_SOCKET + 1);
        close(ends[1]);
        ends[1] = other;
        ok = other >= 0;
    }
    ok = ok && spawn(toolchain, flavour, ends[1], &pid);
    if (!ok) *error = must_format("cannot start the compiler: %s", strerror(errno));
    if (ends[1] >= 0) close(ends[1]);
    if (!ok) {
        if (ends[0] >= 0) close(ends[0]);
        return NULL;
    }
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    struct compiler *compiler = must_allocate(sizeof *compiler);
    compiler->pid = pid;
    compiler->socket = ends[0];
    return compiler;
}

/* Waits until the compiler is gone and its children with it, and says how it ended. */
static int reap(struct compiler *compiler) {
    int status = 0;
    while (waitpid(compiler->pid, &status, 0) < 0 && errno == EINTR) {
    }
    compiler->pid = 0;
    return status;
}

void compiler_stop(struct compiler *compiler) {
    if (!compiler) return;
    if (compiler->pid) {
        kill(compiler->pid, SIGTERM);
        reap(compiler);
    }
    close(compiler->socket);
    free(compiler);
}

enum step { STEP_DONE, STEP_STOPPED, STEP_ENDED };

/* Waits until the socket can be read or written. */
static enum step await(struct compiler *compiler, short events, const struct stop_wish *stop) {
    for (;;) {
        struct pollfd watched[2] = {{.fd = compiler->socket, .events = events},
                                    {.fd = stop ? stop->wake : -1, .events = POLLIN}};
        if (poll(watched, 2, -1) < 0) continue;
        if (watched[1].revents) {
            uint64_t count;
            if (stop->wished(stop->context)) return STEP_STOPPED;
            if (read(stop->wake, &count, sizeof count) < 0) continue; /* a wish of the past */
        }
        if (watched[0].revents) return STEP_DONE;
    }
}

static enum step transmit(struct compiler *compiler, const void *from, size_t size, const struct stop_wish *stop) {
    for (const char *at = from; size;) {
        enum step step = await(compiler, POLLOUT, stop);
        if (step) return step;
        ssize_t n = send(compiler->socket, at, size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) return STEP_ENDED;
        at += n;
        size -= (size_t)n;
    }
    return STEP_DONE;
}

static enum step receive(struct compiler *compiler, void *to, size_t size, const struct stop_wish *stop) {
    for (char *at = to; size;) {
        enum step step = await(compiler, POLLIN, stop);
        if (step) return step;
        ssize_t n = recv(compiler->socket, at, size, 0);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return STEP_ENDED;
        at += n;
        size -= (size_t)n;
    }
    return STEP_DONE;
}

static enum step receive_text(struct compiler *compiler, uint64_t size, const struct stop_wish *stop,
                              struct text *text) {
    char chunk[65536];
    enum step step = STEP_DONE;
    while (size && !step) {
        size_t part = size < sizeof chunk ? size : sizeof chunk;
        step = receive(compiler, chunk, part, stop);
        if (!step) text_add_n(text, chunk, part);
        size -= part;
    }
    return step;
}

static enum compile_end explain(int status, struct text *said) {
    int reason = WIFEXITED(status) ? WEXITSTATUS(status) : COMPILER_CRASHED;
    text_clear(said);
    if (reason == COMPILER_OUT_OF_MEMORY)
        text_format(said, "error: the compiler needs more than %d MB for this cell: make it smaller",
                    COMPILER_MEGABYTES);
    else if (reason == COMPILER_OUT_OF_TIME)
        text_format(said, "error: the compiler needs more than %d s for this cell: make it smaller", COMPILER_SECONDS);
    else
        text_add(said, "error: the compiler itself failed on this cell; nothing of it ran, and the session goes on");
    return reason == COMPILER_OUT_OF_MEMORY || reason == COMPILER_OUT_OF_TIME ? COMPILE_LIMIT : COMPILE_DIED;
}

enum compile_end compiler_run(struct compiler *compiler, const char *text, size_t length, const struct stop_wish *stop,
                              struct text *object, struct text *said) {
    const struct compiler_request request = {length};
    struct compiler_reply reply = {};
    enum step step = transmit(compiler, &request, sizeof request, stop);
    if (!step) step = transmit(compiler, text, length, stop);
    if (!step) step = receive(compiler, &reply, sizeof reply, stop);
    if (!step) step = receive_text(compiler, reply.object_size, stop, object);
    if (!step) step = receive_text(compiler, reply.said_size, stop, said);
    if (step == STEP_STOPPED) return COMPILE_STOPPED;
    if (step == STEP_ENDED) return explain(reap(compiler), said);
    return reply.succeeded && reply.object_size ? COMPILE_DONE : COMPILE_REFUSED;
}
