/* suspicion: likely mistakes that the compiler has no warning for, or none that it finds here. */
#ifndef OTO_SUSPICION_H
#define OTO_SUSPICION_H

#include "kernel/engine/clang.h"
#include "kernel/engine/facts.h"

/* Adds warnings about what a cell says below a cursor (functions and the cell's statements) to the facts' diagnostics:
 *   -Wempty-body         if (x); and, before a block or an indented statement, for (...); and while (x); (the compiler
 *                        has it, but compares lines in a way that #line breaks)
 *   -Winteger-division   where a floating number is wanted: 1 / 2, two integer constants that leave a remainder; sum / n
 *                        and (a + b) / 2 of integers; not x / 2
 *   -Wxor-used-as-pow    x ^ 2 or x ^ 3 of a signed variable (the compiler has it for constants)
 *   -Wchar-from-getchar  char c = getchar()
 *   -Wfeof-loop          while (!feof(f)) with no other way out */
void suspicion_find(const struct clang *clang, CXCursor root, struct facts *facts);

#endif
