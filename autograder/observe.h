/* observe: runs a notebook's code cells in a sandbox and collects what its checks saw. This is the trusted end of the
 * conversation in job.h: everything that arrives is bounded, and none of it is believed. */
#ifndef GRADER_OBSERVE_H
#define GRADER_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "autograder/notebook.h"
#include "autograder/sandbox.h"
#include "lib/record/record.h"

struct observed_cell {
    bool ran;                                  /* false: a cell without code, or one that was never reached */
    bool failed;                               /* it ended in an error */
    char *ename, *evalue, *traceback, *output; /* NULL where there is none */
    char *uses;                                /* what its code refers to (job.h), or NULL */
    char *learned;                             /* what compiling it found out (job.h), or NULL */
    size_t learned_size;
    struct oto_record *observations; /* of the instructor's cells only */
    size_t count, capacity, bytes;
};

/* One entry a cell of the notebook. */
struct observed {
    size_t count;
    struct observed_cell *cells;
};

struct observe_request {
    const struct notebook *notebook;
    int64_t seed;
    const char *files; /* folder of files that the exercise ships, or NULL */
    const struct sandbox_limits *limits;
    int slot;   /* of the sandbox */
    bool demos; /* run the cells that only show something as well */
    bool learn; /* keep what is found out while the instructor's cells are compiled: the notebook is all trusted */
    const struct observed *known; /* of a run that learned: its own cells are not compiled again; or NULL */
};

/* False with a malloc'd *error when the sandbox or the engine did not work: that says nothing about the notebook. A
 * cell that ends the whole sandbox costs that cell: the notebook is run again without it, at most RESTARTS_MAX times.
 */
bool observe(const struct observe_request *request, struct observed *observed, char **error);
void observed_free(struct observed *observed);

/* As bytes, for a cache, and back. False when the bytes are not what observed_pack wrote. */
char *observed_pack(const struct observed *observed, size_t *size);
bool observed_unpack(struct observed *observed, const void *bytes, size_t size);

/* The limits an exercise sets: metadata.oto.limits of its notebook over the defaults. */
struct sandbox_limits limits_of(const struct notebook *notebook);

#endif
