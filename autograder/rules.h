/* rules: what an answer must not use, and must use (.forbid and .require of a check). Decided from what the engine says
 * of the code (session_uses), never from its text. */
#ifndef GRADER_RULES_H
#define GRADER_RULES_H

#include "autograder/notebook.h"
#include "autograder/observed.h"

/* The answers that a check's rules are about: those of its part, those that its test cell refers to where the
 * solution's does not, and what all these refer to in other answers. What the instructor's own cells use is allowed. */
struct ruled {
    const struct notebook *notebook;
    const struct observed *observed;
    const size_t *answers; /* positions of the part's answer cells */
    size_t count;
    size_t test;                     /* position of the test cell */
    const struct observed *expected; /* the solution's run; NULL: the test cell is not looked at */
};

/* The rule that is broken, as a sentence, malloc'd; or NULL. forbid and require are names parted by blanks or commas,
 * with a * at the end for all that begin so; names that the instructor's cells define are meant when they stand there
 * as a whole. Either may be NULL. A function that finds others by their name at run time (dlsym) could hide anything:
 * it is forbidden where anything is. So are more names than a cell can tell of, and a macro of an answer's that stands
 * in the test: what it does there no rule can see. */
char *rule_broken(const struct ruled *ruled, const char *forbid, const char *require);

/* The same where time, memory or a property is checked, which no value of the solution's is compared with: what makes
 * checks, and what leaves a test cell before its own have come, is forbidden. With both, an answer could have calls of
 * nothing measured in the place of its own, or an equation that has nothing to do with it. */
char *rule_broken_by_own_checks(const struct ruled *ruled);

/* The same where a check says little more than yes or no, which a test cell may have found out with functions of the
 * exercise and of the library: an answer before the test must not have put others in their place. */
char *rule_broken_by_taken_names(const struct ruled *ruled, size_t test);

#endif
