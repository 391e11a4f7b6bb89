#include "kernel/engine/phrase.h"

#include <string.h>

#include "kernel/engine/text.h"

static bool is_part(const char *at) {
    return at[0] == '$' && at[1] >= '1' && at[1] <= '9';
}

bool phrase_match(const char *pattern, const char *message, struct phrase *phrase) {
    for (; *pattern; pattern++, message++) {
        if (!strcmp(pattern, "*")) return true;
        if (is_part(pattern)) {
            typeof(&phrase->parts[0]) part = &phrase->parts[pattern[1] - '0'];
            for (size_t length = 0;; length++) {
                if (phrase_match(pattern + 2, message + length, phrase)) {
                    part->start = message;
                    part->length = length;
                    return true;
                }
                if (!message[length]) return false;
            }
        }
        if (*pattern != *message) return false;
    }
    return !*message;
}

char *phrase_say(const char *template, const struct phrase *phrase) {
    struct text out = {};
    for (const char *at = template; *at; at++) {
        if (is_part(at)) {
            text_add_n(&out, phrase->parts[at[1] - '0'].start, phrase->parts[at[1] - '0'].length);
            at++;
        } else {
            text_add_n(&out, at, 1);
        }
    }
    return text_take(&out);
}
