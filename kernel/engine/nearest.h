/* nearest: which known word somebody probably meant. */
#ifndef OTO_NEAREST_H
#define OTO_NEAREST_H

#include <stdbool.h>
#include <stddef.h>

/* Keeps the best of the words offered; starts zeroed, with word set. */
struct nearest {
    const char *word;
    const char *best; /* NULL: none is near enough */
    int distance;
};

void nearest_offer(struct nearest *nearest, const char *candidate);

#endif
