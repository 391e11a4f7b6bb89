/* literals: compound literals of a cell's own level, (int[]){a, b} and &(struct point){x, 1}. In a file such an object
 * lives as long as the program; in a cell as long as the session, though its values are computed when the cell runs. */
#ifndef OTO_LITERALS_H
#define OTO_LITERALS_H

#include <stddef.h>

#include "kernel/engine/text.h"

/* Adds an expression or initialiser with each compound literal in it kept in storage that lasts; each line stays where
 * it was. copied: when all of it is one literal, that one is copied into a variable (an array's initialiser must be a
 * literal itself) and need not last. Statement expressions keep what is theirs: their blocks end. */
void literals_add_lasting(struct text *out, const char *text, size_t length, bool copied);
/* How long the head of a literal is, the type in brackets, when all of an initialiser is one; else 0. */
size_t literals_head(const char *text, size_t length);
/* Gives the literals of an initialiser values that are constants: for a parser that is to count them. */
void literals_make_constant(char *text, size_t length);

#endif
