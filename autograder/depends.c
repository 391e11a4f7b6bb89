#include "autograder/depends.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/declares.h"
#include "autograder/files.h"
#include "autograder/job.h"
#include "autograder/library.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"
#include "lib/check/observation.h"

/* In more, everything depends on everything: each word is looked for among what all other cells declare, which would
 * take hours of ours for megabytes of a student's. */
enum { CELLS_MAX = 500, ANSWERS_MAX_BYTES = 1 << 15 };

/* ---- the cells by themselves ---- */

static bool is_run(const struct cell *cell) {
    return cell->code && !cell->demo && cell->role != ROLE_TASK;
}

/* While depends_of works. */
struct making {
    struct depends *depends;
    const struct observed *solution;
    size_t count;
    bool *lasts; /* by cell: uses what a later cell may notice */
    size_t cell; /* that is being looked at */
};

static bool *on(const struct depends *depends, size_t cell, size_t other) {
    return &depends->on[cell * depends->notebook->count + other];
}

static bool is_called(const struct declared *declared, const char *name, size_t length) {
    return declared->length == length && memcmp(declared->name, name, length) == 0;
}

static const struct declared *declares_find(const struct declares *declares, const char *name, size_t length) {
    for (size_t i = 0; i < declares->count; i++)
        if (is_called(&declares->list[i], name, length)) return &declares->list[i];
    return NULL;
}

/* A word of the present cell that another declares. That an answer has a variable of its own which is called as one of
 * a test's is no use of it; that it does use a test's is seen when it has run. Two tests may each have their own n. */
static void meet_word(void *context, const char *name, size_t length, enum word_place place) {
    struct making *making = context;
    const struct depends *depends = making->depends;
    const struct cell *cells = depends->notebook->cells;
    if (place == WORD_MEMBER) return;
    if (library_may_draw(name, length)) making->depends->draws[making->cell] = true;
    for (size_t i = 0; i < making->count; i++) {
        bool is_test = cells[i].role == ROLE_TEST;
        if (i == making->cell || (is_test && cell_is_answer(&cells[making->cell]))) continue;
        for (size_t k = 0; k < depends->declares[i].count; k++) {
            const struct declared *declared = &depends->declares[i].list[k];
            if (!(is_test && declared->variable) && is_called(declared, name, length))
                *on(depends, making->cell, i) = true;
        }
    }
}

/* What the instructor's cell used in the solution's run. */
static bool meet_use(void *context, const char *name, size_t length, long from) {
    struct making *making = context;
    if (*name == '=' || *name == '#') return false; /* two tests may each have their own n */
    if (length == strlen(USES_CUT) && memcmp(name, USES_CUT, length) == 0) making->depends->apart = false;
    if (from >= 0 && (size_t)from < making->count) *on(making->depends, making->cell, (size_t)from) = true;
    if (from >= 0) return false;
    if (library_may_draw(name, length)) making->depends->draws[making->cell] = true;
    if (!library_is_harmless(name, length)) making->lasts[making->cell] = true;
    return false;
}

static void look_at(struct making *making, size_t position) {
    const struct cell *cell = &making->depends->notebook->cells[position];
    making->cell = position;
    each_word(cell->source, cell->length, meet_word, making);
    if (!cell_is_answer(cell)) observed_any_use(making->solution->cells[position].uses, meet_use, making);
    making->depends->active[position] = !cell_is_answer(cell) && (making->depends->declares[position].does_more);
}

static bool has_rule(const struct observed_cell *expected) {
    struct oto_observation view;
    const char *why;
    for (size_t i = 0; i < expected->count; i++)
        if (oto_observation_read(&view, &expected->observations[i], &why) && (view.forbid || view.require)) return true;
    return false;
}

/* Rules are about all answers of a test's part, as score_notebook counts parts. */
static void depend_on_part(const struct making *making) {
    const struct cell *cells = making->depends->notebook->cells;
    bool tested = true;
    for (size_t i = 0, first = 0; i < making->count; i++) {
        if (cells[i].role == ROLE_ANSWER && tested) first = i;
        if (cells[i].role == ROLE_ANSWER) tested = false;
        if (cells[i].role != ROLE_TEST) continue;
        tested = true;
        for (size_t k = first; k < i && has_rule(&making->solution->cells[i]); k++)
            if (cells[k].role == ROLE_ANSWER) *on(making->depends, i, k) = true;
    }
}

/* Does an answer define what another cell has defined, or a library? */
static bool redefines(const struct depends *depends, size_t answer) {
    const struct declares *own = &depends->declares[answer];
    for (size_t a = 0; a < own->count; a++) {
        const struct declared *name = &own->list[a];
        if (name->name[0] == '_' || strncmp(name->name, "oto_", 4) == 0 ||
            library_is_harmless(name->name, name->length))
            return true;
        for (size_t k = 0; k < depends->notebook->count; k++)
            if (k != answer && declares_find(&depends->declares[k], name->name, name->length)) return true;
    }
    return false;
}

/* Answers only define functions, each another one. */
static bool may_be_apart(const struct depends *depends) {
    for (size_t i = 0; i < depends->notebook->count; i++) {
        const struct declares *own = &depends->declares[i];
        if (cell_is_answer(&depends->notebook->cells[i]) && (own->does_more || own->is_beyond || redefines(depends, i)))
            return false;
    }
    return true;
}

/* ---- together ---- */

/* What a cell depends on depends on something, too. */
static void follow(const struct depends *depends, size_t start, size_t cell) {
    for (size_t k = 0; k < depends->notebook->count; k++)
        if (*on(depends, cell, k) && k != start && !*on(depends, start, k)) {
            *on(depends, start, k) = true;
            follow(depends, start, k);
        }
}

static void unite(struct depends *depends, size_t a, size_t b) {
    size_t first = depends->group[a] < depends->group[b] ? depends->group[a] : depends->group[b];
    size_t second = depends->group[a] + depends->group[b] - first;
    for (size_t i = 0; i < depends->notebook->count; i++)
        if (depends->group[i] == second) depends->group[i] = first;
}

/* Does what a cell does, or what it depends on, have the property? */
static bool reaches(const struct depends *depends, size_t cell, const bool *property) {
    bool found = property[cell];
    for (size_t k = 0; k < depends->notebook->count && !found; k++) found = *on(depends, cell, k) && property[k];
    return found;
}

/* Is there a test from a cell on that what the cell does may touch? */
static bool is_tested(const struct depends *depends, size_t cell) {
    for (size_t i = cell; i < depends->notebook->count; i++)
        if (depends->group[i] == depends->group[cell] && depends->notebook->cells[i].role == ROLE_TEST) return true;
    return false;
}

static bool has_macros(const struct depends *depends) {
    for (size_t i = 0; i < depends->notebook->count; i++)
        if (depends->declares[i].is_beyond) return true;
    return false;
}

/* Does a word mean a function of some cell that may draw? */
static bool means_drawer(const struct depends *depends, const char *name, size_t length) {
    for (size_t k = 0; k < depends->notebook->count; k++) {
        const struct declared *declared = declares_find(&depends->declares[k], name, length);
        if (declared && !declared->variable && !declared->type && reaches(depends, k, depends->draws)) return true;
    }
    return false;
}

/* May it draw where it stands, and not only in functions that others call, before it has set a seed? */
static bool draws_unseeded(const struct depends *depends, size_t cell) {
    const struct declares *own = &depends->declares[cell];
    if (!depends->active[cell] || own->seeds_first || !reaches(depends, cell, depends->draws)) return false;
    for (size_t i = 0; i < own->stands_count; i++) {
        const struct declared *word = &own->stands[i];
        if (library_may_draw(word->name, word->length) || means_drawer(depends, word->name, word->length)) return true;
    }
    return has_macros(depends);
}

/* Where the generator stands is what all cells before have left. */
static bool unite_with_drawers(struct depends *depends) {
    bool changed = false;
    for (size_t i = 0; i < depends->notebook->count; i++) {
        if (!draws_unseeded(depends, i) || !is_tested(depends, i)) continue;
        for (size_t k = 0; k < i; k++) {
            if (!depends->active[k] || depends->group[k] == depends->group[i]) continue;
            unite(depends, i, k);
            changed = true;
        }
    }
    return changed;
}

static void form_groups(struct depends *depends, const struct making *making) {
    size_t lasting = making->count;
    for (size_t i = 0; i < making->count; i++) {
        if (!depends->active[i]) continue;
        for (size_t k = 0; k < making->count; k++)
            if (depends->active[k] && *on(depends, i, k)) unite(depends, i, k);
        if (!reaches(depends, i, making->lasts)) continue;
        if (lasting < making->count) unite(depends, i, lasting);
        lasting = i;
    }
    while (unite_with_drawers(depends)) {
    }
}

static bool is_too_much(const struct notebook *notebook) {
    size_t bytes = 0;
    for (size_t i = 0; i < notebook->count; i++)
        if (cell_is_answer(&notebook->cells[i]) && is_run(&notebook->cells[i])) bytes += notebook->cells[i].length;
    return notebook->count > CELLS_MAX || bytes > ANSWERS_MAX_BYTES;
}

static struct declares declares_at(const struct exercise *exercise, const struct notebook *notebook, size_t i) {
    const struct cell *cell = &notebook->cells[i];
    return cell_is_answer(cell) ? declares_of(cell->source, cell->length) : exercise->declares[i];
}

struct depends depends_of(const struct exercise *exercise, const struct notebook *notebook,
                          const struct expectation *expectation) {
    size_t count = notebook->count;
    struct depends depends = {.notebook = notebook};
    if (is_too_much(notebook) || expectation->full.count != count) return depends;
    struct making making = {.depends = &depends, .solution = &expectation->full, .count = count};
    depends.apart = true;
    depends.on = must_allocate(count * count);
    depends.group = must_allocate(count * sizeof *depends.group);
    depends.declares = must_allocate(count * sizeof *depends.declares);
    depends.draws = must_allocate(count);
    depends.active = must_allocate(count);
    making.lasts = must_allocate(count);
    for (size_t i = 0; i < count; i++) {
        depends.group[i] = i;
        if (is_run(&notebook->cells[i])) depends.declares[i] = declares_at(exercise, notebook, i);
    }
    for (size_t i = 0; i < count; i++)
        if (is_run(&notebook->cells[i])) look_at(&making, i);
    depend_on_part(&making);
    depends.apart = depends.apart && may_be_apart(&depends);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count; k++)
            if (*on(&depends, i, k)) follow(&depends, i, k);
    form_groups(&depends, &making);
    free(making.lasts);
    return depends;
}

void depends_free(struct depends *depends) {
    for (size_t i = 0; depends->declares && i < depends->notebook->count; i++)
        if (cell_is_answer(&depends->notebook->cells[i])) declares_free(&depends->declares[i]);
    free(depends->declares);
    free(depends->on);
    free(depends->group);
    free(depends->draws);
    free(depends->active);
    *depends = (struct depends){};
}

/* ---- after the run ---- */

/* Errors after which everything is as it was before the cell. */
static bool is_undone(const char *ename) {
    static const char *const undone[] = {"CompileError",
                                         "LinkError",
                                         "Abort",
                                         "SegmentationFault",
                                         "StackOverflow",
                                         "OtoError",
                                         "UndefinedBehavior",
                                         "FloatingPointError",
                                         "HeapBufferOverflow",
                                         "StackBufferOverflow",
                                         "GlobalBufferOverflow",
                                         "UseAfterFree",
                                         "DoubleFree",
                                         "InvalidFree",
                                         "UseAfterReturn",
                                         "UseAfterScope",
                                         "MemoryOverlap",
                                         NULL};
    for (const char *const *name = undone; ename && *name; name++)
        if (strcmp(ename, *name) == 0) return true;
    return false;
}

static bool is_unbuilt(const char *ename) {
    return strcmp(ename, "CompileError") == 0 || strcmp(ename, "LinkError") == 0;
}

struct holding {
    const struct depends *depends;
    size_t cell;
};

/* Was it not told that the cell uses this? */
static bool is_unexpected(void *context, const char *name, size_t length, long from) {
    const struct holding *holding = context;
    const struct depends *depends = holding->depends;
    const struct cell *cells = depends->notebook->cells;
    if (*name == '#') return false; /* what its words are is told by declares.h */
    if (*name == '=') return cell_is_answer(&cells[holding->cell]);
    if (from >= 0) return (size_t)from >= depends->notebook->count || !*on(depends, holding->cell, (size_t)from);
    if (!cell_is_answer(&cells[holding->cell])) return false;
    if (!library_is_harmless(name, length) || (library_may_draw(name, length) && !depends->draws[holding->cell]))
        return true;
    for (size_t i = 0; i < depends->notebook->count; i++)
        if (cells[i].role == ROLE_TEST && declares_find(&depends->declares[i], name, length)) return true;
    return false;
}

bool depends_hold(const struct depends *depends, const struct observed *observed, const bool *left_out) {
    bool hold = depends->apart;
    for (size_t i = 0; hold && i < depends->notebook->count; i++) {
        const struct cell *cell = &depends->notebook->cells[i];
        const struct observed_cell *ran = &observed->cells[i];
        struct holding holding = {depends, i};
        if (!is_run(cell) || (left_out && left_out[i])) continue;
        hold = ran->ran && (!ran->failed || is_undone(ran->ename)) &&
               !observed_any_use(ran->uses, is_unexpected, &holding);
        /* It may want what a cell that was left out has defined. */
        if (left_out && ran->failed) hold = hold && !is_unbuilt(ran->ename);
    }
    return hold;
}

bool depends_on_answer(const struct depends *depends, size_t position, size_t answer) {
    const struct cell *cell = &depends->notebook->cells[answer];
    bool counts = false;
    if (!cell_is_answer(cell) || !is_run(cell)) return false;
    for (size_t i = 0; i < depends->notebook->count && !counts; i++)
        counts = depends->group[i] == depends->group[position] && *on(depends, i, answer);
    return counts;
}

void depends_key(const struct depends *depends, size_t position, const char *basis, char key[65]) {
    const struct notebook *notebook = depends->notebook;
    struct text all = {};
    text_add(&all, basis);
    for (size_t k = 0; k < notebook->count; k++) {
        if (!depends_on_answer(depends, position, k)) continue;
        char one[65];
        content_hash(notebook->cells[k].source, notebook->cells[k].length, one);
        text_format(&all, " %zu %s", k, one);
    }
    content_hash(text_c(&all), all.length, key);
    text_free(&all);
}
