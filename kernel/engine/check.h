/* check: what a stretch of C may not do although each of its parts is good C. False: the outcome tells. */
#ifndef OTO_CHECK_H
#define OTO_CHECK_H

#include "kernel/engine/understand.h"

/* It uses no variable whose type has changed since, or changes in this very stretch: a unit does not declare such, so
 * that the parser misses it. */
bool check_stale(struct session *session, const struct code *code, const struct plan *plan, const struct facts *facts,
                 struct cell_outcome *outcome);
/* It does not return at top level. */
bool check_returns(struct session *session, const struct code *code, const struct plan *plan, const struct facts *facts,
                   struct cell_outcome *outcome);
/* Functions of earlier cells that are built again in the final text still compile; *facts is what it declares, the
 * caller frees it. */
bool check_rebuilt(struct session *session, const struct code *code, const struct flavour *flavour,
                   const struct text *final, struct facts *facts, struct cell_outcome *outcome);

#endif
