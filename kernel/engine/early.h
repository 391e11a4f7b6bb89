/* early: what a unit says before its place in the cell, so that functions may call each other in any order: prototypes,
 * and types of earlier cells that must be said again. Each waits for the types and macros that it needs. Pure. */
#ifndef OTO_EARLY_H
#define OTO_EARLY_H

#include "kernel/engine/unit.h"

struct earlies {
    struct early {
        char *text;
        size_t due; /* the number of items that must stand before it */
        bool said;
    } *list;
    size_t count, capacity;
    size_t *order; /* the items, as they are written: a function waits for the prototypes of those it names */
};

/* labelled: prototypes give their functions the symbols that they are compiled under. */
void earlies_make(const struct plan *plan, bool labelled, struct earlies *earlies);
/* Declares the structs and unions that the unit defines further on. */
void earlies_say_tags(const struct plan *plan, struct text *out);
/* Says every piece that is due when the first `items` items are written. */
void earlies_say(struct earlies *earlies, size_t items, struct text *out);
void earlies_free(struct earlies *earlies);

/* A function's prototype, malloc'd: from its head, with a label behind the parameter list (or NULL). */
char *function_prototype(const char *source, size_t head, const char *label);
/* Where the body of a function's definition begins. */
size_t function_body(const char *source);

#endif
