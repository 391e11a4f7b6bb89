#include "autograder/declares.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/pieces.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

/* What lies between two declarations or statements: the pieces from first to last. */
struct item {
    size_t first, last;
    size_t body;       /* the { of a function, or NO_PIECE */
    size_t parameters; /* its ( */
};

/* The last piece of what begins at i: a bracket's other end, or the piece itself. */
static size_t end_of(const struct pieces *p, size_t i) {
    size_t partner = p->list[i].partner;
    return partner != NO_PIECE && partner > i ? partner : i;
}

/* f(...) { with a type before it, and nothing but words and stars in that. */
static bool is_body(const struct pieces *p, size_t first, size_t brace) {
    if (brace == 0 || !piece_is(p, brace, "{") || !piece_is(p, brace - 1, ")")) return false;
    size_t open = p->list[brace - 1].partner;
    if (open == NO_PIECE || open < first + 2 || p->list[open - 1].kind != PIECE_WORD) return false;
    for (size_t i = first; i < open; i++)
        if ((p->list[i].kind != PIECE_WORD && !piece_is(p, i, "*")) || piece_is_control(p, i)) return false;
    return true;
}

static struct item next_item(const struct pieces *p, size_t first) {
    struct item item = {first, first, NO_PIECE, NO_PIECE};
    for (size_t i = first; i < p->count; i = end_of(p, i) + 1) {
        item.last = end_of(p, i);
        if (is_body(p, first, i)) {
            item.body = i;
            item.parameters = p->list[i - 1].partner;
            return item;
        }
        bool block = i > 0 && piece_is(p, i, "{") && piece_is(p, i - 1, ")"); /* for (...) {...} */
        if (block || piece_is(p, i, ";")) return item;
    }
    return item;
}

/* Words with which a function can keep something, or reach behind the compiler's back. */
static bool is_odd(const struct pieces *p, size_t i) {
    static const char *const odd[] = {"static", "extern",  "thread_local", "_Thread_local",
                                      "asm",    "_Pragma", "constexpr",    NULL};
    return piece_is_one_of(p, i, odd) ||
           (p->list[i].kind == PIECE_WORD && piece_byte(p, i) == '_' && p->source[p->list[i].from + 1] == '_');
}

static bool keeps_nothing(const struct pieces *p, const struct item *item) {
    for (size_t i = item->parameters; i <= item->last; i++)
        if (is_odd(p, i)) return false;
    return !piece_is(p, item->parameters - 1, "main");
}

static const char *const type_words[] = {"struct", "union", "enum", NULL};

static bool has_statements(const struct pieces *p, const struct item *item) {
    for (size_t i = item->first; i < item->last; i++)
        if (piece_is(p, i, "(") && piece_is(p, i + 1, "{")) return true;
    return false;
}

/* typedef ...; and struct s {...}; but not struct s x = {...}; */
static bool is_type(const struct pieces *p, const struct item *item) {
    if (!piece_is(p, item->last, ";") || has_statements(p, item)) return false;
    if (piece_is(p, item->first, "typedef")) return true;
    size_t brace = item->first + (piece_is(p, item->first + 1, "{") ? 1 : 2);
    return piece_is_one_of(p, item->first, type_words) && brace < item->last && piece_is(p, brace, "{") &&
           end_of(p, brace) + 1 == item->last;
}

static struct declared word_at(const struct pieces *p, size_t i, bool variable) {
    return (struct declared){
        .name = p->source + p->list[i].from, .length = p->list[i].to - p->list[i].from, .variable = variable};
}

static void add(struct declares *declares, const struct pieces *p, size_t i, bool variable) {
    ARRAY_ADD(declares->list, declares->count, declares->capacity) = word_at(p, i, variable);
}

/* Is the { that of an enumeration? Its name and its type may stand between. */
static bool is_enumeration(const struct pieces *p, size_t first, size_t brace) {
    if (brace == NO_PIECE || !piece_is(p, brace, "{")) return false;
    size_t i = brace;
    while (i > first && (p->list[i - 1].kind == PIECE_WORD || piece_is(p, i - 1, ":")) && !piece_is(p, i, "enum")) i--;
    return piece_is(p, i, "enum");
}

static bool is_in_braces(const struct pieces *p, size_t i) {
    for (i = p->list[i].opener; i != NO_PIECE; i = p->list[i].opener)
        if (piece_is(p, i, "{")) return true;
    return false;
}

/* Tags, enumerators, and what a typedef calls its type; no members. */
static void add_types(struct declares *declares, const struct pieces *p, const struct item *item) {
    static const char *const behind[] = {";", ",", "[", "(", ")", NULL};
    static const char *const keywords[] = {"void",   "bool",   "char",     "short", "int",    "long", "float",
                                           "double", "signed", "unsigned", "const", "typeof", NULL};
    bool names_types = piece_is(p, item->first, "typedef");
    for (size_t i = item->first + 1; i < item->last && i != item->body; i++) {
        if (p->list[i].kind != PIECE_WORD) continue;
        bool tag = piece_is_one_of(p, i - 1, type_words) && (piece_is(p, i + 1, "{") || piece_is(p, i + 1, ":"));
        bool enumerator =
            (piece_is(p, i - 1, "{") || piece_is(p, i - 1, ",")) && is_enumeration(p, item->first, p->list[i].opener);
        bool name =
            names_types && piece_is_one_of(p, i + 1, behind) && !piece_is_one_of(p, i, keywords) && !is_in_braces(p, i);
        if (!tag && !enumerator && !name) continue;
        add(declares, p, i, false);
        declares->list[declares->count - 1].type = true;
    }
}

/* A name that is declared stands before one of these; a type's stands before a name or a star. */
static void add_variables(struct declares *declares, const struct pieces *p, const struct item *item) {
    static const char *const behind[] = {"=", ";", ",", "[", NULL};
    for (size_t i = item->first; i <= item->last; i = end_of(p, i) + 1)
        if (p->list[i].kind == PIECE_WORD && piece_is_one_of(p, i + 1, behind)) add(declares, p, i, true);
}

static void add_words(struct declares *declares, const struct pieces *p, const struct item *item) {
    for (size_t i = item->first; i <= item->last; i++)
        if (p->list[i].kind == PIECE_WORD)
            ARRAY_ADD(declares->stands, declares->stands_count, declares->stands_capacity) = word_at(p, i, false);
}

/* Is the call whose ( this is oto_seed's, with nothing in it but numbers and the exercise's seed? */
static bool is_seed(const struct pieces *p, size_t open) {
    if (open == 0 || p->list[open].opener != NO_PIECE || !piece_is(p, open - 1, "oto_seed")) return false;
    for (size_t i = open + 1; i < end_of(p, open); i++)
        if (p->list[i].kind == PIECE_WORD && !piece_is(p, i, "oto_exercise_seed")) return false;
    return true;
}

/* Looks for the first call that is not in a function. */
static void find_call(struct declares *declares, const struct pieces *p, const struct item *item, bool *called) {
    for (size_t i = item->first; i <= item->last && !*called; i++) {
        if (!piece_is(p, i, "(")) continue;
        *called = true;
        declares->seeds_first = is_seed(p, i);
    }
}

static bool has_open_bracket(const struct pieces *p) {
    for (size_t i = 0; i < p->count; i++)
        if (p->list[i].partner == NO_PIECE && p->list[i].to == p->list[i].from + 1 &&
            strchr("()[]{}", piece_byte(p, i)))
            return true;
    return false;
}

/* A line that goes on in the next one may go on within a word. */
static bool joins_lines(const char *source, size_t length) {
    const char *end = source + length;
    for (const char *at = source; (at = memchr(at, '\\', (size_t)(end - at)));) {
        for (at++; at < end && strchr(" \t\r\f\v", *at) && *at;) at++;
        if (at < end && *at == '\n') return true;
    }
    return false;
}

/* What a magic sets or writes, later cells find. */
static bool has_magic(const char *source, size_t length) {
    bool begins = true;
    for (size_t i = 0; i < length; i++) {
        if (begins && (source[i] == '%' || source[i] == '!')) return true;
        begins = source[i] == '\n' || (begins && isspace((unsigned char)source[i]));
    }
    return false;
}

static bool is_beyond(const char *source, size_t length) {
    static const char other_sign[] = "%:" /* C's other way to write # */, raw_string[] = "R\"";
    struct lexer lexer;
    lexer_start(&lexer, source, length);
    for (struct token token; (token = lexer_next(&lexer)).kind != TOKEN_END;)
        if (token.kind == TOKEN_DIRECTIVE) return true;
    return memmem(source, length, other_sign, 2) || memmem(source, length, raw_string, 2) ||
           joins_lines(source, length) || has_magic(source, length);
}

struct declares declares_of(const char *source, size_t length) {
    struct declares declares = {.is_beyond = is_beyond(source, length)};
    struct pieces pieces = pieces_of(source, 0, length);
    bool called = false;
    declares.does_more = has_open_bracket(&pieces);
    for (size_t i = 0; i < pieces.count;) {
        struct item item = next_item(&pieces, i);
        i = item.last + 1;
        add_types(&declares, &pieces, &item);
        if (item.body != NO_PIECE) {
            add(&declares, &pieces, item.parameters - 1, false);
            declares.does_more |= !keeps_nothing(&pieces, &item);
        } else if (!is_type(&pieces, &item)) {
            add_variables(&declares, &pieces, &item);
            add_words(&declares, &pieces, &item);
            find_call(&declares, &pieces, &item, &called);
            declares.does_more = true;
        }
    }
    pieces_free(&pieces);
    return declares;
}

void declares_free(struct declares *declares) {
    free(declares->list);
    free(declares->stands);
    *declares = (struct declares){};
}
