/* define: what the parser found in a cell -> the session's definitions, and which of earlier cells are bound to what is
 * new. */
#ifndef OTO_DEFINE_H
#define OTO_DEFINE_H

#include "kernel/engine/session.h"
#include "kernel/engine/unit.h"

/* Adds the cell's definitions to the names (names_mark was called before), and the lines of "rebind" and "keep" for the
 * worker. rebuilt: what the final text declares when it builds functions again; cell: its number; unit: the number of
 * the unit; object: as compiled. */
void define_all(struct session *session, struct plan *plan, const struct facts *rebuilt, int cell, int unit, bool fast,
                const struct object *object, struct text *rebind, struct text *keep);

#endif
