/* mutants: which small mistakes in an exercise's solutions cost no points (mutate.h makes the mistakes). */
#ifndef GRADER_MUTANTS_H
#define GRADER_MUTANTS_H

#include <stdint.h>

#include "autograder/exercise.h"

struct mutants_wanted {
    size_t most;  /* of each answer; an answer's own metadata.oto.mutants may say less */
    int64_t seed; /* of the exercise; it also chooses which mistakes are made */
    int jobs;
};

/* Makes them, runs them and prints what became of each part. Status 0 when at least 95 % of those that change something
 * lose points, else 1; 2 after a complaint. What changes nothing, or nothing that a part asks for, an author marks in
 * the answer's metadata: oto.equivalent = [{"line": the solution's line, "becomes": with the mistake (absent:
 * whatever), "why": reason}]; both without their indents, and lines that belong together joined by a blank. */
int mutants_check(const struct exercise *exercise, const struct mutants_wanted *wanted);

#endif
