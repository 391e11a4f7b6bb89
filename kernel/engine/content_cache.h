/* content_cache: values by the content they were made from; the longest unused goes when room is short. */
#ifndef OTO_CONTENT_CACHE_H
#define OTO_CONTENT_CACHE_H

#include <stddef.h>

#include "kernel/engine/content.h"

struct content_cache;

/* release: frees a value that goes. */
struct content_cache *content_cache_open(size_t most_bytes, void (*release)(void *value));
void content_cache_close(struct content_cache *cache);
void content_cache_clear(struct content_cache *cache);
/* The cache's own value, good until the next call; NULL when there is none. */
void *content_cache_find(struct content_cache *cache, struct content_key key);
/* Takes the value over; it counts as so many bytes. */
void content_cache_add(struct content_cache *cache, struct content_key key, void *value, size_t bytes);

#endif
