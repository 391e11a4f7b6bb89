/* symbolize: a program counter -> function and line of a cell, from the DWARF of the object that was loaded there. */
#ifndef OTO_SYMBOLIZE_H
#define OTO_SYMBOLIZE_H

#include <stdint.h>
#include <sys/types.h>

#include "kernel/engine/session.h"

struct place {
    char *function; /* NULL at top level of a cell */
    char *file;     /* "cell", "cell:3", or another file */
    int cell;       /* number of the cell, 0 when it is no cell's code */
    int line, column;
    char *locals; /* "i = 5, n = 4", or NULL */
};

/* Fills *place; false when the address is not in cell code. frame: the frame pointer there, and pid: a process whose
 * memory may be read for the locals, or 0. */
bool symbolize(const struct session *session, uint64_t address, uint64_t frame, pid_t pid, struct place *place);
void place_free(struct place *place);

#endif
