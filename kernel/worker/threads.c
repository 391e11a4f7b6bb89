#include "kernel/worker/threads.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/family.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/machine.h"
#include "kernel/worker/protocol.h"

enum { SIGNAL_STACK = 256 << 10, POLITE_ROUNDS = 50, ROUNDS = 200 };

/* One thread of the cell; lives on that thread's stack. */
struct running {
    pid_t id;
    uintptr_t function; /* that it runs */
    bool named;         /* by threads_name */
    atomic_bool stopped;
    struct running *next, **link;
};

static struct running *running_threads;
static atomic_flag list_lock = ATOMIC_FLAG_INIT;
static _Thread_local struct running *self;
static atomic_bool stop_anywhere;
static atomic_int starting; /* created, but not yet in the list */

/* The list is changed with all signals blocked: a thread cannot be stopped while it holds the lock. */
static void lock(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, before);
    while (atomic_flag_test_and_set(&list_lock)) sched_yield();
}
static void unlock(const sigset_t *before) {
    atomic_flag_clear(&list_lock);
    pthread_sigmask(SIG_SETMASK, before, NULL);
}

void threads_forget(void) {
    running_threads = NULL;
    atomic_flag_clear(&list_lock);
    atomic_store(&stop_anywhere, false);
    atomic_store(&starting, 0);
}

static void *map_signal_stack(void) {
    void *memory = mmap(NULL, SIGNAL_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static bool use_signal_stack(void *memory) {
    return memory && sigaltstack(&(stack_t){.ss_sp = memory, .ss_size = SIGNAL_STACK}, NULL) == 0;
}

bool threads_signal_stack(void) {
    return use_signal_stack(map_signal_stack());
}

/* A library may hold a lock that the next cell needs, so a thread in a library gets a while to come out of it. */
static void on_stop(int signal, siginfo_t *info, void *context) {
    uintptr_t pc = machine_pc(context);
    if (!self) return;
    if (!atomic_load(&stop_anywhere) && !arena_is_code(pc) && !machine_is_system_call((const unsigned char *)pc - 8))
        return;
    atomic_store(&self->stopped, true);
    for (;;) pause(); /* every signal is blocked here */
}

struct start {
    void *(*posix)(void *);
    thrd_start_t c11;
    void *argument;
};

struct life {
    struct running running;
    void *signal_stack;
};

static void end_life(void *argument) {
    struct life *life = argument;
    sigset_t before;
    lock(&before);
    *life->running.link = life->running.next;
    if (life->running.next) life->running.next->link = life->running.link;
    self = NULL;
    unlock(&before);
    sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
    if (life->signal_stack) munmap(life->signal_stack, SIGNAL_STACK);
}

/* Runs the student's function between the bookkeeping, also when it ends in pthread_exit. */
static void live(const struct start *start, void **result, int *result_c11) {
    struct life life = {.running.id = gettid(), .signal_stack = map_signal_stack()};
    life.running.function = start->c11 ? (uintptr_t)start->c11 : (uintptr_t)start->posix;
    sigset_t before, ours;
    use_signal_stack(life.signal_stack);
    sigemptyset(&ours);
    sigaddset(&ours, WORKER_SIGNAL_INTERRUPT);
    pthread_sigmask(SIG_BLOCK, &ours, NULL);
    lock(&before);
    life.running.next = running_threads;
    life.running.link = &running_threads;
    if (running_threads) running_threads->link = &life.running.next;
    running_threads = &life.running;
    self = &life.running;
    unlock(&before);
    atomic_fetch_sub(&starting, 1);
    pthread_cleanup_push(end_life, &life);
    if (start->c11)
        *result_c11 = start->c11(start->argument);
    else
        *result = start->posix(start->argument);
    pthread_cleanup_pop(1);
}

static void *run_posix(void *argument) {
    struct start start = *(struct start *)argument;
    void *result = NULL;
    free(argument);
    live(&start, &result, NULL);
    return result;
}

static int run_c11(void *argument) {
    struct start start = *(struct start *)argument;
    int result = 0;
    free(argument);
    live(&start, NULL, &result);
    return result;
}

static struct start *start_of(void *(*posix)(void *), thrd_start_t c11, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start) *start = (struct start){.posix = posix, .c11 = c11, .argument = argument};
    return start;
}

/* Asking for the frame makes the compiler keep a frame pointer in the function that asks. */
#define CALLER_FP (*(const uintptr_t *)__builtin_frame_address(0))

static bool too_many(void) {
    int64_t most = family_most(), count = atomic_load(&starting);
    sigset_t before;
    if (!most) return false;
    lock(&before);
    for (struct running *thread = running_threads; thread; thread = thread->next) count++;
    unlock(&before);
    return count >= most;
}

int threads_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*function)(void *), void *argument) {
    struct start *start = start_of(function, NULL, argument);
    if (!start) return EAGAIN;
    if (too_many()) family_exhausted((uintptr_t)__builtin_return_address(0), CALLER_FP);
    atomic_fetch_add(&starting, 1);
    int error = pthread_create(thread, attributes, run_posix, start);
    if (!error) return 0;
    atomic_fetch_sub(&starting, 1);
    free(start);
    return error;
}

int threads_create_c11(thrd_t *thread, thrd_start_t function, void *argument) {
    struct start *start = start_of(NULL, function, argument);
    if (!start) return thrd_nomem;
    if (too_many()) family_exhausted((uintptr_t)__builtin_return_address(0), CALLER_FP);
    atomic_fetch_add(&starting, 1);
    int result = thrd_create(thread, run_c11, start);
    if (result == thrd_success) return result;
    atomic_fetch_sub(&starting, 1);
    free(start);
    return result;
}

/* Signals those that still run; returns how many they are, and how many there are at all into *alive. */
static int signal_running(int *alive) {
    sigset_t before;
    int still = 0;
    *alive = 0;
    lock(&before);
    for (struct running *thread = running_threads; thread; thread = thread->next) {
        ++*alive;
        if (atomic_load(&thread->stopped)) continue;
        still++;
        syscall(SYS_tgkill, worker.session, thread->id, WORKER_SIGNAL_STOP_THREAD);
    }
    unlock(&before);
    return still;
}

int threads_stop(void) {
    static int stopped_before; /* by an earlier RUN of this process */
    static pid_t counted;
    if (counted != getpid()) stopped_before = 0;
    counted = getpid();
    if (!running_threads && !atomic_load(&starting)) return 0;
    struct sigaction action = {.sa_sigaction = on_stop, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    sigaction(WORKER_SIGNAL_STOP_THREAD, &action, NULL);
    int alive = 0;
    for (int round = 0; round < ROUNDS && signal_running(&alive) + atomic_load(&starting) > 0; round++) {
        if (round == POLITE_ROUNDS) atomic_store(&stop_anywhere, true);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    atomic_store(&stop_anywhere, false);
    int stopped = alive - stopped_before;
    stopped_before = alive;
    return stopped;
}

bool threads_are_left(void) {
    return running_threads || atomic_load(&starting);
}

void threads_name(struct oto_record *record) {
    sigset_t before;
    lock(&before);
    for (struct running *thread = running_threads; thread; thread = thread->next) {
        if (!thread->named) oto_record_integer(record, "thread", (int64_t)thread->function);
        thread->named = true;
    }
    unlock(&before);
}
