#include "kernel/engine/plain.h"

#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

static const struct {
    char digraph[3], plain;
} digraphs[] = {{"<:", '['}, {":>", ']'}, {"<%", '{'}, {"%>", '}'}, {"%:", '#'}};

/* Past a digraph at `at`, written plainly; 0 when there is none. */
static size_t write_digraph(char *text, size_t at, size_t length) {
    for (size_t i = 0; i < sizeof digraphs / sizeof *digraphs && at + 1 < length; i++) {
        if (strncmp(text + at, digraphs[i].digraph, 2)) continue;
        text[at] = digraphs[i].plain;
        text[at + 1] = ' ';
        return 2;
    }
    return 0;
}

/* Bytes of a backslash, blanks and newline at `at`, or 0. */
static size_t continuation(const char *text, size_t at, size_t length) {
    if (at >= length || text[at] != '\\') return 0;
    size_t end = at + 1;
    while (end < length && (text[end] == ' ' || text[end] == '\t')) end++;
    return end < length && text[end] == '\n' ? end + 1 - at : 0;
}

/* Brings the rest of a word that a line's end breaks up to its beginning; returns where the word ends now. */
static size_t join_word(char *text, size_t end, size_t length) {
    for (size_t broken; (broken = continuation(text, end, length));) {
        struct lexer lexer;
        lexer_start(&lexer, text + end + broken, length - end - broken);
        lexer.line_start = false;
        struct token rest = lexer_next(&lexer);
        if (rest.start != 0 || (rest.kind != TOKEN_WORD && rest.kind != TOKEN_NUMBER)) break;
        memmove(text + end, text + end + broken, rest.end);
        end += rest.end;
        memset(text + end, ' ', broken - 1);
        text[end + broken - 1] = '\n';
    }
    return end;
}

char *plain_source(const char *source, size_t length) {
    char *text = must_copy_n(source, length);
    if (length >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) memset(text, ' ', 3);
    for (size_t i = 0; i + 1 < length; i++)
        if (text[i] == '\r' && text[i + 1] == '\n') text[i] = ' ';
    struct lexer lexer;
    lexer_start(&lexer, text, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        size_t digraph = t.kind == TOKEN_PUNCTUATOR ? write_digraph(text, t.start, length) : 0;
        if (digraph) {
            bool directive = text[t.start] == '#';
            lexer.at = directive ? t.start : t.start + digraph;
            if (directive) lexer.line_start = true, lexer_next(&lexer);
        } else if (t.kind == TOKEN_WORD || t.kind == TOKEN_NUMBER) {
            lexer.at = join_word(text, t.end, length);
        }
    }
    return text;
}
