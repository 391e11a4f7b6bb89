/* symbolize: a program counter -> function and line of a cell, from the DWARF of the object that was loaded there. */
#ifndef OTO_SYMBOLIZE_H
#define OTO_SYMBOLIZE_H

#include <stdint.h>

#include "kernel/engine/locals.h"
#include "kernel/engine/session.h"

struct place {
    char *function; /* NULL at top level of a cell */
    char *file;     /* "cell", "cell:3", or another file */
    int cell;       /* number of the cell, 0 when it is no cell's code */
    int line, column;
    char *locals; /* "i = 5, n = 4", or NULL */
};

/* Fills *place; false when the address is not in cell code. stopped: what is known of the process, for the locals (the
 * base pointer is found out here); NULL, or its pid 0, for no locals. */
bool symbolize(const struct session *session, uint64_t address, const struct stopped *stopped, struct place *place);
void place_free(struct place *place);
/* The function that cell code calls just before a return address, as the linker knows it; malloc'd, or NULL. */
char *symbolize_call(const struct session *session, uint64_t return_address);

/* Whether the sanitizer's check around an address of cell code stands before a write, and not before a read. */
bool symbolize_checks_write(const struct session *session, uint64_t address);

#endif
