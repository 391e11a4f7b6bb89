#include "kernel/worker/libraries.h"

#include <dlfcn.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#define TRIPLE "x86_64-linux-gnu"
#else
#define TRIPLE "aarch64-linux-gnu"
#endif

/* libNAME.so may be a linker's script (libm.so) or come with the development package only: the versions are tried. */
static bool open_version(const char *name) {
    static const char *const folders[] = {"/usr/local/lib", "/lib/" TRIPLE, "/usr/lib/" TRIPLE, "/lib", "/usr/lib"};
    bool opened = false;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && !opened; i++) {
        char *pattern;
        glob_t found;
        if (asprintf(&pattern, "%s/lib%s.so.*", folders[i], name) < 0) return false;
        if (glob(pattern, 0, NULL, &found) == 0) {
            for (size_t j = 0; j < found.gl_pathc && !opened; j++)
                opened = dlopen(found.gl_pathv[j], RTLD_LAZY | RTLD_GLOBAL);
            globfree(&found);
        }
        free(pattern);
    }
    return opened;
}

static char *open_one(const char *name) {
    char *file, *problem = NULL;
    if (*name == '/') {
        if (!dlopen(name, RTLD_LAZY | RTLD_GLOBAL) &&
            asprintf(&problem, "the library %s cannot be opened: %s", name, dlerror()) < 0)
            return strdup("no memory");
        return problem;
    }
    if (strpbrk(name, "/*?[")) {
        if (asprintf(&problem, "-l wants a library's name, as in -lm, not '%s'", name) < 0) return strdup("no memory");
        return problem;
    }
    if (asprintf(&file, "lib%s.so", name) < 0) return strdup("no memory");
    if (!dlopen(file, RTLD_LAZY | RTLD_GLOBAL)) {
        char *reason = strdup(dlerror());
        if (!open_version(name) &&
            asprintf(&problem, "the library -l%s cannot be opened: %s", name, reason ? reason : "no memory") < 0)
            problem = strdup("no memory");
        free(reason);
    }
    free(file);
    return problem;
}

char *libraries_open(const char *names) {
    char *problem = NULL;
    while (names && *names && !problem) {
        size_t length = strcspn(names, "\n");
        char *name = strndup(names, length);
        if (!name) return strdup("no memory");
        if (*name) problem = open_one(name);
        free(name);
        names += length + (names[length] == '\n');
    }
    return problem;
}
