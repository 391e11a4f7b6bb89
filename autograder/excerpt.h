/* excerpt: of what a student wrote, as much as a page can carry. */
#ifndef GRADER_EXCERPT_H
#define GRADER_EXCERPT_H

#include "autograder/strings.h"

enum { EXCERPT_MAX_BYTES = 100000 };

/* The answer; a longer one is cut between two characters, and says so in a line of its own. malloc'd. */
char *excerpt_of(enum language language, const char *answer);

#endif
