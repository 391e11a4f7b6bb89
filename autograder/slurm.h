/* slurm: the shards of a run (shard.h), graded by the site's Slurm as one job array. */
#ifndef GRADER_SLURM_H
#define GRADER_SLURM_H

#include <stdbool.h>
#include <stdint.h>

#include "autograder/course.h"
#include "autograder/crew.h"
#include "autograder/gradebook.h"

struct slurm {
    const struct course *course;
    const char *const *passed; /* sbatch's options, up to a NULL */
    const int64_t *seed;       /* or NULL */
    bool unprotected;
    const volatile bool *stop;
    struct gradebook *book;
    struct progress *progress;
    size_t by_verdict[3]; /* of what was merged */
};

/* Submits the shards that are there and in no job yet, waits, and merges each when it is done. What a node loses is
 * submitted again, a few times. False with *error; when *stop became true, Slurm goes on, and the next call collects.
 */
bool slurm_grade(struct slurm *slurm, char **error);
/* How many submissions were merged so far. */
size_t slurm_merged(const struct slurm *slurm);

#endif
