/* parse: asks libclang, in a process of its own (kernel/parser), about a translation unit: what it declares, what the
 * statements of the cell are, what is wrong.
 */
#ifndef OTO_PARSE_H
#define OTO_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/facts.h"
#include "kernel/engine/learned.h"
#include "kernel/engine/service.h"
#include "kernel/engine/toolchain.h"

struct parser;

/* What is parsed is added to *learned, which must live as long; NULL: nobody wants it. stop: asked before each question
 * for the wish to watch; NULL: nobody stops it. ready: a parser to ask first, which is taken over; NULL: starts the
 * parser's process and returns; it loads behind. */
struct parser *parser_open(const struct toolchain *toolchain, struct service *ready, struct learned *learned,
                           struct stop_wish (*stop)(void *context), void *context);
void parser_close(struct parser *parser);
/* Starts the process if it rests; returns at once. */
void parser_warm(struct parser *parser);
/* Lets the process go, to give its memory back while the session idles. */
void parser_rest(struct parser *parser);

/* Parses text as the file "cell.c" with those flags; fills facts with everything declared at offset `from` and after.
 * Functions whose name begins with part_prefix, the same in every call, are parts: their bodies are looked into. What
 * was parsed once is remembered, unless it reads files that may change. */
void parse_text(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t from,
                const char *part_prefix, struct facts *facts);

/* Facts that another parser has found (learned.h). */
void parser_teach(struct parser *parser, struct content_key key, const char *bytes, size_t size);

/* The declarations whose places lie in [from, to) as the parser would write them, macros expanded, on one line;
 * malloc'd. */
char *parse_print(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t from,
                  size_t to);
/* Whether an empty file can be parsed with those flags: their precompiled header fits them. */
bool parser_accepts(struct parser *parser, const char *const *flags);

/* What could stand at an offset of the text and begins with the prefix; calls back for each name. */
void parse_complete(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t offset,
                    const char *prefix, size_t prefix_length,
                    void (*visit)(void *, const char *name, const char *type, const char *signature), void *context);
/* What the text itself declares before an offset, in the scopes around it; calls back for each name. */
void parse_scope(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t offset,
                 void (*visit)(void *, const char *name, const char *type, const char *signature), void *context);
/* What the name at an offset of the text is: its declaration and documentation, malloc'd, or NULL. */
char *parse_declaration_at(struct parser *parser, const char *const *flags, const char *text, size_t length,
                           size_t offset, char **comment);

/* The names that the prelude's headers declare: calls back for each with 'o' (ordinary), 't' (a tag) or, after 'o', 'y'
 * (a type's name). */
void parse_header_names(struct parser *parser, const char *const *flags,
                        void (*visit)(void *, const char *name, char space), void *context);

#endif
