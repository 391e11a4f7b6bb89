/* brackets: what does not balance in a cell, found on its tokens alone: the parser notices it far behind the place
 * where it went wrong. Pure. */
#ifndef OTO_BRACKETS_H
#define OTO_BRACKETS_H

#include <stdbool.h>
#include <stddef.h>

enum imbalance {
    BALANCED,
    NEVER_CLOSED, /* at: a bracket that opens */
    NEVER_OPENED, /* at: a bracket that closes */
    TEXT_OPEN,    /* at: the text or character that does not end on its line */
    COMMENT_OPEN, /* at: the comment that does not end */
};

/* The first thing that does not balance; *at is its offset. Directives are left out, and lines that begin with % or !.
 * Of several braces that may be the one never closed, it is the one whose block goes on behind a brace further left. */
enum imbalance brackets_check(const char *source, size_t length, size_t *at);

#endif
