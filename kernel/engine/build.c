#include "kernel/engine/build.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/content_cache.h"
#include "kernel/engine/text.h"

enum { CACHE_BYTES = 64 << 20 };

/* Checked cells, fast cells, and a program with flags of its own. */
enum { COMPILERS = 3 };

struct builder {
    const struct toolchain *toolchain;
    struct content_cache *cache; /* of struct object */
    struct {
        struct compiler *compiler; /* or NULL */
        struct content_key flags;
        unsigned long used;
    } ready[COMPILERS];
    unsigned long clock;
};

static void release_object(void *value) {
    struct object *object = value;
    free(object->bytes);
    free(object);
}

static struct object copy_of(const struct object *object) {
    struct object copy = {must_allocate(object->size), object->size};
    memcpy(copy.bytes, object->bytes, object->size);
    return copy;
}

struct builder *builder_open(const struct toolchain *toolchain) {
    struct builder *builder = must_allocate(sizeof *builder);
    builder->toolchain = toolchain;
    builder->cache = content_cache_open(CACHE_BYTES, release_object);
    return builder;
}

void builder_rest(struct builder *builder) {
    for (int i = 0; i < COMPILERS; i++) {
        compiler_stop(builder->ready[i].compiler);
        builder->ready[i].compiler = NULL;
    }
}

void builder_close(struct builder *builder) {
    if (!builder) return;
    builder_rest(builder);
    content_cache_close(builder->cache);
    free(builder);
}

/* The place of the compiler with these flags, started when there is none; -1 with *errors. */
static int compiler_for(struct builder *builder, const struct flavour *flavour, char **errors) {
    struct content_key flags = content_key((const char *const *)flavour->parse_flags, "", 0);
    int place = 0;
    for (int i = 0; i < COMPILERS; i++) {
        typeof(&builder->ready[0]) ready = &builder->ready[i];
        if (ready->compiler && content_keys_equal(ready->flags, flags)) {
            ready->used = ++builder->clock;
            return i;
        }
        /* a free place, or the one that was not used for the longest time */
        if (builder->ready[place].compiler && (!ready->compiler || ready->used < builder->ready[place].used)) place = i;
    }
    compiler_stop(builder->ready[place].compiler);
    builder->ready[place].compiler = compiler_start(builder->toolchain, flavour, errors);
    builder->ready[place].flags = flags;
    builder->ready[place].used = ++builder->clock;
    return builder->ready[place].compiler ? place : -1;
}

void builder_warm(struct builder *builder, const struct flavour *flavour) {
    char *errors = NULL;
    if (compiler_for(builder, flavour, &errors) < 0) free(errors); /* compiling will say it */
}

enum compile_end builder_compile(struct builder *builder, const struct flavour *flavour, const char *text,
                                 size_t length, const struct stop_wish *stop, struct object *object, char **errors) {
    struct content_key key = content_key((const char *const *)flavour->parse_flags, text, length);
    struct text bytes = {}, said = {};
    bool lasts = !content_reads_files(text, length);
    const struct object *known = lasts ? content_cache_find(builder->cache, key) : NULL;
    if (known) {
        *object = copy_of(known);
        return COMPILE_DONE;
    }
    enum compile_end end = COMPILE_DIED;
    /* one that died may have been killed while it waited: a second tries what the first could not */
    for (int attempt = 0; attempt < 2 && end == COMPILE_DIED; attempt++) {
        int place = compiler_for(builder, flavour, errors);
        if (place < 0) return COMPILE_DIED;
        text_clear(&bytes);
        end = compiler_run(builder->ready[place].compiler, text, length, stop, &bytes, &said);
        if (end == COMPILE_DONE || end == COMPILE_REFUSED) continue;
        compiler_stop(builder->ready[place].compiler);
        builder->ready[place].compiler = NULL;
    }
    if (end == COMPILE_DONE) {
        object->size = bytes.length;
        object->bytes = (unsigned char *)text_take(&bytes);
        if (lasts) {
            struct object *kept = must_allocate(sizeof *kept);
            *kept = copy_of(object);
            content_cache_add(builder->cache, key, kept, kept->size);
        }
    } else {
        *errors = text_take(&said);
    }
    text_free(&bytes);
    text_free(&said);
    return end;
}
