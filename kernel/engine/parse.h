/* parse: asks libclang about a translation unit: what it declares, what the statements of the cell are, what is wrong.
 */
#ifndef OTO_PARSE_H
#define OTO_PARSE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/type.h"

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

struct fix {
    int line, column, end_column; /* as presumed; end_column == column: an insertion */
    char *replacement;
};

struct diagnostic {
    enum severity severity;
    char *file; /* as #line names it */
    int line, column;
    size_t offset; /* in the text that was parsed; (size_t)-1 when it is elsewhere */
    bool in_system_header;
    char *message, *option; /* option: "-Wunused-variable", or "" */
    struct fix *fixes;
    size_t fix_count;
    struct diagnostic *notes;
    size_t note_count;
};

enum fact_kind {
    FACT_VARIABLE,
    FACT_FUNCTION,
    FACT_PROTOTYPE,
    FACT_TYPEDEF,
    FACT_TAG,
    FACT_ENUMERATOR,
    FACT_LOCAL,      /* a declaration directly inside a part: the item was no statement */
    FACT_EXPRESSION, /* an expression directly inside a part, with its type */
    FACT_RETURN      /* a return anywhere inside a part */
};

struct fact {
    enum fact_kind kind;
    size_t offset;     /* of the name, or of the statement, in the text */
    size_t start, end; /* the extent */
    char *name;
    char *declaration; /* of a function: its type with the name, as "double f(double)" */
    struct type type;
    bool is_extern;
    bool is_definition; /* of a tag */
    char **refers;      /* of a function: the functions and variables outside it that its body refers to */
    size_t refer_count, refer_capacity;
};

struct facts {
    struct fact *list;
    size_t count, capacity;
    struct diagnostic *diagnostics;
    size_t diagnostic_count, diagnostic_capacity;
    struct {
        size_t start, end;
    } *skipped; /* what conditionals leave out */
    size_t skipped_count;
    bool failed; /* libclang gave no answer at all */
};

struct parser;

/* flags: of the compiler, NULL-terminated. */
struct parser *parser_open(void);
void parser_close(struct parser *parser);

/* Parses text as the file "cell.c" with those flags; fills facts with everything declared at offset `from` and after.
 * Functions whose name begins with part_prefix, the same in every call, are parts: their bodies are looked into. What
 * was parsed once is remembered, unless it reads files that may change. */
void parse_text(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t from,
                const char *part_prefix, struct facts *facts);
/* The declarations whose places lie in [from, to) as the parser would write them, macros expanded, on one line;
 * malloc'd. */
char *parse_print(struct parser *parser, const char *const *flags, const char *text, size_t length, size_t from,
                  size_t to);
void facts_free(struct facts *facts);
void facts_copy(const struct facts *from, struct facts *copy);
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
