#include "kernel/engine/content_cache.h"

#include "kernel/engine/text.h"

#include <stdlib.h>

enum { ENTRIES = 512 };

struct entry {
    struct content_key key;
    void *value; /* NULL: empty */
    size_t bytes;
    unsigned long used;
};

struct content_cache {
    struct entry entries[ENTRIES];
    size_t bytes, most_bytes;
    unsigned long clock;
    void (*release)(void *value);
};

struct content_cache *content_cache_open(size_t most_bytes, void (*release)(void *value)) {
    struct content_cache *cache = must_allocate(sizeof *cache);
    cache->most_bytes = most_bytes;
    cache->release = release;
    return cache;
}

static void drop(struct content_cache *cache, struct entry *entry) {
    if (!entry->value) return;
    cache->bytes -= entry->bytes;
    cache->release(entry->value);
    *entry = (struct entry){};
}

void content_cache_clear(struct content_cache *cache) {
    for (size_t i = 0; i < ENTRIES; i++) drop(cache, &cache->entries[i]);
}

void content_cache_close(struct content_cache *cache) {
    content_cache_clear(cache);
    free(cache);
}

void *content_cache_find(struct content_cache *cache, struct content_key key) {
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *entry = &cache->entries[i];
        if (!entry->value || !content_keys_equal(entry->key, key)) continue;
        entry->used = ++cache->clock;
        return entry->value;
    }
    return NULL;
}

void content_cache_add(struct content_cache *cache, struct content_key key, void *value, size_t bytes) {
    if (bytes > cache->most_bytes / 4) {
        cache->release(value);
        return;
    }
    for (;;) {
        struct entry *oldest = NULL, *empty = NULL;
        for (size_t i = 0; i < ENTRIES; i++) {
            struct entry *entry = &cache->entries[i];
            if (!entry->value)
                empty = entry;
            else if (!oldest || entry->used < oldest->used)
                oldest = entry;
        }
        if (empty && cache->bytes + bytes <= cache->most_bytes) {
            *empty = (struct entry){key, value, bytes, ++cache->clock};
            cache->bytes += bytes;
            return;
        }
        drop(cache, oldest);
    }
}
