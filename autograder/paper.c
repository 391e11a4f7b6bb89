#include "autograder/paper.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

uint64_t paper_hash(uint64_t hash, const void *bytes, size_t length) {
    for (const unsigned char *at = bytes, *end = at + length; at < end; at++) hash = (hash ^ *at) * 0x100000001b3;
    return hash;
}

static uint64_t kind_of(char class, const char *text, size_t length) {
    return paper_hash(paper_hash(PAPER_HASH_START, &class, 1), text, length);
}

static void put_token(struct paper *paper, uint64_t kind, size_t answer, size_t start, size_t end) {
    ARRAY_ADD(paper->tokens, paper->count, paper->capacity) =
        (struct paper_token){.kind = kind, .answer = answer, .start = start, .end = end};
}

static void add_token(struct paper *paper, uint64_t kind, size_t answer, size_t start, size_t end) {
    if (paper->count - paper->first < TOKENS_MAX)
        put_token(paper, kind, answer, start, end);
    else
        paper->is_cut = true;
}

/* ---- code ---- */

struct tokens {
    const char *source;
    size_t count, capacity;
    struct token *items;
    size_t *closing; /* for each '(' that is closed, where; else 0 */
};

static bool is_word(const struct tokens *tokens, size_t at, const char *const *words) {
    for (; *words; words++)
        if (token_is(tokens->source, tokens->items[at], *words)) return true;
    return false;
}

static bool is_mark(const struct tokens *tokens, size_t at, char mark) {
    return at < tokens->count && tokens->items[at].kind == TOKEN_PUNCTUATOR &&
           tokens->source[tokens->items[at].start] == mark;
}

static void find_closing(struct tokens *tokens) {
    size_t *open = must_allocate((tokens->count + 1) * sizeof *open), depth = 0;
    tokens->closing = must_allocate((tokens->count + 1) * sizeof *tokens->closing);
    for (size_t i = 0; i < tokens->count; i++) {
        if (is_mark(tokens, i, '('))
            open[depth++] = i;
        else if (is_mark(tokens, i, ')') && depth)
            tokens->closing[open[--depth]] = i;
    }
    free(open);
}

static struct tokens read_tokens(const char *source) {
    struct tokens tokens = {.source = source};
    struct lexer lexer;
    lexer_start(&lexer, source, strlen(source));
    for (struct token token; tokens.count < TOKENS_MAX && (token = lexer_next(&lexer)).kind != TOKEN_END;)
        ARRAY_ADD(tokens.items, tokens.count, tokens.capacity) = token;
    find_closing(&tokens);
    return tokens;
}

static void tokens_free(struct tokens *tokens) {
    free(tokens->items);
    free(tokens->closing);
}

static bool is_defined_at(const struct tokens *tokens, size_t at) {
    return tokens->items[at].kind == TOKEN_WORD && is_mark(tokens, at + 1, '(') && tokens->closing[at + 1] &&
           is_mark(tokens, tokens->closing[at + 1] + 1, '{');
}

struct name {
    const char *text;
    size_t length;
};

static int by_name(const void *a, const void *b) {
    const struct name *x = a, *y = b;
    if (x->length != y->length) return x->length < y->length ? -1 : 1;
    return memcmp(x->text, y->text, x->length);
}

/* The functions that this answer defines, sorted. */
static struct name *defined_names(const struct tokens *tokens, size_t *count) {
    struct name *names = NULL;
    size_t capacity = 0;
    *count = 0;
    for (size_t i = 0; i < tokens->count; i++)
        if (is_defined_at(tokens, i))
            ARRAY_ADD(names, *count, capacity) =
                (struct name){tokens->source + tokens->items[i].start, tokens->items[i].end - tokens->items[i].start};
    if (names) qsort(names, *count, sizeof *names, by_name);
    return names;
}

static uint64_t kind_of_word(const struct tokens *tokens, size_t at, const struct name *defined, size_t defined_count) {
    static const char *const keywords[] = {"if",     "else",    "for",   "while",    "do",      "switch",
                                           "case",   "default", "break", "continue", "return",  "goto",
                                           "sizeof", "struct",  "union", "enum",     "typedef", NULL};
    struct name name = {tokens->source + tokens->items[at].start, tokens->items[at].end - tokens->items[at].start};
    if (is_word(tokens, at, keywords)) return kind_of('k', name.text, name.length);
    if (at &&
        (is_mark(tokens, at - 1, '.') || (at > 1 && is_mark(tokens, at - 1, '>') && is_mark(tokens, at - 2, '-'))))
        return kind_of('m', "", 0);
    if (!is_mark(tokens, at + 1, '(')) return kind_of('v', "", 0);
    if (defined_count && bsearch(&name, defined, defined_count, sizeof name, by_name)) return kind_of('f', "", 0);
    return kind_of('c', name.text, name.length);
}

static uint64_t kind_of_number(const char *text, size_t length) {
    bool hexadecimal = length > 1 && text[0] == '0' && (text[1] | 32) == 'x', real = false;
    for (size_t i = 0; i < length; i++) real = real || text[i] == '.' || (!hexadecimal && (text[i] | 32) == 'e');
    return kind_of(real ? 'r' : 'i', "", 0);
}

/* Adds what counts of one answer's tokens. */
static void add_tokens(struct paper *paper, size_t answer, const struct tokens *tokens) {
    static const char *const types[] = {"void",   "char", "short", "int",     "long",     "signed", "unsigned", "float",
                                        "double", "bool", "_Bool", "complex", "_Complex", "auto",   "size_t",   NULL};
    static const char *const qualifiers[] = {"const",  "static",   "inline",    "register", "volatile",
                                             "extern", "restrict", "constexpr", NULL};
    size_t defined_count;
    struct name *defined = defined_names(tokens, &defined_count);
    bool after_type = false;
    for (size_t i = 0; i < tokens->count; i++) {
        struct token token = tokens->items[i];
        const char *text = tokens->source + token.start;
        bool is_type = token.kind == TOKEN_WORD && is_word(tokens, i, types);
        if (token.kind == TOKEN_WORD && is_word(tokens, i, qualifiers)) continue;
        if (is_mark(tokens, i, '{') || is_mark(tokens, i, '}') || (is_type && after_type)) continue;
        uint64_t kind = is_type                          ? kind_of('t', "", 0)
                        : token.kind == TOKEN_WORD       ? kind_of_word(tokens, i, defined, defined_count)
                        : token.kind == TOKEN_NUMBER     ? kind_of_number(text, token.end - token.start)
                        : token.kind == TOKEN_PUNCTUATOR ? kind_of('p', text, 1)
                                                         : kind_of('s', "", 0);
        add_token(paper, kind, answer, token.start, token.end);
        after_type = is_type;
    }
    free(defined);
}

/* Takes away what an answer, the last that was added, begins and ends with as the released one does. */
static void drop_released(struct paper *paper, const char *source) {
    struct paper released = {};
    if (paper->count == paper->first) return; /* an empty answer */
    struct tokens tokens = read_tokens(source);
    add_tokens(&released, 0, &tokens);
    tokens_free(&tokens);
    struct paper_token *own = paper->tokens + paper->first;
    size_t count = paper->count - paper->first, start = 0, end = 0;
    while (start < count && start < released.count && own[start].kind == released.tokens[start].kind) start++;
    while (start + end < count && start + end < released.count &&
           own[count - 1 - end].kind == released.tokens[released.count - 1 - end].kind)
        end++;
    memmove(own, own + start, (count - start - end) * sizeof *own);
    paper->count -= start + end;
    paper_free(&released);
}

/* A token that no other is like, so that no stretch goes from one answer into the next; also behind one that was cut.
 */
static void add_end(struct paper *paper, size_t answer) {
    const size_t place[] = {paper->number, answer};
    put_token(paper, kind_of('e', (const char *)place, sizeof place), answer, 0, 0);
    paper->first = paper->count;
}

void paper_add_code(struct paper *paper, size_t answer, const char *source, const char *released) {
    struct tokens tokens = read_tokens(source);
    if (tokens.count == TOKENS_MAX) paper->is_cut = true;
    add_tokens(paper, answer, &tokens);
    tokens_free(&tokens);
    if (released) drop_released(paper, released);
    add_end(paper, answer);
}

/* ---- text ---- */

static bool is_letter(unsigned char byte) {
    return isalnum(byte) || byte >= 0x80;
}

/* Words in small letters; where writing has no spaces, character by character. */
void paper_add_text(struct paper *paper, size_t answer, const char *source) {
    for (const unsigned char *at = (const unsigned char *)source, *start = at; *at;) {
        const unsigned char *word = at;
        uint64_t hash = kind_of('w', "", 0);
        if (*at >= 0xe0) /* Kana and kanji, three bytes or four */
            do hash = paper_hash(hash, at++, 1);
            while ((*at & 0xc0) == 0x80);
        else
            for (; is_letter(*at) && *at < 0xe0; at++)
                hash = paper_hash(hash, &(unsigned char){(unsigned char)tolower(*at)}, 1);
        if (at > word)
            add_token(paper, hash, answer, (size_t)(word - start), (size_t)(at - start));
        else
            at++;
    }
    add_end(paper, answer);
}

void paper_free(struct paper *paper) {
    free(paper->tokens);
    free(paper->fingerprints);
    *paper = (struct paper){};
}
