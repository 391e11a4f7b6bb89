#include "autograder/strings.h"

#include <stdlib.h>
#include <string.h>

static const char *const codes[LANGUAGES] = {"en", "ja"};

bool language_of(const char *code, enum language *language) {
    for (int i = 0; i < LANGUAGES; i++) {
        if (strcmp(code, codes[i]) != 0) continue;
        *language = (enum language)i;
        return true;
    }
    return false;
}

const char *language_code(enum language language) {
    return codes[language];
}

#define STRING_WORDS(name, english, japanese) {english, japanese},
static const char *const strings[STRING_COUNT][LANGUAGES] = {STRINGS(STRING_WORDS)};
#define STRING_IS_COMPLETE(name, english, japanese)                                                                    \
    static_assert(sizeof(english) > 1 && sizeof(japanese) > 1, #name " lacks a language");
STRINGS(STRING_IS_COMPLETE)

#define STRING_IN_QUOTES(name, english, japanese) #name,
static const char *const names[STRING_COUNT] = {STRINGS(STRING_IN_QUOTES)};

const char *string_name(enum string string) {
    return names[string];
}

const char *string_of(enum language language, enum string string) {
    return strings[string][language];
}

int string_slot(const char *at) {
    return at[0] == '{' && at[1] >= '1' && at[1] <= '9' && at[2] == '}' ? at[1] - '0' : 0;
}

void string_fill(struct text *out, const char *sentence, const char *const *values,
                 void (*add)(struct text *out, const char *text)) {
    while (*sentence) {
        int slot = string_slot(sentence);
        if (slot) {
            add(out, values[slot - 1]);
            sentence += 3;
            continue;
        }
        size_t length = 1 + strcspn(sentence + 1, "{");
        char *piece = must_copy_n(sentence, length);
        add(out, piece);
        free(piece);
        sentence += length;
    }
}

void string_add(struct text *out, enum language language, enum string string, const char *const *values,
                void (*add)(struct text *out, const char *text)) {
    string_fill(out, string_of(language, string), values, add);
}
