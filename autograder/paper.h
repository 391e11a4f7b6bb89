/* paper: what stays of a submission's answers when names, numbers, comments and layout are changed.
 *
 * An answer becomes a row of tokens: keywords as they are, all arithmetic types one, braces and qualifiers left out, a
 * number only whole or not, names only by what they stand for (a variable, a member, a function of the student's own);
 * but a function that is called and not the student's own keeps its name, since nobody can rename the library. The
 * words of a written answer stay words.
 *
 * Only the lexer reads the sources: nothing of them is compiled or run, and of an answer no more than TOKENS_MAX tokens
 * are kept. */
#ifndef GRADER_PAPER_H
#define GRADER_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TOKENS_MAX = 4000 };

/* A token that counts, or the end of an answer. */
struct paper_token {
    uint64_t kind; /* equal for tokens that count as the same; never equal between two answers' ends */
    size_t answer; /* whose source it stands in */
    size_t start, end;
    bool is_common; /* the instructor's, or what much of the class has: no sign of anything */
};

/* All answers of one submission, one after another. */
struct paper {
    size_t number; /* another one for each paper */
    size_t count, capacity;
    struct paper_token *tokens;
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

static const uint64_t PAPER_HASH_START = 0xcbf29ce484222325;
/* FNV-1a of 64 bits. hash: PAPER_HASH_START, or that of what comes before. */
uint64_t paper_hash(uint64_t hash, const void *bytes, size_t length);

#endif
