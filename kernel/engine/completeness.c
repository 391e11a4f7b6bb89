/* Is the cell complete, or does it go on? Brackets, conditionals and the last tokens tell most; the parser the rest. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/bracket_macros.h"
#include "kernel/engine/editor.h"
#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"
#include "kernel/engine/understand.h"

/* How a source ends, as far as tokens tell. */
struct ending {
    int depth;           /* of open brackets */
    bool wants_more;     /* after the last token something must come: x + */
    bool crossed;        /* ( closed by ], or a ; inside ( or [ that is no for's */
    bool open_condition; /* an #if without its #endif */
    bool stray;          /* an #else or #endif without its #if; a character that C has not */
    bool continued;      /* the last line ends in a backslash */
    size_t last;         /* where the last token ends */
};

static void see_directive(const char *text, int *conditions, struct ending *end) {
    const char *word = text + 1 + strspn(text + 1, " \t");
    if (!strncmp(word, "if", 2)) {
        ++*conditions;
    } else if (!strncmp(word, "endif", 5)) {
        end->stray |= --*conditions < 0;
    } else if (!strncmp(word, "el", 2)) { /* else, elif, elifdef */
        end->stray |= *conditions <= 0;
    }
}

enum { DEEPEST = 256, FOR_HEAD = 'f' };

/* open: the brackets that are open; the one of a for's head is FOR_HEAD. */
static void see_bracket(char c, bool behind_for, char *open, struct ending *end) {
    if (strchr("([{", c)) {
        if (end->depth >= 0 && end->depth < DEEPEST) open[end->depth] = behind_for && c == '(' ? FOR_HEAD : c;
        end->depth++;
        return;
    }
    end->depth--;
    char wanted = c == ')' ? '(' : c == ']' ? '[' : '{';
    if (end->depth < 0 || end->depth >= DEEPEST) return;
    end->crossed |= (open[end->depth] == FOR_HEAD ? '(' : open[end->depth]) != wanted;
}

static void see_semicolon(const char *open, struct ending *end) {
    if (end->depth > 0 && end->depth <= DEEPEST) end->crossed |= strchr("([", open[end->depth - 1]) != NULL;
}

static struct ending ending_of(const char *source, size_t length) {
    char open[DEEPEST];
    int conditions = 0;
    bool operand = false; /* the token before can stand in front of ++ */
    struct lexer lexer;
    struct ending end = {};
    lexer_start(&lexer, source, length);
    for (struct token t, before = {}; (t = lexer_next(&lexer)).kind != TOKEN_END; before = t) {
        char c = source[t.start];
        end.wants_more = false;
        end.last = t.end;
        if (t.kind == TOKEN_DIRECTIVE) see_directive(source + t.start, &conditions, &end);
        if (t.kind != TOKEN_PUNCTUATOR) {
            operand = t.kind != TOKEN_DIRECTIVE;
            continue;
        }
        bool doubled = (c == '+' || c == '-') && before.kind == TOKEN_PUNCTUATOR && before.end == t.start &&
                       source[before.start] == c;
        if (strchr("()[]{}", c))
            see_bracket(c, token_is(source, before, "for"), open, &end);
        else if (c == ';')
            see_semicolon(open, &end);
        else if (doubled)
            end.wants_more = !operand; /* x++ is whole, ++ is not */
        else if (strchr("+-*/%&|^<>=,?:.!~", c))
            end.wants_more = true;
        end.stray |= strchr("@`", c) != NULL;
        if (!strchr("+-", c)) operand = c == ')' || c == ']';
    }
    end.open_condition = conditions > 0;
    size_t text = length;
    while (text && (source[text - 1] == ' ' || source[text - 1] == '\t')) text--;
    end.continued = text && source[text - 1] == '\\';
    return end;
}

static bool begins_with(const char *text, const char *word) {
    size_t length = strlen(word);
    return !strncmp(text, word, length) && !isalnum((unsigned char)text[length]) && text[length] != '_';
}

/* A do whose while is still to come: while is the last word outside brackets of one that is whole. */
static bool is_open_do(const char *text, size_t length) {
    struct lexer lexer;
    bool is_while = false;
    int depth = 0;
    lexer_start(&lexer, text, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        char c = text[t.start];
        if (t.kind == TOKEN_PUNCTUATOR) depth += strchr("([{", c) ? 1 : strchr(")]}", c) ? -1 : 0;
        if (t.kind == TOKEN_WORD && depth == 0) is_while = token_is(text, t, "while");
    }
    return !is_while || length == 0 || text[length - 1] != ';';
}

/* The item is the head of a statement whose body is still to come: if (x), else, do { }. */
static bool is_head(const char *text, size_t length) {
    static const char *const heads[] = {"if", "for", "while", "switch"};
    char end = length ? text[length - 1] : 0;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
        if (begins_with(text, heads[i])) return end == ')';
    return (begins_with(text, "do") && is_open_do(text, length)) ||
           (length >= 4 && !strncmp(text + length - 4, "else", 4));
}

static bool item_wants_more(const char *source, const struct item *last) {
    static const char *const jumps[] = {"return", "goto", "break", "continue"};
    size_t length = last->end - last->start;
    const char *text = source + last->start;
    for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++)
        if (last->kind == ITEM_EXPRESSION && begins_with(text, jumps[i])) return true;
    if (last->kind == ITEM_DECLARATION) return !length || text[length - 1] != ';';
    return last->kind == ITEM_STATEMENT && is_head(text, length);
}

/* The line and column of a place, from 1. */
static void place_of(const char *source, size_t at, int *line, int *column) {
    *line = *column = 1;
    for (size_t i = 0; i < at; i++) {
        ++*column;
        if (source[i] == '\n') ++*line, *column = 1;
    }
}

/* What the parser says of a source whose tokens are sound. An error of syntax behind the last token means that more is
 * to come. */
static enum completeness parsed(struct session *session, const char *source, size_t length, size_t last) {
    struct code code = {.source = source, .length = length, .first_line = 1, .quiet = true};
    struct attempt attempt = {};
    struct cell_outcome outcome = {};
    struct flavour *flavour;
    enum completeness answer = CELL_COMPLETE;
    int last_line, last_column;
    place_of(source, last, &last_line, &last_column);
    if (understand(session, &code, &attempt, &flavour, &outcome)) {
        for (size_t i = 0; i < attempt.facts.diagnostic_count && answer == CELL_COMPLETE; i++) {
            static const char *const syntax[] = {"expected ", "extraneous ", "unexpected ", "invalid digit",
                                                 "invalid suffix"};
            const struct diagnostic *d = &attempt.facts.diagnostics[i];
            bool of_syntax = false;
            for (size_t k = 0; k < sizeof syntax / sizeof *syntax; k++)
                of_syntax |= !strncmp(d->message, syntax[k], strlen(syntax[k]));
            if (d->severity != SEVERITY_ERROR || !of_syntax) continue;
            bool behind = d->line > last_line || (d->line == last_line && d->column >= last_column);
            answer = behind ? CELL_INCOMPLETE : CELL_INVALID;
        }
    }
    cell_outcome_free(&outcome);
    attempt_free(&attempt);
    return answer;
}

/* %%writefile and the like take lines until an empty one. */
static bool whole_cell_magic(const char *source) {
    const char *first = source + strspn(source, " \t\n");
    if (strncmp(first, "%%", 2)) return false;
    size_t name = strcspn(first + 2, " \t\n");
    const struct magic *magic = magic_find(first + 2, name);
    return magic && magic->whole_cell;
}

static bool ends_in_empty_line(const char *source, size_t length) {
    size_t lines = 0;
    for (size_t at = length; at && isspace((unsigned char)source[at - 1]); at--) lines += source[at - 1] == '\n';
    return lines > 0 && memchr(source, '\n', length) && lines < length;
}

static enum completeness completeness_of(struct session *session, const char *source, size_t length, int *indent) {
    struct ending end = ending_of(source, length);
    struct items items;
    session_split(session, source, length, &items);
    bool open = items.open, stray = items.stray;
    const struct item *last = items.count ? &items.list[items.count - 1] : NULL;
    bool wants_more = last && item_wants_more(source, last), empty = !items.count;
    bool head = last && last->kind == ITEM_STATEMENT && is_head(source + last->start, last->end - last->start);
    items_free(&items);
    *indent = 4 * ((end.depth > 0 ? end.depth : 0) + (head && end.depth <= 0));
    if (end.continued && !end.crossed) return CELL_INCOMPLETE;
    if (stray || end.crossed || end.stray) return CELL_INVALID;
    if (open || end.depth > 0 || end.open_condition || end.wants_more) return CELL_INCOMPLETE;
    enum completeness answer = empty ? CELL_COMPLETE : parsed(session, source, length, end.last);
    return wants_more && answer == CELL_COMPLETE ? CELL_INCOMPLETE : answer;
}

/* Whether some line calls a magic that does not exist. */
static bool has_unknown_magic(struct session *session, const char *source, size_t length) {
    for (size_t at = 0; (at = magic_next(session, source, length, at)) < length;) {
        const char *stop = memchr(source + at, '\n', length - at);
        size_t line_end = stop ? (size_t)(stop - source) : length, name = at + 1, name_end;
        if (source[at] == '%' && name < line_end && source[name] == '%') name++;
        for (name_end = name; name_end < line_end && !isspace((unsigned char)source[name_end]);) name_end++;
        const struct magic *magic = source[at] == '%' ? magic_find(source + name, name_end - name) : NULL;
        if (source[at] == '%' && !magic) return true;
        if (name > at + 1 && magic && magic->argument != ARGUMENT_CODE) return false; /* the rest is a file's */
        at = line_end;
    }
    return false;
}

enum completeness editor_is_complete(struct session *session, const char *source, size_t length, char **indent) {
    *indent = NULL;
    if (!session_ready(session)) return CELL_COMPLETE;
    size_t name_end;
    int detail, columns = 0;
    if (editor_is_question(source, length, &name_end, &detail)) return CELL_COMPLETE;
    char *view = magic_code_view(session, source, length);
    char *code = bracket_macros_written_out(&session->names, view, length);
    enum completeness answer = completeness_of(session, code, strlen(code), &columns);
    free(view);
    free(code);
    if (answer == CELL_COMPLETE && whole_cell_magic(source) && !ends_in_empty_line(source, length))
        answer = CELL_INCOMPLETE;
    if (answer == CELL_COMPLETE && has_unknown_magic(session, source, length)) answer = CELL_INVALID;
    if (answer == CELL_INCOMPLETE) *indent = must_format("%*s", columns, "");
    return answer;
}
