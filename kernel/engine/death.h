/* death: how a run of a cell ended, when it did not end well -> an error that a student can act on. */
#ifndef OTO_DEATH_H
#define OTO_DEATH_H

#include "kernel/engine/process.h"
#include "kernel/engine/session.h"
#include "kernel/engine/text.h"

/* What the dying process showed: collected while its memory can still be read. */
struct sighting {
    const struct session *session;
    int number;         /* the cell */
    bool fast;          /* the innermost code of a cell was compiled without checks */
    bool leads_nowhere; /* the misaligned address in question is no memory of the process */
    bool checks_write;  /* the check that faulted stands before a write */
    bool in_top_level;  /* the variable in question is one of a block at a cell's top level */
    struct text trace;
    char *first_place; /* "line 3 in f", of the innermost frame in a cell */
    char *folded;      /* "f" or "f and g", the functions that repeat, of a runaway recursion */
    char *sites;       /* where a block was allocated and freed, or a variable declared */
    char *called;      /* the library function in which it happened, or NULL when it was the cell's own code */
};
void sighting_look(void *sighting, const struct oto_record *fault, pid_t pid);
void sighting_free(struct sighting *sighting);

/* The outcome of a run that did not end well. */
void report_run(const struct session *session, const struct run_result *result, struct sighting *sighting, int number,
                struct cell_outcome *outcome);

/* ename (static) and sentence (malloc'd) of a FAULT or a FINDING. */
char *death_sentence(const struct oto_record *fault, const struct sighting *sighting, const char **ename);

#endif
