/* cut: one stretch of C in two, at an item that can only be understood when what stands before it is defined, or has
 * run. Pure. */
#ifndef OTO_CUT_H
#define OTO_CUT_H

#include "kernel/engine/unit.h"

struct cut {
    struct text before, after; /* each with the lines of the whole; the functions behind the cut that need nothing
                                  else of what follows are in `before`, for statements there may call them */
    struct span *lengths;      /* of `after`: expressions that are array lengths */
    size_t length_count, length_capacity;
};

/* The variable, defined by `before`, that holds the value of a length. */
#define CUT_LENGTH "oto_length_"

/* lengths: the item is a declaration of arrays, and `before` ends with the values of their lengths. */
void cut_make(const struct plan *plan, size_t item, bool lengths, struct cut *cut);
/* `after` with its lengths written as numbers, malloc'd. values: one a length. */
char *cut_fill(const struct cut *cut, const long long *values);
void cut_free(struct cut *cut);

#endif
