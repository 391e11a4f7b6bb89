/* symbols: every global name that cell code refers to, once for the whole session.
 *
 * A name owns a slot, a pointer to what the name means now. Cell code reaches variables and function pointers through
 * the slot and calls through a stub that jumps where the slot points, so changing the slot redirects every unit loaded
 * before: that is how a redefined function reaches its old callers. */
#ifndef OTO_WORKER_SYMBOLS_H
#define OTO_WORKER_SYMBOLS_H

#include "kernel/worker/worker.h"

struct symbol {
    char *name;
    uintptr_t *slot; /* in the arena; NULL until code needs it */
    void *stub;      /* likewise */
    uintptr_t address;
    size_t size;           /* 0 when unknown */
    bool defined;          /* by a cell; otherwise found outside */
    struct symbol *before; /* of a function: the one defined before it */
};

#pragma GCC visibility push(hidden)

struct symbol *symbols_find(const char *name);
/* The entry of that name, made when there is none (then it is not defined and its address 0). NULL: no memory. */
struct symbol *symbols_enter(const char *name);
/* A cell defines the name: it means address from now on. */
void symbol_define(struct symbol *symbol, uintptr_t address, size_t size, bool function);
/* The function defined last, or NULL. */
struct symbol *symbols_newest_function(void);
/* Forgets all functions that were defined since that one was the newest; nothing may refer to them. */
void symbols_release_functions(struct symbol *mark);
/* Points the name, and all code that uses it, at address. */
void symbol_point(struct symbol *symbol, uintptr_t address);
/* What the name means now. */
uintptr_t symbol_address(const struct symbol *symbol);
/* The symbol's slot and stub, made on first use; NULL when the arena is full. */
uintptr_t *symbol_slot(struct symbol *symbol);
void *symbol_stub(struct symbol *symbol);

/* Looks outside the session: the worker's overrides, then the process's libraries. 0 when nobody defines it. */
uintptr_t symbols_outside(const char *name);

/* Where cell code last called out of the session: libraries keep no frame pointers, so a walk that begins in one
 * finds the cell's frame here. The stubs of outside functions write it. */
struct call_out {
    uintptr_t fp, pc, sp; /* pc: the return address; sp: as the callee found it */
};
extern struct call_out symbols_call_out;

/* Code that jumps where *slot points, and before that, when call_out is not NULL, notes its caller there. NULL when
 * the arena is full. Each machine has its own (relocate_*.c). */
void *stub_make(uintptr_t *slot, struct call_out *call_out);

#pragma GCC visibility pop
#endif
