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
    bool begun;        /* the worker's transaction is open */
    bool keep_nothing; /* a program: abandon at the end */
    bool ended;        /* exit(0): nothing more of the cell runs */
    bool checking;     /* C is only looked at for what is wrong */
    bool reset, undo;  /* asked for by a magic; done when the transaction is closed */
};

/* One magic line; rest: what follows the name on its line. body: the lines after it, for %%writefile. False when the
 * cell failed. */
bool magic_run(struct cell_run *run, const char *name, const char *rest, int line);
bool magic_write_file(struct cell_run *run, const char *file, const char *body, int line);
bool magic_shell(struct cell_run *run, const char *command);
/* Writes to the cell's stdout. */
void magic_print(struct cell_run *run, const char *text);
/* The names of all magics, NULL-terminated, with % in front. */
const char *const *magic_names(void);

/* In cell.c: a stretch of C of this cell. */
bool cell_run_code(struct cell_run *run, const char *source, size_t length, int first_line, const char *prologue,
                   const char *epilogue);

#endif
