#include "lib/tensor/error.h"
#include "lib/tensor/open_blocks.h"
#include "lib/tensor/caller.h"
#include "lib/tensor/graph.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static OtoErrorHandler handler;
static void *handler_context;
static _Thread_local char *(*place_now)(void);

/* Who catches this thread's refusals, or NULL. */
struct catcher {
    jmp_buf place;
    char *message;
};
static _Thread_local struct catcher *catcher;

/* ASan's question, there when the program is linked with its runtime: the first poisoned byte, or NULL. */
extern void *__asan_region_is_poisoned(void *begin, size_t size) __attribute__((weak));

OtoErrorHandler oto_on_error(OtoErrorHandler new_handler, void *context) {
    OtoErrorHandler before = handler;
    handler = new_handler;
    handler_context = context;
    return before;
}

static void leave_blocks(void) {
    oto_blocks_left();
    oto_no_grad_left();
}

/* The one place in the library that ends a program, and only when nobody else has taken the message. */
__attribute__((noreturn)) static void deliver(const char *message) {
    leave_blocks();
    if (catcher) {
        catcher->message = strdup(message);
        longjmp(catcher->place, 1);
    }
    if (handler) handler(message, handler_context);
    if (oto_refuse_host) oto_refuse_host(message);
    fflush(stdout);
    fprintf(stderr, "oto: %s\n", message);
    exit(EXIT_FAILURE);
}

char *oto_refusal_of(void (*work)(void *context), void *context) {
    struct catcher mine = {0}, *before = catcher;
    volatile bool refused = true;
    catcher = &mine;
    if (!setjmp(mine.place)) {
        work(context);
        refused = false;
    }
    catcher = before;
    if (refused && !mine.message) mine.message = strdup("");
    return mine.message;
}

bool oto_refuse_at(char *(*place)(void)) {
    bool before = place_now;
    place_now = place;
    return before;
}

void oto_left_by_jump(void) {
    place_now = NULL;
    catcher = NULL;
    OtoScope outermost = {.depth = 1};
    oto_scope_end(&outermost);
    leave_blocks(); /* last: what ends with a scope may put back the recording of before */
}

/* "net.2 (linear): " in front of a message, which is given back where there is no such place. */
static char *placed(char *message) {
    char *(*place)(void) = place_now;
    place_now = NULL;
    char *at = place ? place() : NULL, *both = NULL;
    if (!at || !message || asprintf(&both, "%s: %s", at, message) < 0) both = NULL;
    free(at);
    if (both) free(message);
    return both ? both : message;
}

void oto_refuse(const char *operation, const char *format, ...) {
    /* The message outlives this frame (a handler may jump away), so each thread keeps its last one. */
    static _Thread_local char *message;
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    free(message);
    message = NULL;
    const char *called = place_now ? NULL : oto_outermost_call(operation);
    if (length < 0 || asprintf(&message, "%s%s%s: %s", called ? called : "", called ? ": " : "", operation, text) < 0)
        message = NULL;
    if (length >= 0) free(text);
    message = placed(message);
    deliver(message ? message : "out of memory");
}

void oto_check_buffer(const char *operation, const char *argument, const void *buffer, size_t size) {
    if (!buffer) oto_refuse(operation, "%s is NULL; give it an array", argument);
    if (!__asan_region_is_poisoned || size == 0) return;
    const char *bad = __asan_region_is_poisoned((void *)(size_t)buffer, size);
    if (bad)
        oto_refuse(
            operation,
            "%s shall hold %zu bytes, but only the first %zd of them are yours; check the length you pass, and that "
            "the array has not been freed",
            argument, size, bad - (const char *)buffer);
}

void oto_check_text(const char *operation, const char *argument, const char *text) {
    if (!text) oto_refuse(operation, "%s is NULL; give it a text", argument);
    if (!__asan_region_is_poisoned) return;
    for (const char *at = text;; at++) {
        if (__asan_region_is_poisoned((void *)(size_t)at, 1))
            oto_refuse(operation, "%s has no '\\0' at its end within its %zd bytes; a C string needs one", argument,
                       at - text);
        if (!*at) return;
    }
}

void oto_check_range(const char *operation, const char *argument, double value, double lowest, double highest) {
    if (value >= lowest && value <= highest) return;
    if (highest > 1e15) oto_refuse(operation, "%s is %.10g, but must be at least %.10g", argument, value, lowest);
    oto_refuse(operation, "%s is %.10g, but must lie within [%.10g, %.10g]", argument, value, lowest, highest);
}

bool oto_interrupt_pending(void) {
    return oto_interrupted && oto_interrupted();
}
