/* stale: which functions of earlier cells a redefinition makes stale, so that they must be built again. */
#ifndef OTO_STALE_H
#define OTO_STALE_H

#include "kernel/engine/session.h"
#include "kernel/engine/unit.h"

/* Finds those that use what the cell defines with another type, or may hold the old one inlined, and adds them to
 * plan->rebuilt, by number. */
void stale_find(struct plan *plan);

#endif
