#include "kernel/engine/prelude_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/engine/parse.h"
#include "kernel/engine/text.h"

/* The file: a line for each name, as parse_header_names gives them: "o printf", "t tm", "y size_t". */
static char *path_of(const struct toolchain *toolchain) {
    return must_format("%s/lib/oto/prelude.declared", toolchain->root);
}

static void add_line(void *context, const char *name, char space) {
    if (name && *name) text_format(context, "%c %s\n", space, name);
}

static void save(const char *path, const struct text *lines) {
    char *temporary = must_format("%s.%d", path, (int)getpid());
    FILE *file = fopen(temporary, "we");
    bool ok = file && fwrite(text_c(lines), 1, lines->length, file) == lines->length;
    if (file && fclose(file)) ok = false;
    if (!ok || rename(temporary, path)) unlink(temporary);
    free(temporary);
}

static void make(const struct toolchain *toolchain, const char *path, const char *const *parse_flags,
                 struct text *lines) {
    struct parser *parser = parser_open(toolchain, NULL, NULL, NULL, NULL);
    parse_header_names(parser, parse_flags, add_line, lines);
    parser_close(parser);
    if (lines->length) save(path, lines);
}

static bool load(const char *path, struct text *lines) {
    FILE *file = fopen(path, "re");
    char chunk[16384];
    if (!file) return false;
    for (size_t n; (n = fread(chunk, 1, sizeof chunk, file));) text_add_n(lines, chunk, n);
    bool ok = !ferror(file);
    fclose(file);
    return ok && lines->length;
}

void prelude_names(const struct toolchain *toolchain, const char *const *parse_flags,
                   void (*visit)(void *, const char *key), void *context) {
    char *path = path_of(toolchain);
    struct text lines = {};
    if (!toolchain_is_newer(path, toolchain->prelude) || !load(path, &lines)) {
        text_clear(&lines);
        make(toolchain, path, parse_flags, &lines);
    }
    for (char *line = lines.data; line && *line;) {
        char *end = strchrnul(line, '\n');
        if (*end) *end++ = '\0';
        if (line[0] && line[1] == ' ') visit(context, line);
        line = end;
    }
    text_free(&lines);
    free(path);
}

bool prelude_prepare(char **error) {
    const struct toolchain *toolchain = toolchain_find(error);
    if (!toolchain || !toolchain_prepare(error)) return false;
    char *precompiled = toolchain_precompiled(toolchain, MODE_CHECKED, error), *path = path_of(toolchain);
    struct flavour flavour = {};
    bool ok = precompiled && flavour_make(toolchain, MODE_CHECKED, precompiled, NULL, &flavour, error);
    if (ok) {
        struct text lines = {};
        make(toolchain, path, (const char *const *)flavour.parse_flags, &lines);
        text_free(&lines);
    }
    flavour_free(&flavour);
    free(precompiled);
    free(path);
    return ok;
}
