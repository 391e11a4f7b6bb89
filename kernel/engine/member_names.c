#include "kernel/engine/member_names.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/phrase.h"

#define MARK "_Pragma(\"pop_macro(\\\"%s\\\")\")"

/* The name of the member that an error misses, malloc'd; NULL when it is about something else. */
static char *missed_member(const struct diagnostic *d) {
    struct phrase phrase;
    if (d->severity != SEVERITY_ERROR) return NULL;
    bool is_missed = phrase_match("no member named '$1' in $2", d->message, &phrase) ||
                     phrase_match("field designator '$1' does not refer to any field$2", d->message, &phrase);
    return is_missed ? phrase_say("$1", &phrase) : NULL;
}

/* Where the name stands in the source at or behind that place, or -1. */
static long place_of(const struct plan *plan, const struct diagnostic *d, const char *name) {
    size_t at = 0, length = strlen(name);
    for (int line = plan->first_line; line < d->line && at < plan->length; at++) line += plan->source[at] == '\n';
    at += d->column > 0 ? (size_t)d->column - 1 : 0;
    while (at < plan->length && strchr(". \t", plan->source[at])) at++;
    if (at + length > plan->length || memcmp(plan->source + at, name, length)) return -1;
    size_t before = at;
    while (before > 0 && strchr(" \t\n", plan->source[before - 1])) before--;
    return before > 0 && strchr(".>", plan->source[before - 1]) ? (long)at : -1;
}

static bool is_own(const struct plan *plan, const char *name) {
    size_t length = strlen(name);
    return names_find_n(plan->headers, 'o', name, length) &&
           (plan_owns(plan, 'o', name, length) || names_find_n(plan->names, 'o', name, length));
}

char *member_names_marked(const struct plan *plan, const struct facts *facts) {
    struct place {
        long at;
        char *name;
    } *places = NULL;
    size_t count = 0, capacity = 0, written = 0;
    for (size_t i = 0; i < facts->diagnostic_count; i++) {
        char *name = missed_member(&facts->diagnostics[i]);
        long at = name && is_own(plan, name) ? place_of(plan, &facts->diagnostics[i], name) : -1;
        size_t k = count;
        while (k > 0 && places[k - 1].at > at) k--;
        if (at < 0 || (k > 0 && places[k - 1].at == at)) {
            free(name);
            continue;
        }
        (void)ARRAY_ADD(places, count, capacity);
        memmove(places + k + 1, places + k, (count - 1 - k) * sizeof *places);
        places[k] = (struct place){at, name};
    }
    struct text source = {};
    for (size_t i = 0; i < count; i++) {
        char *pop = must_format(MARK, places[i].name);
        text_add_n(&source, plan->source + written, (size_t)places[i].at - written);
        text_format(&source, "%s %s %s", pop, places[i].name, pop);
        written = (size_t)places[i].at + strlen(places[i].name);
        free(pop);
        free(places[i].name);
    }
    free(places);
    if (count) text_add_n(&source, plan->source + written, plan->length - written);
    return count ? text_take(&source) : NULL;
}

size_t member_names_count(const char *text, const char *name) {
    char *pop = must_format(MARK, name);
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, pop)); at += strlen(pop)) count++;
    free(pop);
    return count / 2;
}
