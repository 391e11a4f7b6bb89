#include "kernel/engine/comment.h"

#include <string.h>

#include "kernel/engine/text.h"

char *comment_above(const char *source, size_t start) {
    size_t end = start;
    while (end > 0 && (source[end - 1] == ' ' || source[end - 1] == '\t' || source[end - 1] == '\n')) end--;
    if (end >= 4 && !strncmp(source + end - 2, "*/", 2)) {
        size_t open = end - 2, line;
        while (open > 0 && strncmp(source + open - 1, "/*", 2)) open--;
        if (open-- == 0) return NULL;
        for (line = open; line > 0 && source[line - 1] != '\n';) line--;
        /* behind something else on its line it is about that */
        return line + strspn(source + line, " \t") == open ? must_copy_n(source + open, end - open) : NULL;
    }
    size_t first = end;
    for (;;) { /* lines of // */
        size_t line = first;
        while (line > 0 && source[line - 1] != '\n') line--;
        size_t text = line + strspn(source + line, " \t");
        if (text >= first || strncmp(source + text, "//", 2)) break;
        first = line;
        if (line == 0) break;
        first = line - 1;
        size_t above = first;
        while (above > 0 && source[above - 1] != '\n') above--;
        if (strncmp(source + above + strspn(source + above, " \t"), "//", 2)) {
            first = line;
            break;
        }
    }
    return first < end ? must_copy_n(source + first, end - first) : NULL;
}

char *comment_behind(const char *source, size_t end) {
    const char *at = source + end + strspn(source + end, " \t");
    if (at[0] != '/' || (at[1] != '/' && at[1] != '*')) return NULL;
    const char *close = at[1] == '*' ? strstr(at, "*/") : NULL;
    return at[1] == '*' && !close ? NULL : must_copy_n(at, close ? (size_t)(close + 2 - at) : strcspn(at, "\n"));
}
