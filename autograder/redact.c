#include "autograder/redact.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/excerpt.h"
#include "kernel/engine/text.h"

enum {
    SHORTEST = 4, /* bytes of a quoted line that say something: not "}" */
    LONGEST = 200 /* that are compared: a quotation may be cut behind them (kernel/engine/excerpt.c) */
};

/* The next line of *at, without the blanks around it; false at the end. */
static bool next_line(const char **at, const char **line, size_t *length) {
    if (!**at) return false;
    *line = *at;
    *length = strcspn(*at, "\n");
    *at += *length + ((*at)[*length] == '\n');
    while (*length && isspace((unsigned char)**line)) ++*line, --*length;
    while (*length && isspace((unsigned char)(*line)[*length - 1])) --*length;
    return true;
}

static bool holds(const char *text, size_t size, const char *line, size_t length) {
    return memmem(text, size, line, length) != NULL;
}

static bool quotes_hidden(const char *line, size_t length, const char *full, const char *shown) {
    const char *secret;
    size_t secret_length;
    for (const char *at = full; next_line(&at, &secret, &secret_length);) {
        size_t quoted = secret_length < LONGEST ? secret_length : LONGEST;
        /* What is shown may be megabytes of a student's: it is looked through only where that matters. */
        if (secret_length >= SHORTEST && holds(line, length, secret, quoted) &&
            !holds(shown, strlen(shown), secret, secret_length))
            return true;
    }
    return false;
}

/* What stands in grey below a quoted line: where in it, and values of variables. */
static bool is_about_the_line_before(const char *line) {
    return strncmp(line, EXCERPT_DIM, strlen(EXCERPT_DIM)) == 0;
}

char *redact(const char *text, const char *full, const char *shown) {
    struct text out = {};
    const char *line;
    bool hides = false;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, "\n");
        line = at;
        at += length + (at[length] == '\n');
        hides = quotes_hidden(line, length, full, shown) || (hides && is_about_the_line_before(line));
        if (!hides) text_add_n(&out, line, (size_t)(at - line));
    }
    return out.length ? text_take(&out) : must_copy("");
}
