#include "kernel/engine/excerpt.h"

#include <string.h>

enum { WIDEST = 400 };

const char *excerpt_line(const char *source, int line, size_t *length) {
    for (; source && line > 1; line--) {
        source = strchr(source, '\n');
        if (source) source++;
    }
    *length = source ? strcspn(source, "\n") : 0;
    return source;
}

static bool continues_character(char byte) {
    return (byte & 0xc0) == 0x80;
}

void excerpt_add(struct text *out, const char *source, int line, int column, const char *note) {
    size_t length;
    const char *at = excerpt_line(source, line, &length);
    if (!at) return;
    size_t shown = length < WIDEST ? length : WIDEST;
    while (shown < length && shown > 0 && continues_character(at[shown])) shown--;
    text_format(out, "%6d | %.*s\n", line, (int)shown, at);
    if (column <= 0 || (size_t)column > shown + 1) return;
    text_add(out, EXCERPT_DIM "       | " EXCERPT_PLAIN);
    for (int i = 0; i < column - 1; i++)
        if (!continues_character(at[i])) text_add(out, at[i] == '\t' ? "\t" : " ");
    text_format(out, EXCERPT_RED "^" EXCERPT_PLAIN "%s%s\n", note ? " " : "", note ? note : "");
}
