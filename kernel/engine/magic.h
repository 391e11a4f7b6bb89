/* magic: lines that begin with % or !, where an item may begin. */
#ifndef OTO_MAGIC_H
#define OTO_MAGIC_H

#include "kernel/engine/code.h"
#include "kernel/engine/session.h"

/* What a running cell and its magics share. */
struct cell_run {
    struct session *session;
    int number;
    const struct cell_host *host;
    struct cell_outcome *outcome;
    enum mode mode;
    bool begun;              /* the worker's transaction is open */
    bool keep_nothing;       /* a program: abandon at the end */
    bool ended;              /* exit(0): nothing more of the cell runs */
    bool checking;           /* C is only looked at for what is wrong */
    bool reset, undo;        /* asked for by a magic; done when the transaction is closed */
    bool spoilt;             /* as the outcome's */
    struct names_log before; /* what the cell before did to the names: for %undo */
    int first_unit_before;   /* and which units it loaded */
};

/* What stands behind a magic's name, for whoever completes it. */
enum magic_argument {
    ARGUMENT_NONE,
    ARGUMENT_CODE,
    ARGUMENT_NAME,     /* of the session, the library or a header */
    ARGUMENT_FUNCTION, /* of the session */
    ARGUMENT_FILE,
    ARGUMENT_SETTING,
    ARGUMENT_FLAGS
};

/* A magic as it stands in a cell. Texts are NUL-terminated. */
struct magic_call {
    const char *rest; /* what follows the name on its line, blanks at both ends taken off */
    int line, column; /* of rest in the cell: lines from 1, columns from 0 */
    const char *body; /* the lines after it, when they are its argument; else NULL */
};

struct magic {
    const char *name;  /* without % */
    const char *usage; /* what follows the name */
    const char *help;
    enum magic_argument argument;
    bool whole_cell; /* %%name: the rest of the cell is its argument */
    bool line;       /* %name */
    bool (*run)(struct cell_run *run, const struct magic_call *call);
};

/* The magic with that name (bytes), or NULL. */
const struct magic *magic_find(const char *name, size_t length);
/* All of them, by index; NULL past the last. */
const struct magic *magic_at(size_t index);
/* What %help says of it, malloc'd. */
char *magic_describe(const struct magic *magic);
/* The settings of %config, by index, and the words one may be set to (NULL: a number); NULL past the last. */
const char *magic_setting(size_t index, const char *const **words);

/* Runs the magic line that stands at `at`; *end is set behind what it took. False when the cell failed. */
bool magic_run_line(struct cell_run *run, const char *source, size_t length, size_t at, size_t *end);
/* The same while the cell is only looked at: past a magic that shows something, into one that runs C; behind any other,
 * such as a command of the shell, nothing can be known before it has run. */
bool magic_check_line(struct cell_run *run, const char *source, size_t length, size_t at, size_t *end);
/* The start of the next magic line at or behind `from`, or length. session: whose names are C rather than commands
 * behind a !. */
size_t magic_next(struct session *session, const char *source, size_t length, size_t from);

/* The source with all that is no C blanked, malloc'd: magic lines but for the code behind %time and the like, and the
 * text of a file. */
char *magic_code_view(struct session *session, const char *source, size_t length);
/* The magic line that the cursor is in: *name is where its % or ! stands, *rest where its argument begins. NULL for a
 * command or an unknown name; *name is (size_t)-1 when the cursor is in no such line. */
const struct magic *magic_at_cursor(struct session *session, const char *source, size_t length, size_t cursor,
                                    size_t *name, size_t *rest);

/* In cell.c. Back to before the last cell, or, behind other code, to before this one. False when the cell failed. */
bool cell_undo(struct cell_run *run);
/* A stretch of C of this cell. */
bool cell_run_code(struct cell_run *run, const char *source, size_t length, int first_line, const char *prologue,
                   const char *epilogue);

#endif
