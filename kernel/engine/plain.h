/* plain: C as it is usually written. Pure. */
#ifndef OTO_PLAIN_H
#define OTO_PLAIN_H

#include <stddef.h>

/* The source, malloc'd and as long as it was, each line where it was, with digraphs as the characters that they stand
 * for, words that a continuation breaks in one piece, and blanks for a byte order mark and carriage returns. */
char *plain_source(const char *source, size_t length);

#endif
