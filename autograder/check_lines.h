/* check_lines: what a cell's checks found, as plain text for programs that show text: a line a check, under a failed
 * one what was expected and the hint. */
#ifndef GRADER_CHECK_LINES_H
#define GRADER_CHECK_LINES_H

#include "autograder/gradebook.h"
#include "kernel/engine/text.h"

/* For the student: of a hidden check its title only. */
bool check_lines(struct gradebook *book, const char *student, const char *assignment, const char *position,
                 struct text *out, char **error);
/* For the staff: the hidden checks alone, whole. Nothing where there are none. */
bool check_lines_hidden(struct gradebook *book, const char *student, const char *assignment, const char *position,
                        struct text *out, char **error);

#endif
