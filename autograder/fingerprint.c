#include "autograder/fingerprint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

enum {
    COMMON_AT_LEAST = 11, /* papers; a few that have the same are what is looked for */
    COMMON_SHARE = 5,     /* and more than one in so many */
    OCCURRENCES_MAX = 4   /* of one fingerprint in one paper: a thousand lines that are all the same say no more */
};

/* FNV-1a, 64 bits. */
static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length) {
    for (const unsigned char *at = bytes, *end = at + length; at < end; at++) hash = (hash ^ *at) * 0x100000001b3;
    return hash;
}

static uint64_t kind_of(char class, const char *text, size_t length) {
    return hash_bytes(hash_bytes(0xcbf29ce484222325, &class, 1), text, length);
}

static void put_piece(struct paper *paper, uint64_t kind, size_t answer, size_t start, size_t end) {
    ARRAY_ADD(paper->pieces, paper->count, paper->capacity) =
        (struct piece){.kind = kind, .answer = answer, .start = start, .end = end};
}

static void add_piece(struct paper *paper, uint64_t kind, size_t answer, size_t start, size_t end) {
    if (paper->count - paper->first < TOKENS_MAX)
        put_piece(paper, kind, answer, start, end);
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
        add_piece(paper, kind, answer, token.start, token.end);
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
    struct piece *own = paper->pieces + paper->first;
    size_t count = paper->count - paper->first, start = 0, end = 0;
    while (start < count && start < released.count && own[start].kind == released.pieces[start].kind) start++;
    while (start + end < count && start + end < released.count &&
           own[count - 1 - end].kind == released.pieces[released.count - 1 - end].kind)
        end++;
    memmove(own, own + start, (count - start - end) * sizeof *own);
    paper->count -= start + end;
    paper_free(&released);
}

/* A token that no other is like, so that no stretch goes from one answer into the next; also behind one that was cut.
 */
static void add_end(struct paper *paper, size_t answer) {
    const size_t place[] = {paper->number, answer};
    put_piece(paper, kind_of('e', (const char *)place, sizeof place), answer, 0, 0);
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
            do hash = hash_bytes(hash, at++, 1);
            while ((*at & 0xc0) == 0x80);
        else
            for (; is_letter(*at) && *at < 0xe0; at++)
                hash = hash_bytes(hash, &(unsigned char){(unsigned char)tolower(*at)}, 1);
        if (at > word)
            add_piece(paper, hash, answer, (size_t)(word - start), (size_t)(at - start));
        else
            at++;
    }
    add_end(paper, answer);
}

void paper_free(struct paper *paper) {
    free(paper->pieces);
    free(paper->fingerprints);
    *paper = (struct paper){};
}

/* ---- stretches of fixed length ---- */

static size_t gram_count(const struct paper *paper) {
    return paper->count < FINGERPRINT_LENGTH ? 0 : paper->count - FINGERPRINT_LENGTH + 1;
}

static uint64_t gram_at(const struct paper *paper, size_t at) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < FINGERPRINT_LENGTH; i++)
        hash = hash_bytes(hash, &paper->pieces[at + i].kind, sizeof(uint64_t));
    return hash;
}

struct gram {
    uint64_t hash;
    size_t paper;
};

static int by_gram(const void *a, const void *b) {
    const struct gram *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->paper > y->paper) - (x->paper < y->paper);
}

static int by_hash(const void *a, const void *b) {
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The hashes of all stretches that say nothing, sorted; *count of them. */
static uint64_t *common_hashes(const struct paper *papers, size_t paper_count, const struct paper *handed_out,
                               size_t *count) {
    size_t total = 0, filled = 0;
    for (size_t i = 0; i < paper_count; i++) total += gram_count(&papers[i]);
    struct gram *grams = must_allocate((total + 1) * sizeof *grams);
    uint64_t *common = must_allocate((total + gram_count(handed_out) + 1) * sizeof *common);
    for (size_t i = 0; i < paper_count; i++)
        for (size_t k = 0; k < gram_count(&papers[i]); k++) grams[filled++] = (struct gram){gram_at(&papers[i], k), i};
    qsort(grams, filled, sizeof *grams, by_gram);
    *count = 0;
    for (size_t start = 0, end; start < filled; start = end) {
        size_t owners = 0;
        for (end = start; end < filled && grams[end].hash == grams[start].hash; end++)
            owners += end == start || grams[end].paper != grams[end - 1].paper;
        if (owners >= COMMON_AT_LEAST && owners * COMMON_SHARE > paper_count) common[(*count)++] = grams[start].hash;
    }
    for (size_t k = 0; k < gram_count(handed_out); k++) common[(*count)++] = gram_at(handed_out, k);
    qsort(common, *count, sizeof *common, by_hash);
    free(grams);
    return common;
}

static int by_fingerprint(const void *a, const void *b) {
    const struct fingerprint *x = a, *y = b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* Keeps the smallest hash of each window, the last of equal ones, each once. */
static void winnow(struct paper *paper, const uint64_t *hashes, const bool *is_common, size_t count) {
    size_t kept = SIZE_MAX;
    paper->fingerprints = must_allocate((count + 1) * sizeof *paper->fingerprints);
    for (size_t start = 0; start < count; start++) {
        size_t smallest = start;
        for (size_t i = start; i < count && i < start + FINGERPRINT_WINDOW; i++)
            if (hashes[i] <= hashes[smallest]) smallest = i;
        if (smallest == kept) continue;
        kept = smallest;
        if (!is_common[kept])
            paper->fingerprints[paper->fingerprint_count++] = (struct fingerprint){hashes[kept], kept};
    }
    qsort(paper->fingerprints, paper->fingerprint_count, sizeof *paper->fingerprints, by_fingerprint);
}

static void fingerprint(struct paper *paper, const uint64_t *common, size_t common_count) {
    size_t count = gram_count(paper);
    uint64_t *hashes = must_allocate((count + 1) * sizeof *hashes);
    bool *is_common = must_allocate(count + 1);
    for (size_t i = 0; i < count; i++) {
        hashes[i] = gram_at(paper, i);
        is_common[i] = bsearch(&hashes[i], common, common_count, sizeof *common, by_hash) != NULL;
        for (size_t k = 0; is_common[i] && k < FINGERPRINT_LENGTH; k++) paper->pieces[i + k].is_common = true;
    }
    for (size_t i = 0; i < paper->count; i++) paper->own += !paper->pieces[i].is_common && paper->pieces[i].end;
    winnow(paper, hashes, is_common, count);
    free(hashes);
    free(is_common);
}

void papers_fingerprint(struct paper *papers, size_t count, const struct paper *handed_out) {
    size_t common_count;
    uint64_t *common = common_hashes(papers, count, handed_out, &common_count);
    for (size_t i = 0; i < count; i++) fingerprint(&papers[i], common, common_count);
    free(common);
}

/* ---- two papers ---- */

/* The whole stretch around two places that are the same. */
static struct stretch follow(const struct paper *a, const struct paper *b, size_t at_a, size_t at_b) {
    struct stretch stretch = {.a = at_a, .b = at_b};
    while (stretch.a && stretch.b && a->pieces[stretch.a - 1].kind == b->pieces[stretch.b - 1].kind)
        stretch.a--, stretch.b--;
    while (stretch.a + stretch.length < a->count && stretch.b + stretch.length < b->count &&
           a->pieces[stretch.a + stretch.length].kind == b->pieces[stretch.b + stretch.length].kind)
        stretch.length++;
    return stretch;
}

static int by_length(const void *x, const void *y) {
    const struct stretch *s = x, *t = y;
    if (s->length != t->length) return s->length > t->length ? -1 : 1;
    if (s->a != t->a) return s->a < t->a ? -1 : 1;
    return (s->b > t->b) - (s->b < t->b);
}

/* A stretch's own tokens that are not taken yet on either side: its parts of at least FINGERPRINT_LENGTH tokens. */
static void take(struct likeness *likeness, const struct paper *a, const struct paper *b, struct stretch stretch,
                 bool *taken_a, bool *taken_b) {
    for (size_t start = 0, end; start < stretch.length; start = end + 1) {
        for (end = start; end < stretch.length && !taken_a[stretch.a + end] && !taken_b[stretch.b + end];) end++;
        struct stretch part = {.a = stretch.a + start, .b = stretch.b + start, .length = end - start};
        if (part.length < FINGERPRINT_LENGTH) continue;
        for (size_t i = 0; i < part.length; i++) {
            part.own += !a->pieces[part.a + i].is_common && !b->pieces[part.b + i].is_common;
            taken_a[part.a + i] = taken_b[part.b + i] = true;
        }
        if (part.own > likeness->longest) likeness->longest = part.own;
        if (part.own) ARRAY_ADD(likeness->stretches, likeness->count, likeness->capacity) = part;
    }
}

static size_t run_of(const struct paper *paper, size_t at) {
    size_t end = at + 1;
    while (end < paper->fingerprint_count && paper->fingerprints[end].hash == paper->fingerprints[at].hash) end++;
    return end - at;
}

/* By the distance between both places, then by place. */
static int by_diagonal(const void *x, const void *y) {
    const struct stretch *s = x, *t = y;
    if (s->a + t->b != t->a + s->b) return s->a + t->b < t->a + s->b ? -1 : 1;
    return (s->a > t->a) - (s->a < t->a);
}

/* The places at which both have the same fingerprint, as stretches without a length. */
static struct stretch *common_places(const struct paper *a, const struct paper *b, size_t *count) {
    struct stretch *found = NULL;
    size_t capacity = 0, i = 0, k = 0;
    *count = 0;
    while (i < a->fingerprint_count && k < b->fingerprint_count) {
        uint64_t x = a->fingerprints[i].hash, y = b->fingerprints[k].hash;
        size_t in_a = run_of(a, i), in_b = run_of(b, k);
        for (size_t p = 0; x == y && p < in_a && p < OCCURRENCES_MAX; p++)
            for (size_t q = 0; q < in_b && q < OCCURRENCES_MAX; q++)
                ARRAY_ADD(found, *count, capacity) =
                    (struct stretch){.a = a->fingerprints[i + p].at, .b = b->fingerprints[k + q].at};
        if (x <= y) i += in_a;
        if (y <= x) k += in_b;
    }
    return found;
}

/* The stretches around all those places, each once, the longest first. */
static struct stretch *common_stretches(const struct paper *a, const struct paper *b, size_t *count) {
    size_t places, kept = 0;
    struct stretch *found = common_places(a, b, &places);
    if (found) qsort(found, places, sizeof *found, by_diagonal);
    for (size_t i = 0; i < places; i++) {
        const struct stretch *last = kept ? &found[kept - 1] : NULL;
        bool is_in_it = last && last->a + found[i].b == found[i].a + last->b && found[i].a < last->a + last->length;
        if (!is_in_it) found[kept++] = follow(a, b, found[i].a, found[i].b);
    }
    if (found) qsort(found, kept, sizeof *found, by_length);
    *count = kept;
    return found;
}

void papers_compare(const struct paper *a, const struct paper *b, struct likeness *likeness) {
    size_t count, alike = 0;
    *likeness = (struct likeness){};
    struct stretch *found = common_stretches(a, b, &count);
    bool *taken_a = must_allocate(a->count), *taken_b = must_allocate(b->count);
    for (size_t i = 0; i < count; i++) take(likeness, a, b, found[i], taken_a, taken_b);
    for (size_t i = 0; i < likeness->count; i++) alike += likeness->stretches[i].own;
    if (a->own + b->own) likeness->similarity = 2.0 * (double)alike / (double)(a->own + b->own);
    if (likeness->similarity > 1) likeness->similarity = 1;
    free(found);
    free(taken_a);
    free(taken_b);
}

void likeness_free(struct likeness *likeness) {
    free(likeness->stretches);
    *likeness = (struct likeness){};
}
