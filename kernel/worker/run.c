#include "kernel/worker/run.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sanitizer/asan_interface.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/children.h"
#include "kernel/worker/debugger.h"
#include "kernel/worker/heap.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/input.h"
#include "kernel/worker/interrupt.h"
#include "kernel/worker/libraries.h"
#include "kernel/worker/load.h"
#include "kernel/worker/output.h"
#include "kernel/worker/program.h"
#include "kernel/worker/protocol.h"
#include "kernel/worker/symbols.h"
#include "kernel/worker/threads.h"

/* The library's ends of a cell; a worker without them runs cells all the same. */
[[gnu::weak]] extern void oto_library_cell_begin(void);
[[gnu::weak]] extern bool oto_check_cell_end(void);

static sigjmp_buf leave;
static volatile sig_atomic_t active;
static const char *volatile ending;
static volatile uintptr_t base;
static int cell_errno; /* of the cells: what the worker does between them leaves it alone */

bool run_active(void) {
    return active;
}
uintptr_t run_base(void) {
    return gettid() == worker.thread ? base : 0;
}

void run_unwind(const char *how) {
    ending = how;
    __asan_handle_no_return();
    siglongjmp(leave, 1);
}

void run_unwind_from_thread(const char *how) {
    interrupt_request(how);
    for (;;) pause();
}

/* Calls function so that it can be left from anywhere in it. Returns RAN's "how". */
[[gnu::noinline]] static const char *guarded(void (*function)(void *), void *argument) {
    base = (uintptr_t)__builtin_frame_address(0);
    ending = "returned";
    if (sigsetjmp(leave, 1) == 0) {
        active = 1;
        interrupt_check();
        errno = cell_errno;
        function(argument);
    }
    cell_errno = errno;
    active = 0;
    interrupt_settle();
    return ending;
}

struct call {
    const struct loaded *loaded;
    uintptr_t entry;
    bool program;
    int argument_count;
    char **arguments;
};

static void call_entry(void *argument) {
    struct call *call = argument;
    if (call->program) program_main(call->entry, call->argument_count, call->arguments);
    if (oto_library_cell_begin) oto_library_cell_begin();
    load_initialise(call->loaded);
    if (call->entry) ((void (*)(void))call->entry)();
}

static void call_check_end(void *argument) {
    *(bool *)argument = oto_check_cell_end();
}

static void say_loaded(int64_t unit, const struct loaded *loaded) {
    struct oto_record record;
    oto_record_begin(&record, WORKER_LOADED);
    oto_record_integer(&record, "unit", unit);
    for (size_t i = 0; i < loaded->section_count; i++) {
        unsigned char bytes[20];
        memcpy(bytes, &loaded->sections[i].index, 4);
        memcpy(bytes + 4, &loaded->sections[i].address, 8);
        memcpy(bytes + 12, &loaded->sections[i].size, 8);
        oto_record_bytes(&record, "section", bytes, sizeof bytes);
    }
    for (size_t i = 0; i < loaded->reset_count; i++) oto_record_text(&record, "reset", loaded->reset[i]);
    oto_record_integer(&record, "text_low", (int64_t)arena_low(AREA_STUBS));
    oto_record_integer(&record, "text_high", (int64_t)arena_high(AREA_TEXT));
    oto_record_send(worker.records, &record);
    oto_record_free(&record);
}

static void say_missing(const struct loaded *loaded, const char *problem) {
    struct oto_record record;
    oto_record_begin(&record, WORKER_MISSING);
    for (size_t i = 0; i < loaded->missing_count; i++) oto_record_text(&record, "symbol", loaded->missing[i]);
    if (problem) oto_record_text(&record, "problem", problem);
    oto_record_send(worker.records, &record);
    oto_record_free(&record);
}

static void say_ran(const char *how, int threads) {
    struct oto_record record;
    oto_record_begin(&record, WORKER_RAN);
    oto_record_integer(&record, "unit", worker.unit);
    oto_record_text(&record, "how", how);
    oto_record_integer(&record, "threads", threads);
    if (threads > 0) threads_name(&record);
    if (!strcmp(how, "interrupted")) {
        const struct frame *frames;
        size_t count = interrupt_place(&frames);
        oto_record_bytes(&record, "frames", frames, count * sizeof *frames);
    }
    /* a cell that closed or broke the descriptor could never end in any other way */
    if (oto_record_send(worker.records, &record) < 0) kill(getpid(), SIGKILL);
    oto_record_free(&record);
}

/* argv from lines, NULL-terminated. It lives as long as the program, which is as long as this process. */
static char **split_lines(char *text, int *count) {
    size_t lines = 1;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    char **list = calloc(lines + 1, sizeof *list);
    *count = 0;
    if (!list) return NULL;
    for (char *line = text; line;) {
        char *end = strchr(line, '\n');
        if (end) *end++ = '\0';
        list[(*count)++] = line;
        line = end;
    }
    return list;
}

static bool find_entry(const struct oto_record *command, int64_t unit, struct call *call) {
    const char *name = oto_record_get_text(command, "entry", "");
    if (!*name) return true;
    char *unit_name = load_unit_name(name, unit);
    const struct symbol *symbol = unit_name ? symbols_find(unit_name) : NULL;
    heap_free(unit_name);
    call->entry = symbol && symbol->defined ? symbol_address(symbol) : 0;
    return call->entry != 0;
}

/* Loads what the command holds. False: MISSING was sent. */
static bool load(const struct oto_record *command, struct loaded *loaded, struct call *call) {
    size_t size = 0;
    const void *object = oto_record_get_bytes(command, "object", &size);
    struct load_request request = {.unit = oto_record_get_integer(command, "unit", 0),
                                   .object = object,
                                   .object_size = size,
                                   .rebind = oto_record_get_text(command, "rebind", NULL),
                                   .keep = oto_record_get_text(command, "keep", NULL),
                                   .entry = oto_record_get_text(command, "entry", ""),
                                   .whole = call->program};
    char *missing_library = libraries_open(oto_record_get_text(command, "libraries", NULL));
    bool done = !missing_library && load_object(&request, loaded);
    const char *problem = missing_library ? missing_library : loaded->problem;
    if (done && !find_entry(command, request.unit, call)) problem = "the object does not define the entry";
    if (done && call->program) {
        char *text = strdup(oto_record_get_text(command, "arguments", "program"));
        call->arguments = text ? split_lines(text, &call->argument_count) : NULL;
        if (!call->arguments) problem = "no memory for the program's arguments";
    }
    bool debug = done && !problem && oto_record_get_integer(command, "debug", 0) == 1;
    if (debug && (!arena_own_code() || !debugger_register(object, size, loaded)))
        problem = "no memory to tell the debugger of it";
    if (!done || problem)
        say_missing(loaded, problem);
    else
        say_loaded(request.unit, loaded);
    free(missing_library);
    return done && !problem;
}

void run_cell(const struct oto_record *command) {
    struct loaded loaded = {0};
    worker.unit = oto_record_get_integer(command, "unit", 0);
    struct call call = {.loaded = &loaded, .program = oto_record_get_integer(command, "program", 0) == 1};
    if (!load(command, &loaded, &call)) {
        loaded_free(&loaded);
        return;
    }
    if (call.program) program_begin(&loaded);
    fault_install();
    interrupt_install();
    output_begin();
    input_reset();
    children_begin();
    const char *how = guarded(call_entry, &call);
    if (worker_is_forked_child()) { /* a child that the cell forked came to the cell's end */
        fflush(NULL);
        _exit(0);
    }
    if (oto_check_cell_end && (!strcmp(how, "returned") || !strcmp(how, "exited"))) {
        bool failed = false; /* no check of a graded cell passed: it has sent an OTO_RECORD_REFUSAL */
        const char *checked = guarded(call_check_end, &failed);
        if (strcmp(checked, "returned") != 0)
            how = checked;
        else if (failed)
            how = "refused";
    }
    int threads = threads_stop();
    fflush(NULL);
    say_ran(how, threads);
    bool known_to_debugger = oto_record_get_integer(command, "debug", 0) == 1;
    bool transient = oto_record_get_integer(command, "transient", 0) == 1 && !known_to_debugger;
    if (transient && threads == 0 && !children_forked()) load_release(&loaded);
    loaded_free(&loaded);
}
