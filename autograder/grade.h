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
};

/* The answers of a submission, in the instructor's notebook. False: *message says why nobody can grade it. */
bool grade_prepare(const struct exercise *exercise, const char *path, struct notebook *prepared, char **notes,
                   char **message);

/* What the score depends on: toolchain, exercise, seed, every answer. 64 hexadecimal digits. */
void grade_key(const struct exercise *exercise, const struct notebook *prepared, int64_t seed, char key[65]);

/* Runs and scores a prepared notebook. Where an answer is broken, a second run with the instructor's version of it
 * scores the parts after it. */
void grade(const struct exercise *exercise, const struct expectation *expectation, const struct notebook *prepared,
           int64_t seed, int slot, struct graded *graded);
void graded_free(struct graded *graded);

const char *verdict_name(enum verdict verdict);

#endif
