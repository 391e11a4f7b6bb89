/* expected: NN_topic.expected, the file beside an exercise that says what the solution observed at the student's seed.
 *
 * `oto-grade release` writes it; oto_exercise reads it. It is a sequence of packed records (lib/record/record.h):
 * first one of kind OTO_RECORD_EXERCISE
 *
 *     "format"    i  1
 *     "exercise"  s  its stem, such as 01_sound
 *     "seed"      i  the seed with which the solution ran
 *
 * then one observation (observation.h) for each check, in the order in which they ran, with two more fields:
 *
 *     "grade_id"  s  the graded test cell that holds the check; empty for a check outside graded cells
 *     "points"    d  the points of that cell
 *
 * A release leaves hidden checks out; a copy for nbgrader's autograder may hold them.
 */
#ifndef OTO_EXPECTED_H
#define OTO_EXPECTED_H

#include <stddef.h>
#include <stdint.h>

#include "lib/check/observation.h"
#include "lib/record/record.h"

enum { OTO_RECORD_EXERCISE = 128, OTO_EXPECTED_FORMAT = 1 };

struct oto_expectation {
    const char *grade_id; /* "" when the check belongs to no graded cell */
    double points;
    struct oto_observation view; /* of record */
    struct oto_record record;
};

struct oto_expected {
    char *exercise;
    int64_t seed;
    size_t count;
    struct oto_expectation *checks;
};

/* One entry to write: a well-formed observation as it was received. */
struct oto_expected_entry {
    const char *grade_id;
    double points;
    const struct oto_record *observation;
};

/* Reads a whole file. 0, or -1 with *why malloc'd: what is wrong with which file. */
int oto_expected_read(struct oto_expected *expected, const char *path, char **why);
void oto_expected_free(struct oto_expected *expected);

/* Writes the file whole or not at all (a temporary neighbour is renamed). 0, or -1 with *why malloc'd. */
int oto_expected_write(const char *path, const char *exercise, int64_t seed, const struct oto_expected_entry *entries,
                       size_t count, char **why);

/* The check of that name, or NULL. Names are unique in a notebook. */
const struct oto_expectation *oto_expected_find(const struct oto_expected *expected, const char *name);

#endif
