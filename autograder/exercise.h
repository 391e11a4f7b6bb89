/* exercise: an instructor's notebook ready to grade with: the source without its variants, the release made of it, and
 * what the solution observes at a seed. */
#ifndef GRADER_EXERCISE_H
#define GRADER_EXERCISE_H

#include <stdint.h>

#include "autograder/declares.h"
#include "autograder/notebook.h"
#include "autograder/sandbox.h"
#include "autograder/score.h"

struct exercise {
    char *path, *files; /* of the source notebook; the folder of the files it ships */
    char *bytes;        /* of the source notebook */
    size_t size;
    struct notebook source;    /* with known wrong and right answers */
    struct notebook solution;  /* without them */
    struct declares *declares; /* by cell of the solution */
    struct notebook release;
    struct sandbox_limits limits;
    char hash[65]; /* of the source notebook and the shipped files */
};

/* False with a malloc'd *error that names file and cell. */
bool exercise_open(struct exercise *exercise, const char *path, const char *files, char **error);
void exercise_close(struct exercise *exercise);

/* A fresh copy of the solution notebook; release it with notebook_free. */
struct notebook exercise_copy(const struct exercise *exercise);

/* The seed with which submissions are graded when nobody says another: from the exercise's hash, so that it is the same
 * in every run, not 0 (the seed whose expectations students have), and another when the tests change. */
int64_t exercise_seed(const struct exercise *exercise);

/* Runs the solution, with and without its hidden tests. False with a malloc'd *error: the sandbox did not work, or the
 * solution cannot be a yardstick. */
bool exercise_expect(const struct exercise *exercise, int64_t seed, int slot, struct expectation *expectation,
                     char **error);

#endif
