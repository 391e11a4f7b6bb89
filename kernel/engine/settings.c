#include "kernel/engine/settings.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/engine/text.h"

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static void add_words(struct words *words, const char *text, size_t length) {
    struct text word = {};
    for (size_t i = 0; i < length;) {
        while (i < length && is_blank(text[i])) i++;
        if (i == length) break;
        char quote = 0;
        for (; i < length && (quote || !is_blank(text[i])); i++) {
            if (quote ? text[i] == quote : text[i] == '"' || text[i] == '\'')
                quote = quote ? 0 : text[i];
            else
                text_add_n(&word, text + i, 1);
        }
        words_take(words, word.length ? text_take(&word) : must_copy(""));
    }
}

static void read_lines(const char *source, size_t length, const char *key, struct words *words) {
    size_t key_length = strlen(key);
    for (const char *line = source, *end = source + length; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        while (line < stop && is_blank(*line)) line++;
        if ((size_t)(stop - line) > key_length && !memcmp(line, key, key_length))
            add_words(words, line + key_length, (size_t)(stop - line) - key_length);
        line = newline ? newline + 1 : end;
    }
}

struct settings settings_read(const char *source, size_t length) {
    struct settings settings = {};
    read_lines(source, length, "//%cflags:", &settings.compiler);
    read_lines(source, length, "//%ldflags:", &settings.linker);
    read_lines(source, length, "//%args:", &settings.arguments);
    return settings;
}

void settings_free(struct settings *settings) {
    words_free(&settings->compiler);
    words_free(&settings->linker);
    words_free(&settings->arguments);
}

static char *absolute(const char *folder, const char *path) {
    return *path == '/' ? must_copy(path) : must_format("%s/%s", folder, path);
}

/* lib<name>.so in one of the -L folders, or NULL. */
static char *find_library(const struct words *words, const char *name, const char *folder) {
    for (size_t i = 0; i < words->count; i++) {
        if (strncmp(words->list[i], "-L", 2)) continue;
        char *place = absolute(folder, words->list[i] + 2);
        char *file = must_format("%s/lib%s.so", place, name);
        free(place);
        if (!access(file, R_OK)) return file;
        free(file);
    }
    return NULL;
}

static void add_libraries(struct text *out, const struct words *words, const char *folder) {
    for (size_t i = 0; i < words->count; i++) {
        const char *word = words->list[i];
        size_t length = strlen(word);
        bool named = length > 2 && !strncmp(word, "-l", 2);
        bool is_file = !named && *word != '-' && length > 3 && !strcmp(word + length - 3, ".so");
        char *path = named ? find_library(words, word + 2, folder) : is_file ? absolute(folder, word) : NULL;
        if (path)
            text_format(out, "%s\n", path);
        else if (named)
            text_format(out, "%s\n", word + 2);
        free(path);
    }
}

char *settings_libraries(const struct settings *settings, const char *folder) {
    struct text out = {};
    add_libraries(&out, &settings->compiler, folder);
    add_libraries(&out, &settings->linker, folder);
    return out.length ? text_take(&out) : NULL;
}
