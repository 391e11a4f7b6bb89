/* member_names: members of the headers' structs whose names the session uses for something of its own, as in
 * (OtoMelOptions){.fmin = fmin}. A unit writes the session's fmin by a macro; where the member is meant, the macro is
 * set aside: _Pragma("pop_macro(\"fmin\")") before and behind the name, for states that add_own_name has pushed. Pure.
 */
#ifndef OTO_MEMBER_NAMES_H
#define OTO_MEMBER_NAMES_H

#include "kernel/engine/facts.h"
#include "kernel/engine/unit.h"

/* The source with such members marked where the parser has missed them, malloc'd; NULL when it has missed none. */
char *member_names_marked(const struct plan *plan, const struct facts *facts);
/* How often a text marks a member of that name. */
size_t member_names_count(const char *text, const char *name);

#endif
