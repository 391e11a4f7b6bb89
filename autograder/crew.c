#include "autograder/crew.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "autograder/escape.h"
#include "autograder/sandbox.h"

enum { FILES_MAX = 1 << 16, FILES_ALWAYS = 32, FILES_OF_A_JOB = 16 };

struct crew {
    pthread_mutex_t lock;
    size_t next, count;
    void (*task)(void *context, size_t index, int slot);
    void *context;
    const volatile bool *stop;
};

struct member {
    struct crew *crew;
    int slot, members; /* of so many */
    pthread_t thread;
    bool started;
};

static void *work(void *argument) {
    struct member *member = argument;
    struct crew *crew = member->crew;
    for (;;) {
        pthread_mutex_lock(&crew->lock);
        size_t index = crew->next;
        bool more = index < crew->count && !(crew->stop && *crew->stop);
        if (more) crew->next++;
        pthread_mutex_unlock(&crew->lock);
        if (!more) return NULL;
        crew->task(crew->context, index, member->slot);
    }
}

/* A thread and its slot's sandbox keep to their share of the processors: what hands work to and fro wakes one another
 * where the memory is warm, and the library's loops take no more threads than the share has. */
static void take_share(const struct member *member) {
    cpu_set_t all, share;
    if (sched_getaffinity(0, sizeof all, &all) < 0 || CPU_COUNT(&all) < member->members) return;
    int count = CPU_COUNT(&all), from = count * member->slot / member->members,
        to = count * (member->slot + 1) / member->members;
    CPU_ZERO(&share);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET(cpu, &all)) continue;
        if (seen >= from && seen < to) CPU_SET(cpu, &share);
        seen++;
    }
    sched_setaffinity(0, sizeof share, &share); /* where that fails, all of them are its share */
}

static void *work_on_share(void *argument) {
    take_share(argument);
    return work(argument);
}

int crew_size(int jobs) {
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) < 0) return jobs;
    files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
    setrlimit(RLIMIT_NOFILE, &files);
    int most = ((int)files.rlim_cur - FILES_ALWAYS) / FILES_OF_A_JOB;
    if (jobs <= most) return jobs;
    if (most < 1) most = 1; /* the sandbox says it where these are too few */
    if (most < jobs)
        fprintf(stderr, "oto-grade: %d files may be open here (ulimit -n): enough for --jobs %d, not for %d\n",
                (int)files.rlim_cur, most, jobs);
    return most;
}

void crew_run(size_t count, int workers, void (*task)(void *context, size_t index, int slot), void *context,
              const volatile bool *stop) {
    struct crew crew = {
        .lock = PTHREAD_MUTEX_INITIALIZER, .count = count, .task = task, .context = context, .stop = stop};
    if ((size_t)workers > count) workers = (int)count;
    struct member *members = must_allocate((size_t)workers * sizeof *members);
    for (int i = 0; i < workers; i++) {
        members[i] = (struct member){.crew = &crew, .slot = i, .members = workers};
        members[i].started = pthread_create(&members[i].thread, NULL, work_on_share, &members[i]) == 0;
    }
    if (workers > 0 && !members[0].started) work(&members[0]);
    for (int i = 0; i < workers; i++)
        if (members[i].started) pthread_join(members[i].thread, NULL);
    free(members);
}

static pthread_mutex_t progress_lock = PTHREAD_MUTEX_INITIALIZER;

void progress_start(struct progress *progress, size_t total, bool quiet) {
    *progress = (struct progress){.total = total, .quiet = quiet, .started = monotonic_seconds()};
}

static void draw_bar(const struct progress *progress, const char *what) {
    enum { WIDTH = 30 };
    static const char full[] = "##############################", empty[] = "..............................";
    double elapsed = monotonic_seconds() - progress->started;
    int filled = (int)(WIDTH * progress->done / progress->total);
    double left = elapsed / (double)progress->done * (double)(progress->total - progress->done);
    /* Between the two ?7 a terminal cuts what is too long for its line: \r would not take back what went on below. */
    fprintf(stderr, "\r\033[K\033[?7l[%.*s%.*s] %zu/%zu  %.0f s left  %s\033[?7h", filled, full, WIDTH - filled, empty,
            progress->done, progress->total, left, what);
}

void progress_step(struct progress *progress, const char *what) {
    progress_steps(progress, 1, what);
}

void progress_steps(struct progress *progress, size_t steps, const char *what) {
    struct text safe = {};
    if (!steps) return;
    pthread_mutex_lock(&progress_lock);
    progress->done += steps;
    if (progress->done > progress->total) progress->total = progress->done;
    escape_terminal(&safe, what, false);
    if (!progress->quiet && isatty(2))
        draw_bar(progress, text_c(&safe));
    else if (!progress->quiet)
        fprintf(stderr, "[%zu/%zu] %s\n", progress->done, progress->total, text_c(&safe));
    text_free(&safe);
    pthread_mutex_unlock(&progress_lock);
}

void progress_end(struct progress *progress) {
    if (!progress->quiet && isatty(2)) fputs("\r\033[K", stderr);
}
