/* release: the student's version of a source notebook. It follows what nbgrader's generate_assignment does to the same
 * notebook (ClearSolutions, ClearHiddenTests, ClearMarkScheme, ClearOutput, LockCells, ComputeChecksums), so that both
 * tools make the same exercise; nbgrader_config.py tells nbgrader the rest. */
#ifndef GRADER_RELEASE_H
#define GRADER_RELEASE_H

#include "autograder/notebook.h"

/* What takes the place of a solution. It works inside a function of any type and at the top of a cell, compiles
 * without a warning, and says in the checks what is missing. nbgrader_config.py holds the same lines. */
extern const char code_stub[], text_stub[];

/* Removes cells that only the lint runs (known wrong and right answers). */
void release_drop_variants(struct notebook *notebook);
/* Removes lines from one holding begin to one holding end, both included, in one cell; the replacement's lines, if not
 * NULL, take their place with the indent of the first. *found says whether there was a region. False with a malloc'd
 * *error when a region does not end, does not begin, or begins twice. */
bool release_strip_region(struct cell *cell, const char *begin, const char *end, const char *replacement, bool *found,
                          char **error);
/* Removes the hidden tests of all cells, and nothing else. */
bool release_hide_tests(struct notebook *notebook, char **error);
/* The first half of a release, which is how nbgrader's gradebook keeps an exercise: variants, solutions and outputs are
 * gone, cells locked and stamped; hidden tests and marking schemes are still there. */
bool release_clear_solutions(struct notebook *notebook, char **error);
/* Turns the source notebook into the student's, in place. */
bool release_notebook(struct notebook *notebook, char **error);

#endif
