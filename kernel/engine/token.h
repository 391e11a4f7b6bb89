/* token: C's lexical structure, as much of it as splitting and looking up names needs. Pure. */
#ifndef OTO_TOKEN_H
#define OTO_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_WORD, /* identifier or keyword */
    TOKEN_NUMBER,
    TOKEN_STRING,     /* "..." with its prefix */
    TOKEN_CHARACTER,  /* '...' */
    TOKEN_PUNCTUATOR, /* one character of it */
    TOKEN_DIRECTIVE   /* a whole # line with its continuations, comments in it included, without the last newline */
};

struct token {
    enum token_kind kind;
    size_t start, end; /* bytes */
    bool open;         /* a string, character or comment that does not end */
};

struct lexer {
    const char *source;
    size_t length, at;
    bool line_start;   /* only blanks and comments since the last newline: a # begins a directive */
    bool open_comment; /* the source ends inside a comment */
};

void lexer_start(struct lexer *lexer, const char *source, size_t length);
/* The next token; kind TOKEN_END at the end. */
struct token lexer_next(struct lexer *lexer);
bool token_is(const char *source, struct token token, const char *text);

/* Calls back for each word of the source (directives' insides too), saying whether it directly follows struct, union
 * or enum (a tag) or a . or -> (a member). */
enum word_place { WORD_ORDINARY, WORD_TAG, WORD_MEMBER };
void each_word(const char *source, size_t length, void (*visit)(void *, const char *, size_t, enum word_place), void *);

#endif
