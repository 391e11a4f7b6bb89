/* gone: submissions that were graded and lie in submitted/ no longer. */
#ifndef GRADER_GONE_H
#define GRADER_GONE_H

#include "autograder/course.h"
#include "autograder/gradebook.h"

/* Tells (stderr) of which of the course's assignments the gradebook keeps scores without a submission: a student left,
 * or a folder was renamed, and the scores go on into reports and exports. submissions are all that there are of student
 * (NULL: of everybody). False with a malloc'd *error. */
bool gone_tell(struct gradebook *book, const struct course *course, const struct submission *submissions, size_t count,
               const char *student, char **error);

#endif
