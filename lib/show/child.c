#include "lib/show/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { OUTPUT_MAX = 64 << 20, COMPLAINT_MAX = 64 << 10, PATIENCE_MS = 60000 };

struct child {
    pid_t pid;
    int in, out, err; /* our ends; in is a socket, so that writing to a child that died is EPIPE and no signal */
};

struct bytes {
    unsigned char *data;
    size_t size;
};

static void shut(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* Starts the program with its three streams connected to us. 0, or an errno value. */
static int start(struct child *child, const char *program, const char *const arguments[]) {
    int in[2] = {-1, -1}, out[2] = {-1, -1}, err[2] = {-1, -1}, status = 0;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
        status = errno;

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    /* The session's signal handlers and its process group (an interrupt is for the cell) do not concern the child. */
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    if (status == 0) status = posix_spawn_file_actions_adddup2(&actions, in[1], 0);
    if (status == 0) status = posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    if (status == 0) status = posix_spawn_file_actions_adddup2(&actions, err[1], 2);
    if (status == 0)
        status = posix_spawnp(&child->pid, program, &actions, &attributes, (char *const *)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);

    shut(&in[1]);
    shut(&out[1]);
    shut(&err[1]);
    if (status) {
        shut(&in[0]);
        shut(&out[0]);
        shut(&err[0]);
        return status;
    }
    child->in = in[0];
    child->out = out[0];
    child->err = err[0];
    return 0;
}

/* Takes what there is to read; closes the descriptor at its end or past the limit. False when memory ran out. */
static bool drain(int *fd, struct bytes *bytes, size_t limit) {
    unsigned char chunk[65536];
    ssize_t got = read(*fd, chunk, sizeof chunk);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return true;
    if (got <= 0 || bytes->size + (size_t)got > limit) {
        shut(fd);
        return true;
    }
    unsigned char *grown = realloc(bytes->data, bytes->size + (size_t)got + 1);
    if (!grown) return false;
    memcpy(grown + bytes->size, chunk, (size_t)got);
    bytes->data = grown;
    bytes->size += (size_t)got;
    grown[bytes->size] = '\0';
    return true;
}

static long long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Writes the input and reads both outputs at once, so that neither side waits for ever for the other. */
static bool converse(struct child *child, const char *input, size_t size, struct bytes *out, struct bytes *err) {
    size_t sent = 0;
    long long deadline = now_ms() + PATIENCE_MS;
    while (child->out >= 0 || child->err >= 0) {
        struct pollfd polled[] = {{child->in, POLLOUT, 0}, {child->out, POLLIN, 0}, {child->err, POLLIN, 0}};
        long long left = deadline - now_ms();
        int ready = left > 0 ? poll(polled, 3, (int)left) : 0;
        if (ready == 0 || (ready < 0 && errno != EINTR)) return false;
        if (ready < 0) continue;
        if (polled[0].revents) {
            ssize_t done = send(child->in, input + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (done > 0) sent += (size_t)done;
            if (sent == size || (done < 0 && errno != EAGAIN && errno != EINTR)) shut(&child->in);
        }
        if (polled[1].revents && !drain(&child->out, out, OUTPUT_MAX)) return false;
        if (polled[2].revents && !drain(&child->err, err, COMPLAINT_MAX)) return false;
    }
    return true;
}

/* The line of the program's complaint that says what is wrong. */
static char *complaint(const char *name, const struct bytes *err) {
    char *text = NULL;
    const char *line = err->data ? (const char *)err->data : "";
    while (*line == '\n' || *line == ' ' || *line == '\t') line++;
    if (asprintf(&text, "%s drew nothing: %.*s", name, 300, *line ? line : "it gave no reason") < 0) return NULL;
    return text;
}

/* Why there is nothing, of a program that has ended or was ended. */
static char *reason(const char *name, bool finished, int how, const struct bytes *err) {
    char *why = NULL;
    if (finished && !WIFSIGNALED(how)) return complaint(name, err);
    int length = finished ? asprintf(&why, "%s was ended by signal %d", name, WTERMSIG(how))
                          : asprintf(&why, "%s did not finish the picture: it took too long or memory ran out", name);
    return length < 0 ? NULL : why;
}

struct oto_child oto_child(const char *program, const char *const arguments[], const void *input, size_t size) {
    const char *name = arguments[0];
    struct oto_child result = {0};
    struct child child = {0, -1, -1, -1};
    int status = start(&child, program && *program ? program : name, arguments);
    if (status) {
        result.missing = status == ENOENT;
        if (asprintf(&result.why, "%s does not start: %s", name, strerror(status)) < 0) result.why = NULL;
        return result;
    }
    struct bytes out = {0}, err = {0};
    bool finished = converse(&child, input, size, &out, &err);
    shut(&child.in);
    shut(&child.out);
    shut(&child.err);
    if (!finished) kill(child.pid, SIGKILL);
    int how = 0;
    while (waitpid(child.pid, &how, 0) < 0 && errno == EINTR) continue;
    if (finished && how == 0 && out.size) {
        result.out = out.data;
        result.size = out.size;
        result.said = (char *)err.data;
        return result;
    }
    result.why = reason(name, finished, how, &err);
    free(out.data);
    free(err.data);
    return result;
}
