#include "kernel/worker/overrides.h"

#include <errno.h>
#include <pthread.h>
#include <sanitizer/allocator_interface.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/worker/descriptors.h"
#include "kernel/worker/dispositions.h"
#include "kernel/worker/family.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/input.h"
#include "kernel/worker/memory.h"
#include "kernel/worker/output.h"
#include "kernel/worker/program.h"
#include "kernel/worker/run.h"
#include "kernel/worker/signals.h"
#include "kernel/worker/threads.h"
#include "kernel/worker/wide_input.h"

/* The calling cell's place. Asking for the frame makes the compiler keep a frame pointer in the function that asks, so
 * ASan's walk over frame pointers passes through it as well. */
#define CALLER_PC ((uintptr_t)__builtin_return_address(0))
#define CALLER_FP (*(const uintptr_t *)__builtin_frame_address(0))

/* ---- ends ---- */

[[noreturn]] static void end_cell(int code, uintptr_t pc, uintptr_t fp) {
    if (code & 0xff) fault_exit(code & 0xff, pc, fp);
    if (gettid() == worker.thread) run_unwind("exited");
    run_unwind_from_thread("exited");
}

[[noreturn]] static void cell_exit(int code) {
    if (worker_is_forked_child()) exit(code);
    if (worker.program) program_exit(code);
    end_cell(code, CALLER_PC, CALLER_FP);
}

[[noreturn]] static void cell_quick_exit(int code) {
    if (worker_is_forked_child()) quick_exit(code);
    if (worker.program) program_quick_exit(code);
    end_cell(code, CALLER_PC, CALLER_FP);
}

[[noreturn]] static void cell_exit_now(int code) {
    if (worker_is_forked_child()) _exit(code);
    if (worker.program) program_exit_now(code);
    end_cell(code, CALLER_PC, CALLER_FP);
}

/* A student's own SIGABRT handler runs first, as in C. */
[[noreturn]] static void cell_abort(void) {
    struct sigaction action;
    if (worker_is_forked_child()) abort();
    if (sigaction(SIGABRT, NULL, &action) == 0 && !signals_handle(&action) && action.sa_handler != SIG_DFL &&
        action.sa_handler != SIG_IGN)
        raise(SIGABRT);
    fault_abort("", NULL, 0, NULL, CALLER_PC, CALLER_FP);
}

extern void __assert_fail(const char *, const char *, unsigned, const char *) __attribute__((noreturn));
[[noreturn]] static void cell_assert_fail(const char *text, const char *file, unsigned line, const char *function) {
    if (worker_is_forked_child()) __assert_fail(text, file, line, function);
    fault_abort(text, file, line, function, CALLER_PC, CALLER_FP);
}

/* The C library keeps these in its static part, where dlsym finds nothing. */
static int cell_atexit(void (*function)(void)) {
    return atexit(function);
}
static int cell_at_quick_exit(void (*function)(void)) {
    return at_quick_exit(function);
}
static int cell_atfork(void (*prepare)(void), void (*parent)(void), void (*child)(void)) {
    return pthread_atfork(prepare, parent, child);
}

static pid_t cell_fork(void) {
    return family_fork(CALLER_PC, CALLER_FP);
}

/* ---- input and output ---- */

static ssize_t cell_read(int fd, void *bytes, size_t size) {
    return fd == STDIN_FILENO ? input_read(bytes, size) : read(fd, bytes, size);
}

static int cell_fclose(FILE *stream) {
    return output_close(stream);
}
static FILE *cell_freopen(const char *path, const char *mode, FILE *stream) {
    return output_reopen(path, mode, stream);
}

/* Output is seen at once, whatever buffer the program asks for. */
static int cell_setvbuf(FILE *file, char *buffer, int mode, size_t size) {
    if (file != stdout && file != stderr) return setvbuf(file, buffer, mode, size);
    return mode == _IOFBF || mode == _IOLBF || mode == _IONBF ? 0 : -1;
}
static void cell_setbuf(FILE *file, char *buffer) {
    cell_setvbuf(file, buffer, buffer ? _IOFBF : _IONBF, BUFSIZ);
}
static void cell_setbuffer(FILE *file, char *buffer, size_t size) {
    cell_setvbuf(file, buffer, buffer ? _IOFBF : _IONBF, size);
}
static void cell_setlinebuf(FILE *file) {
    cell_setvbuf(file, NULL, _IOLBF, 0);
}

/* ---- memory: a refusal for want of memory is the limit, unless this machine could not grant it ---- */

static void *granted(void *block, size_t size, uintptr_t pc, uintptr_t fp) {
    if (!block && memory_is_limit(size)) fault_memory(pc, fp);
    return block;
}

/* The sanitizer fills the beginning of each block, so that what was never set is seen. To a program, memory that is
 * fresh from the system is zero, as in a terminal: many lean on that without knowing. */
static void *as_fresh(void *block, size_t from, size_t size) {
    enum { FILLED = 4096 };
    if (worker.program && block && from < size && from < FILLED)
        memset((char *)block + from, 0, (size < FILLED ? size : FILLED) - from);
    return block;
}

static void *cell_malloc(size_t size) {
    return as_fresh(granted(malloc(size), size, CALLER_PC, CALLER_FP), 0, size);
}
static void *cell_calloc(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
    return granted(calloc(count, size), total, CALLER_PC, CALLER_FP);
}
/* A pointer that was never allocated can make the allocator itself fault. The frame is asked for so that the stack of
 * the release, which reports show, leads through here. */
static void cell_free(void *block) {
    fault_releasing = block;
    __asm__ volatile("" ::"r"(__builtin_frame_address(0)));
    free(block);
    fault_releasing = NULL;
}
static void *cell_realloc(void *block, size_t size) {
    size_t before = worker.program && __sanitizer_get_ownership(block) ? __sanitizer_get_allocated_size(block) : 0;
    fault_releasing = block;
    void *moved = realloc(block, size);
    fault_releasing = NULL;
    return size ? as_fresh(granted(moved, size, CALLER_PC, CALLER_FP), before, size) : moved;
}
static void *cell_reallocarray(void *block, size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total)) total = SIZE_MAX;
    void *moved = reallocarray(block, count, size);
    return total ? granted(moved, total, CALLER_PC, CALLER_FP) : moved;
}
static void *cell_aligned_alloc(size_t align, size_t size) {
    void *block = aligned_alloc(align, size);
    return size && align && !(align & (align - 1)) && size % align == 0 ? granted(block, size, CALLER_PC, CALLER_FP)
                                                                        : block;
}
static int cell_posix_memalign(void **block, size_t align, size_t size) {
    int error = posix_memalign(block, align, size);
    if (error == ENOMEM) granted(NULL, size, CALLER_PC, CALLER_FP);
    return error;
}

static const struct {
    const char *name;
    void *function;
} overrides[] = {
    {"exit", cell_exit},
    {"quick_exit", cell_quick_exit},
    {"_exit", cell_exit_now},
    {"_Exit", cell_exit_now},
    {"abort", cell_abort},
    {"__assert_fail", cell_assert_fail},
    {"atexit", cell_atexit},
    {"at_quick_exit", cell_at_quick_exit},
    {"pthread_atfork", cell_atfork},
    {"fork", cell_fork},
    {"signal", dispositions_signal},
    {"sigaction", dispositions_sigaction},
    {"sigprocmask", dispositions_sigprocmask},
    {"pthread_sigmask", dispositions_pthread_sigmask},
    {"sigsuspend", dispositions_sigsuspend},
    {"read", cell_read},
    {"close", descriptors_close},
    {"dup2", descriptors_dup2},
    {"dup3", descriptors_dup3},
    {"close_range", descriptors_close_range},
    {"closefrom", descriptors_closefrom},
    {"getpass", input_secret},
    {"fclose", cell_fclose},
    {"freopen", cell_freopen},
    {"freopen64", cell_freopen},
    {"setvbuf", cell_setvbuf},
    {"setbuf", cell_setbuf},
    {"setbuffer", cell_setbuffer},
    {"setlinebuf", cell_setlinebuf},
    {"free", cell_free},
    {"malloc", cell_malloc},
    {"calloc", cell_calloc},
    {"realloc", cell_realloc},
    {"reallocarray", cell_reallocarray},
    {"aligned_alloc", cell_aligned_alloc},
    {"posix_memalign", cell_posix_memalign},
    {"pthread_create", threads_create},
    {"thrd_create", threads_create_c11},
    {"__asan_register_globals", sanitizer_note_globals},
};

void *overrides_find(const char *name) {
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        if (!strcmp(overrides[i].name, name)) return overrides[i].function;
    return wide_input_find(name);
}
