/* report: diagnostics, signals and sanitizer reports -> errors that a student can act on. */
#ifndef OTO_REPORT_H
#define OTO_REPORT_H

#include "kernel/engine/parse.h"
#include "kernel/engine/process.h"
#include "kernel/engine/session.h"
#include "kernel/engine/text.h"

/* Makes the outcome an error; evalue and traceback are built from what follows. */
void outcome_fail(struct cell_outcome *outcome, const char *ename, char *evalue);
/* Adds lines (separated by newlines) to the traceback. */
void outcome_trace(struct cell_outcome *outcome, const char *lines);

/* A compile error from the errors among diagnostics. number, source: of the cell. Diagnostics in functions of earlier
 * cells are named with their cell. */
void report_compile_error(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number,
                          struct cell_outcome *outcome);
/* A compile error from what the compiler wrote on stderr, though the parser was content. */
void report_compiler_output(const struct session *session, const char *said, int number, struct cell_outcome *outcome);
/* A compile error with one line of the engine's own; takes message. */
void report_refusal(const struct session *session, int number, int line, char *message, const char *hint,
                    struct cell_outcome *outcome);
/* The warnings among diagnostics as plain text, malloc'd; NULL when there are none. */
char *report_warnings(const struct session *session, const struct diagnostic *diagnostics, size_t count, int number);

#endif
