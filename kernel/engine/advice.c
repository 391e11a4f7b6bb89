#include "kernel/engine/advice.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/phrase.h"
#include "kernel/engine/text.h"

/* Whether the place lies in such a text of the line, or only blanks lie between. */
static bool stands_at(const struct pointed *at, const char *text) {
    bool anywhere = text[0] == '~', before = text[0] == '@' && text[1];
    if (anywhere || before) text++;
    size_t length = strlen(text), place = at->at;
    if (anywhere) return memmem(at->line, at->length, text, length) != NULL;
    if (before) return place >= length && !memcmp(at->line + place - length, text, length);
    for (size_t back = 0; back < length && back <= place; back++)
        if (place - back + length <= at->length && !memcmp(at->line + place - back, text, length)) return true;
    while (place < at->length && isspace((unsigned char)at->line[place])) place++;
    return place + length <= at->length && !memcmp(at->line + place, text, length);
}

static bool fits(const struct message_row *row, const char *message, const char *option, const struct pointed *at,
                 struct phrase *phrase) {
    bool by_option = row->pattern[0] == '-' && row->pattern[1] == 'W';
    if (by_option ? strncmp(option, row->pattern, strlen(row->pattern)) != 0
                  : !phrase_match(row->pattern, message, phrase))
        return false;
    return !row->near || (at && stands_at(at, row->near));
}

static bool is_word_byte(char c) {
    return c == '_' || isalnum((unsigned char)c);
}

const char *advice_foreign_word(const char *word, size_t length) {
    for (const struct word_row *row = advice_words; row->word; row++)
        if (strlen(row->word) == length && !memcmp(row->word, word, length)) return row->hint;
    return NULL;
}

/* The word that the message is about: the one in its quotes, or the one at the place. */
static const char *foreign_hint(const char *message, const struct pointed *at) {
    static const char *const patterns[] = {"use of undeclared identifier '$1'*", "call to undeclared function '$1'*",
                                           "unknown type name '$1'*", NULL};
    struct phrase phrase;
    for (const char *const *pattern = patterns; *pattern; pattern++)
        if (phrase_match(*pattern, message, &phrase))
            return advice_foreign_word(phrase.parts[1].start, phrase.parts[1].length);
    if (!at || strncmp(message, "expected", 8)) return NULL;
    size_t end = at->at;
    while (end < at->length && is_word_byte(at->line[end])) end++;
    return advice_foreign_word(at->line + at->at, end - at->at);
}

/* The whole line, if it is written in another language's manner. */
static bool foreign_line(const struct pointed *at, struct advice *advice) {
    size_t start = 0, end = at->length;
    while (start < end && isspace((unsigned char)at->line[start])) start++;
    while (end > start && isspace((unsigned char)at->line[end - 1])) end--;
    char *line = must_copy_n(at->line + start, end - start);
    const struct line_row *row = advice_lines;
    struct phrase phrase;
    while (row->pattern && !phrase_match(row->pattern, line, &phrase)) row++;
    if (row->pattern)
        *advice = (struct advice){phrase_say(row->sentence, &phrase), phrase_say(row->hint, &phrase), true};
    free(line);
    return row->pattern;
}

struct advice advice_for(const char *message, const char *option, const struct pointed *at) {
    struct advice advice = {};
    struct phrase phrase = {};
    if (!*option && at && foreign_line(at, &advice)) return advice;
    const char *foreign = *option ? NULL : foreign_hint(message, at);
    for (const struct message_row *row = advice_messages; row->pattern; row++) {
        if (!fits(row, message, option, at, &phrase)) continue;
        advice.sentence = phrase_say(row->sentence ? row->sentence : message, &phrase);
        if (row->hint) advice.hint = phrase_say(row->hint, &phrase);
        break;
    }
    if (!advice.sentence) advice.sentence = must_copy(message);
    if (foreign) {
        advice.foreign = true;
        free(advice.hint);
        advice.hint = must_copy(foreign);
    }
    return advice;
}

const char *advice_header(const char *name) {
    for (const struct header_row *row = advice_headers; row->header; row++)
        for (const char *at = row->names; *at;) {
            size_t length = strcspn(at, " ");
            if (!strncmp(name, at, length) && (at[length - 1] == '_' || !name[length])) return row->header;
            at += length + strspn(at + length, " ");
        }
    return NULL;
}

void advice_free(struct advice *advice) {
    free(advice->sentence);
    free(advice->hint);
    *advice = (struct advice){};
}

char *advice_plain_types(char *message) {
    static const char aka[] = "' (aka '";
    for (char *at = message; (at = strstr(at, "'typeof"));) {
        char *known = strstr(at, aka), *close = known ? strstr(known + sizeof aka - 1, "')") : NULL;
        char *next = strchr(at + 1, '\'');
        if (!close || next != known) { /* no other spelling follows this one */
            at++;
            continue;
        }
        size_t length = (size_t)(close - (known + sizeof aka - 1));
        memmove(at + 1, known + sizeof aka - 1, length);
        memmove(at + 1 + length, close, 1);
        memmove(at + 2 + length, close + 2, strlen(close + 2) + 1);
    }
    return message;
}

const char *advice_library(const char *symbol) {
    static const struct {
        const char *prefix, *flags;
    } libraries[] = {{"sqlite3_", "-lsqlite3"}, {"curl_", "-lcurl"},      {"SDL_", "-lSDL2"},
                     {"png_", "-lpng"},         {"sf_", "-lsndfile"},     {"fftwf_", "-lfftw3f"},
                     {"fftw_", "-lfftw3"},      {"cblas_", "-lopenblas"}, {"gsl_", "-lgsl -lgslcblas"},
                     {"json_", "-ljansson"},    {"xml", "-lxml2"},        {"deflate", "-lz"},
                     {"inflate", "-lz"},        {"compress", "-lz"},      {"uncompress", "-lz"},
                     {"crc32", "-lz"},          {"zmq_", "-lzmq"},        {"snd_", "-lasound"},
                     {"Pa_", "-lportaudio"},    {"initscr", "-lncurses"}, {"readline", "-lreadline"},
                     {"uuid_", "-luuid"},       {"glfw", "-lglfw"},       {"cairo_", "-lcairo"}};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (!strncmp(symbol, libraries[i].prefix, strlen(libraries[i].prefix))) return libraries[i].flags;
    return NULL;
}
