/* outcome: what the gradebook tells a student of one submission, part by part. Of a hidden check nothing but its title
 * and verdict is read, so nothing else of it can get into what is made from here. */
#ifndef GRADER_OUTCOME_H
#define GRADER_OUTCOME_H

#include "autograder/gradebook.h"
#include "autograder/notebook.h"

struct outcome_check {
    char *name;
    bool passed, hidden;
    double earned;                           /* 0 to 1 */
    char *message, *hint, *picture, *sounds; /* NULL: there is none, or it is hidden */
};

struct outcome_cell {
    size_t position;
    char *grade_id, *role;
    double points, score; /* score is NAN while a person is to give it */
    bool substituted, failed;
    bool unanswered;                  /* a text that was left as it was handed out */
    char *ename, *evalue, *traceback; /* of a cell that failed; without terminal colours */
    char *comment, *answer;           /* "" where there is none */
    struct outcome_check *checks;
    size_t count, capacity;
};

/* The cells below one heading of the exercise. */
struct outcome_part {
    char *title;
    size_t first, count; /* of the outcome's cells */
    double points, score;
    size_t waiting, checks, passed;
};

struct outcome {
    char *student, *assignment, *title, *message, *notes;
    bool graded;
    double score, points, days_late, free_days, penalty;
    size_t waiting;
    struct outcome_cell *cells;
    size_t count, capacity;
    struct outcome_part *parts;
    size_t part_count, part_capacity;
};

/* source is the exercise, from which the parts have their titles, or NULL: they are called by their grade_id. False
 * with a malloc'd *error. */
bool outcome_read(struct outcome *outcome, struct gradebook *book, const char *student, const char *assignment,
                  const struct notebook *source, char **error);
void outcome_free(struct outcome *outcome);

/* The student's line at which a cell failed: which answer, the line's number from 1 and its text (malloc'd). False when
 * the error names none. */
bool outcome_line(const struct outcome *outcome, const struct outcome_cell *cell, const struct outcome_cell **answer,
                  size_t *number, char **line);

#endif
