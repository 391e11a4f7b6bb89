#include "kernel/engine/build.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/compiler/answer.h"
#include "kernel/engine/content_cache.h"
#include "kernel/engine/store.h"
#include "kernel/engine/text.h"
#include "kernel/engine/words.h"

enum { CACHE_BYTES = 64 << 20 };

/* Checked cells, fast cells, and a program with flags of its own. */
enum { COMPILERS = 3 };

struct builder {
    const struct toolchain *toolchain;
    struct content_cache *cache; /* of struct built */
    struct learned *learned;
    bool thrifty; /* compilers get nothing ready ahead */
    struct store objects;
    struct {
        struct service *compiler; /* or NULL */
        struct content_key flags;
        unsigned long used;
    } ready[COMPILERS];
    unsigned long clock;
};

/* An object that was built before. */
struct built {
    struct store *store;
    struct stored object;
};

static void release_built(void *value) {
    struct built *built = value;
    store_drop(built->store, &built->object);
    free(built);
}

void builder_teach(struct builder *builder, struct content_key key, const void *bytes, size_t size) {
    struct built *built = must_allocate(sizeof *built);
    *built = (struct built){&builder->objects, store_put(&builder->objects, bytes, size)};
    content_cache_add(builder->cache, key, built, size);
}

/* Made for this processor: another machine's may lack some of its instructions. */
static bool is_native(const struct flavour *flavour) {
    for (char **flag = flavour->parse_flags; *flag; flag++)
        if (!strcmp(*flag, "-march=native") || !strcmp(*flag, "-mcpu=native")) return true;
    return false;
}

static void remember(struct builder *builder, const struct flavour *flavour, struct content_key key,
                     const struct object *object) {
    builder_teach(builder, key, object->bytes, object->size);
    if (!is_native(flavour)) learned_add(builder->learned, LEARNED_OBJECT, key, object->bytes, object->size);
}

/* False when it was not built before. */
static bool recall(struct builder *builder, struct content_key key, struct object *object) {
    const struct built *built = content_cache_find(builder->cache, key);
    if (!built) return false;
    *object = (struct object){must_allocate(built->object.size), built->object.size};
    if (store_get(built->store, &built->object, object->bytes)) return true;
    free(object->bytes);
    return false;
}

struct builder *builder_open(const struct toolchain *toolchain, struct learned *learned, bool thrifty) {
    struct builder *builder = must_allocate(sizeof *builder);
    builder->toolchain = toolchain;
    builder->learned = learned;
    builder->thrifty = thrifty;
    builder->cache = content_cache_open(CACHE_BYTES, release_built);
    builder->objects = store_open();
    return builder;
}

void builder_rest(struct builder *builder) {
    for (int i = 0; i < COMPILERS; i++) {
        service_stop(builder->ready[i].compiler);
        builder->ready[i].compiler = NULL;
    }
}

void builder_close(struct builder *builder) {
    if (!builder) return;
    builder_rest(builder);
    content_cache_close(builder->cache);
    store_close(&builder->objects);
    free(builder);
}

static struct service *start(const struct builder *builder, const struct flavour *flavour, char **error) {
    struct words command = {};
    words_add(&command, builder->toolchain->compiler);
    if (builder->thrifty) words_add(&command, "--thrifty");
    words_add(&command, builder->toolchain->clang);
    words_add_all(&command, (const char *const *)flavour->parse_flags);
    struct service *service = service_start(command.list, NULL, error);
    words_free(&command);
    return service;
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
    service_stop(builder->ready[place].compiler);
    builder->ready[place].compiler = start(builder, flavour, errors);
    builder->ready[place].flags = flags;
    builder->ready[place].used = ++builder->clock;
    return builder->ready[place].compiler ? place : -1;
}

void builder_take(struct builder *builder, const char *const *flags, struct service *ready) {
    builder->ready[0].compiler = ready;
    builder->ready[0].flags = content_key(flags, "", 0);
}

void builder_warm(struct builder *builder, const struct flavour *flavour) {
    char *errors = NULL;
    if (compiler_for(builder, flavour, &errors) < 0) free(errors); /* compiling will say it */
}

/* The answer to the text, or why there is none. */
static enum service_end ask(struct builder *builder, const struct flavour *flavour, const char *text, size_t length,
                            const struct stop_wish *stop, struct text *answer) {
    enum service_end end = SERVICE_DIED;
    /* one that died may have been killed while it waited: a second tries what the first could not */
    for (int attempt = 0; attempt < 2 && end == SERVICE_DIED; attempt++) {
        char *error = NULL;
        text_clear(answer);
        int place = compiler_for(builder, flavour, &error);
        if (place < 0) {
            text_add(answer, error);
            free(error);
            continue;
        }
        end = service_ask(builder->ready[place].compiler, text, length, stop, answer);
        if (end == SERVICE_ANSWERED) continue;
        service_stop(builder->ready[place].compiler);
        builder->ready[place].compiler = NULL;
    }
    return end;
}

static enum compile_end take(const struct text *answered, struct object *object, char **errors) {
    struct compiler_answer answer;
    if (answered->length >= sizeof answer) memcpy(&answer, answered->data, sizeof answer);
    if (answered->length < sizeof answer || answer.object_size > answered->length - sizeof answer) {
        *errors = must_copy("error: the compiler's answer is broken");
        return COMPILE_REFUSED;
    }
    const char *bytes = answered->data + sizeof answer, *said = bytes + answer.object_size;
    if (!answer.succeeded || !answer.object_size) {
        *errors = must_copy_n(said, answered->length - sizeof answer - answer.object_size);
        return COMPILE_REFUSED;
    }
    *object = (struct object){must_allocate(answer.object_size), answer.object_size};
    memcpy(object->bytes, bytes, answer.object_size);
    return COMPILE_DONE;
}

enum compile_end builder_compile(struct builder *builder, const struct flavour *flavour, const char *text,
                                 size_t length, const struct stop_wish *stop, struct object *object, char **errors) {
    struct content_key key = content_key((const char *const *)flavour->parse_flags, text, length);
    bool lasts = !content_may_change((const char *const *)flavour->parse_flags, text, length);
    if (lasts && recall(builder, key, object)) return COMPILE_DONE;
    struct text answer = {};
    enum service_end asked = ask(builder, flavour, text, length, stop, &answer);
    enum compile_end end = asked == SERVICE_STOPPED ? COMPILE_STOPPED : COMPILE_REFUSED;
    if (asked == SERVICE_ANSWERED)
        end = take(&answer, object, errors);
    else
        *errors = must_format("error: %s", text_c(&answer));
    text_free(&answer);
    if (end == COMPILE_DONE && lasts) remember(builder, flavour, key, object);
    return end;
}
