/* code: runs one stretch of C of a cell inside the open transaction: parse, define, compile, run. */
#ifndef OTO_CODE_H
#define OTO_CODE_H

#include "kernel/engine/session.h"

struct code {
    const char *source;
    size_t length;
    int first_line; /* line of the cell at which the source begins */
    int number;     /* of the cell */
    enum mode mode;
    const char *prologue, *epilogue; /* C text run around it, or NULL */
    bool quiet;                      /* no display of warnings */
};

enum code_end {
    CODE_DONE,
    CODE_FAILED,  /* the outcome tells; roll back */
    CODE_STOPPED, /* interrupted cleanly: the outcome tells; what was done stays */
    CODE_EXITED   /* exit(0): what was done stays, what follows in the cell does not run */
};

/* begun: whether the worker's transaction is open; opened when first needed. */
enum code_end code_run(struct session *session, const struct code *code, const struct cell_host *host, bool *begun,
                       struct cell_outcome *outcome);
/* Says what code_run would refuse before it runs anything. The names are defined, though nothing is there to be meant
 * by them: the caller takes them back. */
bool code_check(struct session *session, const struct code *code, struct cell_outcome *outcome);
/* A cell that defines main: built and run as a program of its own. */
bool code_is_program(struct session *session, const char *source, size_t length);
enum code_end program_run(struct session *session, const struct code *code, const struct cell_host *host, bool *begun,
                          struct cell_outcome *outcome);
/* Loads an object in the worker and runs it. */
enum code_end object_run(struct session *session, const struct code *code, const struct object *object,
                         struct run_request *request, const struct cell_host *host, bool *begun,
                         struct cell_outcome *outcome);
/* What the compiler says though the parser was content, as the cell's error. Only lines about the cell are for the
 * user.
 */
void report_compiler(struct session *session, const struct code *code, enum compile_end end, const char *errors,
                     struct cell_outcome *outcome);
/* Splits with the session's types and macros. */
struct items;
void session_split(struct session *session, const char *source, size_t length, struct items *items);
/* Sends the warnings among diagnostics to the host. */
void show_warnings(struct session *session, const struct facts *facts, int number, const struct cell_host *host);

#endif
