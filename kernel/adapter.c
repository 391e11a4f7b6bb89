#include "kernel/adapter.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char program[] = "lldb-dap-19";

enum { MESSAGE_LIMIT = 16 << 20 }; /* bytes; an adapter that announces more is given up */

struct adapter {
    pid_t pid;
    int in, out; /* its stdin, its stdout */
    json_int_t sequence;
    char *pending; /* read and not yet taken */
    size_t length, capacity;
    bool gone;
};

bool adapter_available(void) {
    const char *path = getenv("PATH");
    for (const char *at = path == NULL ? "/usr/bin" : path; *at != '\0';) {
        size_t length = strcspn(at, ":");
        char *file;
        if (asprintf(&file, "%.*s/%s", (int)length, at, program) < 0) return false;
        bool found = access(file, X_OK) == 0;
        free(file);
        if (found) return true;
        at += length + (at[length] == ':');
    }
    return false;
}

/* In a process group of its own, so that an interrupt from a terminal is not its. */
static int spawn(pid_t *pid, int in, int out) {
    extern char **environ;
    char *arguments[] = {(char *)program, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, 0);
    posix_spawn_file_actions_adddup2(&actions, out, 1);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setpgroup(&attributes, 0);
    int failed = posix_spawnp(pid, program, &actions, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return failed;
}

struct adapter *adapter_start(void) {
    struct adapter *adapter = calloc(1, sizeof *adapter);
    int to[2] = {-1, -1}, from[2] = {-1, -1};
    int failed = adapter == NULL || pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0 ? errno : 0;
    if (failed == 0) failed = spawn(&adapter->pid, to[0], from[1]);
    if (to[0] >= 0) close(to[0]);
    if (from[1] >= 0) close(from[1]);
    if (failed != 0) {
        if (to[1] >= 0) close(to[1]);
        if (from[0] >= 0) close(from[0]);
        free(adapter);
        errno = failed;
        return NULL;
    }
    adapter->in = to[1];
    adapter->out = from[0];
    return adapter;
}

void adapter_stop(struct adapter *adapter) {
    if (adapter == NULL) return;
    close(adapter->in);
    close(adapter->out);
    kill(-adapter->pid, SIGKILL);
    while (waitpid(adapter->pid, NULL, 0) < 0 && errno == EINTR) continue;
    free(adapter->pending);
    free(adapter);
}

int adapter_descriptor(const struct adapter *adapter) {
    return adapter->out;
}

bool adapter_gone(const struct adapter *adapter) {
    return adapter->gone;
}

static bool write_all(int descriptor, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t n = write(descriptor, bytes, size);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

json_int_t adapter_send(struct adapter *adapter, const char *command, json_t *arguments) {
    json_t *request = json_pack("{s:I, s:s, s:s, s:o*}", "seq", ++adapter->sequence, "type", "request", "command",
                                command, "arguments", arguments);
    char *text = request == NULL ? NULL : json_dumps(request, JSON_COMPACT), *whole = NULL;
    json_decref(request);
    int length = text == NULL ? -1 : asprintf(&whole, "Content-Length: %zu\r\n\r\n%s", strlen(text), text);
    free(text);
    bool sent = length > 0 && !adapter->gone && write_all(adapter->in, whole, (size_t)length);
    if (length >= 0) free(whole);
    if (!sent) adapter->gone = true;
    return sent ? adapter->sequence : 0;
}

/* Takes one whole message off what was read; NULL when there is none yet. */
static json_t *take(struct adapter *adapter) {
    static const char field[] = "Content-Length:";
    char *header_end = adapter->length == 0 ? NULL : memmem(adapter->pending, adapter->length, "\r\n\r\n", 4);
    if (header_end == NULL) {
        adapter->gone |= adapter->length > 4096; /* no header is that long */
        return NULL;
    }
    size_t header = (size_t)(header_end - adapter->pending) + 4;
    const char *at = memmem(adapter->pending, header, field, sizeof field - 1);
    long size = at == NULL ? -1 : strtol(at + sizeof field - 1, NULL, 10);
    if (size < 0 || size > MESSAGE_LIMIT) {
        adapter->gone = true;
        return NULL;
    }
    size_t whole = header + (size_t)size;
    if (adapter->length < whole) return NULL;
    json_t *message = json_loadb(adapter->pending + header, (size_t)size, JSON_ALLOW_NUL, NULL);
    memmove(adapter->pending, adapter->pending + whole, adapter->length - whole);
    adapter->length -= whole;
    if (message == NULL) adapter->gone = true;
    return message;
}

static void read_some(struct adapter *adapter) {
    enum { STEP = 65536 };
    if (adapter->capacity - adapter->length < STEP) {
        char *larger = realloc(adapter->pending, adapter->capacity + 2 * STEP);
        if (larger == NULL) {
            adapter->gone = true;
            return;
        }
        adapter->pending = larger;
        adapter->capacity += 2 * STEP;
    }
    ssize_t n = read(adapter->out, adapter->pending + adapter->length, STEP);
    if (n > 0)
        adapter->length += (size_t)n;
    else if (n == 0 || errno != EINTR)
        adapter->gone = true;
}

static long now_ms(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

json_t *adapter_receive(struct adapter *adapter, int milliseconds) {
    long end = now_ms() + milliseconds;
    for (;;) {
        json_t *message = take(adapter);
        if (message != NULL || adapter->gone) return message;
        long left = end - now_ms();
        struct pollfd readable = {.fd = adapter->out, .events = POLLIN};
        int ready = poll(&readable, 1, left > 0 ? (int)left : 0);
        if (ready < 0 && errno != EINTR) adapter->gone = true;
        if (ready > 0) read_some(adapter);
        if (ready == 0) return NULL;
    }
}
