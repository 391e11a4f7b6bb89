/* transplant: a student's answers, put into the instructor's notebook. A submission gives the sources of its answer
 * cells, found by grade_id, and for a "task" the cells that the student added, and nothing else: deleted, reordered,
 * unlocked or edited test cells change nothing. */
#ifndef GRADER_TRANSPLANT_H
#define GRADER_TRANSPLANT_H

#include "autograder/notebook.h"
#include "kernel/engine/text.h"

/* Replaces the sources of the instructor's answer cells by the submission's, and that of a task's cell by all cells of
 * the student's own. An answer that the submission lacks becomes what release would hold there (released is the release
 * version of the same notebook): never the solution. A changed cell type changes nothing, as in nbgrader. A written
 * answer that was left as it was handed out, or is missing, is what the student wrote into text cells of their own.
 * When a grade_id is there twice the last one counts, as in nbgrader. What the student should know of this is written
 * to notes, a line each. */
void transplant(struct notebook *instructor, const struct notebook *submission, const struct notebook *released,
                struct text *notes);

/* Is any answer of the instructor's notebook in the submission? True where it has none to answer. */
bool transplant_finds_any(const struct notebook *instructor, const struct notebook *submission);

#endif
