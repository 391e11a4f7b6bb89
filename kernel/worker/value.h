/* value: writes a C value as text, given a description of its type (the engine makes it from the AST).
 *
 *     i1 i2 i4 i8 i16    signed integers by bytes          u1 ... u16   unsigned
 *     c                  char, shown as 'a'                b            bool
 *     f4 f8 f16          float, double, long double        z4 z8 z16    complex of these
 *     s                  char *, shown as "text" or NULL   p{int *}     another pointer, with its spelling
 *     F{double f(double)}  a function, by its declaration  v            void
 *     a12[T]             array of 12 T (char arrays show as text when they hold a NUL)
 *     e4{RED=0,BLUE=6}   enum of 4 bytes (signed)
 *     r24{x@0:f8;n@8:i4;flags@12#3+5:u4}   struct or union of 24 bytes: member@offset:T; a bit-field has #bit+width
 *                                          (bit offset from the member's byte offset); an unnamed member has no name
 * In a { } text a brace or backslash of the text itself is preceded by a backslash.
 */
#ifndef OTO_VALUE_H
#define OTO_VALUE_H

#include <stddef.h>

/* Freshly allocated text (caller frees), or NULL when the description is malformed. Memory that cannot be read shows
 * as <unreadable>; nothing is dereferenced without asking the system first. Floats: shortest text that reads back,
 * 4.0 shows 4.0; arrays past 100 elements are cut in the middle and say their length. */
char *value_format(const void *address, const char *type);

/* Called by generated code at the end of a cell: sends OTO_RECORD_RESULT with text/plain. */
void oto_cell_result(const void *address, const char *type);

#endif
