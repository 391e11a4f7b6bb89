/* part: one part of an exercise by itself: what stands before it, then its answers and the tests of these, as often as
 * there are versions to try. Tests of other parts do not run. */
#ifndef GRADER_PART_H
#define GRADER_PART_H

#include "autograder/exercise.h"

struct part {
    size_t number, first, last;   /* as score_notebook counts parts; cells: the first answer, the last test */
    bool after_all;               /* all cells before it run, not only answers and the instructor's with a grade_id */
    struct sandbox_limits limits; /* of a script of at most PART_ROUNDS rounds and the solution's */
    double seconds;               /* that the solution took, with what stands before the part; part_expect sets it */
};

enum { PART_ROUNDS = 12 };

struct parts {
    struct part *list;
    size_t count, capacity;
};

/* The parts of the solution's notebook. Release with parts_free. */
struct parts parts_find(const struct exercise *exercise);
void parts_free(struct parts *parts);
/* The part to which a cell belongs, or NULL. */
struct part *part_of_cell(const struct parts *parts, size_t position);

/* What the solution observes in the part by itself, or behind all cells before it where it needs more of them; decides
 * which. An entry for each cell of the notebook; visible stays empty. False with a malloc'd *error. */
bool part_expect(struct part *part, const struct exercise *exercise, int64_t seed, int slot,
                 struct expectation *expectation, char **error);

/* Cells to run. */
struct script {
    const struct exercise *exercise;
    const struct part *part;
    struct notebook notebook;
    size_t *stands_for,
        *round; /* for each cell: that of the solution's notebook; the round, or SIZE_MAX: what runs before */
    size_t capacity, stands_count, stands_capacity, round_count, round_capacity;
};

/* A script that holds what runs before the part. Release with script_free. */
struct script script_start(const struct exercise *exercise, const struct part *part);
/* The part once more, as it is, or with the cell at position replaced by a source (malloc'd, taken over). */
void script_add_round(struct script *script, size_t position, char *source);
/* As observe; observed has an entry for each cell of the script. */
bool script_run(const struct script *script, int64_t seed, int slot, struct observed *observed, char **error);
/* Scores a round as if the rest of the notebook had not run. The cells of *scored outlive the script. */
void script_score(const struct script *script, const struct expectation *expectation, const struct observed *observed,
                  size_t round, struct scored *scored);
/* The same, of the part's tests alone: do they give all points? */
bool script_gets_all(const struct script *script, const struct expectation *expectation,
                     const struct observed *observed, size_t round);
void script_free(struct script *script);

#endif
