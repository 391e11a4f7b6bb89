#include "kernel/engine/header_words.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"
#include "kernel/engine/unit.h"

struct header_words {
    char *key; /* flags and #include lines that they were read with */
    struct header_word {
        char *name, *type, *signature;
    } *list; /* by name */
    size_t count, capacity;
};

static void words_clear(struct header_words *words) {
    for (size_t i = 0; i < words->count; i++) {
        free(words->list[i].name);
        free(words->list[i].type);
        free(words->list[i].signature);
    }
    free(words->list);
    free(words->key);
    *words = (struct header_words){};
}

void header_words_free(struct session *session) {
    for (int tags = 0; tags < 2; tags++) {
        if (session->header_words[tags]) words_clear(session->header_words[tags]);
        free(session->header_words[tags]);
        session->header_words[tags] = NULL;
    }
}

static void keep(void *context, const char *name, const char *type, const char *signature) {
    struct header_words *words = context;
    if (!*name || !strncmp(name, UNIT_PART, strlen(UNIT_PART)) || !strcmp(type, "keyword")) return;
    ARRAY_ADD(words->list, words->count, words->capacity) =
        (struct header_word){must_copy(name), must_copy(type), must_copy(signature)};
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct header_word *)a)->name, ((const struct header_word *)b)->name);
}

/* The #include lines of the session, and of the cell in front of the cursor. */
static struct text includes_of(const struct session *session, const struct cursor *cursor) {
    struct text text = {};
    for (size_t i = 0; i < session->names.count; i++) {
        const struct definition *d = session->names.list[i];
        if (d->kind == DEFINED_INCLUDE && d->live) text_format(&text, "%s\n", d->text);
    }
    struct lexer lexer;
    lexer_start(&lexer, cursor->view, cursor->at);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.kind != TOKEN_DIRECTIVE) continue;
        const char *word = cursor->view + t.start + 1;
        word += strspn(word, " \t");
        if (!strncmp(word, "include", 7) && memchr(word, '\n', cursor->length - (size_t)(word - cursor->view)))
            text_format(&text, "%.*s\n", (int)(t.end - t.start), cursor->view + t.start);
    }
    return text;
}

static struct header_words *words_of(struct session *session, const struct cursor *cursor, bool tags) {
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    free(error);
    if (!flavour) return NULL;
    struct text unit = includes_of(session, cursor), key = {};
    for (char **flag = flavour->parse_flags; *flag; flag++) text_format(&key, "%s\n", *flag);
    text_add(&key, text_c(&unit));
    struct header_words *words = session->header_words[tags];
    if (!words) words = session->header_words[tags] = must_allocate(sizeof *words);
    if (!words->key || strcmp(words->key, text_c(&key))) {
        words_clear(words);
        words->key = must_copy(text_c(&key));
        text_format(&unit, "void " UNIT_PART "0(void) {\n%s", tags ? "struct " : "");
        parse_complete(session->parser, (const char *const *)flavour->parse_flags, text_c(&unit), unit.length,
                       unit.length, "", 0, keep, words);
        if (words->count) qsort(words->list, words->count, sizeof *words->list, by_name);
    }
    text_free(&unit);
    text_free(&key);
    return words;
}

void header_words_visit(struct session *session, const struct cursor *cursor, bool tags, const char *prefix,
                        size_t length, word_visitor *visit, void *context) {
    const struct header_words *words = words_of(session, cursor, tags);
    size_t low = 0, high = words ? words->count : 0;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strncmp(words->list[middle].name, prefix, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (; words && low < words->count && !strncmp(words->list[low].name, prefix, length); low++)
        visit(context, words->list[low].name, words->list[low].type, words->list[low].signature);
}

/* ---- header files ---- */

static void visit_folder(const char *root, const char *folder, size_t length, word_visitor *visit, void *context) {
    char *path = must_format("%s/%.*s", root, (int)length, folder);
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        const char *name = entry->d_name, *dot = strrchr(name, '.');
        if (*name == '.') continue;
        char *file = must_format("%s/%s", path, name);
        struct stat status;
        bool is_folder = !stat(file, &status) && S_ISDIR(status.st_mode);
        char *shown = must_format("%s%s", name, is_folder ? "/" : "");
        if (is_folder || (dot && !strcmp(dot, ".h"))) visit(context, shown, "path", "");
        free(shown);
        free(file);
    }
    if (directory) closedir(directory);
    free(path);
}

void header_files_visit(struct session *session, const char *folder, size_t length, word_visitor *visit,
                        void *context) {
    char *own = must_format("%s/include/oto", session->toolchain->root);
    const char *roots[] = {own,
                           "/usr/local/include",
                           "/usr/include/x86_64-linux-gnu",
                           "/usr/include/aarch64-linux-gnu",
                           "/usr/include",
                           "/usr/lib/llvm-19/lib/clang/19/include"};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) visit_folder(roots[i], folder, length, visit, context);
    free(own);
}
