/* declarator: takes the text of a declaration apart into specifiers, tag definitions and declarators. Pure and lexical;
 * types come from the parser. */
#ifndef OTO_DECLARATOR_H
#define OTO_DECLARATOR_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/text.h"

struct span {
    size_t start, end; /* bytes of the declaration's text */
};

struct declarator {
    struct span name, whole;
    struct span initialiser; /* behind the =, without the , or ; (empty: none) */
    struct span attributes;  /* __attribute__((...)) behind the name, or empty */
    bool is_function;        /* name(...): a prototype */
    struct span lengths[8];  /* the [expressions] behind the name */
    size_t length_count;
};

struct declaration {
    bool is_typedef, is_static, is_extern, is_constexpr, is_thread_local, is_assert, is_inline;
    struct span aggregate;     /* struct/union/enum with its body and attributes (start == end: none) */
    struct span aggregate_tag; /* its name; empty when it has none */
    size_t aggregate_body;     /* behind its name, or where that would stand: its { or the type under an enum */
    bool aggregate_is_enum;
    struct tag { /* of it and of those inside it */
        struct span name;
        const char *kind; /* struct, union or enum */
    } *tags;
    size_t tag_count, tag_capacity;
    struct span alignment; /* alignas(...) and the like that must go in front of a rewritten declaration */
    struct declarator *declarators;
    size_t count, capacity;
    struct span *storage_words; /* static, inline, extern, register: the words to blank when all becomes external */
    size_t storage_count, storage_capacity;
    struct span *enumerators; /* of it and of those inside it */
    size_t enumerator_count, enumerator_capacity;
};

/* Adds a text with some spans blanked, lines kept, so that what stays keeps its place. */
void text_add_blanked(struct text *out, const char *text, size_t length, const struct span *spans, size_t count);
void declaration_scan(const char *text, size_t length, struct declaration *out);
void declaration_free(struct declaration *declaration);
bool span_is(const char *text, struct span span, const char *word);

#endif
