#include "kernel/engine/token.h"

#include <ctype.h>
#include <string.h>

void lexer_start(struct lexer *lexer, const char *source, size_t length) {
    *lexer = (struct lexer){.source = source, .length = length, .line_start = true};
}

/* By byte: sources are read here again and again, and <ctype.h> asks for the locale each time. */
enum { START = 1, DIGIT = 2, BLANK = 4 };
static const unsigned char classes[256] = {
    ['a' ... 'z'] = START, ['A' ... 'Z'] = START, ['_'] = START,           ['$'] = START, [0x80 ... 0xff] = START,
    ['0' ... '9'] = DIGIT, ['\0'] = BLANK,        ['\t' ... '\r'] = BLANK, [' '] = BLANK,
};

static bool is_any(char c, int wanted) {
    return classes[(unsigned char)c] & wanted;
}
static bool word_start(char c) {
    return is_any(c, START);
}
static bool word_part(char c) {
    return is_any(c, START | DIGIT);
}

/* Bytes of a line continuation at i (backslash, blanks, newline), or 0. */
static size_t continuation(const struct lexer *lexer, size_t i) {
    if (lexer->source[i] != '\\') return 0;
    size_t j = i + 1;
    while (j < lexer->length && (lexer->source[j] == ' ' || lexer->source[j] == '\t' || lexer->source[j] == '\r')) j++;
    return j < lexer->length && lexer->source[j] == '\n' ? j + 1 - i : 0;
}

/* Past blanks, comments and continuations. */
static void skip_blank(struct lexer *lexer) {
    const char *s = lexer->source;
    while (lexer->at < lexer->length) {
        char c = s[lexer->at];
        size_t joined = continuation(lexer, lexer->at);
        if (c == '\n') {
            lexer->line_start = true;
            lexer->at++;
        } else if (is_any(c, BLANK)) {
            lexer->at++;
        } else if (joined) {
            lexer->at += joined;
        } else if (c == '/' && lexer->at + 1 < lexer->length && s[lexer->at + 1] == '/') {
            while (lexer->at < lexer->length && s[lexer->at] != '\n') {
                joined = continuation(lexer, lexer->at);
                lexer->at += joined ? joined : 1;
            }
        } else if (c == '/' && lexer->at + 1 < lexer->length && s[lexer->at + 1] == '*') {
            const char *close = NULL;
            for (size_t i = lexer->at + 2; i + 1 < lexer->length && !close; i++)
                if (s[i] == '*' && s[i + 1] == '/') close = s + i;
            if (!close) {
                lexer->open_comment = true;
                lexer->at = lexer->length;
            } else {
                lexer->at = (size_t)(close - s) + 2;
            }
        } else {
            return;
        }
    }
}

/* Past a quoted text that begins at lexer->at; false when the line or the source ends inside it. */
static bool skip_quoted(struct lexer *lexer, char quote) {
    for (lexer->at++; lexer->at < lexer->length; lexer->at++) {
        char c = lexer->source[lexer->at];
        size_t joined = continuation(lexer, lexer->at);
        if (joined) {
            lexer->at += joined - 1;
        } else if (c == '\\' && lexer->at + 1 < lexer->length) {
            lexer->at++;
        } else if (c == '\n') {
            return false;
        } else if (c == quote) {
            lexer->at++;
            return true;
        }
    }
    return false;
}

static bool comment_at(const struct lexer *lexer, size_t i, char second) {
    return lexer->source[i] == '/' && i + 1 < lexer->length && lexer->source[i + 1] == second;
}

static void skip_directive(struct lexer *lexer) {
    while (lexer->at < lexer->length && lexer->source[lexer->at] != '\n') {
        size_t joined = continuation(lexer, lexer->at);
        char c = lexer->source[lexer->at];
        if (joined) {
            lexer->at += joined;
        } else if (comment_at(lexer, lexer->at, '*') || comment_at(lexer, lexer->at, '/')) {
            /* a block comment may run over the line's end; a line comment ends with it */
            bool block = comment_at(lexer, lexer->at, '*');
            size_t end = lexer->at + 2;
            while (end < lexer->length &&
                   (block ? !(lexer->source[end - 1] == '*' && lexer->source[end] == '/' && end > lexer->at + 2)
                          : lexer->source[end] != '\n'))
                end++;
            if (block && end < lexer->length) end++;
            if (block && end >= lexer->length &&
                !(end >= 2 && lexer->source[end - 1] == '/' && lexer->source[end - 2] == '*'))
                lexer->open_comment = true;
            lexer->at = end;
        } else if (c == '"' || c == '\'') {
            skip_quoted(lexer, c);
        } else {
            lexer->at++;
        }
    }
}

struct token lexer_next(struct lexer *lexer) {
    skip_blank(lexer);
    struct token token = {.kind = TOKEN_END, .start = lexer->at, .end = lexer->at, .open = lexer->open_comment};
    if (lexer->at >= lexer->length) return token;
    const char *s = lexer->source;
    char c = s[lexer->at];
    bool line_start = lexer->line_start;
    lexer->line_start = false;
    if (c == '#' && line_start) {
        token.kind = TOKEN_DIRECTIVE;
        skip_directive(lexer);
    } else if (word_start(c)) {
        token.kind = TOKEN_WORD;
        while (lexer->at < lexer->length && word_part(s[lexer->at])) lexer->at++;
        size_t length = lexer->at - token.start;
        bool prefix = length <= 2 && (!strncmp(s + token.start, "u8", length) || (length == 1 && strchr("LuU", c)));
        if (prefix && lexer->at < lexer->length && (s[lexer->at] == '"' || s[lexer->at] == '\'')) {
            char quote = s[lexer->at];
            token.kind = quote == '"' ? TOKEN_STRING : TOKEN_CHARACTER;
            token.open = !skip_quoted(lexer, quote);
        }
    } else if (is_any(c, DIGIT) || (c == '.' && lexer->at + 1 < lexer->length && is_any(s[lexer->at + 1], DIGIT))) {
        token.kind = TOKEN_NUMBER;
        while (lexer->at < lexer->length) {
            char d = s[lexer->at], before = lexer->at > token.start ? s[lexer->at - 1] : 0;
            bool sign = (d == '+' || d == '-') && (before == 'e' || before == 'E' || before == 'p' || before == 'P');
            bool separator = d == '\'' && lexer->at + 1 < lexer->length && isalnum((unsigned char)s[lexer->at + 1]);
            if (!word_part(d) && d != '.' && !sign && !separator) break;
            lexer->at++;
        }
    } else if (c == '"' || c == '\'') {
        token.kind = c == '"' ? TOKEN_STRING : TOKEN_CHARACTER;
        token.open = !skip_quoted(lexer, c);
    } else {
        token.kind = TOKEN_PUNCTUATOR;
        /* these must stay whole where blanks are put between tokens: int f(int, ...), [[gnu::const]] */
        size_t left = lexer->length - lexer->at;
        lexer->at += left > 2 && !memcmp(s + lexer->at, "...", 3)  ? 3
                     : left > 1 && !memcmp(s + lexer->at, "::", 2) ? 2
                                                                   : 1;
    }
    token.end = lexer->at;
    return token;
}

bool token_is(const char *source, struct token token, const char *text) {
    size_t length = strlen(text);
    return token.end - token.start == length && !memcmp(source + token.start, text, length);
}

void each_word(const char *source, size_t length, void (*visit)(void *, const char *, size_t, enum word_place),
               void *context) {
    struct lexer lexer;
    struct token before = {}, before2 = {};
    lexer_start(&lexer, source, length);
    for (;;) {
        lexer.line_start = false; /* look inside directives as well */
        struct token token = lexer_next(&lexer);
        if (token.kind == TOKEN_DIRECTIVE) { /* a # that a newline made one: take the sign alone */
            lexer.at = token.start + 1;
            token = (struct token){.kind = TOKEN_PUNCTUATOR, .start = token.start, .end = token.start + 1};
        }
        if (token.kind == TOKEN_END) return;
        if (token.kind == TOKEN_WORD) {
            enum word_place place = WORD_ORDINARY;
            if (before.kind == TOKEN_WORD && (token_is(source, before, "struct") || token_is(source, before, "union") ||
                                              token_is(source, before, "enum")))
                place = WORD_TAG;
            bool dot = token_is(source, before, ".") && !token_is(source, before2, ".");
            bool arrow = token_is(source, before, ">") && token_is(source, before2, "-") && before2.end == before.start;
            if (before.kind == TOKEN_PUNCTUATOR && (dot || arrow)) place = WORD_MEMBER;
            visit(context, source + token.start, token.end - token.start, place);
        }
        before2 = before;
        before = token;
    }
}
