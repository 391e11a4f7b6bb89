/* debugger: JupyterLab's debugger for cells of C. debug_request carries requests of the Debug Adapter Protocol; what
 * concerns cells as texts (dumpCell, breakpoints, sources) is answered here, what concerns a stopped program goes to
 * lldb-dap. It watches one cell at a time: it attaches to the worker's process when a cell is about to run and there
 * is something to stop at, and lets go when the cell ends. A thread of its own answers, so nothing waits for it but the
 * cell that it is to watch. */
#ifndef OTO_DEBUGGER_H
#define OTO_DEBUGGER_H

#include <stdbool.h>

#include "kernel/engine/cell.h"
#include "kernel/request.h"

struct debugger;

/* NULL when memory or a thread is not to be had. */
struct debugger *debugger_new(struct kernel *kernel);
/* Ends the thread and lets a watched cell go. */
void debugger_free(struct debugger *debugger);

/* What the session is to ask (cell.h). Lives as long as the debugger. */
const struct cell_debugger *debugger_hooks(struct debugger *debugger);

/* Takes a debug_request over and answers it: busy, debug_reply, idle. False when memory ran out (then it is not taken).
 */
bool debugger_take(struct debugger *debugger, struct message *message);
/* The requests about the session's variables while no cell runs: the queue's thread answers them with the engine. */
bool debugger_wants_session(const struct message *message);
json_t *debugger_inspect(struct request *request);

#endif
