/* mutate: small mistakes, made in a solution on purpose. A test that no such mistake disturbs looks at too little.
 *
 * The operators are those of Andrews, Briand and Labiche (ICSE 2005: constant, operator, negated decision, deleted
 * statement), Offutt's sufficient set as far as it fits C (TOSEM 1996), and what students of signals confuse: axes,
 * sine and cosine, a factor of pi. They work on tokens, so some make no valid C; these are told by the compiler. Pure.
 */
#ifndef GRADER_MUTATE_H
#define GRADER_MUTATE_H

#include <stddef.h>
#include <stdint.h>

enum mutation {
    MUTATION_OFF_BY_ONE, /* < as <=; a whole number, one more or less */
    MUTATION_SIGN,       /* + as -, += as -=, a minus more or less */
    MUTATION_AXIS,       /* two indexes or arguments that change places, rows as cols */
    MUTATION_CONSTANT,   /* a number doubled or halved, true as false */
    MUTATION_MISSING,    /* a term, a factor, a statement, a cast that is not there */
    MUTATION_CONDITION,  /* < as >, == as !=, a decision turned, && as || */
    MUTATION_OPERATOR,   /* * as /, % as / */
    MUTATION_FUNCTION,   /* fmin as fmax, sin as cos, fabs or sqrt forgotten */
    MUTATIONS
};

/* The bytes from ... to-1 of a source become text. */
struct mutant {
    enum mutation kind;
    size_t from, to;
    char *text;
};

struct mutants {
    struct mutant *list;
    size_t count, capacity;
};

/* Adds the mutants of what stands between BEGIN SOLUTION and END SOLUTION, or of the whole source where no line says
 * so; in the order of their places, no two alike. */
void mutants_add(struct mutants *mutants, const char *source, size_t length);
/* Leaves at most so many: as many of each kind as there are, and of each kind places that are evenly apart. Another
 * turn takes other places. */
void mutants_choose(struct mutants *mutants, size_t most, uint64_t turn);
void mutants_free(struct mutants *mutants);

const char *mutation_name(enum mutation kind);
/* The source with the mistake in it, malloc'd. */
char *mutant_source(const struct mutant *mutant, const char *source);
/* The lines that the mistake touches, before and after, each without its indent and joined by a blank; malloc'd. */
void mutant_lines(const struct mutant *mutant, const char *source, char **line, char **becomes);

#endif
