/* depends: which answers the score of each test cell depends on, said before the notebook runs, so that what an earlier
 * run found stays valid where none of them has changed.
 *
 * A test cell depends on what it calls and on what that calls, and where it has rules on its part's answers: of
 * the instructor's cells the solution's run tells it (job.h, "uses"), of answers their words do. And it depends on
 * whatever has the same variables in hand, the same state of the library, or the random generator before it: such cells
 * are a group, all of which are run or none. What an answer says may be wrong, so what is told here holds only if the
 * run shows that it does (depends_hold); where it does not, every score depends on every answer. */
#ifndef GRADER_DEPENDS_H
#define GRADER_DEPENDS_H

#include "autograder/exercise.h"
#include "autograder/notebook.h"
#include "autograder/score.h"

struct depends {
    const struct notebook *notebook;
    bool apart;                /* false: every score depends on every answer */
    bool *on;                  /* on[i * count + k]: cell i depends on cell k; count is that of the notebook's cells */
    bool *draws;               /* by cell: it may use the random generator */
    bool *active;              /* by cell of the instructor's: it does something where it stands, or has variables */
    size_t *group;             /* by cell: the first cell of its group */
    struct declares *declares; /* by cell; the instructor's are borrowed from the exercise */
};

/* Of an exercise's prepared notebook, whose solution did what is expected. All must outlive it. Release with
 * depends_free. */
struct depends depends_of(const struct exercise *exercise, const struct notebook *notebook,
                          const struct expectation *expectation);
void depends_free(struct depends *depends);

/* Did the run go as was told? left_out: the cells that were not run, as in observe_request. */
bool depends_hold(const struct depends *depends, const struct observed *observed, const bool *left_out);

/* Is the answer one of those that a test cell's score depends on? Where the run did go as was told. */
bool depends_on_answer(const struct depends *depends, size_t position, size_t answer);

/* The hash of what a test cell's score depends on where it is not all of them: basis, and these answers. 64 hexadecimal
 * digits. */
void depends_key(const struct depends *depends, size_t position, const char *basis, char key[65]);

#endif
