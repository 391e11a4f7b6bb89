#include "autograder/pieces.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

bool piece_is(const struct pieces *p, size_t i, const char *text) {
    if (i >= p->count) return false;
    size_t length = p->list[i].to - p->list[i].from;
    return strlen(text) == length && memcmp(p->source + p->list[i].from, text, length) == 0;
}

bool piece_is_one_of(const struct pieces *p, size_t i, const char *const *texts) {
    for (; *texts; texts++)
        if (piece_is(p, i, *texts)) return true;
    return false;
}

char piece_byte(const struct pieces *p, size_t i) {
    return i < p->count ? p->source[p->list[i].from] : '\0';
}

bool piece_is_type(const struct pieces *p, size_t i) {
    static const char *const keywords[] = {"void",   "bool",   "char",  "short",  "int",      "long",
                                           "float",  "double", "const", "static", "unsigned", "signed",
                                           "struct", "enum",   "union", "auto",   NULL};
    if (i >= p->count || p->list[i].kind != PIECE_WORD) return false;
    const char *word = p->source + p->list[i].from;
    size_t length = p->list[i].to - p->list[i].from;
    if (piece_is_one_of(p, i, keywords)) return true;
    if (length > 2 && memcmp(word + length - 2, "_t", 2) == 0) return true;
    return length > 1 && isupper((unsigned char)word[0]) && islower((unsigned char)word[1]);
}

bool piece_is_control(const struct pieces *p, size_t i) {
    static const char *const words[] = {"if", "for", "while", "switch", NULL};
    return piece_is_one_of(p, i, words);
}

bool piece_is_cast(const struct pieces *p, size_t close) {
    size_t open = p->list[close].partner;
    if (open == NO_PIECE || open + 1 == close) return false;
    for (size_t i = open + 1; i < close; i++)
        if (!piece_is_type(p, i) && !piece_is(p, i, "*")) return false;
    return true;
}

/* Does an operator at i have an operand to its left? */
static bool has_left(const struct pieces *p, size_t i) {
    static const char *const words[] = {"return", "case", "else", "sizeof", "do", NULL};
    if (i == 0) return false;
    switch (p->list[i - 1].kind) {
    case PIECE_WORD:
        return !piece_is_one_of(p, i - 1, words);
    case PIECE_INTEGER:
    case PIECE_REAL:
        return true;
    default:
        break;
    }
    if (piece_is(p, i - 1, ")")) {
        size_t open = p->list[i - 1].partner;
        return !piece_is_cast(p, i - 1) && !(open != NO_PIECE && open > 0 && piece_is_control(p, open - 1));
    }
    return piece_is(p, i - 1, "]") || piece_byte(p, i - 1) == '"' || piece_byte(p, i - 1) == '\'';
}

static enum piece_kind kind_of_operator(const struct pieces *p, size_t i) {
    static const char *const binary[] = {
        "+",  "-",  "*", "/",  "%",  "<",  ">",  "<=", ">=", "==", "!=", "&&", "||", "&", "|", "^",
        "<<", ">>", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "?",  ":",  ",", NULL};
    bool sign = piece_is(p, i, "+") || piece_is(p, i, "-"), either = sign || piece_is(p, i, "*") || piece_is(p, i, "&");
    if (piece_is(p, i, "*") && i > 0 && piece_is_type(p, i - 1)) return PIECE_OTHER; /* of a pointer's declaration */
    if (either && !has_left(p, i)) return sign ? PIECE_SIGN : PIECE_UNARY;
    return piece_is_one_of(p, i, binary) ? PIECE_BINARY : PIECE_OTHER;
}

static enum piece_kind kind_of_number(const char *text, size_t length) {
    bool digits = true, hex = length > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    for (size_t i = 0; i < length; i++) digits &= isdigit((unsigned char)text[i]) != 0;
    if (digits && length < 10) return PIECE_INTEGER;
    return !hex && (memchr(text, '.', length) || memchr(text, 'e', length)) ? PIECE_REAL : PIECE_OTHER;
}

/* Single characters that follow each other directly are one operator where C has it. */
static bool joins(const struct pieces *p, const struct token *token) {
    static const char *const whole[] = {"->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&",
                                        "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
    if (!p->count || token->kind != TOKEN_PUNCTUATOR || token->end != token->start + 1) return false;
    const struct piece *last = &p->list[p->count - 1];
    if (last->kind == PIECE_WORD || last->to != token->start || last->to != last->from + 1) return false;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (memcmp(p->source + last->from, whole[i], 2) == 0) return true;
    return false;
}

static void take(struct pieces *p, const struct token *token) {
    if (joins(p, token)) {
        p->list[p->count - 1].to = token->end;
        return;
    }
    struct piece *piece = &ARRAY_ADD(p->list, p->count, p->capacity);
    *piece = (struct piece){PIECE_OTHER, token->start, token->end, NO_PIECE, NO_PIECE};
    if (token->kind == TOKEN_WORD) piece->kind = PIECE_WORD;
    if (token->kind == TOKEN_NUMBER) piece->kind = kind_of_number(p->source + token->start, token->end - token->start);
}

static void match_brackets(struct pieces *p) {
    size_t opener = NO_PIECE;
    for (size_t i = 0; i < p->count; i++) {
        struct piece *piece = &p->list[i];
        if (piece->kind == PIECE_OTHER && strchr(")]}", piece_byte(p, i)) && opener != NO_PIECE) {
            piece->partner = opener;
            p->list[opener].partner = i;
            opener = p->list[opener].opener;
        }
        piece->opener = opener;
        if (piece->kind == PIECE_OTHER && strchr("([{", piece_byte(p, i))) opener = i;
    }
}

struct pieces pieces_of(const char *source, size_t from, size_t to) {
    struct pieces pieces = {.source = source};
    struct lexer lexer;
    lexer_start(&lexer, source + from, to - from);
    for (struct token token; (token = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_DIRECTIVE) continue;
        token.start += from;
        token.end += from;
        take(&pieces, &token);
    }
    match_brackets(&pieces);
    for (size_t i = 0; i < pieces.count; i++)
        if (pieces.list[i].kind == PIECE_OTHER) pieces.list[i].kind = kind_of_operator(&pieces, i);
    return pieces;
}

void pieces_free(struct pieces *pieces) {
    free(pieces->list);
    *pieces = (struct pieces){};
}
