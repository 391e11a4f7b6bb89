/* define: what the parser found in a cell -> the session's definitions, and which functions of earlier cells must be
 * built again or bound to what is new. */
#ifndef OTO_DEFINE_H
#define OTO_DEFINE_H

#include "kernel/engine/session.h"
#include "kernel/engine/unit.h"

/* Finds the functions that a redefinition with another type makes stale, and adds them to plan->rebuilt. */
void define_find_rebuilt(struct plan *plan, bool fast);
/* Adds the cell's definitions to the names (names_mark was called before), and the lines of "rebind" and "keep" for the
 * worker. rebuilt: what the final text declares when it builds functions again; cell: its number; unit: the number of
 * the unit; object: as compiled. */
void define_all(struct session *session, struct plan *plan, const struct facts *rebuilt, int cell, int unit, bool fast,
                const struct object *object, struct text *rebind, struct text *keep);

#endif
