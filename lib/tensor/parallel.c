#include "lib/tensor/parallel.h"
#include "lib/tensor/error.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static int threads_wanted;

/* Asked once: it is a system call, and loops are short. */
static int processors(void) {
    static atomic_int known;
    cpu_set_t set;
    if (!atomic_load(&known)) atomic_store(&known, sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1);
    return atomic_load(&known);
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

static void take_pieces(struct loop *loop) {
    for (int64_t piece; (piece = atomic_fetch_add(&loop->next, 1)) < loop->pieces;) {
        if (oto_interrupt_pending()) break;
        int64_t from = piece * loop->grain, to = from + loop->grain;
        loop->body(from, to < loop->count ? to : loop->count, loop->context);
    }
}

/* The threads beside the caller's. A loop is open while `ticket` is odd: a thread that comes counts itself in, looks at
 * the ticket again, and takes pieces; the caller makes the ticket even when no piece is left, and waits for those that
 * are still inside. So it never waits for a thread that has not woken up yet. */
static struct {
    pthread_mutex_t in_use; /* held for the length of a loop; a loop inside a loop goes without */
    pthread_t threads[THREADS_MAX];
    int count;
    atomic_int welcome; /* so many of them may take part */
    atomic_uint ticket;
    atomic_int inside, asleep;
    atomic_bool ending;
    struct loop *loop;
} pool = {.in_use = PTHREAD_MUTEX_INITIALIZER};

/* The next loop mostly comes soon: waking a thread costs more than waiting for a little while. */
enum { PATIENCE = 2000 };

static void pause_briefly(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static void wait_for_ticket(unsigned seen) {
    for (int i = 0; i < PATIENCE; i++) {
        if (atomic_load(&pool.ticket) != seen) return;
        pause_briefly();
    }
    atomic_fetch_add(&pool.asleep, 1);
    while (atomic_load(&pool.ticket) == seen) syscall(SYS_futex, &pool.ticket, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
    atomic_fetch_sub(&pool.asleep, 1);
}

static void *serve(void *argument) {
    int self = (int)(intptr_t)argument;
    for (unsigned seen = 0;;) {
        unsigned ticket = atomic_load(&pool.ticket);
        if (atomic_load(&pool.ending)) return NULL;
        if (ticket == seen || ticket % 2 == 0 || self >= atomic_load(&pool.welcome)) {
            wait_for_ticket(ticket);
            continue;
        }
        seen = ticket;
        atomic_fetch_add(&pool.inside, 1);
        if (atomic_load(&pool.ticket) == ticket) take_pieces(pool.loop);
        atomic_fetch_sub(&pool.inside, 1);
    }
}

static void next_ticket(void) {
    atomic_fetch_add(&pool.ticket, 1);
    if (atomic_load(&pool.asleep) > 0) syscall(SYS_futex, &pool.ticket, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Threads take no signals: these are for the thread that runs the cell. One that cannot be had is done without. */
static void engage(int wanted) {
    if (pool.count >= wanted) return;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.count < wanted &&
           pthread_create(&pool.threads[pool.count], NULL, serve, (void *)(intptr_t)pool.count) == 0)
        pool.count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void dismiss(void) {
    if (pool.count == 0) return;
    atomic_store(&pool.ending, true);
    next_ticket();
    while (pool.count > 0) pthread_join(pool.threads[--pool.count], NULL);
    atomic_store(&pool.ending, false);
    atomic_store(&pool.ticket, 0);
}

void oto_parallel_rest(void) {
    if (pthread_mutex_trylock(&pool.in_use) != 0) return;
    dismiss();
    pthread_mutex_unlock(&pool.in_use);
}

/* A fork waits for the loop of another thread, and finds no threads but the callers'. */
static void before_fork(void) {
    pthread_mutex_lock(&pool.in_use);
    dismiss();
}
static void after_fork(void) {
    pthread_mutex_unlock(&pool.in_use);
}
__attribute__((constructor)) static void dismiss_before_forks(void) {
    pthread_atfork(before_fork, after_fork, after_fork);
}

void oto_parallel(int64_t count, int64_t grain, void (*body)(int64_t from, int64_t to, void *context), void *context) {
    if (count <= 0) return;
    if (grain < 1) grain = 1;
    struct loop loop = {
        .count = count, .grain = grain, .pieces = (count + grain - 1) / grain, .body = body, .context = context};
    int helpers = loop.pieces > 1 ? oto_threads() - 1 : 0;
    if (helpers > loop.pieces - 1) helpers = (int)loop.pieces - 1;
    if (helpers <= 0 || pthread_mutex_trylock(&pool.in_use) != 0) {
        take_pieces(&loop);
        return;
    }
    engage(helpers);
    pool.loop = &loop;
    atomic_store(&pool.welcome, helpers);
    next_ticket();
    take_pieces(&loop);
    atomic_fetch_add(&pool.ticket, 1);
    for (int i = 0; atomic_load(&pool.inside) > 0; i++)
        if (i < PATIENCE)
            pause_briefly();
        else
            sched_yield();
    pthread_mutex_unlock(&pool.in_use);
}
