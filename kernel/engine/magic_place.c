/* Where magic lines stand in a cell. */
#include <ctype.h>
#include <string.h>

#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

/* Whether the cell uses the word before that place. */
static bool used_before(const char *source, size_t length, const char *word, size_t word_length) {
    struct lexer lexer;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        if (t.kind == TOKEN_WORD && t.end - t.start == word_length && !memcmp(source + t.start, word, word_length))
            return true;
    return false;
}

/* `!done`, `!(a > b)` and `!strcmp(a, b)` are C; `!ls -l` is a command. */
static bool is_negation(const struct session *session, const char *source, size_t length, size_t at) {
    size_t word = at + 1, end = word;
    if (word < length && (strchr("!(*&+-~'", source[word]) || isdigit((unsigned char)source[word]))) return true;
    while (end < length && is_word(source[end])) end++;
    if (end == word) return false;
    if (end < length && source[end] == '(') return true;
    if (!names_find_n(&session->names, 'o', source + word, end - word) &&
        !names_find_n(&session->names, 'm', source + word, end - word) &&
        !used_before(source, at, source + word, end - word))
        return false;
    size_t next = end;
    while (next < length && (source[next] == ' ' || source[next] == '\t')) next++;
    if (next == length || source[next] == '\n') return true;
    if (next == end) return strchr(";.-+[=,)<>&|?!*/%", source[next]);
    bool option = source[next] == '-' && next + 1 < length && isalpha((unsigned char)source[next + 1]);
    return strchr("-+=<>&|?!*/%,;", source[next]) && !option;
}

/* A % at the start of a line cannot continue an expression that a name or number ended on the line above: C would allow
 * it, but nobody writes it so, and %time after an expression is common. The % behind `end`, or length. */
static size_t magic_below(const char *source, size_t length, size_t end) {
    size_t next = end;
    while (next < length && (source[next] == ' ' || source[next] == '\t')) next++;
    if (next == length || source[next] != '\n') return length;
    while (next < length && isspace((unsigned char)source[next])) next++;
    bool magic = next + 1 < length && source[next] == '%' &&
                 (isalpha((unsigned char)source[next + 1]) || source[next + 1] == '%');
    return magic ? next : length;
}

size_t magic_next(struct session *session, const char *source, size_t length, size_t from) {
    int depth = 0;
    bool item_open = false;
    size_t before = from; /* where the token before ended */
    struct lexer lexer;
    lexer_start(&lexer, source + from, length - from);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        size_t at = from + t.start;
        char c = source[at];
        bool first_on_line = at == from || before == from || memchr(source + before, '\n', at - before);
        if (depth == 0 && !item_open && first_on_line) {
            bool digraph = at + 1 < length && (source[at + 1] == ':' || source[at + 1] == '>'); /* # and } */
            if (c == '%' && !digraph) return at;
            if (c == '!' && !is_negation(session, source, length, at)) return at;
        }
        before = from + t.end;
        if (t.kind == TOKEN_DIRECTIVE) continue;
        if (t.kind == TOKEN_PUNCTUATOR) {
            if (strchr("([{", c)) depth++;
            if (strchr(")]}", c)) depth--;
        }
        item_open = !(depth == 0 && t.kind == TOKEN_PUNCTUATOR && (c == ';' || c == '}'));
        if (depth == 0 && item_open && (t.kind != TOKEN_PUNCTUATOR || c == ')' || c == ']')) {
            size_t below = magic_below(source, length, before);
            if (below < length) return below;
        }
    }
    return length;
}

/* Blanks bytes, but for the ends of lines. */
static void blank(char *text, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (text[i] != '\n') text[i] = ' ';
}

char *magic_code_view(struct session *session, const char *source, size_t length) {
    char *view = must_copy_n(source, length);
    for (size_t at = 0; (at = magic_next(session, source, length, at)) < length;) {
        const char *stop = memchr(source + at, '\n', length - at);
        size_t line_end = stop ? (size_t)(stop - source) : length, name = at + 1, name_end;
        bool whole = source[at] == '%' && name < line_end && source[name] == '%';
        name += whole;
        for (name_end = name; name_end < line_end && !isspace((unsigned char)source[name_end]);) name_end++;
        const struct magic *magic = source[at] == '%' ? magic_find(source + name, name_end - name) : NULL;
        bool code = magic && magic->argument == ARGUMENT_CODE, takes_rest = whole && !code;
        size_t from = code ? name_end : line_end;
        while (code && from < line_end && (source[from] == ' ' || source[from] == '-')) { /* -n 10 -r 3 */
            if (source[from] == '-' && !strchr("nr", source[from + 1])) break;
            from += source[from] == '-' ? 2 : 1;
            while (from < line_end && (isdigit((unsigned char)source[from]) || source[from] == ' ')) from++;
        }
        blank(view, at, takes_rest ? length : from);
        if (takes_rest) break;
        at = code ? from : line_end;
        if (at < length && !code) at++;
    }
    return view;
}

const struct magic *magic_at_cursor(struct session *session, const char *source, size_t length, size_t cursor,
                                    size_t *name, size_t *rest) {
    for (size_t at = 0; (at = magic_next(session, source, length, at)) <= cursor && at < length;) {
        const char *stop = memchr(source + at, '\n', length - at);
        size_t line_end = stop ? (size_t)(stop - source) : length, end = at + 1;
        if (cursor <= line_end) {
            while (end < line_end && source[end] == '%') end++;
            size_t word = end;
            while (end < line_end && !isspace((unsigned char)source[end])) end++;
            *name = at;
            *rest = end + strspn(source + end, " \t");
            if (*rest > line_end) *rest = line_end;
            return source[at] == '%' ? magic_find(source + word, end - word) : NULL;
        }
        at = line_end + 1;
        if (at > length) break;
    }
    *name = *rest = (size_t)-1;
    return NULL;
}
