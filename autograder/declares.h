/* declares: what the text of a cell makes known to other cells, and what it does besides. Pure; by the lexer alone, so
 * that it can be said of a student's answer before anything reads or runs it. Where the text is unusual, more is said
 * to be declared than is. */
#ifndef GRADER_DECLARES_H
#define GRADER_DECLARES_H

#include <stdbool.h>
#include <stddef.h>

struct declared {
    const char *name; /* borrowed from the source; not NUL-terminated */
    size_t length;
    bool variable, type; /* a type's name or an enumerator; a function is neither */
};

struct declares {
    struct declared *list; /* functions, variables, types' names and enumerators */
    size_t count, capacity;
    struct declared *stands; /* the words that stand outside functions and types, as often as they do */
    size_t stands_count, stands_capacity;
    bool does_more;   /* than define functions that keep nothing between two calls, and types */
    bool is_beyond;   /* it has lines with #, magics, or words that the lexer does not see as the compiler does */
    bool seeds_first; /* oto_seed comes before any other call, with a seed that only the exercise decides */
};

/* source must outlive what it declares. Release with declares_free. */
struct declares declares_of(const char *source, size_t length);
void declares_free(struct declares *declares);

#endif
