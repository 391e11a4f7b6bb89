#include "kernel/engine/build.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/engine/text.h"

enum { CACHE_BYTES = 64 << 20, CACHE_ENTRIES = 512 };

/* A compiler that waits for its text. */
struct waiting {
    pid_t pid; /* 0: none */
    const struct flavour *flavour;
    char *fifo, *main_file;
    int object_end, error_end; /* read ends of its stdout and stderr */
};

struct cached {
    unsigned char key[16];
    struct object object;
    unsigned long used;
};

struct builder {
    const struct toolchain *toolchain;
    char *folder;
    unsigned long counter;
    struct waiting waiting;
    struct cached cache[CACHE_ENTRIES];
    size_t cached_bytes;
};

/* Removes a folder and what is in it; compilers that wait on a FIFO there see an empty file and end. */
static void remove_folder(const char *path) {
    DIR *folder = opendir(path);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (entry->d_name[0] == '.') continue;
        int fifo = openat(dirfd(folder), entry->d_name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fifo >= 0) close(fifo);
        unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    rmdir(path);
}

/* A process that was killed could not clear up: its folder, named after it, goes now. */
static void remove_abandoned(const char *base) {
    DIR *folder = opendir(base);
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        int pid;
        struct stat status;
        if (sscanf(entry->d_name, "oto-%d-", &pid) != 1 || pid <= 0) continue;
        bool mine = fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISDIR(status.st_mode) && status.st_uid == geteuid();
        if (!mine || kill(pid, 0) == 0 || errno != ESRCH) continue;
        char *path = must_format("%s/%s", base, entry->d_name);
        remove_folder(path);
        free(path);
    }
    closedir(folder);
}

struct builder *builder_open(const struct toolchain *toolchain, char **error) {
    const char *base = getenv("TMPDIR");
    struct builder *builder = must_allocate(sizeof *builder);
    if (!base || !*base) base = "/tmp";
    remove_abandoned(base);
    builder->toolchain = toolchain;
    builder->folder = must_format("%s/oto-%d-XXXXXX", base, (int)getpid());
    if (!mkdtemp(builder->folder)) {
        *error = must_format("cannot make a folder for the compiler, %s: %s", builder->folder, strerror(errno));
        free(builder->folder);
        free(builder);
        return NULL;
    }
    return builder;
}

static void drop_waiting(struct builder *builder) {
    struct waiting *w = &builder->waiting;
    if (!w->pid) return;
    kill(w->pid, SIGKILL);
    while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR);
    close(w->object_end);
    close(w->error_end);
    unlink(w->fifo);
    unlink(w->main_file);
    free(w->fifo);
    free(w->main_file);
    *w = (struct waiting){};
}

void builder_rest(struct builder *builder) {
    drop_waiting(builder);
}

const char *builder_folder(const struct builder *builder) {
    return builder->folder;
}

void builder_close(struct builder *builder) {
    if (!builder) return;
    drop_waiting(builder);
    for (size_t i = 0; i < CACHE_ENTRIES; i++) free(builder->cache[i].object.bytes);
    remove_folder(builder->folder);
    free(builder->folder);
    free(builder);
}

/* Two independent 64-bit FNV-1a runs over flavour and text: a key for memory, never for trust. */
static void key_of(const struct flavour *flavour, const char *text, size_t length, unsigned char key[16]) {
    unsigned long long a = 0xcbf29ce484222325ull, b = 0x84222325cbf29ce4ull;
    for (char **word = flavour->compile_arguments; *word; word++)
        for (const char *c = *word; *c; c++) a = (a ^ (unsigned char)*c) * 0x100000001b3ull;
    for (size_t i = 0; i < length; i++) {
        a = (a ^ (unsigned char)text[i]) * 0x100000001b3ull;
        b = (b + (unsigned char)text[i]) * 0x9e3779b97f4a7c15ull;
        b ^= b >> 29;
    }
    memcpy(key, &a, 8);
    memcpy(key + 8, &b, 8);
}

static bool recall(struct builder *builder, const unsigned char key[16], struct object *object) {
    for (size_t i = 0; i < CACHE_ENTRIES; i++) {
        struct cached *c = &builder->cache[i];
        if (!c->object.bytes || memcmp(c->key, key, 16)) continue;
        c->used = ++builder->counter;
        *object = (struct object){must_allocate(c->object.size), c->object.size};
        memcpy(object->bytes, c->object.bytes, c->object.size);
        return true;
    }
    return false;
}

static void remember(struct builder *builder, const unsigned char key[16], const struct object *object) {
    if (object->size > CACHE_BYTES / 4) return;
    for (;;) {
        struct cached *oldest = NULL, *empty = NULL;
        for (size_t i = 0; i < CACHE_ENTRIES; i++) {
            struct cached *c = &builder->cache[i];
            if (!c->object.bytes)
                empty = empty ? empty : c;
            else if (!oldest || c->used < oldest->used)
                oldest = c;
        }
        if (empty && builder->cached_bytes + object->size <= CACHE_BYTES) {
            memcpy(empty->key, key, 16);
            empty->object = (struct object){must_allocate(object->size), object->size};
            memcpy(empty->object.bytes, object->bytes, object->size);
            empty->used = ++builder->counter;
            builder->cached_bytes += object->size;
            return;
        }
        builder->cached_bytes -= oldest->object.size;
        free(oldest->object.bytes);
        *oldest = (struct cached){};
    }
}

static bool write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    size_t length = strlen(text);
    bool ok = write(fd, text, length) == (ssize_t)length;
    return close(fd) == 0 && ok;
}

static bool start(struct builder *builder, const struct flavour *flavour, struct waiting *w, char **errors) {
    extern char **environ;
    unsigned long n = ++builder->counter;
    int object_pipe[2], error_pipe[2];
    *w = (struct waiting){.flavour = flavour,
                          .fifo = must_format("%s/unit%lu.c", builder->folder, n),
                          .main_file = must_format("%s/main%lu.c", builder->folder, n)};
    char *include = must_format("#include \"%s\"\n", w->fifo);
    bool ok = write_file(w->main_file, include) && !mkfifo(w->fifo, 0600);
    free(include);
    if (ok && pipe2(object_pipe, O_CLOEXEC) == 0) {
        if (pipe2(error_pipe, O_CLOEXEC) == 0) {
            size_t count = 0;
            while (flavour->compile_arguments[count]) count++;
            char **arguments = must_allocate((count + 2) * sizeof *arguments);
            memcpy(arguments, flavour->compile_arguments, count * sizeof *arguments);
            arguments[count] = w->main_file;
            posix_spawn_file_actions_t actions;
            posix_spawn_file_actions_init(&actions);
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
            posix_spawn_file_actions_adddup2(&actions, object_pipe[1], 1);
            posix_spawn_file_actions_adddup2(&actions, error_pipe[1], 2);
            posix_spawnattr_t attributes;
            posix_spawnattr_init(&attributes);
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
            posix_spawnattr_setpgroup(&attributes, 0);
            sigset_t defaults;
            sigemptyset(&defaults);
            sigaddset(&defaults, SIGPIPE);
            sigaddset(&defaults, SIGINT);
            posix_spawnattr_setsigdefault(&attributes, &defaults);
            int failed = posix_spawn(&w->pid, arguments[0], &actions, &attributes, arguments, environ);
            posix_spawn_file_actions_destroy(&actions);
            posix_spawnattr_destroy(&attributes);
            free(arguments);
            close(object_pipe[1]);
            close(error_pipe[1]);
            w->object_end = object_pipe[0];
            w->error_end = error_pipe[0];
            if (!failed) return true;
            errno = failed;
            close(object_pipe[0]);
            close(error_pipe[0]);
            w->pid = 0;
        } else {
            close(object_pipe[0]);
            close(object_pipe[1]);
        }
    }
    *errors = must_format("cannot start the compiler: %s", strerror(errno));
    unlink(w->fifo);
    unlink(w->main_file);
    free(w->fifo);
    free(w->main_file);
    *w = (struct waiting){};
    return false;
}

void builder_warm(struct builder *builder, const struct flavour *flavour) {
    char *errors = NULL;
    if (builder->waiting.pid && builder->waiting.flavour == flavour) return;
    drop_waiting(builder);
    if (!start(builder, flavour, &builder->waiting, &errors)) free(errors);
}

/* Opens the FIFO for writing once the compiler reads it; -1 when the compiler died first. */
static int open_fifo(struct waiting *w) {
    for (int i = 0; i < 20000; i++) {
        int fd = open(w->fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0) return fd;
        struct pollfd ended = {.fd = w->object_end, .events = POLLIN};
        if (poll(&ended, 1, 1) > 0 && (ended.revents & POLLHUP)) return -1;
    }
    return -1;
}

/* Feeds the text and reads object and messages until the compiler closes both. */
static void converse(struct waiting *w, int fifo, const char *text, size_t length, struct text *object,
                     struct text *said) {
    size_t written = 0;
    bool object_open = true, error_open = true;
    char chunk[65536];
    while (object_open || error_open) {
        struct pollfd watched[3] = {{.fd = object_open ? w->object_end : -1, .events = POLLIN},
                                    {.fd = error_open ? w->error_end : -1, .events = POLLIN},
                                    {.fd = fifo, .events = POLLOUT}};
        if (poll(watched, 3, -1) < 0) {
            if (errno == EINTR) continue;
            break;
        }
        if (watched[0].revents) {
            ssize_t n = read(w->object_end, chunk, sizeof chunk);
            if (n > 0)
                text_add_n(object, chunk, (size_t)n);
            else if (n == 0 || errno != EINTR)
                object_open = false;
        }
        if (watched[1].revents) {
            ssize_t n = read(w->error_end, chunk, sizeof chunk);
            if (n > 0)
                text_add_n(said, chunk, (size_t)n);
            else if (n == 0 || errno != EINTR)
                error_open = false;
        }
        if (fifo >= 0 && watched[2].revents) {
            ssize_t n = written < length ? write(fifo, text + written, length - written) : 0;
            if (n > 0) written += (size_t)n;
            if (written == length || (n < 0 && errno != EINTR && errno != EAGAIN)) {
                close(fifo);
                fifo = -1;
            }
        }
    }
    if (fifo >= 0) close(fifo);
}

bool builder_compile(struct builder *builder, const struct flavour *flavour, const char *text, size_t length,
                     struct object *object, char **errors) {
    unsigned char key[16];
    key_of(flavour, text, length, key);
    if (recall(builder, key, object)) return true;
    struct waiting w = builder->waiting;
    builder->waiting = (struct waiting){};
    if (w.pid && w.flavour != flavour) {
        builder->waiting = w;
        w = (struct waiting){};
    }
    if (!w.pid && !start(builder, flavour, &w, errors)) return false;
    /* the next compiler starts while this one works: cells that follow each other closely find it ready */
    builder_warm(builder, flavour);
    struct text bytes = {}, said = {};
    int fifo = open_fifo(&w);
    converse(&w, fifo, text, length, &bytes, &said);
    int status = 0;
    while (waitpid(w.pid, &status, 0) < 0 && errno == EINTR);
    close(w.object_end);
    close(w.error_end);
    unlink(w.fifo);
    unlink(w.main_file);
    free(w.fifo);
    free(w.main_file);
    bool ok = fifo >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0 && bytes.length;
    if (ok) {
        object->size = bytes.length;
        object->bytes = (unsigned char *)text_take(&bytes);
        remember(builder, key, object);
        text_free(&said);
    } else {
        if (!said.length) text_format(&said, "the compiler ended with status %d", status);
        *errors = text_take(&said);
    }
    text_free(&bytes);
    return ok;
}
