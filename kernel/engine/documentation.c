#include "kernel/engine/documentation.h"

#include <ctype.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

char *documentation_plain(const char *comment) {
    struct text out = {};
    const char *at = comment;
    while (*at) {
        while (*at == ' ' || *at == '\t') at++;
        if (!strncmp(at, "/**", 3) && at[3] != '/')
            at += 3;
        else if (!strncmp(at, "/*", 2) || !strncmp(at, "///", 3))
            at += at[1] == '/' ? 3 : 2;
        else if (!strncmp(at, "//", 2))
            at += 2;
        else if (*at == '*' && at[1] != '/')
            at++;
        if (*at == '<' && at > comment && strchr("*/!", at[-1]))
            at++; /* a comment that stands behind what it is about */
        if (*at == ' ') at++;
        size_t length = strcspn(at, "\n");
        size_t text = length;
        if (text >= 2 && !strncmp(at + text - 2, "*/", 2)) text -= 2;
        while (text && isspace((unsigned char)at[text - 1])) text--;
        if (text || out.length) text_format(&out, "%.*s\n", (int)text, at);
        at += length + (at[length] == '\n');
    }
    while (out.length && out.data[out.length - 1] == '\n') out.data[--out.length] = '\0';
    return text_take(&out);
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    struct text text = {};
    char chunk[65536];
    if (!file) return NULL;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file)) > 0;) text_add_n(&text, chunk, n);
    fclose(file);
    return text_take(&text);
}

/* Where a header declares a name: `#define name`, or the name before ( or ; at the start of an unindented line. */
static const char *declaration_of(const char *header, const char *name) {
    size_t length = strlen(name);
    for (const char *at = header; (at = strstr(at, name)); at += length) {
        bool word = (at == header || !(isalnum((unsigned char)at[-1]) || at[-1] == '_')) &&
                    !isalnum((unsigned char)at[length]) && at[length] != '_';
        const char *line = at;
        while (line > header && line[-1] != '\n') line--;
        bool unindented = isalpha((unsigned char)*line) || *line == '#' || *line == '[' || *line == '}';
        bool comment = !strncmp(line, "/*", 2) || !strncmp(line, "//", 2);
        bool defines = strncmp(line, "#", 1) || !strncmp(line, "#define", 7);
        if (defines && !strncmp(line, "#define", 7)) {
            const char *word_start = line + 7 + strspn(line + 7, " \t");
            defines = word_start == at;
        }
        bool type = !strncmp(name, "Oto", 3); /* a type is looked for where it is made, not where it is used */
        bool makes = !strncmp(line, "typedef", 7) || !strncmp(line, "struct", 6) || *line == '#';
        if (word && unindented && !comment && defines && (!type || makes)) return line;
    }
    return NULL;
}

/* The comment of a declaration: the nearest above it in the same paragraph (types and macros that belong to it may
 * stand between). NULL when there is none; *end is set behind it. */
static const char *comment_before(const char *header, const char *line, const char **end) {
    const char *paragraph = line;
    while (paragraph > header && strncmp(paragraph - 1, "\n\n", 2)) paragraph--;
    const char *comment = NULL;
    for (const char *at = paragraph; (at = strstr(at, "/*")) && at < line;) {
        const char *stop = strstr(at, "*/");
        if (!stop || stop > line) break;
        if (at == header || at[-1] == '\n') comment = at, *end = stop + 2;
        at = stop;
    }
    return comment;
}

static const char *wanted;
static char *found;

static int look_into(const char *path, const struct stat *status, int type, struct FTW *where) {
    size_t length = strlen(path);
    if (type != FTW_F || length < 2 || strcmp(path + length - 2, ".h")) return 0;
    char *header = read_file(path);
    const char *line = header ? declaration_of(header, wanted) : NULL;
    if (line) {
        struct text out = {};
        bool macro = *line == '#';
        size_t size = 0;
        for (int depth = 0; line[size]; size++) { /* up to the ; or the end of the macro, bodies left out */
            if (line[size] == '{') depth++;
            if (line[size] == '}') depth--;
            if (macro ? line[size] == '\n' && line[size - 1] != '\\' : line[size] == ';' && depth == 0) break;
        }
        const char *comment_end, *comment = comment_before(header, line, &comment_end);
        text_format(&out, "%.*s", (int)size, line);
        if (comment) {
            char *raw = must_copy_n(comment, (size_t)(comment_end - comment)), *plain = documentation_plain(raw);
            text_format(&out, "\n\n%s", plain);
            free(raw);
            free(plain);
        }
        found = text_take(&out);
    }
    free(header);
    return found != NULL;
}

char *documentation_find(const char *root, const char *name) {
    if (strncmp(name, "oto_", 4) && strncmp(name, "Oto", 3)) return NULL;
    char *folder = must_format("%s/include/oto", root);
    wanted = name;
    found = NULL;
    nftw(folder, look_into, 16, FTW_PHYS);
    free(folder);
    return found;
}

/* #define NAME ... with its continuation lines, in one header; malloc'd, or NULL. */
static char *define_in(const char *path, const char *name) {
    char *header = read_file(path), *text = NULL;
    size_t length = strlen(name);
    for (const char *at = header; at && !text && (at = strstr(at, name)); at += length) {
        const char *line = at;
        while (line > header && line[-1] != '\n') line--;
        const char *word = line + strspn(line, " \t");
        if (*word != '#' || strncmp(word + 1 + strspn(word + 1, " \t"), "define", 6)) continue;
        word += 1 + strspn(word + 1, " \t") + 6;
        word += strspn(word, " \t");
        bool whole = word == at && !isalnum((unsigned char)at[length]) && at[length] != '_';
        if (!whole) continue;
        size_t size = strcspn(at, "\n");
        while (size && at[size] && at[size - 1] == '\\') size += 1 + strcspn(at + size + 1, "\n");
        text = must_format("#define %.*s", (int)size, at);
    }
    free(header);
    return text;
}

char *documentation_macro(const char *name) {
    static const char *const headers[] = {"/usr/lib/llvm-19/lib/clang/19/include/limits.h",
                                          "/usr/lib/llvm-19/lib/clang/19/include/float.h",
                                          "/usr/lib/llvm-19/lib/clang/19/include/__stddef_null.h",
                                          "/usr/include/stdio.h",
                                          "/usr/include/stdlib.h",
                                          "/usr/include/string.h",
                                          "/usr/include/math.h",
                                          "/usr/include/stdint.h",
                                          "/usr/include/inttypes.h",
                                          "/usr/include/errno.h",
                                          "/usr/include/assert.h",
                                          "/usr/include/complex.h",
                                          "/usr/include/time.h",
                                          "/usr/include/unistd.h",
                                          "/usr/include/signal.h",
                                          "/usr/include/locale.h",
                                          "/usr/include/setjmp.h",
                                          "/usr/include/fcntl.h",
                                          "/usr/include/wchar.h",
                                          "/usr/include/ctype.h",
                                          "/usr/include/asm-generic/errno-base.h",
                                          "/usr/include/asm-generic/errno.h"};
    char *text = NULL;
    for (size_t i = 0; i < sizeof headers / sizeof *headers && !text; i++) text = define_in(headers[i], name);
    return text;
}
