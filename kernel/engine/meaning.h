/* meaning: what a type is, however it was written: struct p { int x, y; } means what struct p { int x; int y; } does.
 */
#ifndef OTO_MEANING_H
#define OTO_MEANING_H

#include "kernel/engine/clang.h"

/* Equal for two types with equal names, members (name, type, place), constants and lengths, also of the types that they
 * contain or point at; the types of system headers count by their names. malloc'd, short. */
char *meaning_of(CXType type);

#endif
