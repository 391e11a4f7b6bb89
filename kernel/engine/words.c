#include "kernel/engine/words.h"

#include <stdlib.h>

#include "kernel/engine/text.h"

void words_take(struct words *words, char *word) {
    ARRAY_ADD(words->list, words->count, words->capacity) = word;
    ARRAY_ADD(words->list, words->count, words->capacity) = NULL;
    words->count--;
}

void words_add(struct words *words, const char *word) {
    words_take(words, must_copy(word));
}

void words_add_all(struct words *words, const char *const *list) {
    for (; list && *list; list++) words_add(words, *list);
}

void words_free_list(char **list) {
    for (char **word = list; word && *word; word++) free(*word);
    free(list);
}

void words_free(struct words *words) {
    words_free_list(words->list);
    *words = (struct words){};
}
