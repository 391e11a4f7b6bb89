#include "autograder/excerpt.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

char *excerpt_of(enum language language, const char *answer) {
    size_t length = strlen(answer), end = EXCERPT_MAX_BYTES;
    if (length <= EXCERPT_MAX_BYTES) return must_copy(answer);
    while (end > 0 && ((unsigned char)answer[end] & 0xc0) == 0x80) end--;
    char *size = must_format("%zu", length);
    struct text out = {};
    text_add_n(&out, answer, end);
    text_add(&out, "\n");
    string_add(&out, language, STRING_CUT, (const char *const[]){size}, text_add);
    free(size);
    return text_take(&out);
}
