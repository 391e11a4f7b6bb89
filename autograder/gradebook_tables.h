/* gradebook_tables: what gradebook.db holds of ours: its tables, and the views of what counts. */
#ifndef GRADER_GRADEBOOK_TABLES_H
#define GRADER_GRADEBOOK_TABLES_H

#include "autograder/gradebook.h"

/* What a person sees when grading cell c: the answer, or what the checks gave. */
#define GRADEBOOK_BASIS                                                                                                \
    "CASE WHEN c.role IN ('written', 'task') THEN coalesce(c.answer, '') ELSE printf('%.10g', c.score) END"

/* Makes those that are not there yet; a gradebook of an earlier version gets the columns that it lacks. False with a
 * malloc'd *error. */
bool gradebook_make_tables(struct gradebook *book, char **error);

#endif
