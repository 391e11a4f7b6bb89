/* toolchain: where the compiler, the worker and the prelude are, and which flags each mode compiles with. */
#ifndef OTO_TOOLCHAIN_H
#define OTO_TOOLCHAIN_H

#include <stddef.h>

enum mode { MODE_CHECKED, MODE_FAST, MODE_COUNT };

/* How one kind of translation unit is parsed and compiled. */
struct flavour {
    char **parse_flags; /* of the command clang, for libclang and oto-compiler alike; NULL-terminated */
};

struct toolchain {
    char *root;     /* the prefix: bin/, lib/oto/, include/oto/ below it */
    char *worker;   /* oto-worker */
    char *compiler; /* oto-compiler */
    char *parser;   /* oto-parser */
    char *clang;    /* the installed clang: its headers, and what precompiles the prelude */
    char *prelude;  /* the header that every cell sees */
};

/* Finds everything relative to this program. NULL with a malloc'd *error. The result lives as long as the process. */
const struct toolchain *toolchain_find(char **error);

/* A flavour with the prelude's precompiled header (its path), or without any (NULL, for programs). extra: flags of the
 * user, NULL-terminated, or NULL. False with *error when clang does not take them. */
bool flavour_make(const struct toolchain *toolchain, enum mode mode, const char *precompiled, const char *const *extra,
                  struct flavour *flavour, char **error);
/* Its flags, each behind a newline. malloc'd. */
char *flavour_text(const struct flavour *flavour);
void flavour_free(struct flavour *flavour);

/* A precompiled header of one session. */
struct header {
    char *path; /* NULL: none */
    int memory; /* the descriptor of a file in memory only; -1: the file lies at the path */
};

/* Precompiles the prelude with flags of the user, NULL-terminated, for one session, in memory and as /proc/PID/fd/N;
 * where other processes may not look into this one (it is not dumpable), in a file in /tmp. False with *error. */
bool toolchain_precompile_apart(const struct toolchain *toolchain, enum mode mode, const char *const *extra,
                                struct header *header, char **error);
void toolchain_forget_apart(struct header *header);
/* The path of the precompiled prelude of a mode; made on the spot when it is missing or older than its header. */
char *toolchain_precompiled(const struct toolchain *toolchain, enum mode mode, char **error);
/* Is the first file there, and not older than the second? */
bool toolchain_is_newer(const char *file, const char *than);
/* Makes the precompiled preludes of all modes again. */
bool toolchain_prepare(char **error);

#endif
