/* fingerprint: which stretches of two papers are the same.
 *
 * Rows of tokens are hashed in stretches of FINGERPRINT_LENGTH, of which winnowing keeps the smallest in each window
 * (Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", SIGMOD 2003, as MOSS and
 * Dolos use it): a common stretch of FINGERPRINT_LENGTH + FINGERPRINT_WINDOW - 1 tokens is always found. From each
 * common fingerprint the stretch is followed to both ends, and stretches are taken the longest first, none twice, as
 * JPlag's greedy string tiling does. */
#ifndef GRADER_FINGERPRINT_H
#define GRADER_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

#include "autograder/paper.h"

enum { FINGERPRINT_LENGTH = 24, FINGERPRINT_WINDOW = 8 };

struct fingerprint {
    uint64_t hash;
    size_t at; /* its first token */
};

/* Marks what is common: stretches that are in handed_out, and those that more than a fifth of the papers (and more than
 * ten) have; then makes the fingerprints of what is left. */
void papers_fingerprint(struct paper *papers, size_t count, const struct paper *handed_out);

/* A stretch that two papers have. */
struct stretch {
    size_t a, b, length; /* first tokens; tokens */
    size_t own;          /* of them not common */
};

struct likeness {
    double similarity; /* 0 to 1: the part of the own tokens of both that lie in common stretches */
    size_t longest;    /* own tokens of the longest stretch */
    size_t count, capacity;
    struct stretch *stretches; /* the longest first */
};

void papers_compare(const struct paper *a, const struct paper *b, struct likeness *likeness);
void likeness_free(struct likeness *likeness);

#endif
