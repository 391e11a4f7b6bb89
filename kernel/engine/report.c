#include "kernel/engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/advice.h"
#include "kernel/engine/excerpt.h"
#include "kernel/engine/nearest.h"
#include "kernel/engine/unit.h"

void outcome_trace(struct cell_outcome *outcome, const char *lines) {
    while (*lines) {
        size_t length = strcspn(lines, "\n");
        outcome->traceback = must_grow(outcome->traceback, (outcome->traceback_count + 1) * sizeof *outcome->traceback);
        outcome->traceback[outcome->traceback_count++] = must_copy_n(lines, length);
        lines += length + (lines[length] == '\n');
    }
}

void outcome_fail(struct cell_outcome *outcome, const char *ename, char *evalue) {
    cell_outcome_free(outcome);
    outcome->status = CELL_ERROR;
    outcome->ename = must_copy(ename);
    outcome->evalue = evalue;
    char *head = must_format(EXCERPT_RED EXCERPT_BOLD "%s" EXCERPT_PLAIN ": %s", ename, evalue);
    outcome_trace(outcome, head);
    free(head);
}

void cell_outcome_free(struct cell_outcome *outcome) {
    free(outcome->ename);
    free(outcome->evalue);
    for (size_t i = 0; i < outcome->traceback_count; i++) free(outcome->traceback[i]);
    free(outcome->traceback);
    *outcome = (struct cell_outcome){};
}

/* The cell that a diagnostic's file names: the present one, an earlier one, or 0. */
static int cell_of(const struct diagnostic *d, int number) {
    if (!strcmp(d->file, UNIT_FILE) || !strcmp(d->file, "cell.c")) return number;
    if (!strncmp(d->file, UNIT_FILE ":", sizeof UNIT_FILE)) return (int)strtol(d->file + sizeof UNIT_FILE, NULL, 10);
    return 0;
}

static void add_place(struct text *out, const struct diagnostic *d, int number) {
    int cell = cell_of(d, number);
    const char *base = strrchr(d->file, '/');
    if (cell)
        text_format(out, "cell [%d] line %d", cell, d->line);
    else
        text_format(out, "%s line %d", base ? base + 1 : d->file, d->line);
}

/* The name in quotes of "use of undeclared identifier 'x'" and the like, malloc'd, or NULL. */
static char *unknown_name(const char *message) {
    static const char *const heads[] = {"use of undeclared identifier '", "call to undeclared function '",
                                        "unknown type name '", "call to undeclared library function '"};
    if (strstr(message, "did you mean")) return NULL;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        size_t length = strlen(heads[i]);
        if (!strncmp(message, heads[i], length)) return must_copy_n(message + length, strcspn(message + length, "'"));
    }
    return NULL;
}

/* The known name next to an unknown one: the session's, then the prelude's headers'. */
static const char *nearest_name(const struct session *session, const char *name) {
    struct nearest nearest = {.word = name};
    const struct names *sets[] = {&session->names, &session->headers};
    for (int set = 0; set < 2; set++)
        for (size_t i = 0; i < sets[set]->table_size; i++) {
            const struct key *key = &sets[set]->table[i];
            if (key->text && key->definition && strncmp(key->text + 2, "__", 2)) nearest_offer(&nearest, key->text + 2);
        }
    return nearest.best;
}

/* What to put at the caret, malloc'd, or NULL. */
static char *fix_words(const struct fix *fix) {
    if (!*fix->replacement) return NULL;
    return must_format(fix->column == fix->end_column ? "put %s here" : "write %s", fix->replacement);
}

static void add_diagnostic(struct text *out, const struct session *session, const struct diagnostic *d, int number) {
    char *reworded = advice_reworded(d->message);
    const char *message = reworded ? reworded : d->message;
    bool error = d->severity == SEVERITY_ERROR;
    add_place(out, d, number);
    text_format(out, ": %s%s" EXCERPT_PLAIN ": %s\n", error ? EXCERPT_RED EXCERPT_BOLD : EXCERPT_BOLD,
                error ? "error" : "warning", message);
    int cell = cell_of(d, number);
    char *note = d->fix_count ? fix_words(d->fixes) : NULL;
    if (cell) excerpt_add(out, session_cell_source(session, cell), d->line, d->column, note);
    free(note);
    const char *advice = advice_for(d->message, d->option);
    char *unknown = unknown_name(d->message);
    const char *near = unknown ? nearest_name(session, unknown) : NULL;
    if (near && (!advice || !strstr(advice, "C ")))
        text_format(out, "         Did you mean %s?\n", near);
    else if (advice)
        text_format(out, "         %s\n", advice);
    free(unknown);
    for (size_t i = 0; i < d->note_count; i++) {
        const struct diagnostic *note = &d->notes[i];
        if (!cell_of(note, number)) continue;
        text_add(out, "         ");
        add_place(out, note, number);
        text_format(out, ": %s\n", note->message);
    }
    free(reworded);
}

void report_compile_error(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number,
                          struct cell_outcome *outcome) {
    const struct diagnostic *first = NULL;
    struct text trace = {};
    int shown = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        const struct diagnostic *d = &diagnostics[i];
        if (d->severity != SEVERITY_ERROR) continue;
        if (strstr(d->message, "too many errors emitted")) continue;
        all++;
        if (!first) first = d;
        if (shown < 20) add_diagnostic(&trace, session, d, number), shown++;
    }
    if (all > shown) text_format(&trace, "(and %d more)\n", all - shown);
    char *evalue = must_copy("the cell does not compile");
    if (first) {
        char *reworded = advice_reworded(first->message);
        int cell = cell_of(first, number);
        free(evalue);
        evalue = cell && cell != number ? must_format("cell [%d] line %d: %s", cell, first->line, first->message)
                                        : must_format("line %d: %s", first->line, reworded ? reworded : first->message);
        free(reworded);
    }
    outcome_fail(outcome, "CompileError", evalue);
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
}

void report_refusal(const struct session *session, int number, int line, char *message, const char *hint,
                    struct cell_outcome *outcome) {
    struct text trace = {};
    text_format(&trace, "cell [%d] line %d: " EXCERPT_RED EXCERPT_BOLD "error" EXCERPT_PLAIN ": %s\n", number, line,
                message);
    excerpt_add(&trace, session_cell_source(session, number), line, 0, NULL);
    if (hint) text_format(&trace, "         %s\n", hint);
    outcome_fail(outcome, "CompileError", must_format("line %d: %s", line, message));
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
    free(message);
}

char *report_warnings(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number) {
    struct text out = {};
    for (size_t i = 0; i < count; i++)
        if (diagnostics[i].severity == SEVERITY_WARNING && !diagnostics[i].in_system_header)
            add_diagnostic(&out, session, &diagnostics[i], number);
    while (out.length && out.data[out.length - 1] == '\n') out.data[--out.length] = '\0';
    return out.length ? text_take(&out) : NULL;
}
