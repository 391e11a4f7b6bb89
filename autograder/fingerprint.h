/* fingerprint: what stays of an answer when names, numbers, comments and layout are changed, and which stretches of two
 * of them are the same.
 *
 * An answer becomes a row of tokens: keywords as they are, all arithmetic types one, braces and qualifiers left out, a
 * number only whole or not, names only by what they stand for (a variable, a member, a function of the student's own);
 * but a function that is called and not the student's own keeps its name, since nobody can rename the library. The
 * words of a written answer stay words. Rows are hashed in stretches of FINGERPRINT_LENGTH tokens, of which winnowing
 * keeps the smallest in each window (Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document
 * fingerprinting", SIGMOD 2003, as MOSS and Dolos use it): a common stretch of FINGERPRINT_LENGTH + FINGERPRINT_WINDOW
 * - 1 tokens is always found. From each common fingerprint the stretch is followed to both ends, and stretches are
 * taken the longest first, none twice, as JPlag's greedy string tiling does.
 *
 * Only the lexer reads the sources: nothing of them is compiled or run, and of an answer no more than TOKENS_MAX tokens
 * are kept. */
#ifndef GRADER_FINGERPRINT_H
#define GRADER_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FINGERPRINT_LENGTH = 24, FINGERPRINT_WINDOW = 8, TOKENS_MAX = 4000 };

struct piece {
    uint64_t kind; /* equal for tokens that count as the same; never equal between two answers' ends */
    size_t answer; /* whose source it stands in */
    size_t start, end;
    bool is_common; /* the instructor's, or what much of the class has: no sign of anything */
};

struct fingerprint {
    uint64_t hash;
    size_t at; /* its first token */
};

/* All answers of one submission, one after another. */
struct paper {
    size_t number; /* another one for each paper */
    size_t count, capacity;
    struct piece *pieces;
    size_t first; /* of the answer that is being added */
    size_t own;   /* tokens that are not common */
    size_t fingerprint_count;
    struct fingerprint *fingerprints; /* winnowed, those of common stretches left out, by hash */
    bool is_cut;                      /* an answer had more than TOKENS_MAX */
};

/* Adds an answer, without what it begins and ends with in common with what was handed out for it (released may be
 * NULL). */
void paper_add_code(struct paper *paper, size_t answer, const char *source, const char *released);
void paper_add_text(struct paper *paper, size_t answer, const char *source);
void paper_free(struct paper *paper);

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
