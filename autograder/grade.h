/* grade: one submission, from its bytes to its score. */
#ifndef GRADER_GRADE_H
#define GRADER_GRADE_H

#include "autograder/exercise.h"
#include "autograder/score.h"

enum verdict {
    GRADED,
    UNGRADABLE,    /* the notebook cannot be read: a person must look; never a silent zero */
    INFRASTRUCTURE /* the sandbox or the engine failed: it is run again */
};

struct graded {
    enum verdict verdict;
    char *message; /* of a submission that was not graded; NULL otherwise */
    char *notes;   /* lines for the student */
    struct scored scored;
    size_t stayed; /* test cells whose earlier score was still right: they did not run */
};

/* The answers of a submission, in the instructor's notebook. False: *message says why nobody can grade it. */
bool grade_prepare(const struct exercise *exercise, const char *path, struct notebook *prepared, char **notes,
                   char **message);

struct grade_request {
    const struct exercise *exercise;
    const struct expectation *expectation;
    const struct notebook *prepared;
    int64_t seed;
    const char *beside; /* what is told of other notebooks (course_beside), or NULL: it is stored with the scores */
    int slot;           /* of the sandbox */
    bool unprotected;   /* layers of the sandbox are missing: what is found so is kept apart from all other scores */
    struct scored *earlier; /* answers and tests of the same student's run before, or NULL; what is still
                               right is taken out of it */
};

/* What the score and what is told with it depend on: toolchain, exercise, seed, protection, every answer, notebooks
 * beside. 64 hexadecimal digits. */
void grade_key(const struct grade_request *request, char key[65]);

/* Runs and scores a prepared notebook, but for test cells whose earlier score is still right: what is found is the same
 * as without it. Where an answer is broken, a second run with the instructor's version of it scores the parts after it.
 */
void grade(const struct grade_request *request, struct graded *graded);
void graded_free(struct graded *graded);

const char *verdict_name(enum verdict verdict);

#endif
