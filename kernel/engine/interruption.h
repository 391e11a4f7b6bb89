/* interruption: the wish that the running cell stop, told by any thread to whoever works on the cell: the worker, the
 * compiler, the parser, a command beside it. It holds from interruption_ask to interruption_forget. */
#ifndef OTO_INTERRUPTION_H
#define OTO_INTERRUPTION_H

#include <stdatomic.h>
#include <stdbool.h>

#include "kernel/engine/service.h"

struct interruption {
    atomic_bool asked;
    int wake; /* eventfd: becomes readable when it is asked; -1: none could be had */
};

void interruption_open(struct interruption *interruption);
void interruption_close(struct interruption *interruption);
/* From any thread. */
void interruption_ask(struct interruption *interruption);
void interruption_forget(struct interruption *interruption);
bool interruption_asked(const struct interruption *interruption);
/* Makes wake unreadable again: it has been noticed. */
void interruption_notice(struct interruption *interruption);
/* To be stopped by it while a service answers. */
struct stop_wish interruption_wish(struct interruption *interruption);

#endif
