/* compiler: an oto-compiler process of one set of flags, which stands ready with the precompiled header loaded. */
#ifndef OTO_COMPILER_H
#define OTO_COMPILER_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/text.h"
#include "kernel/engine/toolchain.h"

struct compiler;

enum compile_end {
    COMPILE_DONE,
    COMPILE_REFUSED, /* the unit does not compile; what the compiler says is known */
    COMPILE_STOPPED, /* as the caller wished */
    COMPILE_LIMIT,   /* the unit needs more time or memory than a unit may */
    COMPILE_DIED     /* the compiler itself failed, on this unit or before */
};

/* Asked while a unit is compiled, whenever wake can be read: is it to be stopped? wake -1: it never is. */
struct stop_wish {
    int wake;
    bool (*wished)(void *context);
    void *context;
};

/* NULL with *error. Returns before the compiler has loaded anything. */
struct compiler *compiler_start(const struct toolchain *toolchain, const struct flavour *flavour, char **error);
/* Compiles text: *object is filled when done, *said with the compiler's messages otherwise. When it
 * ends in another way than done or refused, the compiler is good for nothing but compiler_stop. */
enum compile_end compiler_run(struct compiler *compiler, const char *text, size_t length, const struct stop_wish *stop,
                              struct text *object, struct text *said);
void compiler_stop(struct compiler *compiler);

#endif
