/* unit: a cell's items and the session's names -> the text of a translation unit. Pure.
 *
 * A unit is written twice. The draft is for the parser: declarations as they stand, so that it can say what each is.
 * The final one is for the compiler: every name of the cell gets a symbol of its own (x.new; the worker's loader makes
 * it x.7), what runs at the cell's time is gathered into functions, and functions of earlier cells that must follow a
 * redefinition are built again behind it. */
#ifndef OTO_UNIT_H
#define OTO_UNIT_H

#include "kernel/engine/declarator.h"
#include "kernel/engine/names.h"
#include "kernel/engine/parse.h"
#include "kernel/engine/split.h"
#include "kernel/engine/text.h"

/* What is known of one item. */
struct planned {
    struct declaration declaration; /* of a declaration, or of a function's head */
    bool kept;                      /* an identical type or macro is there already: the item changes nothing */
    bool aggregate_kept;            /* the same for the struct in front of a variable */
    char *meaning;                  /* of its types, as the parser understood them; NULL: it makes none */
    char *anonymous_tag;            /* the tag given to a struct without one whose variable must live on */
    struct planned_variable {
        bool runtime;            /* its initialiser runs when the cell runs */
        bool lengths_at_runtime; /* an array whose length is not constant */
        bool
            literals_at_runtime; /* its elements, which are to be counted, are literals whose values are not constant */
        const struct fact *fact;
        char *type;                /* overrides the fact's spelling (lengths now known) */
    } *variables;                  /* one a declarator */
    const struct fact *fact;       /* of a function or of the last expression */
    size_t draft_start, draft_end; /* where the item stands in the draft */
};

struct plan {
    const char *source;
    size_t length;
    int first_line; /* line of the cell at which the source begins */
    struct items items;
    struct planned *planned;             /* one an item */
    const bool *same;                    /* one an item: its types are known to mean what they did; or NULL */
    const struct names *names, *headers; /* the session's, and what the prelude declares */
    const struct names *edited;          /* keys: names of the user's headers that mean something else now; or NULL */
    const struct fact **header_names;    /* those that the session does not know as they are now */
    size_t header_name_count, header_name_capacity;
    struct closure closure;
    struct closure changed;                    /* types of earlier cells that mean something else in this one */
    struct names own;                          /* a set of keys: what the cell defines itself */
    struct closure rebuilt;                    /* functions built again */
    struct closure refreshed;                  /* types said again, since they stand on one that changes */
    bool has_own_result;                       /* the last item is an expression with a value */
    const char *time_prologue, *time_epilogue; /* text around what runs (%time), or NULL */
};

/* Splits nothing and parses nothing: fills planned from items; own names, kept items, changed types and their users. */
void plan_make(struct plan *plan);
void plan_free(struct plan *plan);
/* The first item that gives a new meaning to a variable, type or macro which an item before it uses in its old one; 0
 * when there is none. (Functions need no such order: callers always mean the newest.) */
size_t plan_redefined_after_use(const struct plan *plan);
/* Adds to the closure what the unit must declare for a text. */
void plan_add_text(struct plan *plan, const char *text, size_t length);
/* The type on which a variable or function stands though it is gone, or changes in this cell; NULL: it can be used. */
const struct definition *plan_lost_type(const struct plan *plan, const struct definition *definition);
/* Whether an item's types mean what the session's of these names do, though they are written in another way. */
bool plan_means_the_same(const struct plan *plan, size_t item);
/* "T point" or "O point_t": the key of a header's name. malloc'd. */
char *plan_header_key(const struct fact *fact);
/* Adds the keys that an item defines (not only declares) to a set. */
void plan_item_keys(const struct plan *plan, size_t item, struct names *keys);
/* Whether the cell defines that name itself (not only declares a function). */
bool plan_owns(const struct plan *plan, char space, const char *name, size_t length);

void unit_draft(struct plan *plan, struct text *out, size_t *cell_start);
void unit_final(struct plan *plan, struct text *out);
/* Begins a line that the compiler takes for `line` of the file, `column` bytes in. */
void unit_at_line(struct text *out, const char *file, int line, int column);

/* The name that a #define or #undef is about (bytes of the text, of the item), or an empty span. */
struct span directive_name(const char *text, size_t length, const char *word);
struct span item_directive_name(const struct plan *plan, const struct item *item, const char *word);

/* The file name that #line gives to a function of an earlier cell: "cell:3". The cell itself is "cell". */
#define UNIT_FILE "cell"
#define UNIT_PART "oto_part_"
/* A header's name that the session uses as its own is written so; reports take the prefix off again. */
#define UNIT_OWN "oto_own_"

/* The text without comments and with single blanks: equal texts are the same definition. */
char *unit_normalised(const char *text, size_t length);

#endif
