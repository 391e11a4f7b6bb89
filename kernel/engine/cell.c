#include "kernel/engine/cell.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/editor.h"
#include "kernel/engine/debug.h"
#include "kernel/engine/magic.h"
#include "kernel/engine/report.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

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

static bool begins_line(const char *source, size_t from, size_t at) {
    while (at > from && (source[at - 1] == ' ' || source[at - 1] == '\t')) at--;
    return at == from || source[at - 1] == '\n';
}

/* The start of the next magic line at or behind `from`, or length. */
static size_t next_magic(const char *source, size_t length, size_t from) {
    int depth = 0;
    bool item_open = false;
    struct lexer lexer;
    lexer_start(&lexer, source + from, length - from);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        size_t at = from + t.start;
        char c = source[at];
        bool digraph = c == '%' && at + 1 < length && (source[at + 1] == ':' || source[at + 1] == '>');
        if (depth == 0 && !item_open && ((c == '%' && !digraph) || c == '!') && begins_line(source, from, at))
            return at;
        if (t.kind == TOKEN_DIRECTIVE) continue;
        if (t.kind == TOKEN_PUNCTUATOR) {
            if (strchr("([{", c)) depth++;
            if (strchr(")]}", c)) depth--;
        }
        item_open = !(depth == 0 && t.kind == TOKEN_PUNCTUATOR && (c == ';' || c == '}'));
        /* a % at the start of a line cannot continue an expression that a name or number ended on the line above:
           C would allow it, but nobody writes it so, and %time after an expression is common */
        if (depth == 0 && item_open && t.kind != TOKEN_PUNCTUATOR) {
            size_t next = from + t.end;
            while (next < length && (source[next] == ' ' || source[next] == '\t')) next++;
            if (next < length && source[next] == '\n') {
                while (next < length && isspace((unsigned char)source[next])) next++;
                if (next + 1 < length && source[next] == '%' && isalpha((unsigned char)source[next + 1])) return next;
            }
        }
    }
    return length;
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

/* One magic line at `at`; *end is set behind it. */
static bool run_magic_line(struct cell_run *run, const char *source, size_t length, size_t at, size_t *end) {
    const char *stop = memchr(source + at, '\n', length - at);
    *end = stop ? (size_t)(stop - source) + 1 : length;
    char *line = must_copy_n(source + at, (stop ? (size_t)(stop - source) : length) - at);
    size_t line_length = strlen(line);
    while (line_length && isspace((unsigned char)line[line_length - 1])) line[--line_length] = '\0';
    int number = line_number(source, at);
    bool ok;
    if (line[0] == '!') {
        ok = magic_shell(run, line + 1);
    } else if (!strncmp(line, "%%writefile", 11)) {
        const char *file = line + 11 + strspn(line + 11, " \t");
        ok = magic_write_file(run, file, source + *end, number);
        *end = length;
    } else if (!strncmp(line, "%%timeit", 8) || !strncmp(line, "%%time", 6) || !strncmp(line, "%%fast", 6)) {
        /* the cell magics that apply to all that follows */
        bool fast = line[2] == 'f', loop = line[6] == 'i';
        if (fast) {
            run->mode = MODE_FAST;
            ok = true;
        } else {
            char *rest = must_format("%s\n%s", line + (loop ? 8 : 6), source + *end);
            ok = magic_run(run, loop ? "timeit" : "time", rest, number);
            free(rest);
            *end = length;
        }
    } else {
        size_t name_length = strcspn(line + 1, " \t");
        char *name = must_copy_n(line + 1, name_length);
        const char *rest = line + 1 + name_length;
        rest += strspn(rest, " \t");
        bool whole = !*rest && *end < length && (!strcmp(name, "time") || !strcmp(name, "timeit"));
        ok = magic_run(run, name, whole ? source + *end : rest, whole ? number + 1 : number);
        if (whole) *end = length; /* alone on its line, it times all that follows */
        free(name);
    }
    free(line);
    return ok;
}

/* While the cell is only looked at: past a magic that shows something, into one that runs C; behind any other, such as
 * a command of the shell, nothing can be known before it has run. */
static bool check_magic_line(struct cell_run *run, const char *source, size_t length, size_t at, size_t *end) {
    static const char *const running[] = {"time", "timeit", "fast"};
    static const char *const showing[] = {"who", "whos", "help", "asm", "leaks", "ls", "magic"};
    const char *name = source + at + strspn(source + at, "%");
    size_t name_length = strcspn(name, " \t\r\n");
    for (size_t i = 0; i < sizeof running / sizeof *running; i++)
        if (name > source + at && strlen(running[i]) == name_length && !strncmp(name, running[i], name_length))
            return run_magic_line(run, source, length, at, end);
    *end = length;
    const char *stop = memchr(source + at, '\n', length - at);
    for (size_t i = 0; stop && i < sizeof showing / sizeof *showing; i++)
        if (name > source + at && strlen(showing[i]) == name_length && !strncmp(name, showing[i], name_length))
            *end = (size_t)(stop - source) + 1;
    return true;
}

/* The stretches of C between the magic lines, in order. */
static bool run_stretches(struct cell_run *run, const char *source, size_t length) {
    size_t at = 0;
    bool ok = true;
    while (ok && !run->ended && at < length) {
        size_t magic = next_magic(source, length, at);
        if (!only_blank(source + at, magic - at)) {
            /* the lines before are kept blank, so that positions in the text are those of the cell */
            char *part = must_copy_n(source + at, magic - at);
            ok = cell_run_code(run, part, magic - at, line_number(source, at), NULL, NULL);
            free(part);
        }
        at = magic;
        if (ok && at < length)
            ok = run->checking ? check_magic_line(run, source, length, at, &at)
                               : run_magic_line(run, source, length, at, &at);
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
    size_t magic = next_magic(source, length, 0);
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

/* After a failure: names and values as before. */
static void roll_back(struct cell_run *run, bool values_too) {
    struct session *session = run->session;
    if (values_too) forget_last(session);
    if (run->begun && values_too) process_abandon(session->process, run->host);
}

static void finish(struct cell_run *run, bool ok) {
    struct session *session = run->session;
    struct cell_outcome *outcome = run->outcome;
    char *error = NULL;
    debug_detach(session);
    bool stays = ok ||
                 (outcome->ename && !strcmp(outcome->ename, "KeyboardInterrupt") && strstr(outcome->evalue, "stays")) ||
                 (outcome->ename && !strcmp(outcome->ename, "TimeLimit") && strstr(outcome->evalue, "stays"));
    if (run->keep_nothing || !stays) {
        roll_back(run, true);
    } else if (run->begun) {
        if (process_commit(session->process)) {
            session->can_undo = true;
        } else {
            forget_last(session);
            if (ok)
                outcome_fail(
                    outcome, "Signal",
                    must_copy(
                        "the process that ran the cell was killed when it had ended; everything is as it was before"));
        }
    }
    if (run->undo && ok) {
        if (session->can_undo && process_undo(session->process))
            forget_last(session);
        else
            outcome_fail(outcome, "UndoError",
                         must_copy("there is no earlier state to go back to: %undo works once after each cell"));
        session->can_undo = false;
    }
    bool lost =
        outcome->ename && !strcmp(outcome->ename, "Signal") && strstr(outcome->evalue, "names and values are gone");
    if ((run->reset && ok) || lost)
        if (!session_reset(session, &error)) outcome_fail(outcome, "Signal", error);
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
    size_t limit = limited->session->output_limit;
    size_t room = !limit ? size : limited->printed < limit ? limit - limited->printed : 0;
    size_t taken = size < room ? size : room;
    limited->printed += size;
    if (taken && limited->host->stream) limited->host->stream(limited->host->context, which, bytes, taken);
    if (taken == size || limited->said || !limited->host->stream) return;
    char *note = must_format("\n(the output is cut here, after %zu bytes: %%config output_limit)\n", limit);
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
    static const struct cell_host nobody;
    struct limited limited = {.host = host ? host : &nobody, .session = session};
    struct cell_host own = {&limited, limited_stream, limited_record, limited_input};
    struct cell_run run = {
        .session = session, .number = number, .host = &own, .outcome = outcome, .mode = session->mode};
    bool undoes = !strncmp(source + strspn(source, " \t\n"), "%undo", 5);
    if (!undoes) {
        names_mark(&session->names);
        session->first_unit = session->next_unit;
    }
    process_arm(session->process);
    char *copy = must_copy_n(source, length);
    size_t name_end;
    int detail;
    bool ok = editor_is_question(copy, length, &name_end, &detail)
                  ? show_page(&run, copy, name_end, detail)
                  : check_stretches(&run, copy, length) && run_stretches(&run, copy, length);
    free(copy);
    finish(&run, ok);
    process_disarm(session->process);
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
    /* what a later %undo would take back must stay known */
    struct names_log log = names_take_log(&session->names);
    int first_unit = session->first_unit;
    session->first_unit = session->next_unit;
    struct cell_run run = {
        .session = session, .host = &host, .outcome = outcome, .mode = session->mode, .keep_nothing = true};
    names_mark(&session->names);
    session->evaluating = true;
    process_arm(session->process);
    bool ok = cell_run_code(&run, expression, strlen(expression), 1, NULL, NULL);
    finish(&run, ok);
    process_disarm(session->process);
    session->evaluating = false;
    names_restore_log(&session->names, log);
    session->first_unit = first_unit;
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
