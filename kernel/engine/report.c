#include "kernel/engine/report.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/advice.h"
#include "kernel/engine/brackets.h"
#include "kernel/engine/excerpt.h"
#include "kernel/engine/meant.h"
#include "kernel/engine/phrase.h"
#include "kernel/engine/token.h"
#include "kernel/engine/unit.h"

enum { SHOWN_MOST = 20 };

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

/* ---- one finding: a diagnostic, in plain words, at its place in a cell ---- */

struct finding {
    bool error;
    bool foreign, syntax;   /* words of another language; what cannot be read as C */
    int cell, line, column; /* cell 0: in a file of the user's, `file` */
    const char *file;
    char *sentence, *hint, *caret; /* hint, caret: may be NULL; caret is what stands behind the caret */
    const struct diagnostic *from; /* its notes; NULL: none */
};

struct findings {
    struct finding *list;
    size_t count, capacity;
};

static void findings_free(struct findings *findings) {
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->list[i].sentence);
        free(findings->list[i].hint);
        free(findings->list[i].caret);
    }
    free(findings->list);
}

/* The cell that a diagnostic's file names: the present one, an earlier one, or 0. */
static int cell_of(const struct diagnostic *d, int number) {
    if (!strcmp(d->file, UNIT_FILE)) return number;
    if (!strncmp(d->file, UNIT_FILE ":", sizeof UNIT_FILE)) return (int)strtol(d->file + sizeof UNIT_FILE, NULL, 10);
    return 0;
}

/* Lines that the engine wrote itself, around the cell's own. */
static bool is_generated(const struct diagnostic *d) {
    return !*d->file || !strcmp(d->file, "oto") || !strcmp(d->file, "cell.c");
}

/* "message; did you mean 'x'?": cut in place; returns x, malloc'd, or NULL. Other questions stay. */
static char *take_suggestion(char *message) {
    struct phrase phrase;
    if (!phrase_match("$1; did you mean '$2'?", message, &phrase)) return NULL;
    char *suggestion = phrase_say("$2", &phrase);
    message[phrase.parts[1].length] = '\0';
    return suggestion;
}

/* Moves what lies behind the cell's last line (in text of the engine that ends it) to the end of that line. */
static void keep_inside(struct finding *f, const char *source) {
    size_t last_length = 0;
    int last = 1, line = 1;
    for (const char *at = source; at; line++) {
        size_t length = strcspn(at, "\n");
        if (strspn(at, " \t\r") < length) last = line, last_length = length;
        at = at[length] ? at + length + 1 : NULL;
    }
    if (f->line >= 1 && f->line <= last) return;
    f->line = f->line < 1 ? 1 : last;
    f->column = f->line == last ? (int)last_length + 1 : 0;
}

static struct pointed pointed_at(const struct finding *f, const char *source) {
    struct pointed at = {};
    at.line = excerpt_line(source, f->line, &at.length);
    at.at = f->column > 0 && (size_t)f->column <= at.length + 1 ? (size_t)f->column - 1 : at.length;
    return at;
}

static bool is_syntax(const char *message) {
    static const char *const heads[] = {"expected ",
                                        "unexpected ",
                                        "extraneous ",
                                        "missing ",
                                        "invalid ",
                                        "unknown type name ",
                                        "a type specifier ",
                                        "function definition is",
                                        "too many arguments provided",
                                        "too few arguments provided"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (!strncmp(message, heads[i], strlen(heads[i]))) return true;
    return false;
}

/* What to put at the caret, malloc'd, or NULL. */
static char *caret_words(const struct fix *fix) {
    if (!*fix->replacement) return NULL;
    size_t length = strlen(fix->replacement);
    while (length > 0 && fix->replacement[length - 1] == ' ') length--;
    return fix->column == fix->end_column ? must_format("put %.*s here", (int)length, fix->replacement)
                                          : must_format("write %.*s", (int)length, fix->replacement);
}

/* The text that an error's line counts in; NULL when it is not the cell's own, as behind %load. */
static const char *source_of(const struct session *session, int cell) {
    const char *source = cell ? session_cell_source(session, cell) : NULL;
    return source && !strncmp(source, "%load", 5) ? NULL : source;
}

/* All that was said of a cell, for what one message alone does not tell. */
struct said {
    const struct session *session;
    const struct diagnostic *diagnostics;
    size_t count;
    int number; /* the cell */
};

/* "did you mean x?" for an unknown name, as hint and behind the caret. */
static void suggest(struct finding *f, const struct said *said, const char *source, const char *unknown,
                    const char *suggestion) {
    char *meant = meant_name(said->session, source, said->diagnostics, said->count, unknown, suggestion);
    const char *header = advice_header(unknown);
    if (meant || header) free(f->hint);
    if (header)
        f->hint = must_format("put #include <%s> at the beginning", header);
    else if (meant)
        f->hint = must_format("did you mean %s?", meant);
    if (meant && !header) f->caret = must_format("write %s", meant);
    free(meant);
}

/* Where an unknown name stands among the arguments of the macro at `at`, for which clang gives the macro's own place;
 * NULL when it comes from the #define. */
static const char *among_arguments(const char *at, const char *unknown) {
    struct lexer lexer;
    lexer_start(&lexer, at, strlen(at));
    struct token token = lexer_next(&lexer);
    if (token.kind != TOKEN_WORD || token_is(at, token, unknown)) return NULL;
    token = lexer_next(&lexer);
    if (!token_is(at, token, "(")) return NULL;
    for (int depth = 1; depth > 0;) {
        token = lexer_next(&lexer);
        if (token.kind == TOKEN_END) return NULL;
        depth += token_is(at, token, "(") - token_is(at, token, ")");
        if (token.kind == TOKEN_WORD && token_is(at, token, unknown)) return at + token.start;
    }
    return NULL;
}

/* Moves an unknown name that is an argument of a macro to where it is written. Returns whether it is one. */
static bool point_at_argument(struct finding *f, const char *source, const char *unknown) {
    size_t length;
    const char *line = excerpt_line(source, f->line, &length);
    if (!line || f->column < 1 || (size_t)f->column > length) return false;
    const char *name = among_arguments(line + f->column - 1, unknown);
    if (!name) return false;
    for (const char *c = line; c < name; c++)
        if (*c == '\n') f->line++, line = c + 1;
    f->column = (int)(name - line) + 1;
    return true;
}

/* An error in what a macro stands for is the #define's. */
static void blame_macro(struct finding *f, const struct diagnostic *d) {
    struct phrase phrase;
    for (size_t i = 0; i < d->note_count; i++) {
        bool unreadable = f->syntax || strstr(d->message, "undeclared");
        if (!unreadable || !phrase_match("expanded from macro '$1'", d->notes[i].message, &phrase)) continue;
        free(f->hint);
        f->hint =
            phrase_say("look at #define $1, which is put in place as text: it takes no =, no ; at its end, and no "
                       "blank before its ( )",
                       &phrase);
        return;
    }
}

static struct finding finding_of(const struct said *said, const struct diagnostic *d) {
    struct finding f = {.error = d->severity == SEVERITY_ERROR,
                        .syntax = is_syntax(d->message),
                        .cell = cell_of(d, said->number),
                        .line = d->line,
                        .column = d->column,
                        .from = d};
    const char *base = strrchr(d->file, '/'), *source = source_of(said->session, f.cell);
    f.file = base ? base + 1 : d->file;
    if (source) keep_inside(&f, source);
    char *unknown = meant_unknown(d->message);
    bool argument = unknown && source && point_at_argument(&f, source, unknown);
    struct pointed at = source ? pointed_at(&f, source) : (struct pointed){};
    char *message = must_copy(d->message), *suggestion = take_suggestion(message);
    struct advice advice = advice_for(message, f.error ? "" : d->option, at.line ? &at : NULL);
    f.sentence = advice.sentence;
    f.hint = advice.hint;
    if (d->fix_count && d->fixes[0].line == d->line && !unknown) f.caret = caret_words(d->fixes);
    f.foreign = advice.foreign;
    if (unknown && !f.foreign) suggest(&f, said, source, unknown, suggestion);
    if (!argument) blame_macro(&f, d);
    free(message);
    free(suggestion);
    free(unknown);
    return f;
}

static char *place_text(const struct finding *f) {
    return f->cell ? must_format("cell [%d] line %d", f->cell, f->line) : must_format("%s line %d", f->file, f->line);
}

/* Notes that say where something else stands; the others propose repairs, and hints do that. */
static bool tells_a_place(const char *message) {
    static const char *const parts[] = {"declared",        "previous",      "defined here",
                                        "definition",      "expanded from", "passing argument",
                                        "use occurs here", "conflicting",   "is here"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(message, parts[i])) return true;
    return false;
}

static void add_notes(struct text *out, const struct diagnostic *d, int number) {
    for (size_t i = 0; d && i < d->note_count; i++) {
        const struct diagnostic *note = &d->notes[i];
        int cell = cell_of(note, number);
        bool shown = cell && tells_a_place(note->message);
        if (shown) text_format(out, "         cell [%d] line %d: %s\n", cell, note->line, note->message);
    }
}

static void add_finding(struct text *out, const struct session *session, const struct finding *f, int number) {
    char *place = place_text(f);
    text_format(out, "%s: %s%s" EXCERPT_PLAIN ": %s\n", place, f->error ? EXCERPT_RED EXCERPT_BOLD : EXCERPT_BOLD,
                f->error ? "error" : "warning", f->sentence);
    excerpt_add(out, source_of(session, f->cell), f->line, f->column, f->caret);
    if (f->hint) text_format(out, "         hint: %s\n", f->hint);
    add_notes(out, f->from, number);
    free(place);
}

/* ---- the errors of a cell ---- */

/* By lines; in a line, another language's words come first, then what is wrong with brackets and quotes comes first,
 * then with the syntax, then the rest. */
static int by_place(const void *a, const void *b) {
    const struct finding *x = a, *y = b;
    if (x->line != y->line) return x->line < y->line ? -1 : 1;
    if (x->foreign != y->foreign) return x->foreign ? -1 : 1;
    if (!x->from != !y->from) return x->from ? 1 : -1;
    if (x->syntax != y->syntax) return x->syntax ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

/* A finding of the cell's own brackets and quotes, which the parser notices too far behind. */
static bool unbalanced(const char *source, int number, struct finding *f) {
    static const struct {
        const char *sentence, *hint;
    } rows[] = {
        [TEXT_OPEN] = {"the text that begins here has no closing %c", "close it on the line on which it begins"},
        [COMMENT_OPEN] = {"the comment that begins here is never closed: expected */", "put */ at its end"},
        [NEVER_CLOSED] = {"expected '%c': this %c is never closed", "put the missing %c where it belongs"},
        [NEVER_OPENED] = {"this %c closes nothing: there is no %c for it", "take it away, or put the %c where it "
                                                                           "belongs"}};
    static const char pairs[] = "(){}[]";
    size_t at;
    enum imbalance imbalance = source ? brackets_check(source, strlen(source), &at) : BALANCED;
    if (imbalance == BALANCED) return false;
    char bracket = source[at];
    while (imbalance == TEXT_OPEN && bracket != '"' && bracket != '\'') bracket = source[++at]; /* behind a prefix */
    const char *pair = strchr(pairs, bracket);
    char other = pair ? pairs[(pair - pairs) ^ 1] : 0;
    *f = (struct finding){.error = true, .syntax = true, .cell = number, .line = 1, .column = 1};
    for (size_t i = 0; i < at; i++) {
        f->column++;
        if (source[i] == '\n') f->line++, f->column = 1;
    }
    char first = imbalance == NEVER_CLOSED ? other : bracket, second = imbalance == NEVER_CLOSED ? bracket : other;
    f->sentence = must_format(rows[imbalance].sentence, first, second);
    f->hint = must_format(rows[imbalance].hint, other);
    return true;
}

/* Whether an error only follows from one before it in the list. */
static bool follows(const struct findings *all, size_t index) {
    const struct finding *f = &all->list[index];
    for (size_t i = 0; i < index; i++) {
        const struct finding *before = &all->list[i];
        if (before->cell != f->cell || (!f->cell && strcmp(before->file, f->file))) continue;
        if (!strcmp(before->sentence, f->sentence) &&
            (before->line == f->line || strstr(f->sentence, "undeclared") || strstr(f->sentence, "unknown type")))
            return true;
        if ((before->syntax || before->foreign) && before->line == f->line) return true;
        if (before->syntax && !before->from) return true; /* a bracket: the parser lost its way there */
    }
    return false;
}

/* What the compiler says of itself, or of what it tried to repair. */
static bool is_useless(const char *message) {
    return strstr(message, "too many errors emitted") || strstr(message, "overloaded function could not be resolved");
}

/* All errors of a cell, in the order of the cell's lines; what the engine wrote itself only if nothing else is
 * wrong. */
static struct findings find_errors(const struct said *said) {
    const char *source = source_of(said->session, said->number);
    struct findings found = {};
    bool any_syntax = false;
    for (int generated = 0; generated < 2 && !found.count; generated++)
        for (size_t i = 0; i < said->count; i++) {
            const struct diagnostic *d = &said->diagnostics[i];
            if (d->severity != SEVERITY_ERROR || is_useless(d->message)) continue;
            if (is_generated(d) != generated) continue;
            struct finding *f = &ARRAY_ADD(found.list, found.count, found.capacity);
            *f = finding_of(said, d);
            any_syntax |= f->syntax || strstr(d->message, "undeclared");
            if (!generated) continue;
            f->cell = said->number;
            if (source) keep_inside(f, source);
        }
    struct finding bracket;
    if (any_syntax && unbalanced(source, said->number, &bracket))
        ARRAY_ADD(found.list, found.count, found.capacity) = bracket;
    if (found.count) qsort(found.list, found.count, sizeof *found.list, by_place);
    return found;
}

static char *first_words(const struct finding *f, int number) {
    char *place = f->cell == number ? must_format("line %d", f->line) : place_text(f);
    char *words = must_format("%s: %s%s%s", place, f->sentence, f->hint ? "; " : "", f->hint ? f->hint : "");
    free(place);
    return words;
}

void report_compile_error(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number,
                          struct cell_outcome *outcome) {
    struct findings found = find_errors(&(struct said){session, diagnostics, count, number});
    struct text trace = {};
    int shown = 0, left = 0;
    for (size_t i = 0; i < found.count; i++) {
        if (follows(&found, i) || shown == SHOWN_MOST)
            left++;
        else
            add_finding(&trace, session, &found.list[i], number), shown++;
    }
    if (left) text_format(&trace, "(and %d more, which may follow from %s)\n", left, shown == 1 ? "it" : "these");
    outcome_fail(outcome, "CompileError",
                 found.count ? first_words(&found.list[0], number) : must_copy("the cell does not compile"));
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
    findings_free(&found);
}

void report_compiler_output(const struct session *session, const char *said, int number, struct cell_outcome *outcome) {
    struct diagnostic *list = NULL;
    size_t count = 0, capacity = 0;
    struct phrase phrase;
    for (const char *at = said; *at;) {
        size_t length = strcspn(at, "\n");
        char *line = must_copy_n(at, length);
        if (phrase_match("$1:$2:$3: error: $4", line, &phrase))
            ARRAY_ADD(list, count, capacity) =
                (struct diagnostic){.severity = SEVERITY_ERROR,
                                    .file = phrase_say("$1", &phrase),
                                    .line = (int)strtol(phrase.parts[2].start, NULL, 10),
                                    .column = (int)strtol(phrase.parts[3].start, NULL, 10),
                                    .message = advice_plain_types(phrase_say("$4", &phrase)),
                                    .option = ""};
        free(line);
        at += length + (at[length] == '\n');
    }
    report_compile_error(session, list, count, number, outcome);
    for (size_t i = 0; i < count; i++) {
        free(list[i].file);
        free(list[i].message);
    }
    free(list);
}

void report_refusal(const struct session *session, int number, int line, char *message, const char *hint,
                    struct cell_outcome *outcome) {
    struct text trace = {};
    struct finding f = {.error = true, .cell = number, .line = line, .sentence = message, .hint = (char *)hint};
    add_finding(&trace, session, &f, number);
    outcome_fail(outcome, "CompileError", first_words(&f, number));
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
    free(message);
}

/* A long program may draw thousands: nobody reads them, and they would fill the page. */
enum { WARNINGS_MOST = 100 };

char *report_warnings(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number) {
    struct text out = {};
    struct findings found = {};
    struct said said = {session, diagnostics, count, number};
    size_t more = 0;
    for (size_t i = 0; i < count; i++) {
        const struct diagnostic *d = &diagnostics[i];
        if (d->severity != SEVERITY_WARNING || d->in_system_header || is_generated(d)) continue;
        if (found.count == WARNINGS_MOST) {
            more++;
            continue;
        }
        ARRAY_ADD(found.list, found.count, found.capacity) = finding_of(&said, d);
    }
    if (found.count) qsort(found.list, found.count, sizeof *found.list, by_place);
    for (size_t i = 0; i < found.count; i++) add_finding(&out, session, &found.list[i], number);
    if (more) text_format(&out, "(and %zu more)", more);
    findings_free(&found);
    while (out.length && out.data[out.length - 1] == '\n') out.data[--out.length] = '\0';
    return out.length ? text_take(&out) : NULL;
}
