/* learned: what a session parsed and built, as bytes, so that another session of the same installation need not do it
 * again. What a text is known by (content.h) decides what is found, so only what both sessions see alike is ever used.
 * The bytes must come from somebody who may decide what the other session runs. */
#ifndef OTO_LEARNED_H
#define OTO_LEARNED_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/content.h"
#include "kernel/engine/pack.h"

enum learned_kind { LEARNED_FACTS, LEARNED_OBJECT };

struct learned {
    bool wanted;
    struct text bytes;
};

/* Nothing when it is not wanted, or learned is NULL. */
void learned_add(struct learned *learned, enum learned_kind kind, struct content_key key, const void *bytes,
                 size_t size);
/* The next of what was learned: false at the end, or where the bytes are broken. *bytes points into them. */
bool learned_next(struct packed *in, enum learned_kind *kind, struct content_key *key, const char **bytes,
                  size_t *size);

#endif
