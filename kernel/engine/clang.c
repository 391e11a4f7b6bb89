#include "kernel/engine/clang.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static struct clang loaded;

static void load(void) {
    static const char *const names[] = {"libclang-19.so.19", "libclang-19.so.1", "libclang-19.so"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !library; i++)
        library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "oto: cannot load libclang 19 (%s); install the Debian package libclang1-19\n", dlerror());
        exit(2);
    }
#define CLANG_LOAD(name)                                                                                               \
    if (!(loaded.name = dlsym(library, "clang_" #name))) {                                                             \
        fprintf(stderr, "oto: this libclang has no clang_" #name "; libclang 19 is needed\n");                         \
        exit(2);                                                                                                       \
    }
    CLANG_FUNCTIONS(CLANG_LOAD)
#undef CLANG_LOAD
}

const struct clang *clang_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return &loaded;
}
