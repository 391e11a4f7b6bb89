/* autograded: a graded submission as nbgrader leaves it in autograded/STUDENT/ASSIGNMENT/, where its formgrader and its
 * feedback look for it: the student's notebook with the instructor's locked cells and metadata, nbgrader's checksums,
 * and in each test cell what its checks found, in the form in which nbgrader reads a score. */
#ifndef GRADER_AUTOGRADED_H
#define GRADER_AUTOGRADED_H

#include "autograder/course.h"
#include "autograder/gradebook.h"

struct autograded {
    struct gradebook *book;
    const char *course;
    const struct assignment *assignment;
    const struct notebook *saved; /* the exercise as nbgrader's gradebook keeps it: release_clear_solutions */
    char *error;                  /* of the first submission that could not be written; malloc'd */
};

/* Writes one submission. The answers are those that were graded, even when another file was handed in since; a notebook
 * that is gone by now is made anew from the exercise. What the student's own run left as outputs is left out: nobody
 * has checked it. */
bool autograded_write(struct autograded *autograded, const char *student);

#endif
