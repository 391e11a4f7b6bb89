#include "lib/tensor/parallel.h"
#include "lib/tensor/error.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { THREADS_MAX = 64 };

static int threads_wanted;

static int processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int oto_threads(void) {
    const char *named = getenv("OTO_THREADS");
    long threads = threads_wanted ? threads_wanted : named ? strtol(named, NULL, 10) : 0;
    if (threads < 1) threads = processors();
    return threads < THREADS_MAX ? (int)threads : THREADS_MAX;
}

int oto_set_threads(int threads) {
    oto_check_range("oto_set_threads", "threads", threads, 0, THREADS_MAX);
    int before = threads_wanted;
    threads_wanted = threads;
    return before;
}

struct loop {
    int64_t count, grain, pieces;
    void (*body)(int64_t from, int64_t to, void *context);
    void *context;
    atomic_int_least64_t next; /* the first piece that nobody has taken */
};

static void *take_pieces(void *argument) {
    struct loop *loop = argument;
    for (int64_t piece; (piece = atomic_fetch_add(&loop->next, 1)) < loop->pieces;) {
        if (oto_interrupt_pending()) break;
        int64_t from = piece * loop->grain, to = from + loop->grain;
        loop->body(from, to < loop->count ? to : loop->count, loop->context);
    }
    return NULL;
}

/* Threads are born for the call and have ended when it returns: a session is copied by fork between cells, and a fork
 * copies no threads. They take no signals, which are for the thread that runs the cell. A thread that cannot be had is
 * done without. */
void oto_parallel(int64_t count, int64_t grain, void (*body)(int64_t from, int64_t to, void *context), void *context) {
    if (count <= 0) return;
    if (grain < 1) grain = 1;
    struct loop loop = {
        .count = count, .grain = grain, .pieces = (count + grain - 1) / grain, .body = body, .context = context};
    int64_t helpers = oto_threads() - 1;
    if (helpers > loop.pieces - 1) helpers = loop.pieces - 1;
    pthread_t threads[THREADS_MAX];
    int started = 0;
    if (helpers > 0) {
        sigset_t all, before;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        while (started < helpers && pthread_create(&threads[started], NULL, take_pieces, &loop) == 0) started++;
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    take_pieces(&loop);
    for (int i = 0; i < started; i++) pthread_join(threads[i], NULL);
}
