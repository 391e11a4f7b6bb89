/* course: nbgrader's folder layout.
 *
 *     COURSE/source/ASSIGNMENT/NOTEBOOK.ipynb               the solution notebook and the files it ships
 *     COURSE/release/ASSIGNMENT/                            what students get
 *     COURSE/submitted/STUDENT/ASSIGNMENT/NOTEBOOK.ipynb    what they handed in
 *     COURSE/feedback/STUDENT/ASSIGNMENT/NOTEBOOK.html
 *     COURSE/gradebook.db
 */
#ifndef GRADER_COURSE_H
#define GRADER_COURSE_H

#include <stdbool.h>
#include <stddef.h>

#include "autograder/notebook.h"

struct assignment {
    char *name;
    char *notebook; /* its stem: NOTEBOOK of the layout */
    char *folder;   /* COURSE/source/NAME, absolute */
    char *path;     /* of the source notebook */
};

struct course {
    char *root; /* absolute */
    size_t count;
    struct assignment *assignments;
    bool some_left_out; /* of submitted/, by the functions below, which told it */
};

struct submission {
    char *student;
    size_t assignment; /* index into the course */
    char *path;        /* of the notebook, which may not exist */
    char *refused;     /* why it will not be opened (a symbolic link), or NULL */
};

/* Opens the course: lists source/. only names one assignment, NULL takes all. False with a malloc'd *error. */
bool course_open(struct course *course, const char *root, const char *only, char **error);
void course_close(struct course *course);

/* What is in submitted/, in order of student and assignment. only_student may be NULL. Names that are not safe as a
 * path component or not UTF-8, and folders that are symbolic links, are left out with a line on stderr; so is what
 * cannot be read, and *all_read is false then. */
struct submission *course_submissions(struct course *course, const char *only_student, size_t *count, bool *all_read);
/* Says on stderr what lies in students' folders below names that are no assignment's, one line a name: a folder that a
 * student called otherwise would be left out, and nobody would know. Of a course opened with all its assignments. */
void course_tell_unknown(struct course *course, const char *only_student);
/* What a student should know of notebooks that lie beside the one that is graded, as what a browser saved as "NOTEBOOK
 * (1).ipynb" when it was handed in again: a malloc'd sentence, or NULL when there are none but those handed out. */
char *course_beside(const struct course *course, const struct submission *submission);
/* The notebook that a student handed in for an assignment, of the count submissions; false when there is none, or none
 * that can be read. */
bool submissions_read(const struct course *course, const struct submission *submissions, size_t count,
                      const char *student, const char *assignment, struct notebook *notebook);
void submissions_free(struct submission *submissions, size_t count);
/* What one holds, not the place itself. */
void submission_free(struct submission *submission);

/* Fills *assignment for a notebook outside any course (the lint). Release with assignment_free. */
bool assignment_of_notebook(struct assignment *assignment, const char *path, char **error);
void assignment_free(struct assignment *assignment);

#endif
