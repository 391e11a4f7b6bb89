/* excerpt: a line of a cell as errors show it, with a caret below. */
#ifndef OTO_EXCERPT_H
#define OTO_EXCERPT_H

#include "kernel/engine/text.h"

#define EXCERPT_RED "\x1b[31m"
#define EXCERPT_BOLD "\x1b[1m"
#define EXCERPT_DIM "\x1b[2m"
#define EXCERPT_PLAIN "\x1b[0m"

/* Line `line` (from 1) of a text; its length, 0 when there is no such line (then NULL is returned). */
const char *excerpt_line(const char *source, int line, size_t *length);
/* "     2 | int b = 2" and, when column > 0 (in bytes, from 1), a line with a caret below it and `note` (or NULL)
 * behind the caret. Nothing when there is no such line. */
void excerpt_add(struct text *out, const char *source, int line, int column, const char *note);

#endif
