/* build: a translation unit's text -> an object file, by compilers that stand ready, one for each set of flags; what
 * was built once is remembered by its content. */
#ifndef OTO_BUILD_H
#define OTO_BUILD_H

#include <stddef.h>

#include "kernel/engine/learned.h"
#include "kernel/engine/service.h"
#include "kernel/engine/toolchain.h"

struct builder;

enum compile_end {
    COMPILE_DONE,
    COMPILE_REFUSED, /* the unit does not compile, or needs too much */
    COMPILE_STOPPED  /* as the caller wished */
};

struct object {
    unsigned char *bytes; /* owned by whoever holds it */
    size_t size;
};

/* What is built is added to *learned, which must live as long; NULL: nobody wants it. thrifty: compilers get nothing
 * ready ahead. */
struct builder *builder_open(const struct toolchain *toolchain, struct learned *learned, bool thrifty);
void builder_close(struct builder *builder);

/* Compiles text. COMPILE_DONE: *object is the caller's; else *errors holds what the compiler said, malloc'd. */
enum compile_end builder_compile(struct builder *builder, const struct flavour *flavour, const char *text,
                                 size_t length, const struct stop_wish *stop, struct object *object, char **errors);
/* An object that another builder has built (learned.h). */
void builder_teach(struct builder *builder, struct content_key key, const void *bytes, size_t size);
/* Takes a compiler over that was started with these flags, before any other is there. */
void builder_take(struct builder *builder, const char *const *flags, struct service *ready);
/* Lets a compiler of that flavour get ready; returns at once. */
void builder_warm(struct builder *builder, const struct flavour *flavour);
/* Lets the compilers go, to give their memory back while the session idles. */
void builder_rest(struct builder *builder);

#endif
