/* facts: what the parser found out about a translation unit. */
#ifndef OTO_FACTS_H
#define OTO_FACTS_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/pack.h"
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
    FACT_HEADER_NAME, /* a type, constant or macro of a header that is none of the system's: its name and meaning */
    FACT_LOCAL,       /* a declaration directly inside a part: the item was no statement */
    FACT_EXPRESSION,  /* an expression directly inside a part, with its type */
    FACT_RETURN       /* a return anywhere inside a part */
};

/* Statements of a function's body that a rule may forbid or demand, as the cell's author wrote them there, in macros,
 * or in functions of a header: not those inside a macro of the library's. */
enum statement {
    STATEMENT_FOR = 1,
    STATEMENT_WHILE = 2,
    STATEMENT_DO = 4,
    STATEMENT_GOTO = 8,
    STATEMENT_SWITCH = 16,
    STATEMENT_ASM = 32
};

struct fact {
    enum fact_kind kind;
    size_t offset;     /* of the name, or of the statement, in the text */
    size_t start, end; /* the extent */
    char *name;
    char *declaration; /* of a function: its type with the name, as "double f(double)" */
    struct type type;
    char *meaning; /* of a defined tag, a typedef, or a variable: what its type is (meaning.h) */
    bool is_extern;
    bool is_definition; /* of a tag */
    char space;         /* of a header's name: 'T' a tag, 'O' a typedef or constant, 'M' a macro */
    char **refers;      /* of a function: the functions and variables outside it that its body refers to */
    size_t refer_count, refer_capacity;
    unsigned statements; /* of a function: a set of enum statement */
};

enum parse_end {
    PARSED,
    PARSE_STOPPED, /* by an interrupt */
    PARSE_FAILED
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
    enum parse_end end; /* unless PARSED there is nothing else here */
    char *why;          /* one sentence for the user when it is PARSE_FAILED */
};

void facts_free(struct facts *facts);
/* To another process and back. False when the bytes are no facts; *facts is empty then. */
void facts_pack(const struct facts *facts, struct text *out);
bool facts_unpack(struct packed *in, struct facts *facts);

#endif
