/* observed: what a run of a notebook showed of its cells, kept within the bounds of job.h; and as bytes, for a cache.
 */
#ifndef GRADER_OBSERVED_H
#define GRADER_OBSERVED_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/engine/text.h"
#include "lib/record/record.h"

struct observed_cell {
    bool ran;                                  /* false: a cell without code, or one that was never reached */
    bool failed;                               /* it ended in an error */
    bool exited;                               /* it ended by exit(0), and not at its end */
    char *ename, *evalue, *traceback, *output; /* NULL where there is none */
    char *uses;                                /* what its code refers to (job.h), or NULL */
    char *learned;                             /* what compiling it found out (job.h), or NULL */
    size_t learned_size;
    struct oto_record *observations; /* of the instructor's cells only */
    size_t count, capacity, bytes;
};

/* One entry a cell of the notebook. Cells that ran in another notebook (part.h) have other numbers in their uses:
 * places says which cell of this one each means; NULL: the one of that number. */
struct observed {
    size_t count;
    struct observed_cell *cells;
    const size_t *places;
    size_t place_count;
};

void observed_free(struct observed *observed);

/* Keeps an observation of a cell, whose owner the cell becomes. False, and nothing is taken, when the cell has as many
 * as it may. */
bool observed_keep(struct observed_cell *cell, struct oto_record *observation);
/* What a JOB_DONE says of how the cell ended; of its output no more than so many bytes. */
void observed_end(struct observed_cell *cell, const struct oto_record *done, size_t output_limit);
/* What a JOB_DONE brings of the compiler's work, if anything. Not of answers: it is the solution's. */
void observed_learn(struct observed_cell *cell, const struct oto_record *done);
/* The cell ended in this error, whatever it said before; takes evalue. */
void observed_fail(struct observed_cell *cell, const char *ename, char *evalue);
void observed_cell_free(struct observed_cell *cell);

/* Calls back for each name of a cell's uses (NULL: none), with the position of the cell that it comes from, or -1; true
 * as soon as visit is. */
bool observed_any_use(const char *uses, bool (*visit)(void *context, const char *name, size_t length, long from),
                      void *context);

/* As bytes of *size (caller frees), and back. False when the bytes are not what observed_pack wrote; nothing is to be
 * released then. */
char *observed_pack(const struct observed *observed, size_t *size);
bool observed_unpack(struct observed *observed, const void *bytes, size_t size);

/* Adds a record's bytes. */
void record_add_to(struct text *bytes, const struct oto_record *record);

#endif
