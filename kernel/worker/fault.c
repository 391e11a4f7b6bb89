#include "kernel/worker/fault.h"

#include <errno.h>
#include <poll.h>
#include <sanitizer/asan_interface.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/frames.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/report.h"
#include "kernel/worker/run.h"
#include "kernel/worker/signals.h"
#include "kernel/worker/threads.h"
#include "lib/record/record.h"

enum { CONTINUE_SECONDS = 2, STATUS = 99 };

static atomic_flag dying = ATOMIC_FLAG_INIT;
static _Thread_local bool reporting;

bool fault_open(void) {
    return sanitizer_open() && threads_signal_stack();
}

void fault_install(void) {
    signals_install();
}

/* The engine's question for more time: the process stays as it is until CONTINUE, or two seconds. */
static void wait_for_continue(void) {
    struct timespec start, now;
    unsigned char window[6] = {0}, byte;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (size_t seen = 0;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        int left = CONTINUE_SECONDS * 1000 -
                   (int)((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000);
        struct pollfd commands = {.fd = worker.commands, .events = POLLIN};
        if (left <= 0 || (poll(&commands, 1, left) < 0 && errno != EINTR)) return;
        if (!commands.revents) continue;
        if (read(worker.commands, &byte, 1) != 1) return;
        /* Headers only: CONTINUE has no fields, and nothing else with fields is sent to a dying cell. */
        if (seen < 6) window[seen] = byte;
        seen++;
        uint32_t length;
        uint16_t kind;
        memcpy(&length, window, 4);
        memcpy(&kind, window + 4, 2);
        if (seen < 8 || seen < (size_t)length + 4) continue;
        if (kind == WORKER_CONTINUE) return;
        seen = 0;
    }
}

void fault_begin(const char *what) {
    if (worker_is_forked_child()) {
        dprintf(STDERR_FILENO, "A child process of the cell (%d) ended: %s.\n", (int)getpid(), what);
        _exit(STATUS);
    }
    if (reporting) _exit(STATUS); /* a fault while a fault was told */
    if (atomic_flag_test_and_set(&dying))
        for (;;) pause();
    reporting = true;
    report_begin(WORKER_FAULT);
    report_text("what", what);
}

static void add_frames(uintptr_t pc, uintptr_t fp, uintptr_t sp, uintptr_t link) {
    static struct frame frames[FRAMES_MAX];
    size_t count = pc || sp ? frames_walk(frames, pc, fp, sp, link) : 0;
    report_bytes("frames", frames, count * sizeof *frames);
    report_integer("pid", getpid());
    size_t scale, offset;
    __asan_get_shadow_mapping(&scale, &offset);
    report_integer("shadow", (int64_t)offset);
}

void fault_finish(uintptr_t pc, uintptr_t fp, uintptr_t sp, uintptr_t link) {
    add_frames(pc, fp, sp, link);
    report_send();
    wait_for_continue();
    _exit(STATUS);
}

/* A caller's pc is its return address; a frame's pc lies inside the call. */
static uintptr_t inside(uintptr_t return_address) {
    return return_address ? return_address - 1 : 0;
}

void fault_exit(int code, uintptr_t pc, uintptr_t fp) {
    fault_begin("exit");
    report_integer("code", code);
    fault_finish(inside(pc), fp, 0, 0);
}

void fault_abort(const char *text, const char *file, unsigned line, const char *function, uintptr_t pc, uintptr_t fp) {
    fault_begin("abort");
    report_text("message", text);
    if (file) report_text("file", file);
    if (file) report_integer("line", line);
    if (function) report_text("function", function);
    fault_finish(inside(pc), fp, 0, 0);
}

static void begin_memory(void) {
    fault_begin("memory");
    report_integer("limit", worker.memory_limit);
    report_integer("used", worker_data_bytes() - worker.memory_base);
}

void fault_memory(uintptr_t pc, uintptr_t fp) {
    begin_memory();
    fault_finish(inside(pc), fp, 0, 0);
}

void fault_memory_of_library(void) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    begin_memory();
    fault_finish(inside((uintptr_t)__builtin_return_address(0)), *(uintptr_t *)here, here + 16, 0);
}

void fault_processes(int64_t limit, int64_t used, uintptr_t pc, uintptr_t fp) {
    fault_begin("processes");
    report_integer("limit", limit);
    report_integer("used", used);
    fault_finish(inside(pc), fp, 0, 0);
}

_Thread_local void *fault_releasing;

void fault_release(uintptr_t pc, uintptr_t fp, uintptr_t sp) {
    fault_begin("asan");
    report_text("kind", "bad-free");
    report_integer("address", (int64_t)(uintptr_t)fault_releasing);
    report_text("object", arena_holds(AREA_RODATA, (uintptr_t)fault_releasing) ? "literal" : "");
    fault_finish(pc, fp, sp, 0);
}

void oto_refuse_host(const char *message) {
    static struct frame frames[FRAMES_MAX];
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (worker_is_forked_child()) {
        dprintf(STDERR_FILENO, "%s\n", message);
        _exit(STATUS);
    }
    size_t count =
        frames_walk(frames, inside((uintptr_t)__builtin_return_address(0)), *(uintptr_t *)here, here + 16, 0);
    if (gettid() == worker.thread && run_active()) interrupt_instead(frames, count);
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_REFUSAL);
    oto_record_text(&record, "message", message);
    oto_record_bytes(&record, "frames", frames, count * sizeof *frames);
    oto_record_send(worker.records, &record);
    oto_record_free(&record);
    if (gettid() == worker.thread && run_active()) run_unwind("refused");
    if (run_active()) run_unwind_from_thread("refused");
    _exit(STATUS);
}
