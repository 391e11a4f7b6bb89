/* program: what a cell that defines main gets that other cells do not: it begins and ends like a process of its own,
 * and undefined behaviour that a terminal would let pass does not stop it. */
#ifndef OTO_WORKER_PROGRAM_H
#define OTO_WORKER_PROGRAM_H

#include "kernel/worker/load.h"

#pragma GCC visibility push(hidden)

/* From here on this process is that program; *loaded must stay until it ends. */
void program_begin(const struct loaded *loaded);
/* Calls its constructors and its main, with this process's environment, and ends with what main returns. */
[[noreturn]] void program_main(uintptr_t entry, int argument_count, char **arguments);
/* exit(code): runs atexit functions and destructors, flushes, reports, ends. */
[[noreturn]] void program_exit(int code);
/* quick_exit(code): runs at_quick_exit functions, reports, ends. */
[[noreturn]] void program_quick_exit(int code);
/* _exit(code): reports and ends. */
[[noreturn]] void program_exit_now(int code);

/* Whether this process is a program that goes on after undefined behaviour of that kind (UBSan's name for it). */
bool program_survives(const char *kind);
/* Tells the engine of it. */
void program_finding(const char *kind, const char *message, unsigned line, unsigned column);

#pragma GCC visibility pop
#endif
