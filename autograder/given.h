/* given: a score as a person writes it down, checked before it is kept: the same rules for a table and for a page. */
#ifndef GRADER_GIVEN_H
#define GRADER_GIVEN_H

#include "autograder/gradebook.h"

struct given {
    const char *student, *assignment, *grade_id;
    const char *score;   /* "1.5"; "": no points yet, or no longer */
    const char *comment; /* "": none, or no longer; NULL: the one that is there stays */
    const char *grader;  /* may be NULL */
    bool keeps_score;    /* with an empty score: the comment alone is new, the points stay */
    const char *answer;  /* content_hash of the answer that this person looked at; NULL: whatever it is now */
    const char *seen;    /* given_state of what this person looked at; NULL: whatever stands there now */
    const char *written; /* given_line of what stood in a table when it was written; NULL: not known. What another
                            grader gave since is not overwritten. */
};

enum given_outcome {
    GIVEN_KEPT,
    GIVEN_LEFT,    /* the table's line is as it was written: what was given since stays */
    GIVEN_REFUSED, /* there is no such cell, or the score is none of its */
    GIVEN_CHANGED, /* it is no longer what this person saw */
    GIVEN_FAILED   /* the gradebook cannot be read or written */
};

/* Within gradebook_begin and gradebook_end. All but GIVEN_KEPT leave the gradebook as it was; GIVEN_LEFT apart, with a
 * malloc'd *error. */
enum given_outcome given_take(struct gradebook *book, const struct given *given, char **error);

/* What a person sees of a cell before grading it, as 64 hexadecimal digits: the answer, what the checks gave, what
 * somebody gave it. From a row of oto_graded_cell, in which GIVEN_STATE_COLUMNS begin at column first. */
#define GIVEN_STATE_COLUMNS "answer, score, manual, comment"
void given_state(sqlite3_stmt *row, int first, char state[65]);

/* A score (NAN: none) and a comment (NULL: none), as 16 hexadecimal digits. */
void given_line(double score, const char *comment, char line[17]);

/* Tells (stderr) which scores do not count any more, because what that person saw has changed since: they are never
 * taken over to something else, and never dropped in silence. NULL is every assignment or student. False with a
 * malloc'd *error. */
bool given_tell_lapsed(struct gradebook *book, const char *assignment, const char *student, char **error);

#endif
