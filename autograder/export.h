/* export: scores as another program wants them. export.c holds the table of formats. */
#ifndef GRADER_EXPORT_H
#define GRADER_EXPORT_H

#include "autograder/gradebook.h"
#include "autograder/options.h"
#include "kernel/engine/text.h"

/* Each writes its format: into out, or as files under options->output. False with a malloc'd *error. */
typedef bool export_format(struct gradebook *book, const struct options *options, struct text *out, char **error);

/* Tables: one line a submission; one line a student for Canvas' and Moodle's gradebooks. */
export_format export_csv, export_canvas, export_moodle;
/* One results.json a submission, in FOLDER/STUDENT/ASSIGNMENT/. */
export_format export_gradescope;
/* nbgrader's tables of the gradebook and COURSE/autograded/; out gets a line an assignment on what was done. */
export_format export_nbgrader;
/* JSON Lines, one for each check of each submission, for research; --anonymous puts a pseudonym for each student. */
export_format export_observations;

#endif
