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

#include "kernel/worker/fault.h"
#include "kernel/worker/report.h"

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
    return "halt_on_error=1:print_stacktrace=0:symbolize=0:exitcode=99";
}

/* Length of the text between the number at *at and the line's end or the character stop. */
static size_t span(const char *at, const char *stop) {
    return strcspn(at, stop);
}

static void cut(char *out, size_t size, const char *from, size_t length) {
    if (length >= size) length = size - 1;
    memcpy(out, from, length);
    out[length] = '\0';
}

/* "[32, 48) 'a' (line 3) <== Memory access at offset 48 overflows this variable": where, seen from the variable. */
static bool describe_stack(const char *report, char *out, size_t size) {
    const char *arrow = strstr(report, "<== Memory access at offset "), *start = arrow;
    unsigned long low, high, at;
    if (!arrow) return false;
    while (start > report && start[-1] != '\n') start--;
    const char *bracket = strchr(start, '[');
    if (!bracket || bracket > arrow || sscanf(bracket, "[%lu, %lu)", &low, &high) != 2) return false;
    if (sscanf(arrow, "<== Memory access at offset %lu", &at) != 1) return false;
    const char *name = strchr(bracket, '\'');
    size_t name_length = name && name < arrow ? (size_t)(arrow - name) : 0;
    while (name_length && name[name_length - 1] == ' ') name_length--;
    if (at >= high)
        snprintf(out, size, "%lu bytes after %lu-byte variable %.*s", at - high, high - low, (int)name_length, name);
    else if (at < low)
        snprintf(out, size, "%lu bytes before %lu-byte variable %.*s", low - at, high - low, (int)name_length, name);
    else
        snprintf(out, size, "%lu bytes inside %lu-byte variable %.*s", at - low, high - low, (int)name_length, name);
    return true;
}

/* "0x602000000020 is located 0 bytes after 16-byte region [...)" and the like, up to the addresses. */
static void describe(const char *report, char *out, size_t size) {
    out[0] = '\0';
    if (describe_stack(report, out, size)) return;
    const char *at = strstr(report, " is located ");
    if (!at) return;
    at += strlen(" is located ");
    size_t length = span(at, "\n");
    for (size_t i = 0; i + 2 < length; i++) /* cut " [0x" and " (0x"; a size may follow the latter */
        if (at[i] == ' ' && (at[i + 1] == '[' || at[i + 1] == '(') && at[i + 2] == '0') {
            const char *of_size = strstr(at + i, ") of size ");
            cut(out, size, at, i);
            size_t used = strlen(out);
            if (of_size && of_size < at + length && used + 1 < size)
                cut(out + used, size - used, of_size + 1, (size_t)(at + length - of_size - 1));
            return;
        }
    cut(out, size, at, length);
}

static void add_stack(const char *name, size_t (*get)(void *, void **, size_t, int *), void *address) {
    void *trace[64];
    int thread;
    size_t count = get(address, trace, sizeof trace / sizeof *trace, &thread);
    if (count) report_bytes(name, trace, count * sizeof *trace);
}

static void on_asan_report(const char *text) {
    if (!__asan_report_present()) return;
    const char *kind = __asan_get_report_description();
    char description[512];
    void *address = __asan_get_report_address();
    uintptr_t pc = (uintptr_t)__asan_get_report_pc();
    bool memory = strstr(kind, "out-of-memory") || strstr(kind, "rss-limit");
    if (memory) fault_memory(pc, (uintptr_t)__asan_get_report_bp());
    fault_begin("asan");
    describe(text, description, sizeof description);
    report_text("kind", kind);
    report_integer("address", (int64_t)(uintptr_t)address);
    report_text("access", __asan_get_report_access_type() ? "write" : "read");
    report_integer("size", (int64_t)__asan_get_report_access_size());
    report_text("description", description);
    if (address) {
        add_stack("allocated", __asan_get_alloc_stack, address);
        add_stack("freed", __asan_get_free_stack, address);
    }
    if (pc) fault_finish(pc - 1, (uintptr_t)__asan_get_report_bp(), 0, 0);
    fault_finish((uintptr_t)__builtin_return_address(0) - 1, 0, (uintptr_t)__builtin_frame_address(0), 0);
}

void __ubsan_on_report(void) {
    const char *kind = "", *message = "", *file = "";
    unsigned line = 0, column = 0;
    char *address = NULL;
    __ubsan_get_current_report_data(&kind, &message, &file, &line, &column, &address);
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

/* The runtime's own text is read from the callback; on descriptors it goes nowhere. It believes a descriptor for the
 * process that set it alone, and would write files into the working directory after a fork. */
static int nowhere = -1;
static void set_report_fd(void) {
    __sanitizer_set_report_fd((void *)(intptr_t)nowhere);
}

bool sanitizer_open(void) {
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || pthread_atfork(NULL, NULL, set_report_fd) != 0) return false;
    set_report_fd();
    __asan_set_error_report_callback(on_asan_report);
    __sanitizer_set_death_callback(on_death);
    return true;
}
