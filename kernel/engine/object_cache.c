#include "kernel/engine/object_cache.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

enum { CACHE_BYTES = 64 << 20, CACHE_ENTRIES = 512 };

struct cached {
    struct content_key key;
    struct object object;
    unsigned long used;
};

struct object_cache {
    struct cached entries[CACHE_ENTRIES];
    size_t bytes;
    unsigned long clock;
};

struct object_cache *object_cache_open(void) {
    return must_allocate(sizeof(struct object_cache));
}

void object_cache_close(struct object_cache *cache) {
    for (size_t i = 0; i < CACHE_ENTRIES; i++) free(cache->entries[i].object.bytes);
    free(cache);
}

static struct object copy_of(const struct object *object) {
    struct object copy = {must_allocate(object->size), object->size};
    memcpy(copy.bytes, object->bytes, object->size);
    return copy;
}

static struct cached *find(struct object_cache *cache, struct content_key key) {
    for (size_t i = 0; i < CACHE_ENTRIES; i++) {
        struct cached *entry = &cache->entries[i];
        if (entry->object.bytes && content_keys_equal(entry->key, key)) return entry;
    }
    return NULL;
}

bool object_cache_recall(struct object_cache *cache, struct content_key key, struct object *object) {
    struct cached *entry = find(cache, key);
    if (!entry) return false;
    entry->used = ++cache->clock;
    *object = copy_of(&entry->object);
    return true;
}

static void drop(struct object_cache *cache, struct cached *entry) {
    cache->bytes -= entry->object.size;
    free(entry->object.bytes);
    *entry = (struct cached){};
}

void object_cache_remember(struct object_cache *cache, struct content_key key, const struct object *object) {
    if (object->size > CACHE_BYTES / 4) return;
    for (;;) {
        struct cached *oldest = NULL, *empty = NULL;
        for (size_t i = 0; i < CACHE_ENTRIES; i++) {
            struct cached *entry = &cache->entries[i];
            if (!entry->object.bytes)
                empty = entry;
            else if (!oldest || entry->used < oldest->used)
                oldest = entry;
        }
        if (empty && cache->bytes + object->size <= CACHE_BYTES) {
            *empty = (struct cached){key, copy_of(object), ++cache->clock};
            cache->bytes += object->size;
            return;
        }
        drop(cache, oldest);
    }
}
