/* bracket_macros: macros that stand for brackets, as #define BEGIN { or #define REPEAT(n) for (int i = 0; i < n; i++)
 * {. Only with them written out can a source be split into items. Pure. */
#ifndef OTO_BRACKET_MACROS_H
#define OTO_BRACKET_MACROS_H

#include <stddef.h>

#include "kernel/engine/names.h"

/* The source with each use of a macro (of the session or of the source itself) whose brackets do not balance written
 * out, malloc'd; every line stays where it was. */
char *bracket_macros_written_out(const struct names *names, const char *source, size_t length);

#endif
