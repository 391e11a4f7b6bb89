/* %time, %timeit and %fast. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/engine/magic_group.h"
#include "kernel/engine/unit.h"

/* The code of a call, with blanks in front so that it stands where the cell has it. */
static struct text code_of(const struct magic_call *call) {
    struct text code = {};
    text_format(&code, "%*s%s", call->body ? 0 : call->column, "", call->body ? call->body : call->rest);
    return code;
}

static bool is_empty(const char *text) {
    return !text[strspn(text, " \t\r\n;")];
}

static double wall_clock(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* A program runs in a process of its own: only the wall can be asked how long it took. */
static bool time_program(struct cell_run *run, const struct magic_call *call, const struct text *code) {
    double before = wall_clock();
    bool ok = cell_run_code(run, text_c(code), code->length, call->line + (call->body != NULL), NULL, NULL);
    char *line = must_format("wall time: %.3g s, compiling it too\n", wall_clock() - before);
    if (ok && !run->checking) magic_print(run, line);
    free(line);
    return ok;
}

bool magic_time(struct cell_run *run, const struct magic_call *call) {
    if (call->body && *call->rest)
        return magic_refuse(run, call, must_format("%%%%time takes the lines below it; '%s' is too much", call->rest));
    struct text code = code_of(call);
    bool ok;
    if (is_empty(text_c(&code)))
        ok = magic_refuse(run, call, must_copy("%time wants a statement behind it, or on the lines below"));
    else if (code_is_program(run->session, text_c(&code), code.length))
        ok = time_program(run, call, &code);
    else
        ok = cell_run_code(run, text_c(&code), code.length, call->line + (call->body != NULL),
                           "oto_cell_time_begin();\n", "oto_cell_time_end();\n");
    text_free(&code);
    return ok;
}

/* ---- %timeit ---- */

struct options {
    long loops, runs;
};

/* -n 100 -r3 in front of a statement; *rest is set behind them. False: a number is missing. */
static bool read_options(const char **rest, struct options *options) {
    while (**rest == '-' && ((*rest)[1] == 'n' || (*rest)[1] == 'r')) {
        const char *at = *rest + 2 + strspn(*rest + 2, " =");
        char *end;
        long number = strtol(at, &end, 10);
        bool separate = at > *rest + 2 || end > at;
        if (!separate) return true; /* -name: C */
        if (end == at && (*rest)[2] != ' ' && (*rest)[2]) return true;
        if (end == at || number < 1 || number > 1000000000) return false;
        *((*rest)[1] == 'n' ? &options->loops : &options->runs) = number;
        *rest = end + strspn(end, " ");
    }
    return true;
}

/* What cannot stand inside a function goes in front of it: directives and functions. Lines stay where they are. */
static void part_items(struct session *session, const char *source, struct text *outside, struct text *inside) {
    struct items items;
    size_t length = strlen(source), at = 0;
    session_split(session, source, length, &items);
    for (size_t i = 0; i <= items.count; i++) {
        size_t start = i < items.count ? items.list[i].start : length;
        for (; at < start; at++) {
            text_add_n(outside, source[at] == '\n' ? "\n" : " ", 1);
            text_add_n(inside, source + at, 1);
        }
        if (i == items.count) break;
        bool hoisted = items.list[i].kind == ITEM_FUNCTION || items.list[i].kind == ITEM_DIRECTIVE;
        for (; at < items.list[i].end; at++) {
            const char *blank = source[at] == '\n' ? "\n" : " ";
            text_add_n(outside, hoisted ? source + at : blank, 1);
            text_add_n(inside, hoisted ? blank : source + at, 1);
        }
    }
    items_free(&items);
}

static bool time_loops(struct cell_run *run, const struct magic_call *call, const char *setup, const char *statement,
                       int line, const struct options *options) {
    struct text code = {}, outside = {}, inside = {};
    part_items(run->session, statement, &outside, &inside);
    text_format(&code, "#line %d \"" UNIT_FILE "\"\n%s\n", line, text_c(&outside));
    text_add(&code, "static void " UNIT_PART "timed(long oto_loops_) {\n"
                    "#pragma clang diagnostic ignored \"-Wunused-value\"\n"
                    "#pragma clang diagnostic ignored \"-Wunused-but-set-variable\"\n");
    if (setup) text_format(&code, "#line %d \"" UNIT_FILE "\"\n%*s%s;\n", call->line, call->column, "", setup);
    text_format(&code,
                "oto_cell_clock_start();\nfor (long oto_loop_ = 0; oto_loop_ < oto_loops_; oto_loop_++) {\n"
                "#line %d \"" UNIT_FILE "\"\n%s\n;}\noto_cell_clock_stop();\n}\n",
                line, text_c(&inside));
    int lines_before = 0; /* so that the call, which is last, stands on the magic's line */
    for (size_t i = 0; i < code.length; i++) lines_before += code.data[i] == '\n';
    text_format(&code, "oto_cell_timeit(" UNIT_PART "timed, %ld, %ld);\n", options->loops, options->runs);
    bool ok = cell_run_code(run, text_c(&code), code.length, call->line - lines_before, NULL, NULL);
    text_free(&code);
    text_free(&outside);
    text_free(&inside);
    return ok;
}

bool magic_timeit(struct cell_run *run, const struct magic_call *call) {
    struct options options = {.runs = 7};
    const char *rest = call->rest;
    if (!read_options(&rest, &options))
        return magic_refuse(run, call,
                            must_copy("-n (loops) and -r (runs) want a number from 1 up, as in -n 100 -r 3"));
    struct magic_call moved = *call;
    moved.column += (int)(rest - call->rest);
    moved.rest = rest;
    if (is_empty(call->body ? call->body : rest))
        return magic_refuse(run, call, must_copy("%timeit wants a statement behind it, or on the lines below"));
    if (call->body) return time_loops(run, &moved, is_empty(rest) ? NULL : rest, call->body, call->line + 1, &options);
    struct text statement = code_of(&moved);
    bool ok = time_loops(run, &moved, NULL, text_c(&statement), call->line, &options);
    text_free(&statement);
    return ok;
}

bool magic_fast(struct cell_run *run, const struct magic_call *call) {
    run->mode = MODE_FAST;
    if (!*call->rest) return true;
    struct text code = code_of(call);
    bool ok = cell_run_code(run, text_c(&code), code.length, call->line, NULL, NULL);
    text_free(&code);
    return ok;
}
