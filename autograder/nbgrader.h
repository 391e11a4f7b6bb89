/* nbgrader: its tables in COURSE/gradebook.db beside ours, of nbgrader 0.9 (its api.py is the authority), and what its
 * formgrader and we say differently of what a person gave.
 *
 * A score or comment can change on either side, so oto_nbgrader keeps what both had when they were last brought
 * together. Whoever differs from that has changed since. What a person gave in formgrader counts for the answer that
 * formgrader showed, which is the one in autograded/. */
#ifndef GRADER_NBGRADER_H
#define GRADER_NBGRADER_H

#include "autograder/gradebook.h"
#include "autograder/options.h"

/* Opens a transaction with nbgrader's tables in it: made with its own schema when missing. Close it with gradebook_end.
 * False with a malloc'd *error: another version's tables, or a file that another program is writing. */
bool nbgrader_begin(struct gradebook *book, char **error);

/* Notes that both have the same now, for the assignments and students that are meant. */
bool nbgrader_agree(struct gradebook *book, const struct options *options, char **error);

/* One cell of one submission for which formgrader has what was not brought over yet. */
struct given {
    char *student, *assignment, *grade_id;
    double score;  /* NAN: none; anything where formgrader has extra credit, which must be taken out first */
    char *comment; /* NULL: none */
    double points; /* of the cell; NAN where we have no such cell */
    bool has_extra_credit;
    bool is_stale;        /* it was given for another answer than we have now, or over other results of the checks */
    bool is_contradicted; /* ours changed too, to something else */
};

struct given_list {
    size_t count, capacity;
    struct given *items;
};

/* Everything that was given in formgrader and not brought over, for submissions that we have. What nbgrader marks for
 * review is left out: nobody has decided it. */
bool nbgrader_given(struct gradebook *book, const struct options *options, struct given_list *list, char **error);
void given_list_free(struct given_list *list);

/* COURSE/FOLDER/STUDENT/ASSIGNMENT/FILE, malloc'd. */
char *nbgrader_path(const char *course, const char *folder, const char *student, const char *assignment,
                    const char *file);

#endif
