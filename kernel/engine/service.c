#include "kernel/engine/service.h"

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

struct service {
    pid_t pid; /* 0: has ended, or is somebody else's child */
    int socket;
};

static bool spawn(char *const *arguments, char *const *environment, int socket, pid_t *pid) {
    extern char **environ;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, socket, SERVICE_SOCKET);
    posix_spawn_file_actions_addclosefrom_np(&actions, SERVICE_SOCKET + 1);
    if (environment) posix_spawn_file_actions_addchdir_np(&actions, "/");
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
    int failed = posix_spawn(pid, arguments[0], &actions, &attributes, arguments, environment ? environment : environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    errno = failed;
    return !failed;
}

struct service *service_start(char *const *arguments, char *const *environment, char **error) {
    int ends[2] = {-1, -1};
    pid_t pid = 0;
    bool ok = !socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends);
    /* adddup2 of a descriptor onto itself would leave it to be closed at exec */
    if (ok && ends[1] == SERVICE_SOCKET) {
        int other = fcntl(ends[1], F_DUPFD_CLOEXEC, SERVICE_SOCKET + 1);
        close(ends[1]);
        ends[1] = other;
        ok = other >= 0;
    }
    ok = ok && spawn(arguments, environment, ends[1], &pid);
    if (!ok) *error = must_format("cannot start the compiler: %s", strerror(errno));
    if (ends[1] >= 0) close(ends[1]);
    if (!ok) {
        if (ends[0] >= 0) close(ends[0]);
        return NULL;
    }
    struct service *service = service_adopt(ends[0]);
    service->pid = pid;
    return service;
}

struct service *service_adopt(int socket) {
    struct service *service = must_allocate(sizeof *service);
    fcntl(socket, F_SETFL, O_NONBLOCK);
    service->socket = socket;
    return service;
}

/* Waits until the service is gone, and whatever it left behind, and says how it ended: as a crash where nobody knows.
 * All of it is one group of processes, which is killed as one: a service could not tell those that it forks at that
 * moment. */
static int reap(struct service *service) {
    int status = W_EXITCODE(SERVICE_CRASHED, 0);
    if (!service->pid) return status;
    while (waitpid(service->pid, &status, 0) < 0 && errno == EINTR) {
    }
    /* children of one that was killed are this process's now, if it takes orphans */
    kill(-service->pid, SIGKILL);
    while (waitpid(-service->pid, NULL, 0) > 0 || errno == EINTR) {
    }
    service->pid = 0;
    return status;
}

int service_socket(const struct service *service) {
    return service->socket;
}

void service_stop(struct service *service) {
    if (!service) return;
    if (service->pid) {
        kill(-service->pid, SIGKILL);
        reap(service);
    }
    close(service->socket);
    free(service);
}

enum step { STEP_DONE, STEP_STOPPED, STEP_ENDED };

/* Waits until the socket can be read or written. */
static enum step await(struct service *service, short events, const struct stop_wish *stop) {
    for (;;) {
        struct pollfd watched[2] = {{.fd = service->socket, .events = events},
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

static enum step ask(struct service *service, const void *from, size_t size, const struct stop_wish *stop) {
    for (const char *at = from; size;) {
        enum step step = await(service, POLLOUT, stop);
        if (step) return step;
        ssize_t n = send(service->socket, at, size, MSG_NOSIGNAL);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) return STEP_ENDED;
        at += n;
        size -= (size_t)n;
    }
    return STEP_DONE;
}

static enum step hear(struct service *service, void *to, size_t size, const struct stop_wish *stop) {
    for (char *at = to; size;) {
        enum step step = await(service, POLLIN, stop);
        if (step) return step;
        ssize_t n = recv(service->socket, at, size, 0);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n <= 0) return STEP_ENDED;
        at += n;
        size -= (size_t)n;
    }
    return STEP_DONE;
}

static enum step hear_text(struct service *service, uint64_t size, const struct stop_wish *stop, struct text *text) {
    char chunk[65536];
    enum step step = STEP_DONE;
    while (size && !step) {
        size_t part = size < sizeof chunk ? size : sizeof chunk;
        step = hear(service, chunk, part, stop);
        if (!step) text_add_n(text, chunk, part);
        size -= part;
    }
    return step;
}

static int reason_of(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : SERVICE_CRASHED;
}

/* No answer is that long: the sizes above are reasons. */
static const uint64_t no_answer = UINT64_MAX - UINT8_MAX;

static enum service_end explain(int reason, struct text *why) {
    text_clear(why);
    if (reason == SERVICE_OUT_OF_MEMORY)
        text_format(why, "the compiler needs more than %d MB for this cell: make it smaller", SERVICE_MEGABYTES);
    else if (reason == SERVICE_OUT_OF_TIME)
        text_format(why, "the compiler needs more than %d s for this cell: make it smaller", SERVICE_SECONDS);
    else
        text_add(why, "the compiler itself failed on this cell; nothing of it ran, and the session goes on");
    return reason == SERVICE_OUT_OF_MEMORY || reason == SERVICE_OUT_OF_TIME ? SERVICE_LIMIT : SERVICE_DIED;
}

enum service_end service_ask(struct service *service, const char *question, size_t size, const struct stop_wish *stop,
                             struct text *answer) {
    uint64_t length = size;
    enum step step = ask(service, &length, sizeof length, stop);
    if (!step) step = ask(service, question, size, stop);
    if (!step) step = hear(service, &length, sizeof length, stop);
    if (!step && length >= no_answer) return explain((int)(length - no_answer), answer);
    if (!step) step = hear_text(service, length, stop, answer);
    if (step == STEP_ENDED) return explain(reason_of(reap(service)), answer);
    return step == STEP_STOPPED ? SERVICE_STOPPED : SERVICE_ANSWERED;
}

bool service_receive(int socket, void *to, size_t size) {
    for (char *at = to; size;) {
        ssize_t n = recv(socket, at, size, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

bool service_transmit(int socket, const void *from, size_t size) {
    for (const char *at = from; size;) {
        ssize_t n = send(socket, at, size, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

void service_give_up(int reason) {
    uint64_t size = no_answer + (uint64_t)reason;
    service_transmit(SERVICE_SOCKET, &size, sizeof size);
    _exit(reason);
}
