/* worker_host: the engine's side of kernel/worker/protocol.h, as little of it as tests need.
 *
 * Cells are written in C with the names the engine would give them: a cell's function is `void cell(void)
 * __asm__("cell.new")`, which the macro CELL opens. */
#ifndef OTO_TEST_WORKER_HOST_H
#define OTO_TEST_WORKER_HOST_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/worker/protocol.h"
#include "lib/record/record.h"

#define HEADERS                                                                                                        \
    "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n#include <signal.h>\n"         \
    "#include <math.h>\n#include <assert.h>\n#include <pthread.h>\n#include <sys/wait.h>\n#include <limits.h>\n"
#define CELL "void cell(void) __asm__(\"cell.new\"); void cell(void) "

struct host {
    pid_t first, session, snapshot; /* snapshot: who sleeps under the session */
    int commands, records, output;
    int unit;
    int64_t memory_limit; /* of a cell, 0: none */
    char text[1 << 16];   /* what the worker printed since the last cell began */
    size_t text_size;
    struct oto_record last; /* the record that ended the last wait */
    struct oto_record loaded;
    const char *answers; /* lines handed out to INPUT; NULL: end of file */
};

static const char *worker_path(void) {
    const char *path = getenv("OTO_WORKER");
    return path ? path : "build/bin/oto-worker";
}

/* option: one more of the worker's, or NULL */
static void host_start(struct host *host, const char *option) {
    int commands[2], records[2], output[2], input[2];
    memset(host, 0, sizeof *host);
    assert_return_code(pipe(commands) | pipe(records) | pipe(output) | pipe(input), errno);
    assert_return_code(prctl(PR_SET_CHILD_SUBREAPER, 1), errno);
    host->first = fork();
    assert_return_code(host->first, errno);
    if (host->first == 0) {
        char command_fd[16], record_fd[16];
        dup2(input[0], 0);
        dup2(output[1], 1);
        dup2(output[1], 2);
        close(commands[1]);
        close(records[0]);
        close(output[0]);
        close(output[1]);
        close(input[0]);
        close(input[1]);
        snprintf(command_fd, sizeof command_fd, "%d", commands[0]);
        snprintf(record_fd, sizeof record_fd, "%d", records[1]);
        execl(worker_path(), "oto-worker", "--commands", command_fd, "--records", record_fd, option, NULL);
        _exit(127);
    }
    close(commands[0]);
    close(records[1]);
    close(output[1]);
    close(input[0]);
    close(input[1]);
    host->commands = commands[1];
    host->records = records[0];
    host->output = output[0];
    fcntl(host->output, F_SETFL, O_NONBLOCK);
    fcntl(host->commands, F_SETFD, FD_CLOEXEC);
    fcntl(host->records, F_SETFD, FD_CLOEXEC);
    host->session = host->first;
}

static void host_drain(struct host *host) {
    for (;;) {
        char spill[4096];
        size_t room = sizeof host->text - host->text_size - 1;
        ssize_t got = read(host->output, room ? host->text + host->text_size : spill, room ? room : sizeof spill);
        if (got <= 0) break;
        if (room) host->text_size += (size_t)got;
    }
    host->text[host->text_size] = '\0';
}

static void host_answer(struct host *host) {
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_ANSWER);
    if (host->answers && *host->answers) {
        size_t length = strcspn(host->answers, "\n");
        length += host->answers[length] == '\n';
        oto_record_text_n(&record, "line", host->answers, length);
        host->answers += length;
    }
    assert_return_code(oto_record_send(host->commands, &record), errno);
    oto_record_free(&record);
}

/* Waits for a record of the kind, at most seconds; answers input on the way. False when time runs out. */
static bool host_wait(struct host *host, int kind, int other, double seconds) {
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        double left = seconds - (double)(now.tv_sec - start.tv_sec) - (double)(now.tv_nsec - start.tv_nsec) / 1e9;
        struct pollfd ready[2] = {{.fd = host->records, .events = POLLIN}, {.fd = host->output, .events = POLLIN}};
        if (left <= 0 || poll(ready, 2, (int)(left * 1000) + 1) < 0) return false;
        host_drain(host);
        if (!(ready[0].revents & (POLLIN | POLLHUP))) continue;
        struct oto_record record;
        assert_int_equal(oto_record_receive(host->records, &record), 1);
        if (record.kind == OTO_RECORD_INPUT) host_answer(host);
        if (record.kind == WORKER_LOADED) {
            oto_record_free(&host->loaded);
            host->loaded = record;
            continue;
        }
        if (record.kind == kind || record.kind == other) {
            oto_record_free(&host->last);
            host->last = record;
            host_drain(host);
            return true;
        }
        if (record.kind == WORKER_RESTORED || record.kind == WORKER_FAULT || record.kind == WORKER_MISSING)
            print_message("unexpected record %d: %s %s\n", record.kind, oto_record_get_text(&record, "what", ""),
                          oto_record_get_text(&record, "problem", ""));
        oto_record_free(&record);
    }
}

static void host_say(struct host *host, int kind) {
    struct oto_record record;
    oto_record_begin(&record, kind);
    assert_return_code(oto_record_send(host->commands, &record), errno);
    oto_record_free(&record);
}

enum mode { CHECKED, FAST };

/* Compiles C into malloc'd bytes of an object. */
static unsigned char *compile(const char *source, enum mode mode, size_t *size) {
    char path[] = "/tmp/worker-test-XXXXXX.o", command[1024];
    int fd = mkstemps(path, 2);
    assert_return_code(fd, errno);
    close(fd);
    static const char checked[] = "-O0 -g -fno-omit-frame-pointer -fsanitize=address,undefined "
                                  "-fno-sanitize=function,vptr -fno-sanitize-recover=all";
    snprintf(command, sizeof command, "clang-19 -w -std=gnu23 -fPIC -fno-common -femulated-tls %s -x c -c - -o %s",
             mode == CHECKED ? checked : "-O3 -march=native -fno-omit-frame-pointer", path);
    FILE *compiler = popen(command, "w");
    assert_non_null(compiler);
    fputs(HEADERS, compiler);
    fputs(source, compiler);
    assert_int_equal(pclose(compiler), 0);
    FILE *object = fopen(path, "rb");
    assert_non_null(object);
    fseek(object, 0, SEEK_END);
    *size = (size_t)ftell(object);
    rewind(object);
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, object), *size);
    fclose(object);
    unlink(path);
    return bytes;
}

struct run {
    const char *source;
    enum mode mode;
    const char *rebind, *keep, *libraries;
    const char *arguments; /* this is a program */
};

static void host_begin(struct host *host) {
    host->text_size = 0;
    struct oto_record record;
    oto_record_begin(&record, WORKER_BEGIN);
    oto_record_integer(&record, "memory", host->memory_limit);
    assert_return_code(oto_record_send(host->commands, &record), errno);
    oto_record_free(&record);
    assert_true(host_wait(host, WORKER_BEGUN, 0, 10));
    host->snapshot = host->session;
    host->session = (pid_t)oto_record_get_integer(&host->last, "pid", 0);
}

static void host_send_run(struct host *host, const struct run *run, const void *object, size_t size) {
    struct oto_record record;
    oto_record_begin(&record, WORKER_RUN);
    oto_record_integer(&record, "unit", ++host->unit);
    oto_record_bytes(&record, "object", object, size);
    if (run->rebind) oto_record_text(&record, "rebind", run->rebind);
    if (run->libraries) oto_record_text(&record, "libraries", run->libraries);
    if (run->keep) oto_record_text(&record, "keep", run->keep);
    oto_record_text(&record, "entry", run->arguments ? "main" : "cell.new");
    oto_record_integer(&record, "program", run->arguments != NULL);
    if (run->arguments) oto_record_text(&record, "arguments", run->arguments);
    assert_return_code(oto_record_send(host->commands, &record), errno);
    oto_record_free(&record);
}

static void host_send_cell(struct host *host, const struct run *run) {
    size_t size;
    unsigned char *object = compile(run->source, run->mode, &size);
    host_begin(host);
    host_send_run(host, run, object, size);
    free(object);
}

/* Runs a cell that ends well, and commits it. Returns how it ended. */
static const char *host_run(struct host *host, const struct run *run) {
    static char how[32];
    host_send_cell(host, run);
    assert_true(host_wait(host, WORKER_RAN, 0, 20));
    snprintf(how, sizeof how, "%s", oto_record_get_text(&host->last, "how", ""));
    host_say(host, WORKER_COMMIT);
    assert_true(host_wait(host, WORKER_COMMITTED, 0, 10));
    return how;
}
#define RUN(host, ...) host_run(host, &(struct run){.source = __VA_ARGS__})

/* Runs a cell that dies. Afterwards the session is its parent again, and *fault (free it) is what was said. */
static void host_fail(struct host *host, const struct run *run, struct oto_record *fault) {
    host_send_cell(host, run);
    assert_true(host_wait(host, WORKER_FAULT, WORKER_RESTORED, 20));
    *fault = host->last;
    memset(&host->last, 0, sizeof host->last);
    if (fault->kind == WORKER_FAULT) {
        host_say(host, WORKER_CONTINUE);
        assert_true(host_wait(host, WORKER_RESTORED, 0, 10));
        host->session = (pid_t)oto_record_get_integer(&host->last, "pid", 0);
    } else {
        host->session = (pid_t)oto_record_get_integer(fault, "pid", 0);
    }
}
#define FAIL(host, fault, ...) host_fail(host, &(struct run){.source = __VA_ARGS__}, fault)

static void host_stop(struct host *host) {
    close(host->commands);
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, 0)) > 0 || (pid < 0 && errno == EINTR)) {
    }
    close(host->records);
    close(host->output);
    oto_record_free(&host->last);
    oto_record_free(&host->loaded);
}

#endif
