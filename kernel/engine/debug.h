/* debug: what the engine does for a debugger of the host (cell.h). A debugger tells lines by files, so while it is on a
 * unit's #line names files of the debugger's instead of "cell" and "cell:3"; reports turn them back. */
#ifndef OTO_DEBUG_H
#define OTO_DEBUG_H

#include <stdbool.h>

#include "kernel/engine/session.h"

bool debug_is_on(const struct session *session);
/* A unit's final text as the debugger is to see it, malloc'd. cell: the number of the cell it belongs to. */
char *debug_text(const struct session *session, const char *text, int cell);
/* The cell that a file of the debugger's stands for: likely, or another with that source; 0 when it is none. */
int debug_cell_of_file(const struct session *session, const char *file, int likely);
/* Around what runs of a cell: attach when its process is there, detach before that is committed or given up. */
void debug_attach(struct session *session);
void debug_detach(struct session *session);
/* What session_variables (cell.h) gives, for those who hold the session already. */
size_t debug_variables(struct session *session, bool with_values, struct session_variable **list);

#endif
