/* suspicion: likely mistakes that the compiler has no warning for, or none that it finds here. */
#ifndef OTO_SUSPICION_H
#define OTO_SUSPICION_H

#include "kernel/engine/clang.h"
#include "kernel/engine/facts.h"

/* Adds warnings about what a cell says below a cursor (functions and the cell's statements) to the facts' diagnostics:
 *   -Wempty-body         if (x); and, before a block or an indented statement, for (...); and while (x); (the compiler
 *                        has it, but compares lines in a way that #line breaks)
 *   -Winteger-division   1 / 2 where a floating number is wanted: two integer constants that leave a remainder */
void suspicion_find(const struct clang *clang, CXCursor root, struct facts *facts);

#endif
