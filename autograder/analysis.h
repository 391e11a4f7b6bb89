/* analysis: what the scores of a class say about its students and about the checks, read from the gradebook into
 * memory. Of each submission, what counts is taken (manual scores and late days included). */
#ifndef GRADER_ANALYSIS_H
#define GRADER_ANALYSIS_H

#include "autograder/gradebook.h"

struct result { /* of a student in an assignment */
    bool handed_in, graded;
    double score, points; /* what counts, of how many */
    double earned;        /* before what lateness costs */
    double penalty;       /* that share of it */
    double waiting;       /* cells that a person has not graded yet */
};

struct part {
    size_t number;
    char *name; /* of its first answer */
    double points;
    size_t errors;  /* submissions in which a cell of it ended in an error */
    size_t waiting; /* submissions in which a person has not graded a cell of it yet: not in earned */
    double *earned; /* by student, in points; NAN where nobody knows */
};

/* What can be lost or earned on its own: a check, or a cell that a person grades. */
struct item {
    char *name, *grade_id, *hint; /* of the check, of its cell; hint "" when there is none */
    bool hidden, by_person;
    size_t part, position, number; /* of its part, of its cell, in its cell */
    double points;                 /* that it is worth */
    double *earned;                /* by student, 0 to 1; NAN where nobody knows */
    /* Item analysis, over the submissions that are graded. Crocker and Algina, Introduction to Classical and Modern
     * Test Theory, 1986, chapter 14. */
    size_t seen, lost;     /* submissions; of these, that did not earn all of it */
    double difficulty;     /* p, the mean of earned: 1 is what everybody can */
    double discrimination; /* correlation of earned with the points of all other items; NAN where one does not vary */
    size_t group;          /* items of the same group, not 0, were earned and lost by the same students */
};

struct graded_assignment {
    char *name;
    bool has_due;
    int64_t due;
    size_t handed_in, graded, ungraded; /* submissions */
    double low, median, high;           /* quartiles of score / points over the graded; NAN without any */
    struct result *results;             /* by student */
    size_t part_count, part_capacity, item_count, item_capacity;
    struct part *parts;
    struct item *items;
};

struct student {
    char *name; /* of the folder, or the pseudonym: the order of names would tell who is who */
    char *shown;
    /* Assignments in a row, from the newest whose time is over backwards, in which nothing was handed in, or in which
     * less than half of the points were earned. */
    size_t silent, stuck;
};

struct analysis {
    size_t student_count, assignment_count, student_capacity, assignment_capacity;
    struct student *students;              /* by name; those of course.json and those who handed in */
    struct graded_assignment *assignments; /* by due date, then by name */
};

/* Reads assignment, or all (NULL), as of the moment now (seconds since 1970). salt: pseudonyms for names, or NULL.
 * False with a malloc'd *error. analysis_free in both cases. */
bool analysis_read(struct analysis *analysis, struct gradebook *book, const char *assignment, const char *salt,
                   int64_t now, char **error);
void analysis_free(struct analysis *analysis);

/* Pearson's correlation of the pairs in which both are finite; NAN with less than two, or when one does not vary. */
double correlation(const double *x, const double *y, size_t count);
/* The value below which a share of the finite ones lies, between neighbours in proportion; NAN when there is none. */
double quantile(const double *values, size_t count, double share);

#endif
