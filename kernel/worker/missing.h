/* missing: names that code refers to though nothing defines them yet, as a function declared in one cell and defined in
 * a later one. Each has a place of its own where nothing may be read, written or executed, so that using the name
 * before it is defined is a fault that tells which name it was. */
#ifndef OTO_WORKER_MISSING_H
#define OTO_WORKER_MISSING_H

#include "kernel/worker/symbols.h"

#pragma GCC visibility push(hidden)

/* Points the symbol at a place of its own. False: there is no room for more such names. */
bool missing_enter(struct symbol *symbol);
/* Whether what the symbol means is such a place. */
bool missing_is(const struct symbol *symbol);
/* The symbol whose place holds address, or NULL. Safe in signal handlers. */
const struct symbol *missing_at(uintptr_t address);
/* When a call went to a place whose name has been defined since (through a function pointer that was taken before),
 * lets the thread go on in the function. For the SIGSEGV handler; context: the thread's. */
bool missing_go_on(void *context);

#pragma GCC visibility pop
#endif
