#include "kernel/engine/cursor.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* ---- the place ---- */

/* Between tokens stand blanks and comments only: whether the cursor is in one of these. */
static bool in_comment(const char *text, size_t from, size_t to, bool open) {
    if (open) return true;
    for (size_t i = from; i + 1 < to; i++) {
        if (text[i] == '/' && text[i + 1] == '*') { /* it ends, or it would be open */
            const char *end = memmem(text + i + 2, to - i - 2, "*/", 2);
            if (!end) return true;
            i = (size_t)(end - text) + 1;
        } else if (text[i] == '/' && text[i + 1] == '/') {
            const char *end = memchr(text + i, '\n', to - i);
            if (!end) return true;
            i = (size_t)(end - text);
        }
    }
    return false;
}

/* In a line #word rest, of which the cursor is at the end. */
static enum cursor_place place_in_directive(struct cursor *cursor, size_t start) {
    const char *text = cursor->view;
    size_t word = start + 1;
    while (word < cursor->at && (text[word] == ' ' || text[word] == '\t')) word++;
    size_t end = word;
    while (end < cursor->at && is_word(text[end])) end++;
    if (end == cursor->at) return PLACE_DIRECTIVE;
    if (!strncmp(text + word, "include", 7) || !strncmp(text + word, "embed", 5)) {
        while (end < cursor->at && !strchr("<\"", text[end])) end++;
        cursor->begin = end + 1;
        bool closed =
            end + 1 <= cursor->at && memchr(text + end + 1, text[end] == '<' ? '>' : '"', cursor->at - end - 1);
        return end < cursor->at && !closed ? PLACE_INCLUDE : PLACE_NOTHING;
    }
    bool condition =
        !strncmp(text + word, "if", 2) || !strncmp(text + word, "el", 2) || !strncmp(text + word, "undef", 5);
    return condition ? PLACE_CONDITION : PLACE_NAME;
}

static enum cursor_place place_of(struct cursor *cursor) {
    const char *text = cursor->view;
    struct lexer lexer;
    struct token before = {}, last = {}; /* the last one, and that before it, that end before the word */
    lexer_start(&lexer, text, cursor->at);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.end == cursor->at && t.kind == TOKEN_DIRECTIVE) return place_in_directive(cursor, t.start);
        if (t.end == cursor->at && t.open) {
            cursor->begin = t.start + 1;
            while (cursor->begin > 0 && cursor->begin < cursor->at && text[cursor->begin - 1] != '"') cursor->begin++;
            return t.kind == TOKEN_STRING ? PLACE_STRING : PLACE_NOTHING;
        }
        if (t.end == cursor->at && t.kind == TOKEN_NUMBER) return PLACE_NOTHING;
        if (t.start >= cursor->start) break;
        before = last;
        last = t;
    }
    if (in_comment(text, last.end, cursor->at, lexer.open_comment)) return PLACE_NOTHING;
    bool arrow = token_is(text, last, ">") && token_is(text, before, "-") && before.end == last.start;
    bool dots = token_is(text, last, ".") && token_is(text, before, ".");
    if ((token_is(text, last, ".") && !dots) || arrow) return PLACE_MEMBER;
    if (token_is(text, last, "goto")) return PLACE_LABEL;
    bool tag = token_is(text, last, "struct") || token_is(text, last, "union") || token_is(text, last, "enum");
    return tag ? PLACE_TAG : PLACE_NAME;
}

struct cursor cursor_find(struct session *session, const char *source, size_t length, size_t at) {
    struct cursor cursor = {.view = magic_code_view(session, source, length), .length = length, .at = at};
    cursor.start = cursor.end = at;
    /* of the source: the word may be a magic's argument */
    while (cursor.start > 0 && is_word(source[cursor.start - 1])) cursor.start--;
    while (cursor.end < length && is_word(source[cursor.end])) cursor.end++;
    cursor.place = place_of(&cursor);
    return cursor;
}

void cursor_free(struct cursor *cursor) {
    free(cursor->view);
    *cursor = (struct cursor){};
}

/* ---- around it ---- */

size_t cursor_expression(const struct cursor *cursor) {
    const char *text = cursor->view;
    size_t at = cursor->start;
    for (;;) {
        while (at > 0 && isspace((unsigned char)text[at - 1])) at--;
        if (at > 1 && text[at - 1] == '>' && text[at - 2] == '-') {
            at -= 2;
        } else if (at > 0 && text[at - 1] == '.') {
            at--;
        } else if (at > 0 && (text[at - 1] == ')' || text[at - 1] == ']')) {
            int depth = 0;
            do {
                at--;
                if (text[at] == ')' || text[at] == ']') depth++;
                if (text[at] == '(' || text[at] == '[') depth--;
            } while (at > 0 && depth > 0);
        } else if (at > 0 && is_word(text[at - 1])) {
            while (at > 0 && is_word(text[at - 1])) at--;
            size_t before = at;
            while (before > 0 && isspace((unsigned char)text[before - 1])) before--;
            bool goes_on = before > 0 && (text[before - 1] == '.' ||
                                          (before > 1 && text[before - 1] == '>' && text[before - 2] == '-'));
            if (!goes_on) return at;
        } else {
            return at;
        }
    }
}

void cursor_labels(const struct cursor *cursor,
                   void (*visit)(void *, const char *name, const char *type, const char *signature), void *context) {
    struct lexer lexer;
    struct token before = {};
    lexer_start(&lexer, cursor->view, cursor->length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END; before = t) {
        if (!token_is(cursor->view, t, ":") || before.kind != TOKEN_WORD) continue;
        char *name = must_copy_n(cursor->view + before.start, before.end - before.start);
        if (strcmp(name, "default")) visit(context, name, "label", "");
        free(name);
    }
}

static bool is_control_word(const char *text, struct token token) {
    static const char *const words[] = {"if",     "for",     "while",  "switch", "return",
                                        "sizeof", "alignof", "typeof", "case"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(text, token, words[i])) return true;
    return false;
}

bool cursor_call(const struct cursor *cursor, size_t *start, size_t *end) {
    enum { DEEPEST = 64 };
    struct token called[DEEPEST], before = {}; /* the word in front of each open bracket */
    int depth = 0;
    struct lexer lexer;
    lexer_start(&lexer, cursor->view, cursor->at);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END; before = t) {
        char c = cursor->view[t.start];
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        if (strchr("([{", c)) {
            if (depth < DEEPEST) called[depth] = c == '(' ? before : (struct token){};
            depth++;
        } else if (strchr(")]}", c) && depth > 0) {
            depth--;
        }
    }
    for (int i = (depth < DEEPEST ? depth : DEEPEST) - 1; i >= 0; i--) {
        if (called[i].kind != TOKEN_WORD || is_control_word(cursor->view, called[i])) continue;
        *start = called[i].start;
        *end = called[i].end;
        return true;
    }
    return false;
}
