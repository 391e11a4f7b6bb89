#include "kernel/engine/usage.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/worker/protocol.h"

enum { KIN_MOST = 10000 }; /* of more nobody needs to know the number */

struct kin {
    pid_t *list;
    size_t count, capacity;
};

int64_t usage_kilobytes(pid_t pid, const char *name, const char *field) {
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

double usage_waited(pid_t pid) {
    char *path = must_format("/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    double most = 0;
    for (struct dirent *thread; threads && (thread = readdir(threads));) {
        long long ran, waited;
        char *name = must_format("%s/%s/schedstat", path, thread->d_name);
        FILE *file = *thread->d_name != '.' ? fopen(name, "re") : NULL;
        if (file && fscanf(file, "%lld %lld", &ran, &waited) == 2 && 1e-9 * (double)waited > most)
            most = 1e-9 * (double)waited;
        if (file) fclose(file);
        free(name);
    }
    if (threads) closedir(threads);
    free(path);
    return most;
}

/* The children that one thread has. */
static void add_children(struct kin *kin, pid_t pid, const char *thread) {
    char *path = must_format("/proc/%d/task/%s/children", (int)pid, thread);
    FILE *file = fopen(path, "re");
    free(path);
    int child;
    while (file && kin->count < KIN_MOST && fscanf(file, "%d", &child) == 1)
        ARRAY_ADD(kin->list, kin->count, kin->capacity) = (pid_t)child;
    if (file) fclose(file);
}

static void add_children_of(struct kin *kin, pid_t pid) {
    char *path = must_format("/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    free(path);
    for (struct dirent *thread; threads && (thread = readdir(threads));)
        if (*thread->d_name != '.') add_children(kin, pid, thread->d_name);
    if (threads) closedir(threads);
}

static struct kin kin_of(pid_t pid) {
    struct kin kin = {};
    add_children_of(&kin, pid);
    for (size_t i = 0; i < kin.count; i++) add_children_of(&kin, kin.list[i]);
    return kin;
}

/* Kilobytes that are nobody's file. What processes share is counted for each of them, or, which takes long, once. */
static int64_t memory_of(pid_t pid, bool once) {
    const char *file = once ? "smaps_rollup" : "status";
    return usage_kilobytes(pid, file, once ? "Pss_Anon:" : "RssAnon:") +
           usage_kilobytes(pid, file, once ? "Pss_Shmem:" : "RssShmem:");
}

static int64_t memory_of_all(const struct kin *kin, bool once) {
    int64_t kilobytes = 0;
    for (size_t i = 0; i < kin->count; i++) kilobytes += memory_of(kin->list[i], once);
    return kilobytes;
}

struct excess usage_excess(pid_t session, const struct limits *limits) {
    struct kin kin = kin_of(session);
    struct excess excess = {};
    int64_t started = (int64_t)kin.count - 1; /* one of them is the cell */
    if (limits->processes && started > limits->processes)
        excess = (struct excess){"processes", limits->processes, started};
    if (!excess.what && limits->memory) {
        int64_t own = memory_of(session, false) << 10, most = own + limits->memory + limits->memory / 8;
        int64_t used = memory_of_all(&kin, false) << 10;
        if (used > most) used = memory_of_all(&kin, true) << 10;
        if (used > most) excess = (struct excess){"memory", limits->memory, used - own};
    }
    free(kin.list);
    return excess;
}

void usage_tell(const struct excess *excess, struct oto_record *fault) {
    oto_record_begin(fault, WORKER_FAULT);
    oto_record_text(fault, "what", excess->what);
    oto_record_integer(fault, "limit", excess->limit);
    oto_record_integer(fault, "used", excess->used);
}

void usage_end(pid_t pid) {
    enum { ROUNDS = 50 };
    struct kin kin = {};
    size_t before;
    int round = 0;
    do {
        before = kin.count;
        free(kin.list);
        kin = kin_of(pid);
        for (size_t i = 0; i < kin.count; i++) kill(kin.list[i], SIGSTOP);
    } while (kin.count > before && ++round < ROUNDS);
    for (size_t i = kin.count; i-- > 0;) kill(kin.list[i], SIGKILL);
    free(kin.list);
}
