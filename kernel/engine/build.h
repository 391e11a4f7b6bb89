/* build: a translation unit's text -> an object file, by compilers that stand ready, one for each set of flags; what
 * was built once is remembered by its content. */
#ifndef OTO_BUILD_H
#define OTO_BUILD_H

#include <stddef.h>

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

struct builder *builder_open(const struct toolchain *toolchain);
void builder_close(struct builder *builder);

/* Compiles text. COMPILE_DONE: *object is the caller's; else *errors holds what the compiler said, malloc'd. */
enum compile_end builder_compile(struct builder *builder, const struct flavour *flavour, const char *text,
                                 size_t length, const struct stop_wish *stop, struct object *object, char **errors);
/* Lets a compiler of that flavour get ready; returns at once. */
void builder_warm(struct builder *builder, const struct flavour *flavour);
/* Lets the compilers go, to give their memory back while the session idles. */
void builder_rest(struct builder *builder);

#endif
