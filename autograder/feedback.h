/* feedback: an outcome as a student reads it. All text that is not the grader's own is escaped. */
#ifndef GRADER_FEEDBACK_H
#define GRADER_FEEDBACK_H

#include "autograder/outcome.h"
#include "autograder/strings.h"

/* Where it is read: a page of its own, whose style sheet draws the pictures, or a cell of a notebook. */
struct feedback_view {
    enum language language;
    bool notebook;
};

/* A sentence of the grader's own in its place; values are escaped. */
void feedback_say(struct text *out, struct feedback_view view, enum string string, const char *const *values);
/* A line that the grader wrote in English when it graded. */
void feedback_line(struct text *out, struct feedback_view view, const char *english);
/* What is to be known beside the score, each in a paragraph: parts that wait for a person, days late. */
void feedback_remarks(struct text *out, struct feedback_view view, const struct outcome *outcome);
/* "3 of 4 points", or that a person is still to grade. */
void feedback_points(struct text *out, struct feedback_view view, double score, double points, size_t waiting);

/* The picture of a check that failed, and its sounds. */
void feedback_shown(struct text *out, struct feedback_view view, const struct outcome_check *check);
/* What is to be said below a cell's points, as HTML: why it failed, its checks, a person's comment. level: of the
 * headings below that with the points. */
void feedback_cell(struct text *out, struct feedback_view view, const struct outcome *outcome,
                   const struct outcome_cell *cell, int level);

/* A whole page: no script, nothing from elsewhere, and the page forbids both to the browser. */
void feedback_page(struct text *out, enum language language, const struct outcome *outcome);

/* The student's notebook with a text cell behind each part; notebook is changed for it. The bytes are malloc'd. */
char *feedback_notebook(enum language language, const struct outcome *outcome, struct notebook *notebook, size_t *size);

#endif
