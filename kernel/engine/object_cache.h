/* object_cache: what was built, by the content it was built from; the longest unused goes when room is short. */
#ifndef OTO_OBJECT_CACHE_H
#define OTO_OBJECT_CACHE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/content.h"

struct object {
    unsigned char *bytes; /* owned by whoever holds it */
    size_t size;
};

struct object_cache;

struct object_cache *object_cache_open(void);
void object_cache_close(struct object_cache *cache);
/* A copy for the caller; false when there is none. */
bool object_cache_recall(struct object_cache *cache, struct content_key key, struct object *object);
/* Keeps a copy. */
void object_cache_remember(struct object_cache *cache, struct content_key key, const struct object *object);

#endif
