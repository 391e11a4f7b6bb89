#include "kernel/engine/cell.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/editor.h"
#include "kernel/engine/debug.h"
#include "kernel/engine/magic.h"
#include "kernel/engine/report.h"
#include "kernel/engine/text.h"

bool cell_run_code(struct cell_run *run, const char *source, size_t length, int first_line, const char *prologue,
                   const char *epilogue) {
    struct code code = {.source = source,
                        .length = length,
                        .first_line = first_line,
                        .number = run->number,
                        .mode = run->mode,
                        .prologue = prologue,
                        .epilogue = epilogue};
    bool program = !prologue && code_is_program(run->session, source, length);
    if (run->checking) return program || code_check(run->session, &code, run->outcome);
    enum code_end end = program ? program_run(run->session, &code, run->host, &run->begun, run->outcome)
                                : code_run(run->session, &code, run->host, &run->begun, run->outcome);
    run->keep_nothing |= program;
    run->ended |= end == CODE_EXITED;
    return end == CODE_DONE || end == CODE_EXITED;
}

static int line_number(const char *source, size_t at) {
    int line = 1;
    for (size_t i = 0; i < at; i++) line += source[i] == '\n';
    return line;
}

static bool only_blank(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!isspace((unsigned char)text[i])) return false;
    return true;
}

/* The stretches of C between the magic lines, in order. */
static bool run_stretches(struct cell_run *run, const char *source, size_t length) {
    size_t at = 0;
    bool ok = true;
    while (ok && !run->ended && at < length) {
        size_t magic = magic_next(run->session, source, length, at);
        if (!only_blank(source + at, magic - at)) {
            /* the lines before are kept blank, so that positions in the text are those of the cell */
            char *part = must_copy_n(source + at, magic - at);
            ok = cell_run_code(run, part, magic - at, line_number(source, at), NULL, NULL);
            free(part);
        }
        at = magic;
        if (ok && at < length)
            ok = run->checking ? magic_check_line(run, source, length, at, &at)
                               : magic_run_line(run, source, length, at, &at);
    }
    return ok;
}

/* name? alone in a cell: what is known about the name, to be read beside the notebook. */
static bool show_page(struct cell_run *run, const char *source, size_t name_end, int detail) {
    char *about = editor_inspect(run->session, source, name_end, name_end, detail);
    if (!about) {
        const char *name = source + strspn(source, " \t\n");
        outcome_fail(run->outcome, "MagicError",
                     must_format("nothing is known about '%.*s'", (int)(source + name_end - name), name));
        return false;
    }
    struct oto_record page;
    oto_record_begin(&page, OTO_RECORD_DISPLAY);
    oto_record_text(&page, "text/plain", about);
    oto_record_integer(&page, "page", 1);
    if (run->host->record) run->host->record(run->host->context, &page);
    oto_record_free(&page);
    free(about);
    return true;
}

/* C behind a magic line must not fail to compile when what stands before has run already: it is all looked at first. */
static bool check_stretches(struct cell_run *run, const char *source, size_t length) {
    size_t magic = magic_next(run->session, source, length, 0);
    if (magic == length || only_blank(source, magic)) return true;
    struct session *session = run->session;
    struct cell_outcome outcome = {};
    struct cell_run check = {.session = session,
                             .number = run->number,
                             .host = run->host,
                             .outcome = &outcome,
                             .mode = run->mode,
                             .checking = true};
    struct names_point names = names_here(&session->names);
    int unit = session->next_unit;
    bool ok = run_stretches(&check, source, length);
    names_return_to(&session->names, names);
    session->next_unit = unit;
    if (ok)
        cell_outcome_free(&outcome);
    else
        *run->outcome = outcome;
    return ok;
}

static void remember_cell(struct session *session, int number, const char *source, size_t length) {
    enum { CELLS_KEPT = 20000 };
    if (session->cell_count == CELLS_KEPT) {
        free(session->cells[0].source);
        memmove(session->cells, session->cells + 1, --session->cell_count * sizeof *session->cells);
    }
    ARRAY_ADD(session->cells, session->cell_count, session->cell_capacity) =
        (struct cell_text){number, must_copy_n(source, length)};
}

/* What the last cell named and loaded is forgotten. */
static void forget_last(struct session *session) {
    names_roll_back(&session->names);
    loaded_drop(&session->units, session->first_unit);
}

/* Names of a cell's own hold the numbers of its units, and what later cells compile holds the names. */
static void number_units(struct session *session, int number) {
    enum { UNITS_OF_A_CELL = 64 };
    int first = number < INT_MAX / UNITS_OF_A_CELL ? number * UNITS_OF_A_CELL : 0;
    if (session->options.numbered && session->next_unit < first) session->next_unit = first;
}

/* What the cell before did steps aside, and this one begins to be the last. */
static void begin_last(struct cell_run *run) {
    struct session *session = run->session;
    run->before = names_take_log(&session->names);
    run->first_unit_before = session->first_unit;
    names_mark(&session->names);
    session->first_unit = session->next_unit;
}

/* The cell before is the last one again. */
static void restore_last(struct cell_run *run) {
    names_restore_log(&run->session->names, run->before);
    run->session->first_unit = run->first_unit_before;
}

/* What the cell did stays: it ended well, or the user stopped it cleanly. */
static bool stays(const struct cell_run *run, bool ok) {
    const struct cell_outcome *outcome = run->outcome;
    if (run->keep_nothing || run->undo) return false;
    if (ok) return true;
    return outcome->ename && !strcmp(outcome->ename, "KeyboardInterrupt") && strstr(outcome->evalue, "stays");
}

/* Names and values as before; %undo still goes back to before the last cell that did something. */
static void roll_back(struct cell_run *run) {
    forget_last(run->session);
    restore_last(run);
    if (run->begun) process_abandon(run->session->process, run->host);
}

/* Keeps what the cell did. False: its process was killed when it had ended, and everything is as before. */
static bool keep(struct cell_run *run) {
    struct session *session = run->session;
    bool named = session->names.log_count || session->names.count > session->names.mark;
    if (run->begun && !process_commit(session->process)) {
        run->begun = false;
        roll_back(run);
        return false;
    }
    if (run->begun || named) {
        free(run->before.list);
        session->can_undo = !run->begun || process_can_undo(session->process);
        session->undo_is_names = !run->begun;
    } else {
        restore_last(run);
    }
    return true;
}

bool cell_undo(struct cell_run *run) {
    struct session *session = run->session;
    if (run->begun || session->names.log_count) return run->undo = true; /* this very cell is taken back at its end */
    bool back = session->can_undo && (session->undo_is_names || process_undo(session->process));
    if (!back) {
        run->spoilt = true; /* where there are no snapshots: with them there may be one */
        outcome_fail(run->outcome, "UndoError",
                     must_copy("there is no earlier state to go back to: %undo works once after each cell"));
        return false;
    }
    restore_last(run);
    forget_last(session);
    begin_last(run);
    session->can_undo = false;
    return true;
}

static void finish(struct cell_run *run, bool ok) {
    struct cell_outcome *outcome = run->outcome;
    char *error = NULL;
    bool ran = run->begun, kept = false;
    debug_detach(run->session);
    if (!stays(run, ok))
        roll_back(run);
    else if (!(kept = keep(run)) && ok)
        outcome_fail(
            outcome, "Signal",
            must_copy("the process that ran the cell was killed when it had ended; everything is as it was before"));
    run->spoilt |= ran && !kept;
    bool lost =
        outcome->ename && !strcmp(outcome->ename, "Signal") && strstr(outcome->evalue, "names and values are gone");
    if ((run->reset && ok) || lost)
        if (!session_reset(run->session, &error)) outcome_fail(outcome, "Signal", error);
    outcome->exited = run->ended;
    outcome->spoilt = run->session->options.no_snapshots && (run->spoilt || lost);
}

/* Passes a cell's output on up to the session's limit. */
struct limited {
    const struct cell_host *host;
    struct session *session;
    size_t printed;
    bool said;
};

static void limited_stream(void *context, int which, const char *bytes, size_t size) {
    struct limited *limited = context;
    size_t limit = (size_t)limited->session->options.limits.output;
    size_t room = !limit ? size : limited->printed < limit ? limit - limited->printed : 0;
    size_t taken = size < room ? size : room;
    limited->printed += size;
    if (taken && limited->host->stream) limited->host->stream(limited->host->context, which, bytes, taken);
    if (taken == size || limited->said || !limited->host->stream) return;
    char *note = must_format(
        "\n[output cut: this cell printed more than %zu bytes; %%config output_limit changes that]\n", limit);
    limited->host->stream(limited->host->context, 2, note, strlen(note));
    limited->said = true;
    free(note);
}

static void limited_record(void *context, const struct oto_record *record) {
    const struct cell_host *host = ((struct limited *)context)->host;
    if (host->record) host->record(host->context, record);
}

static char *limited_input(void *context, const char *prompt, bool secret) {
    const struct cell_host *host = ((struct limited *)context)->host;
    return host->input ? host->input(host->context, prompt, secret) : NULL;
}

static void limited_measure(void *context, const struct oto_record *at, struct oto_record *answer) {
    const struct cell_host *host = ((struct limited *)context)->host;
    if (host->measure) host->measure(host->context, at, answer);
}

/* An interrupt that finds none of its code running ends the cell all the same. */
static bool stopped_early(struct cell_run *run) {
    if (run->begun || !interruption_asked(&run->session->interruption)) return false;
    outcome_fail(run->outcome, "KeyboardInterrupt", must_copy("the cell was interrupted before any of its code ran"));
    return true;
}

static bool run_source(struct cell_run *run, const char *source, size_t length) {
    size_t name_end;
    int detail;
    if (editor_is_question(source, length, &name_end, &detail)) return show_page(run, source, name_end, detail);
    return check_stretches(run, source, length) && run_stretches(run, source, length);
}

static void run_cell(struct session *session, const char *source, size_t length, int number,
                     const struct cell_host *host, struct cell_outcome *outcome) {
    *outcome = (struct cell_outcome){};
    if (!session_ready(session)) {
        outcome_fail(outcome, "StartError", must_copy(session->open_error));
        return;
    }
    if (memchr(source, '\0', length)) {
        outcome_fail(outcome, "CompileError", must_copy("the cell holds a NUL byte: remove it"));
        return;
    }
    remember_cell(session, number, source, length);
    number_units(session, number);
    static const struct cell_host nobody;
    struct limited limited = {.host = host ? host : &nobody, .session = session};
    struct cell_host own = {&limited, limited_stream, limited_record, limited_input, limited_measure};
    struct cell_run run = {
        .session = session, .number = number, .host = &own, .outcome = outcome, .mode = session->mode};
    begin_last(&run);
    char *copy = must_copy_n(source, length);
    bool ok = !stopped_early(&run) && run_source(&run, copy, length) && !stopped_early(&run);
    free(copy);
    finish(&run, ok);
}

/* Passes the first result on, and drops everything else that an expression shows. */
struct evaluation {
    void (*result)(void *context, const struct oto_record *record);
    void *context;
    bool passed;
};

static void pass_result(void *context, const struct oto_record *record) {
    struct evaluation *evaluation = context;
    if (record->kind != OTO_RECORD_RESULT || evaluation->passed) return;
    evaluation->passed = true;
    evaluation->result(evaluation->context, record);
}

static bool evaluate(struct session *session, const char *expression, struct evaluation *evaluation,
                     struct cell_outcome *outcome) {
    struct cell_host host = {.context = evaluation, .record = pass_result};
    *outcome = (struct cell_outcome){};
    if (!session_ready(session)) {
        outcome_fail(outcome, "StartError", must_copy(session->open_error));
        return false;
    }
    remember_cell(session, 0, expression, strlen(expression));
    struct cell_run run = {
        .session = session, .host = &host, .outcome = outcome, .mode = session->mode, .keep_nothing = true};
    begin_last(&run);
    session->evaluating = true;
    bool ok = cell_run_code(&run, expression, strlen(expression), 1, NULL, NULL);
    finish(&run, ok);
    session->evaluating = false;
    return ok;
}

/* ---- the door: one at a time ---- */

void cell_run(struct session *session, const char *source, size_t length, int number, const struct cell_host *host,
              struct cell_outcome *outcome) {
    session_enter(session);
    run_cell(session, source, length, number, host, outcome);
    session_leave(session);
}

void session_drain(struct session *session, const struct cell_host *host) {
    pthread_mutex_lock(&session->lock);
    if (session->opened && session->process) process_drain(session->process, host);
    pthread_mutex_unlock(&session->lock);
}

bool session_evaluate(struct session *session, const char *expression,
                      void (*result)(void *context, const struct oto_record *record), void *context,
                      struct cell_outcome *outcome) {
    struct evaluation evaluation = {.result = result, .context = context};
    session_enter(session);
    bool ok = evaluate(session, expression, &evaluation, outcome);
    session_leave(session);
    return ok;
}

enum completeness cell_is_complete(struct session *session, const char *source, size_t length, char **indent) {
    session_enter(session);
    enum completeness answer = editor_is_complete(session, source, length, indent);
    session_leave(session);
    return answer;
}

void cell_complete(struct session *session, const char *source, size_t length, size_t cursor, struct completions *out) {
    session_enter(session);
    editor_complete(session, source, length, cursor, out);
    session_leave(session);
}

char *cell_inspect(struct session *session, const char *source, size_t length, size_t cursor, int detail) {
    session_enter(session);
    char *about = editor_inspect(session, source, length, cursor, detail);
    session_leave(session);
    return about;
}

size_t session_variables(struct session *session, bool with_values, struct session_variable **list) {
    *list = NULL;
    pthread_mutex_lock(&session->lock);
    bool free_to_ask = session_ready(session) && !session->worker_busy;
    size_t count = free_to_ask ? debug_variables(session, with_values, list) : 0;
    pthread_mutex_unlock(&session->lock);
    return count;
}
