/* compile: clang inside this process, one translation unit of C -> an object file. Behind it stands the tree's only C++
 * file: clang has no C interface that produces code. */
#ifndef OTO_COMPILER_COMPILE_H
#define OTO_COMPILER_COMPILE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct bytes {
    const char *data;
    size_t size;
};

struct compiled {
    bool succeeded;
    struct bytes object, said; /* belong to this process's one compilation; never freed */
};

/* flags: of the command clang, NULL-terminated, without input and output. clang: the path of the installed clang, whose
 * headers are used. Reads everything that stands before the unit, the precompiled header above all, and only then asks
 * `next` for the unit's text, once; so `next` may fork, and each child goes on with a text of its own. It is not asked
 * when the flags are wrong. The text must stay where it is. no_memory: ends the process when an allocation fails. */
void compile_unit(const char *clang, char *const *flags, struct bytes (*next)(void *), void *context,
                  void (*no_memory)(void), struct compiled *compiled);

/* Are these flags that clang takes? What it says against them is in *said. */
bool compile_check(const char *clang, char *const *flags, struct bytes *said);

#ifdef __cplusplus
}
#endif

#endif
