/* advice: what the compiler says, in words that a learner understands, and what to do about it. */
#ifndef OTO_ADVICE_H
#define OTO_ADVICE_H

#include <stdbool.h>
#include <stddef.h>

/* Where a message points: the whole line of the source, and the place in it (0 is its first byte). */
struct pointed {
    const char *line;
    size_t length, at;
};

/* Both malloc'd; hint may be NULL. Neither begins with a capital or ends with a full stop. foreign: the place is
 * written in the manner of another language. */
struct advice {
    char *sentence, *hint;
    bool foreign;
};

/* message: the compiler's words; option: the warning's switch, or "". at: NULL when the source is not known. */
struct advice advice_for(const char *message, const char *option, const struct pointed *at);
void advice_free(struct advice *advice);
/* The header that declares a name of the C library or POSIX, as "stdio.h", or NULL. */
const char *advice_header(const char *name);
/* What C writes instead of a word of another language, or NULL. */
const char *advice_foreign_word(const char *word, size_t length);
/* Takes typeof out of a message, in place: generated code spells 'int[3]' as 'typeof(int[3])' (aka 'int[3]'). Returns
 * it. */
char *advice_plain_types(char *message);
/* The switch to put behind //%ldflags: for an undefined symbol of a well-known library, or NULL. */
const char *advice_library(const char *symbol);

/* ---- the tables (advice_table.c); in each, the first row that fits counts, and the last has a NULL pattern ---- */

/* A message of the compiler. pattern: phrase.h, or a switch that begins with -W. near: text of the source that must
 * stand at the place, blanks aside; "@text" stands just before it, "~text" anywhere in the line; or NULL. sentence:
 * NULL leaves the message as it is. In sentence and hint $1 to $9 are parts of the message. */
struct message_row {
    const char *pattern, *near, *sentence, *hint;
};
extern const struct message_row advice_messages[];

/* A whole line in the manner of another language (pattern as in phrase.h, without blanks around it), for lines with an
 * error. */
struct line_row {
    const char *pattern, *sentence, *hint;
};
extern const struct line_row advice_lines[];

/* A header and names that it declares, separated by blanks; one that ends with _ stands for all that begin so. */
struct header_row {
    const char *header, *names;
};
extern const struct header_row advice_headers[];

/* A word of another language that C does not have. */
struct word_row {
    const char *word, *hint;
};
extern const struct word_row advice_words[];

#endif
