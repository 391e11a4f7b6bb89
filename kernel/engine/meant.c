#include "kernel/engine/meant.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/nearest.h"
#include "kernel/engine/phrase.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

char *meant_unknown(const char *message) {
    static const char *const patterns[] = {"use of undeclared identifier '$1'*", "call to undeclared function '$1'*",
                                           "unknown type name '$1'*", "call to undeclared library function '$1'*",
                                           "no member named '$1' in '$2'*"};
    struct phrase phrase;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (phrase_match(patterns[i], message, &phrase)) return phrase_say("$1", &phrase);
    return NULL;
}

static bool is_unknown(const struct diagnostic *diagnostics, size_t count, const char *word) {
    bool unknown = false;
    for (size_t i = 0; i < count && !unknown; i++) {
        char *name = diagnostics[i].severity == SEVERITY_ERROR ? meant_unknown(diagnostics[i].message) : NULL;
        unknown = name && !strcmp(name, word);
        free(name);
    }
    return unknown;
}

struct search {
    struct nearest nearest;
    char *kept; /* what nearest.best points at, when it is a copy */
    const struct diagnostic *diagnostics;
    size_t count;
};

static void offer_word(void *context, const char *word, size_t length, enum word_place place) {
    struct search *search = context;
    if (length < 3) return;
    char *copy = must_copy_n(word, length);
    if (!is_unknown(search->diagnostics, search->count, copy)) nearest_offer(&search->nearest, copy);
    char *useless = search->nearest.best == copy ? search->kept : copy;
    if (search->nearest.best == copy) search->kept = copy;
    free(useless);
}

char *meant_name(const struct session *session, const char *source, const struct diagnostic *diagnostics, size_t count,
                 const char *name, const char *suggestion) {
    static const char *const keywords[] = {
        "int",    "char",   "double", "float", "void",  "long",  "short", "signed",   "const",   "static",
        "return", "struct", "union",  "enum",  "while", "break", "case",  "continue", "typedef", "unsigned",
        "switch", "sizeof", "bool",   "true",  "false", "NULL",  "EOF",   "default",  "extern",  "else"};
    struct search search = {.nearest = {.word = name}, .diagnostics = diagnostics, .count = count};
    if (suggestion) nearest_offer(&search.nearest, suggestion);
    if (source) each_word(source, strlen(source), offer_word, &search);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) nearest_offer(&search.nearest, keywords[i]);
    for (size_t i = 0; i < session->names.table_size; i++) {
        const struct key *key = &session->names.table[i];
        if (key->text && key->definition && strcmp(key->text + 2, "_") != 0)
            nearest_offer(&search.nearest, key->text + 2);
    }
    char *meant = search.nearest.best ? must_copy(search.nearest.best) : NULL;
    free(search.kept);
    return meant;
}
