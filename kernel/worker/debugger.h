/* debugger: tells a debugger that attaches to the worker where a unit's code lies, by the interface for code that was
 * made at run time (GDB's and LLDB's "JIT interface"): a list of objects in memory whose section headers hold the
 * addresses, and a function with a known name that is called when the list grows. */
#ifndef OTO_WORKER_DEBUGGER_H
#define OTO_WORKER_DEBUGGER_H

#include "kernel/worker/load.h"

#pragma GCC visibility push(hidden)

/* Keeps a copy of the unit's object for as long as the process lives. False: no memory. */
bool debugger_register(const void *object, size_t size, const struct loaded *loaded);

#pragma GCC visibility pop
#endif
