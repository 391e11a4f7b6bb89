/* settings: the lines //%cflags:, //%ldflags: and //%args: of a program cell. Pure. */
#ifndef OTO_SETTINGS_H
#define OTO_SETTINGS_H

#include <stddef.h>

#include "kernel/engine/words.h"

struct settings {
    struct words compiler, linker, arguments;
};

/* Words are separated by blanks; quotes hold one together. */
struct settings settings_read(const char *source, size_t length);
void settings_free(struct settings *settings);

/* The shared libraries that -lNAME asks for, one a line, malloc'd; NULL when there are none. One that lies in a folder
 * of -LFOLDER, and a word that is a shared library's file, are named by their absolute path (folder: what relative
 * paths start from). */
char *settings_libraries(const struct settings *settings, const char *folder);

#endif
