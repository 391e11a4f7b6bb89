/* beside: runs a program beside the session, in the working folder of the session's process. */
#ifndef OTO_BESIDE_H
#define OTO_BESIDE_H

#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"

/* What the program prints goes to the cell, or its stdout to captured. An interrupt, and what it
 * takes past a limit of cells, end it, and are then the cell's outcome. status: as waitpid gives it. False, with errno,
 * when it could not be started. */
bool beside_run(struct cell_run *run, char *const *arguments, int *status, struct text *captured);
/* The working folder of the session's process, which student code may have changed: a descriptor, or -1 with errno. */
int beside_folder(const struct cell_run *run);

#endif
