/* Can a student who reads Japanese read what a comparator said? */
#ifndef TESTS_JAPANESE_H
#define TESTS_JAPANESE_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/sentences.h"

/* How many words of nothing but English letters stand side by side at most: names of metrics and axes come one by one.
 */
static int english_words(const char *text) {
    int words = 0, most = 0;
    for (const char *at = text; *at;) {
        size_t length = strcspn(at, " ");
        bool word = length > 1;
        for (size_t i = 0; i < length; i++) word = word && isalpha((unsigned char)at[i]);
        words = word ? words + 1 : 0;
        most = words > most ? words : most;
        at += length + (at[length] == ' ');
    }
    return most;
}

static void assert_has_japanese(const char *english) {
    char *said = sentence_in(JAPANESE, english);
    if (!said) fail_msg("autograder/sentences.c has no Japanese for \"%s\"", english);
    if (english_words(said) > 2) fail_msg("\"%s\" is still half English: \"%s\"", english, said);
    free(said);
}

#endif
