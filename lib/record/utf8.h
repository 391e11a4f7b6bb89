/* utf8: which bytes are a character. */
#ifndef OTO_UTF8_H
#define OTO_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed sequence (RFC 3629: no overlong form, no surrogate) that begins at text, of which size bytes
 * may be read; 0 when there is none. */
size_t oto_utf8_length(const void *text, size_t size);

#endif
