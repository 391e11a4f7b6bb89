/* fault: the ways in which a cell dies, and what is said of them (FAULT in protocol.h). */
#ifndef OTO_WORKER_FAULT_H
#define OTO_WORKER_FAULT_H

#include <signal.h>

#include "kernel/worker/worker.h"

/* The library refused: ends the cell with message (OTO_RECORD_REFUSAL). Called by lib/ through a weak name. */
[[noreturn]] void oto_refuse_host(const char *message);

#pragma GCC visibility push(hidden)

/* Once, at start-up: the sanitizers' hooks. False with errno. */
bool fault_open(void);
/* At the start of each cell: the signal handlers and the stack they run on. */
void fault_install(void);

/* Each says what happened at pc in the frame fp (0, 0: nowhere in particular), waits for CONTINUE, ends the process. */
[[noreturn]] void fault_exit(int code, uintptr_t pc, uintptr_t fp);
[[noreturn]] void fault_abort(const char *text, const char *file, unsigned line, const char *function, uintptr_t pc,
                              uintptr_t fp);
[[noreturn]] void fault_memory(uintptr_t pc, uintptr_t fp);
/* The same, to be called by what lib/ calls: its functions keep no frame pointers. */
[[noreturn]] void fault_memory_of_library(void);
[[noreturn]] void fault_processes(int64_t limit, int64_t used, uintptr_t pc, uintptr_t fp);

/* What the cell gives free or realloc at the moment, NULL otherwise: a fault inside them is about that pointer. */
extern _Thread_local void *fault_releasing;
/* fault_releasing points at nothing that could be freed. */
[[noreturn]] void fault_release(uintptr_t pc, uintptr_t fp, uintptr_t sp);

/* For the files that know one kind of fault: begin (returns once, for the first thread that comes; a forked child of
 * the cell dies here), add fields, finish. sp and link as in frames.h. */
void fault_begin(const char *what);
[[noreturn]] void fault_finish(uintptr_t pc, uintptr_t fp, uintptr_t sp, uintptr_t link);

/* The sanitizers' part (sanitizer.c). */
bool sanitizer_open(void);
/* In a process that was forked without the handlers of fork. */
void sanitizer_forked(void);
/* Instead of AddressSanitizer's __asan_register_globals in a cell's code: registers them when the constructor that
 * calls it has returned, and sanitizer_register_globals is called. */
void sanitizer_note_globals(void *globals, uintptr_t count);
void sanitizer_register_globals(void);

#pragma GCC visibility pop
#endif
