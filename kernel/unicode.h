/* unicode: what a program writes is bytes; what a message carries is UTF-8. Positions of Jupyter count code points,
 * those of the engine count bytes. */
#ifndef OTO_UNICODE_H
#define OTO_UNICODE_H

#include <stddef.h>

/* Copies bytes as valid UTF-8 into freshly allocated text of *length bytes (caller frees; NULL when memory ran out):
 * each maximal ill-formed part becomes U+FFFD (Unicode 15, section 3.9, "U+FFFD substitution of maximal subparts"). A
 * sequence that is cut off at the end but may still become valid is left out, and *rest says how many bytes it has (0
 * to 3); with rest NULL it is replaced too. */
char *unicode_repair(const char *bytes, size_t size, size_t *length, size_t *rest);

/* Code points in size bytes of valid UTF-8, and the byte offset of the code point with that index (size when beyond).
 */
size_t unicode_points(const char *text, size_t size);
size_t unicode_offset(const char *text, size_t size, size_t points);

#endif
