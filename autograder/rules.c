#include "autograder/rules.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/job.h"
#include "autograder/pieces.h"
#include "kernel/engine/text.h"

static const char separators[] = " ,;\t\n";

/* A use "#x" says that the cell has defined the macro x. */
static bool is_macro(const char *name, size_t length) {
    return length && *name == '#';
}

/* Which cells' uses count, by position. */
struct reach {
    const struct ruled *ruled;
    bool *reached;
};

/* The notebook's cell that uses mean by this position, or NULL. */
static const struct cell *cell_at(const struct ruled *ruled, long from, size_t *position) {
    const struct observed *observed = ruled->observed;
    if (from < 0 || (observed->places && (size_t)from >= observed->place_count)) return NULL;
    *position = observed->places ? observed->places[from] : (size_t)from;
    return *position < ruled->notebook->count && *position < observed->count ? &ruled->notebook->cells[*position]
                                                                             : NULL;
}

/* A use "=x" says that the cell has taken the name x from another, or from the library. */
static bool is_taken(const char *name, size_t length) {
    return length && *name == '=';
}

struct taken {
    const char *name;
    size_t length;
};

static bool takes_it(void *context, const char *name, size_t length, long from) {
    const struct taken *taken = context;
    return is_taken(name, length) && length - 1 == taken->length && memcmp(name + 1, taken->name, length - 1) == 0;
}

static bool takes(const char *uses, const char *name, size_t length) {
    return observed_any_use(uses, takes_it, &(struct taken){name, length});
}

static void reach_cell(struct reach *reach, size_t position);

static bool follow(void *context, const char *name, size_t length, long from) {
    const struct reach *reach = context;
    size_t position;
    const struct cell *cell = cell_at(reach->ruled, from, &position);
    if (cell && cell_is_answer(cell) && !is_taken(name, length)) reach_cell(context, position);
    return false;
}

struct sought {
    const char *name;
    size_t length;
    long from;
};

static bool is_sought(void *context, const char *name, size_t length, long from) {
    const struct sought *sought = context;
    return length == sought->length && memcmp(name, sought->name, length) == 0 && from == sought->from;
}

/* Of the test cell: the answer that stands in for the one it refers to in the solution's run. */
static bool follow_stranger(void *context, const char *name, size_t length, long from) {
    const struct reach *reach = context;
    const struct ruled *ruled = reach->ruled;
    size_t position;
    if (!cell_at(ruled, from, &position)) return false;
    struct sought sought = {name, length, (long)position};
    bool usual = observed_any_use(ruled->expected->cells[ruled->test].uses, is_sought, &sought);
    return usual ? false : follow(context, name, length, from);
}

static void reach_cell(struct reach *reach, size_t position) {
    if (reach->reached[position]) return;
    reach->reached[position] = true;
    observed_any_use(reach->ruled->observed->cells[position].uses, follow, reach);
}

struct pattern {
    const char *text;
    size_t length;
    const struct ruled *ruled;
};

/* The compiler's own name of a function: __builtin_sqrt, or __builtin_elementwise_sqrt, which does the same to a
 * vector. */
static void skip_builtin(const char **name, size_t *length) {
    static const char *const prefixes[] = {"__builtin_", "elementwise_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t fixed = strlen(prefixes[i]);
        if (*length <= fixed || memcmp(*name, prefixes[i], fixed) != 0) return;
        *name += fixed;
        *length -= fixed;
    }
}

static bool is_alike(const struct pattern *pattern, const char *name, size_t length) {
    bool open = pattern->length && pattern->text[pattern->length - 1] == '*';
    size_t fixed = pattern->length - open;
    return (open ? length >= fixed : length == fixed) && memcmp(name, pattern->text, fixed) == 0;
}

static bool matches(void *context, const char *name, size_t length, long from) {
    const struct pattern *pattern = context;
    /* What another answer has defined is called so by a student: it is followed, and not taken by its name. What the
     * instructor has defined is meant only by its whole name. */
    if (from >= 0) {
        size_t position;
        const struct cell *cell = cell_at(pattern->ruled, from, &position);
        return cell && !cell_is_answer(cell) && length == pattern->length && memcmp(name, pattern->text, length) == 0;
    }
    if (is_alike(pattern, name, length)) return true;
    skip_builtin(&name, &length);
    return is_alike(pattern, name, length);
}

/* The answer that uses what the pattern says, or NULL. */
static const struct cell *user_of(const struct reach *reach, struct pattern pattern) {
    const struct ruled *ruled = reach->ruled;
    pattern.ruled = ruled;
    for (size_t i = 0; i < ruled->notebook->count; i++)
        if (reach->reached[i] && observed_any_use(ruled->observed->cells[i].uses, matches, &pattern))
            return &ruled->notebook->cells[i];
    return NULL;
}

/* The next name of a list, or one of length 0. */
static struct pattern next_name(const char **list) {
    *list += strspn(*list, separators);
    struct pattern name = {.text = *list, .length = strcspn(*list, separators)};
    *list += name.length;
    return name;
}

static char *first_forbidden(const struct reach *reach, const char *forbid) {
    static const char *const hiding_places[] = {"dlsym", "dlvsym", "dlopen", "dlmopen", "asm"};
    for (struct pattern name = next_name(&forbid); name.length; name = next_name(&forbid)) {
        const struct cell *user = user_of(reach, name);
        if (user)
            return must_format("the answer must not use %.*s, but \"%s\" does", (int)name.length, name.text,
                               user->grade_id);
    }
    for (size_t i = 0; i < sizeof hiding_places / sizeof *hiding_places; i++)
        if (user_of(reach, (struct pattern){.text = hiding_places[i], .length = strlen(hiding_places[i])}))
            return must_format("the answer uses %s, behind which what it must not use could hide", hiding_places[i]);
    if (user_of(reach, (struct pattern){.text = USES_CUT, .length = strlen(USES_CUT)}))
        return must_copy("the answer uses so many names that one which it must not use could hide among them");
    return NULL;
}

static char *first_missing(const struct reach *reach, const char *require) {
    for (struct pattern name = next_name(&require); name.length; name = next_name(&require))
        if (!user_of(reach, name)) return must_format("the answer must use %.*s", (int)name.length, name.text);
    return NULL;
}

/* ---- macros, which work in the test itself ---- */

struct masking {
    const struct ruled *ruled;
    const struct cell *answer;
    const char *uses; /* of the answer */
    char *broken;
};

static bool has_word(const char *text, const char *word, size_t length) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    bool found = false;
    for (size_t run; *text && !found; text += run) {
        run = strspn(text, letters);
        found = run == length && memcmp(text, word, length) == 0;
        run += strcspn(text + run, letters);
    }
    return found;
}

/* Does the word stand in what the cell does? Of a cell with macros of its own every word counts. */
static bool stands_in(const struct cell *cell, const char *word, size_t length) {
    if (!has_word(cell->source, word, length)) return false;
    if (strstr(cell->source, "#define")) return true;
    if (cell->role != ROLE_TEST) return false;
    struct pieces pieces = pieces_of(cell->source, 0, cell->length);
    bool found = false;
    for (size_t i = 0; i < pieces.count && !found; i++)
        found = pieces.list[i].to - pieces.list[i].from == length &&
                memcmp(cell->source + pieces.list[i].from, word, length) == 0;
    pieces_free(&pieces);
    return found;
}

/* A macro that somebody has in the solution's run, too, is no mask, unless it says something else. */
static bool is_known(const struct masking *masking, const char *name, size_t length) {
    const struct observed *expected = masking->ruled->expected;
    struct sought macro = {name, length, -1};
    bool known = false;
    for (size_t i = 0; i < expected->count && !known; i++)
        known = observed_any_use(expected->cells[i].uses, is_sought, &macro);
    return known && !takes(masking->uses, name + 1, length - 1);
}

static bool find_mask(void *context, const char *name, size_t length, long from) {
    struct masking *masking = context;
    const struct ruled *ruled = masking->ruled;
    bool stands = false;
    if (!is_macro(name, length) || is_known(masking, name, length)) return false;
    for (size_t i = 0; i <= ruled->test && !stands; i++) {
        const struct cell *cell = &ruled->notebook->cells[i];
        bool counts = i == ruled->test || (cell->code && cell->role == ROLE_PLAIN);
        stands = counts && stands_in(cell, name + 1, length - 1);
    }
    if (stands)
        masking->broken =
            must_format("\"%s\" defines the macro %.*s, which stands in the test, where nobody sees what it "
                        "uses; make it a function",
                        masking->answer->grade_id, (int)length - 1, name + 1);
    return stands;
}

static char *first_mask(const struct ruled *ruled) {
    struct masking masking = {.ruled = ruled};
    for (size_t i = 0; i < ruled->test && !masking.broken; i++) {
        masking.answer = &ruled->notebook->cells[i];
        masking.uses = ruled->observed->cells[i].uses;
        if (cell_is_answer(masking.answer)) observed_any_use(masking.uses, find_mask, &masking);
    }
    return masking.broken;
}

char *rule_broken(const struct ruled *ruled, const char *forbid, const char *require) {
    bool forbids = forbid && forbid[strspn(forbid, separators)],
         requires
    = require && require[strspn(require, separators)];
    if (!forbids && !requires) return NULL;
    struct reach reach = {ruled, must_allocate(ruled->notebook->count * sizeof *reach.reached + 1)};
    for (size_t i = 0; i < ruled->count; i++) reach_cell(&reach, ruled->answers[i]);
    if (ruled->expected) observed_any_use(ruled->observed->cells[ruled->test].uses, follow_stranger, &reach);
    char *broken = forbids ? first_forbidden(&reach, forbid) : NULL;
    if (!broken && ruled->expected) broken = first_mask(ruled);
    if (!broken && requires) broken = first_missing(&reach, require);
    free(reach.reached);
    return broken;
}

struct taking {
    const struct ruled *ruled;
    const struct cell *answer;
    char *broken;
};

static bool find_taken(void *context, const char *name, size_t length, long from) {
    struct taking *taking = context;
    size_t position;
    const struct cell *owner = cell_at(taking->ruled, from, &position);
    if (!is_taken(name, length) || (owner && cell_is_answer(owner))) return false;
    taking->broken =
        must_format("\"%s\" defines %.*s anew, which is not its own; a yes or no counts only where that means "
                    "what it did",
                    taking->answer->grade_id, (int)length - 1, name + 1);
    return true;
}

char *rule_broken_by_taken_names(const struct ruled *ruled, size_t test) {
    struct taking taking = {.ruled = ruled};
    for (size_t i = 0; i < test && !taking.broken; i++) {
        taking.answer = &ruled->notebook->cells[i];
        if (cell_is_answer(taking.answer)) observed_any_use(ruled->observed->cells[i].uses, find_taken, &taking);
    }
    return taking.broken;
}

char *rule_broken_by_own_checks(const struct ruled *ruled) {
    char *broken = rule_broken(ruled,
                               "oto_check_* oto_stopwatch_* oto_memory_watch_* oto_observ* oto_record_* oto_host* "
                               "longjmp _longjmp siglongjmp __builtin_longjmp _Unwind_* __builtin_frame_address "
                               "__builtin_return_address syscall asm",
                               NULL);
    char *whole =
        broken ? must_format("%s; that is not allowed where time, memory or a property is checked", broken) : NULL;
    free(broken);
    return whole;
}
