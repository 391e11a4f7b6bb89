/* sanitizer: what AddressSanitizer and UndefinedBehaviorSanitizer find in a cell, told as FAULT. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/descriptors.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/memory.h"
#include "kernel/worker/program.h"
#include "kernel/worker/report.h"
#include "kernel/worker/whereabouts.h"

/* Exported by the UBSan runtime for monitors (ubsan_monitor.h), without a header of its own. */
extern void __ubsan_get_current_report_data(const char **kind, const char **message, const char **file, unsigned *line,
                                            unsigned *column, char **address);

const char *__asan_default_options(void) {
    return "handle_segv=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0:handle_sigbus=0:handle_sigtrap=0:"
           "use_sigaltstack=0:allocator_may_return_null=1:detect_stack_use_after_return=1:detect_odr_violation=0:"
           "detect_leaks=1:leak_check_at_exit=0:halt_on_error=1:symbolize=0:exitcode=99:fast_unwind_on_malloc=1:"
           "fast_unwind_on_fatal=1:malloc_context_size=32:print_legend=0:print_scariness=0:intercept_tls_get_addr=0";
}
const char *__ubsan_default_options(void) {
    return "halt_on_error=0:print_stacktrace=0:symbolize=0:exitcode=99";
}

static void add_stack(const char *name, size_t (*get)(void *, void **, size_t, int *), void *address) {
    void *trace[64];
    int thread;
    size_t count = get(address, trace, sizeof trace / sizeof *trace, &thread);
    if (count) report_bytes(name, trace, count * sizeof *trace);
}

static void add_place(const char *report, const void *address) {
    struct whereabouts place;
    if (!whereabouts_read(report, &place)) {
        /* a constant of fast code, of which the runtime knows nothing */
        if (arena_holds(AREA_RODATA, (uintptr_t)address)) report_text("object", "literal");
        return;
    }
    report_text("object", place.object);
    report_text("relation", place.relation);
    report_integer("distance", place.distance);
    report_integer("extent", place.extent);
    report_text("name", place.name);
    if (place.owner) report_bytes("owner", &place.owner, sizeof place.owner);
}

/* The runtime names the frame of its own function; the frame of the cell's code is the one it came from. */
static uintptr_t frame_of_cell(uintptr_t runtime_frame) {
    uintptr_t frame;
    return memory_read(&frame, runtime_frame, sizeof frame) ? frame : 0;
}

static void on_asan_report(const char *text) {
    if (!__asan_report_present()) return;
    const char *kind = __asan_get_report_description();
    void *address = __asan_get_report_address();
    uintptr_t pc = (uintptr_t)__asan_get_report_pc(), fp = (uintptr_t)__asan_get_report_bp();
    bool memory = strstr(kind, "out-of-memory") || strstr(kind, "rss-limit");
    if (memory) fault_memory(pc, fp);
    fault_begin("asan");
    report_text("kind", kind);
    report_integer("address", (int64_t)(uintptr_t)address);
    report_text("access", __asan_get_report_access_type() ? "write" : "read");
    report_integer("size", (int64_t)__asan_get_report_access_size());
    add_place(text, fault_releasing ? fault_releasing : address);
    if (address) {
        add_stack("allocated", __asan_get_alloc_stack, address);
        add_stack("freed", __asan_get_free_stack, address);
    }
    if (arena_holds(AREA_TEXT, pc)) fault_finish(pc - 1, frame_of_cell(fp), 0, 0);
    fault_finish((uintptr_t)__builtin_return_address(0) - 1, 0, (uintptr_t)__builtin_frame_address(0), 0);
}

/* Called for each finding; returning goes on with what the machine does, where the code was compiled to allow that. */
void __ubsan_on_report(void) {
    const char *kind = "", *message = "", *file = "";
    unsigned line = 0, column = 0;
    char *address = NULL;
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
    if (program_survives(kind)) {
        program_finding(kind, message, line, column);
        return;
    }
    fault_begin("undefined");
    report_text("kind", kind);
    report_text("message", message);
    report_text("file", file ? file : "");
    report_integer("line", line);
    report_integer("column", column);
    fault_finish((uintptr_t)__builtin_return_address(0) - 1, 0, (uintptr_t)__builtin_frame_address(0), 0);
}

/* The runtime dies of its own accord, having told nobody: it could not get memory for itself. */
static void on_death(void) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);
    if (worker_is_forked_child()) return;
    fault_memory((uintptr_t)__builtin_return_address(0), *(uintptr_t *)here);
}

/* The runtime keeps the stack on which variables were registered, in tables that cost a page of memory for each stack
 * that differs. Registered from the worker's own code, all of a session's units have the same. */
extern void __asan_register_globals(void *globals, uintptr_t count);
static void *noted_globals;
static uintptr_t noted_count;

void sanitizer_note_globals(void *globals, uintptr_t count) {
    sanitizer_register_globals();
    noted_globals = globals;
    noted_count = count;
}

void sanitizer_register_globals(void) {
    if (noted_count) __asan_register_globals(noted_globals, noted_count);
    noted_count = 0;
}

/* The runtime's own text is read from the callback; on descriptors it goes nowhere. It believes a descriptor for the
 * process that set it alone, and would write files into the working directory after a fork. */
static int nowhere = -1;
void sanitizer_forked(void) {
    __sanitizer_set_report_fd((void *)(intptr_t)nowhere);
}

bool sanitizer_open(void) {
    nowhere = descriptors_move(open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (nowhere < 0 || pthread_atfork(NULL, NULL, sanitizer_forked) != 0) return false;
    sanitizer_forked();
    __asan_set_error_report_callback(on_asan_report);
    __sanitizer_set_death_callback(on_death);
    return true;
}
