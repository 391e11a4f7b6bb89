/* phrase: a message in other words. Patterns and templates are plain text in which $1 to $9 stand for parts. */
#ifndef OTO_PHRASE_H
#define OTO_PHRASE_H

#include <stdbool.h>
#include <stddef.h>

enum { PHRASE_PARTS = 10 };

/* What $1 to $9 stood for; points into the message. */
struct phrase {
    struct {
        const char *start;
        size_t length;
    } parts[PHRASE_PARTS];
};

/* Whether the whole message fits the pattern: each $N is as short a text as it can be, and an asterisk at the pattern's
 * end stands for any rest. */
bool phrase_match(const char *pattern, const char *message, struct phrase *phrase);
/* The template with its $N replaced, malloc'd. */
char *phrase_say(const char *template, const struct phrase *phrase);

#endif
