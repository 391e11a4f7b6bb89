/* prelude_names: which names the headers of the prelude declare. To ask libclang takes 35 ms and reads the whole
 * precompiled header, so the answer is kept in a file beside it. */
#ifndef OTO_PRELUDE_NAMES_H
#define OTO_PRELUDE_NAMES_H

#include <stdbool.h>

#include "kernel/engine/toolchain.h"

/* Calls back for each ordinary identifier and each type, with a key as names.h has them ("o printf"). parse_flags: with
 * the precompiled header. Makes the file when it is missing or older than the prelude; where it cannot be written,
 * libclang is asked each time. */
void prelude_names(const struct toolchain *toolchain, const char *const *parse_flags,
                   void (*visit)(void *, const char *key), void *context);
/* Makes precompiled headers and names again (oto-kernel --prepare). */
bool prelude_prepare(char **error);

#endif
