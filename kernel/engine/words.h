/* words: a list of them that grows, as execve takes a command, or an environment. */
#ifndef OTO_WORDS_H
#define OTO_WORDS_H

#include <stddef.h>

struct words {
    char **list; /* each its own; a NULL follows the last; NULL while there are none */
    size_t count, capacity;
};

/* Adds a copy of a word. */
void words_add(struct words *words, const char *word);
/* Copies of all words of a list that a NULL ends; NULL: of none. */
void words_add_all(struct words *words, const char *const *list);
/* Adds a malloc'd word, which is the list's then. */
void words_take(struct words *words, char *word);
void words_free(struct words *words);
/* Frees a list that has become somebody's own, and its words. */
void words_free_list(char **list);

#endif
