/* score: what a submission observed against what the solution observed, by the trusted comparators of lib/check. */
#ifndef GRADER_SCORE_H
#define GRADER_SCORE_H

#include "autograder/notebook.h"
#include "autograder/observed.h"

/* What the solution observed at one seed. */
struct expectation {
    struct observed full;    /* with the hidden tests */
    struct observed visible; /* of the same notebook without them: tells which checks a student may see */
};

struct scored_check {
    char *name, *hint, *message; /* hint may be NULL */
    double weight;
    double earned; /* 0 to 1 */
    bool passed, hidden;
    bool measured; /* of time or memory: it counts only where what was measured is right */
    char *picture; /* SVGs, expected and got (picture.h); or NULL */
    char *sounds;  /* the same to hear (sounds.h), if there is room for them; or NULL */
};

struct scored_cell {
    const char *grade_id; /* borrowed from the notebook */
    char key[65];         /* of a test cell that grade has scored: the hash of what its score depends on (depends.h) */
    enum cell_role role;
    size_t position; /* of the cell in the notebook */
    size_t part;     /* cells of a part: answers, then the tests of these */
    double points, score;
    bool by_person;                   /* a person grades it: no score yet; an answer that is not written has 0 */
    bool substituted;                 /* scored with the instructor's version of an earlier answer that was broken */
    char *ename, *evalue, *traceback; /* NULL where the cell did not fail */
    char *answer;                     /* what the student wrote in a cell that asks for it, else NULL */
    size_t count, capacity;
    struct scored_check *checks;
};

struct scored {
    size_t count, capacity;
    struct scored_cell *cells;
    double score, points; /* of the cells that a program scores */
};

/* Scores every cell that has a role. Both notebooks have the same cells; observed and expectation have an entry for
 * each. */
void score_notebook(struct scored *scored, const struct notebook *notebook, const struct expectation *expected,
                    const struct observed *observed);
void scored_free(struct scored *scored);
/* Adds up again after cells were changed. */
void scored_sum(struct scored *scored);

/* Why the solution's own run cannot be a yardstick, malloc'd; or NULL. */
char *expectation_fault(const struct notebook *notebook, const struct expectation *expected);
void expectation_free(struct expectation *expected);

#endif
