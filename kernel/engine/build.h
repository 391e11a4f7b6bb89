/* build: a translation unit's text -> an object file. The compiler is started ahead with the prelude loaded and waits
 * for the text on a FIFO that it #includes; what was built once is remembered by its content. */
#ifndef OTO_BUILD_H
#define OTO_BUILD_H

#include <stddef.h>

#include "kernel/engine/toolchain.h"

struct builder;

struct object {
    unsigned char *bytes; /* owned by the caller */
    size_t size;
};

struct builder *builder_open(const struct toolchain *toolchain, char **error);
void builder_close(struct builder *builder);

/* Compiles text. False: *errors holds what the compiler said. */
bool builder_compile(struct builder *builder, const struct flavour *flavour, const char *text, size_t length,
                     struct object *object, char **errors);
/* Starts a compiler ahead for the next unit of that flavour. */
void builder_warm(struct builder *builder, const struct flavour *flavour);
/* Lets the waiting compiler go, to give its memory back while the session idles. */
void builder_rest(struct builder *builder);
/* A folder of the builder's own for precompiled headers; removed with it. */
const char *builder_folder(const struct builder *builder);

#endif
