/* The engine's one door: cells go in, outcomes come out. It knows no Jupyter and runs no student code itself. */
#ifndef OTO_CELL_H
#define OTO_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/engine/limits.h"
#include "lib/record/record.h"

struct session;

/* A variable of the session. */
struct session_variable {
    char *name, *type, *value; /* type and value as text; value NULL when it was not asked for */
    uint64_t address;          /* in the session's process */
};

/* A debugger of the host's. All are called on the thread that runs the cell, file and is_on from anywhere. */
struct cell_debugger {
    void *context;
    bool (*is_on)(void *context);
    /* The file under which the debugger knows a cell of that source, malloc'd: always the same for the same text. */
    char *(*file)(void *context, const char *source);
    /* A cell is about to run in process pid, which waits; returns whether the debugger watches it. */
    bool (*attach)(void *context, int pid, const struct session_variable *variables, size_t count);
    /* The cell that it watches has ended, or died. */
    void (*detach)(void *context);
};

/* Services that stand ready for one session (reserve.h): sockets, which are the session's then. */
struct session_services {
    int parser, compiler;
    const char *flags; /* that both were started with: reserve_flags. Other flags get services of their own. */
};

struct session_options {
    const char *working_directory;        /* of the worker; NULL: this process's */
    struct limits limits;                 /* of a cell; begin with limits_default */
    struct limits most;                   /* what cells may raise them to with %config; 0: as they like */
    const struct cell_debugger *debugger; /* or NULL; must live as long as the session */
    const char *const *environment;       /* extra NAME=VALUE for the worker, NULL-terminated; or NULL. Copied. */
    bool learns;                          /* what it parses and compiles is kept for session_learned */
    bool no_snapshots; /* cells run in the session's own process, which saves the fork of each: one that fails takes the
                          session with it (the outcome's `spoilt`) */
    bool thrifty;      /* nothing is got ready ahead of cells: they take longer, and less of the processors */
    const struct session_services *services; /* or NULL: it starts its own; must live as long as the session */
    bool numbered; /* each cell is run once, in the order of their numbers: what the compiler sees of one does not
                      depend on how many parts those before it took */
};

/* What a running cell calls back; every pointer but context may be NULL. All are called on the thread that runs the
 * cell, in the order in which things happened. */
struct cell_host {
    void *context;
    /* which: 1 stdout, 2 stderr; bytes as the program wrote them */
    void (*stream)(void *context, int which, const char *bytes, size_t size);
    /* RESULT, DISPLAY, CLEAR, OBSERVATION; a DISPLAY with `page` 1 is to be read beside the notebook, one with
     * `replace` 1 to be written into the cell */
    void (*record)(void *context, const struct oto_record *record);
    /* The program wants a line. Returns a malloc'd line (with or without newline), or NULL for end of file. */
    char *(*input)(void *context, const char *prompt, bool secret);
    /* A check waits before or behind calls that are measured from outside (MEASURE): adds what the answer says. */
    void (*measure)(void *context, const struct oto_record *at, struct oto_record *answer);
};

enum cell_status { CELL_OK, CELL_ERROR };

struct cell_outcome {
    enum cell_status status;
    char *ename, *evalue; /* the table in the cell language; NULL when ok */
    char **traceback;     /* lines with ANSI colours */
    size_t traceback_count;
    bool exited; /* by exit(0): what stands behind it did not run, and what it did stays */
    bool spoilt; /* without snapshots: what it left half done stays, so close the session */
};

struct completions {
    size_t start, end; /* bytes of the source that a match replaces */
    size_t count;
    struct completion {
        char *text, *type, *signature; /* type: function, variable, member, macro, type, magic, path, keyword */
    } *items;
};

enum completeness { CELL_COMPLETE, CELL_INCOMPLETE, CELL_INVALID };

/* Starts a session: returns at once, compiler and worker come up behind. NULL with a malloc'd *error on failure. */
struct session *session_open(const struct session_options *options, char **error);
void session_close(struct session *session);
/* From the next cell on: %config mode, %cflags and %ldflags change nothing, and say so: they would change what
 * the cells behind mean. %fast is a cell's own, and may stay. */
void session_hold_settings(struct session *session, bool hold);

/* Runs one cell, known to the user as [number]. Fills *outcome (release with cell_outcome_free). */
void cell_run(struct session *session, const char *source, size_t length, int number, const struct cell_host *host,
              struct cell_outcome *outcome);
/* Passes on what programs that earlier cells left running have printed since. */
void session_drain(struct session *session, const struct cell_host *host);
void cell_outcome_free(struct cell_outcome *outcome);

/* From any thread. Interrupts the cell, or the expression, that runs or else the next one, whatever it is at: what the
 * host knows to be over must be followed by session_forget_interrupt, or another one pays for it. */
void session_interrupt(struct session *session);
void session_forget_interrupt(struct session *session);

/* What the session parsed and compiled since it was last asked (malloc'd; NULL: nothing), and another session of the
 * same installation that need not do it again where it comes to the same text. What is taught decides what is run. */
char *session_learned(struct session *session, size_t *size);
void session_teach(struct session *session, const void *bytes, size_t size);

/* The editor's questions, from any thread. While a cell is being compiled they wait for it; while its code runs they
 * are answered, but for the values of variables. */
enum completeness cell_is_complete(struct session *session, const char *source, size_t length, char **indent);
void cell_complete(struct session *session, const char *source, size_t length, size_t cursor, struct completions *out);
void completions_free(struct completions *completions);
/* Malloc'd text about the name at the cursor, or NULL. detail 1 adds the source. */
char *cell_inspect(struct session *session, const char *source, size_t length, size_t cursor, int detail);

/* The session's variables, for a debugger; none while a cell's code runs. Their number; release with variables_free. */
size_t session_variables(struct session *session, bool with_values, struct session_variable **list);
void variables_free(struct session_variable *list, size_t count);

/* What the code of a cell refers to, for rules about it: calls back for each function or variable of a header or
 * library (cell 0), each function or variable that another cell has defined (with that cell's number), and each kind of
 * statement in its functions (cell 0: "for", "while", "do", "goto", "switch", "asm", "recursion"). By what the parser
 * understood and by the symbols of the objects, so that a macro, a pointer or an assembler name hides nothing. A name
 * may come more than once. "recursion": calls from a function of the cell can come back to it. "=x" with a cell's
 * number: the cell defines x, which that one had defined, as a function or macro, in other words; with cell 0: it
 * defines x, which is called as the library's names are. "#x" (cell 0): the cell has defined the macro x. */
void session_uses(struct session *session, int cell, void (*use)(void *context, const char *name, int cell),
                  void *context);

/* Evaluates one C expression (user_expressions) and hands its value to `result` as a RESULT record; a void expression
 * has none. It leaves neither names nor changes of memory behind. False when it fails; fills *outcome (release with
 * cell_outcome_free). */
bool session_evaluate(struct session *session, const char *expression,
                      void (*result)(void *context, const struct oto_record *record), void *context,
                      struct cell_outcome *outcome);

#endif
