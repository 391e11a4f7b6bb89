#include "kernel/engine/brackets.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

struct stack {
    size_t *list; /* offsets of brackets that are open */
    size_t count, capacity;
};

/* Columns of blanks before the first other character of the line that holds an offset. */
static size_t indentation(const char *source, size_t at) {
    while (at > 0 && source[at - 1] != '\n') at--;
    return strspn(source + at, " \t");
}

static bool first_on_its_line(const char *source, size_t at) {
    while (at > 0 && (source[at - 1] == ' ' || source[at - 1] == '\t')) at--;
    return at == 0 || source[at - 1] == '\n';
}

static char partner(char bracket) {
    switch (bracket) {
    case ')':
        return '(';
    case ']':
        return '[';
    default:
        return '{';
    }
}

/* The source without lines for the kernel itself. */
static char *code_only(const char *source, size_t length) {
    char *copy = must_copy_n(source, length);
    bool skipping = false;
    for (size_t i = 0; i < length; i++) {
        if (i == 0 || copy[i - 1] == '\n') skipping = copy[i] == '%' || copy[i] == '!';
        if (skipping && copy[i] != '\n') copy[i] = ' ';
    }
    return copy;
}

static enum imbalance check(const char *source, size_t length, struct stack *open, size_t *at) {
    struct lexer lexer;
    struct token t;
    size_t suspect = (size_t)-1; /* a { whose } stands further left than its own line begins */
    size_t end = 0;              /* of the token before */
    lexer_start(&lexer, source, length);
    for (; (t = lexer_next(&lexer)).kind != TOKEN_END; end = t.end) {
        *at = t.start;
        if ((t.kind == TOKEN_STRING || t.kind == TOKEN_CHARACTER) && t.open) return TEXT_OPEN;
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        char bracket = source[t.start];
        if (strchr("([{", bracket)) {
            ARRAY_ADD(open->list, open->count, open->capacity) = t.start;
        } else if (strchr(")]}", bracket)) {
            if (!open->count) return NEVER_OPENED;
            size_t opener = open->list[open->count - 1];
            if (source[opener] != partner(bracket)) {
                if (source[opener] == '{') return NEVER_OPENED;
                *at = opener;
                return NEVER_CLOSED;
            }
            open->count--;
            bool left =
                first_on_its_line(source, t.start) && indentation(source, t.start) < indentation(source, opener);
            if (bracket == '}' && left && suspect == (size_t)-1) suspect = opener;
        }
    }
    const char *comment = t.open ? memmem(source + end, length - end, "/*", 2) : NULL;
    if (comment) {
        *at = (size_t)(comment - source);
        return COMMENT_OPEN;
    }
    if (!open->count) return BALANCED;
    *at = open->list[open->count - 1];
    if (source[*at] == '{' && suspect != (size_t)-1) *at = suspect;
    return NEVER_CLOSED;
}

enum imbalance brackets_check(const char *source, size_t length, size_t *at) {
    struct stack open = {};
    char *code = code_only(source, length);
    enum imbalance imbalance = check(code, length, &open, at);
    free(open.list);
    free(code);
    return imbalance;
}
