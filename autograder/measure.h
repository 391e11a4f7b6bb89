/* measure: what the calls of `time` and `memory` checks take, read from outside the sandbox.
 *
 * Such a check stops before its calls and behind them (OTO_RECORD_MEASURE) and goes on when the grader has looked at
 * the processor time, or the memory, of the sandbox as a whole. The grader also says how often to call. What the check
 * observes in the end holds the grader's figures: what the student's process says of time counts for nothing, and of
 * memory not when much more was taken. A check whose stops do not come in order, each once, has failed;
 * so has one in a cell that did not run to its end: an answer could make the checks itself, with calls of nothing, and
 * end the cell before the real ones come.
 *
 * Where a time is a little over what the exercise allows, it is measured again, twice at most, a moment later; the
 * least of all samples counts, so that load on the machine costs no points. */
#ifndef GRADER_MEASURE_H
#define GRADER_MEASURE_H

#include "autograder/notebook.h"
#include "autograder/observed.h"
#include "autograder/sandbox.h"

struct measuring {
    const struct sandbox *sandbox;
    const struct observed_cell *solution; /* what it observed in this cell, or NULL: nothing is measured again */
    struct measurement **measurements;
    size_t count, capacity;
    struct measurement *running; /* whose calls come next, or NULL */
};

/* A check stands before or behind calls: how many shall follow, 0: no more. */
int64_t measure_at(struct measuring *measuring, const struct oto_record *at);
/* Puts the figures into what the cell's checks observed. Nothing is left to release. */
void measure_end(struct measuring *measuring, struct observed_cell *cell);
/* Does the notebook measure memory? */
bool measures_memory(const struct notebook *notebook);
/* Where and since when a solution's figures hold, malloc'd: this start of this machine for a notebook that measures
 * time, "" for any other. */
char *measured_where(const struct notebook *notebook);

#endif
