#include "kernel/worker/children.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kernel/worker/heap.h"

enum { ROUNDS = 2000 }; /* of a millisecond each: a process that the system holds fast must not hold us */

static bool forked;

static void note_fork(void) {
    forked = true;
}

bool children_open(void) {
    return pthread_atfork(note_fork, NULL, NULL) == 0;
}
void children_begin(void) {
    forked = false;
}
bool children_forked(void) {
    return forked;
}

static bool has_any(void) {
    siginfo_t info;
    return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

struct children children_list(void) {
    struct children children = {0};
    char path[64], *line = NULL;
    size_t capacity = 0;
    if (!has_any()) return children;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)gettid());
    FILE *file = fopen(path, "re");
    if (file && getline(&line, &capacity, file) > 0) {
        char *at = line, *end;
        for (long pid; (pid = strtol(at, &end, 10)) > 0 && end != at; at = end) {
            pid_t *grown = heap_resize(children.list, (children.count + 1) * sizeof *grown);
            if (!grown) break;
            children.list = grown;
            children.list[children.count++] = (pid_t)pid;
        }
    }
    free(line);
    if (file) fclose(file);
    return children;
}

bool children_exist(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *file = fopen(path, "re");
    bool any = file && fgetc(file) != EOF;
    if (file) fclose(file);
    return any;
}

void children_forget(struct children *children) {
    heap_free(children->list);
    *children = (struct children){0};
}

static bool holds(const struct children *children, pid_t pid) {
    for (size_t i = 0; i < children->count; i++)
        if (children->list[i] == pid) return true;
    return false;
}

/* Kills those that are not among before, and collects those that are dead; how many it found. */
static size_t end_round(const struct children *before) {
    struct children now = children_list();
    size_t found = 0;
    for (size_t i = 0; i < now.count; i++) {
        if (holds(before, now.list[i])) continue;
        found++;
        kill(now.list[i], SIGKILL);
        waitpid(now.list[i], NULL, WNOHANG);
    }
    children_forget(&now);
    return found;
}

void children_end_others(struct children *before) {
    for (int i = 0; i < ROUNDS && end_round(before) > 0; i++) nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    children_forget(before);
}
