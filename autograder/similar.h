/* similar: what `oto-grade similar` found in one assignment, and its page. */
#ifndef GRADER_SIMILAR_H
#define GRADER_SIMILAR_H

#include "autograder/fingerprint.h"
#include "autograder/strings.h"

/* One student's answers. */
struct work {
    char *student;
    struct paper paper;
    size_t count;
    char **answers; /* sources, one for each of the assignment's answer cells */
};

struct pair {
    const struct work *a, *b;
    struct likeness likeness;
};

struct similar {
    const char *assignment;
    const char *student;    /* whose pairs are wanted; NULL: all */
    enum language language; /* of the page */
    size_t count;           /* of the works that could be read */
    size_t answer_count;
    const char **answers; /* their grade_ids */
    struct work *works;
    double median; /* similarity of all pairs */
    size_t pair_count, pair_capacity;
    struct pair *pairs; /* those worth a look, the most alike first */
};

/* Writes the page: the pairs, and under each both students' answers side by side with what they have in common. */
bool similar_page(const struct similar *similar, const char *path, char **error);

#endif
