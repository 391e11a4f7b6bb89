/* value: writes a C value as text, given a description of its type (the engine makes it from the AST).
 *
 *     i1 i2 i4 i8 i16    signed integers by bytes          u1 ... u16   unsigned
 *     n17+4 N17+4        _BitInt of 17 bits in 4 bytes, unsigned _BitInt
 *     c                  char, shown as 'a'                b            bool
 *     f2 f4 f8 f16       _Float16, float, double, long double           h2 q16   __bf16, __float128
 *     zf8 zi4            complex of these: 1 + 2i
 *     s                  char *, shown as "text" or NULL   p{int *}     another pointer, with its spelling
 *     wL wu wU           wchar_t *, char16_t *, char32_t *, shown as L"text"
 *     kLi4 kuu2 kUu4     these characters themselves, shown as numbers; arrays of them show as text
 *     F{double f(double)}  a function, by its declaration  v            void
 *     a12[T]             array of 12 T (arrays of characters show as text when they hold a NUL)
 *     e4{RED=0,BLUE=6}   enum of 4 bytes (signed)          E4{...}      unsigned
 *     r24{x@0:f8;n@8:i4;flags@12#3+5:u4}   struct or union of 24 bytes: member@offset:T; a bit-field has #bit+width
 *                                          (bit offset from the member's byte offset); an unnamed member has no name
 * In a { } text a brace or backslash of the text itself is preceded by a backslash.
 */
#ifndef OTO_VALUE_H
#define OTO_VALUE_H

#include <stddef.h>

/* Freshly allocated text (caller frees), or NULL when the description is malformed. Memory that cannot be read shows
 * as <unreadable>, memory that the checked mode knows to be freed or nobody's too; nothing is dereferenced without
 * asking the system first. Floats: shortest text that reads back, 4.0 shows 4.0; arrays past 100 elements are cut in
 * the middle and say their length. */
char *value_format(const void *address, const char *type);

/* Called by generated code at the end of a cell: sends OTO_RECORD_RESULT with text/plain. */
void oto_cell_result(const void *address, const char *type);

#endif
