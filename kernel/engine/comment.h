/* comment: what a cell's comments say of its definitions; pure. */
#ifndef OTO_COMMENT_H
#define OTO_COMMENT_H

#include <stddef.h>

/* The comment that ends just above what begins at start, malloc'd, or NULL. */
char *comment_above(const char *source, size_t start);
/* The comment behind what ends at `end` on its line, malloc'd, or NULL. */
char *comment_behind(const char *source, size_t end);

#endif
