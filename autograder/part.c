#include "autograder/part.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/observe.h"
#include "autograder/truth.h"
#include "kernel/engine/text.h"

static const size_t setup = SIZE_MAX; /* the round of what runs before the part */
static const double rounding = 1e-9;

struct parts parts_find(const struct exercise *exercise) {
    const struct notebook *notebook = &exercise->solution;
    struct parts parts = {};
    bool tested = true;
    for (size_t i = 0; i < notebook->count; i++) {
        const struct cell *cell = &notebook->cells[i];
        if (cell->role == ROLE_ANSWER && tested) {
            struct part *part = &ARRAY_ADD(parts.list, parts.count, parts.capacity);
            *part = (struct part){.number = parts.count, .first = i, .last = i, .limits = exercise->limits};
            part->limits.notebook_seconds *= PART_ROUNDS + 1;
            tested = false;
        }
        if (cell->role == ROLE_TEST) tested = true;
        if (parts.count && (cell->role == ROLE_ANSWER || cell->role == ROLE_TEST)) parts.list[parts.count - 1].last = i;
    }
    return parts;
}

void parts_free(struct parts *parts) {
    free(parts->list);
    *parts = (struct parts){};
}

struct part *part_of_cell(const struct parts *parts, size_t position) {
    for (size_t i = 0; i < parts->count; i++)
        if (position >= parts->list[i].first && position <= parts->list[i].last) return &parts->list[i];
    return NULL;
}

/* ---- the cells ---- */

static void add_cell(struct script *script, size_t position, size_t round, char *source) {
    struct cell *copy = &ARRAY_ADD(script->notebook.cells, script->notebook.count, script->capacity);
    *copy = script->exercise->solution.cells[position];
    copy->source = source;
    copy->length = strlen(source);
    ARRAY_ADD(script->stands_for, script->stands_count, script->stands_capacity) = position;
    ARRAY_ADD(script->round, script->round_count, script->round_capacity) = round;
}

static bool runs_before(const struct part *part, const struct cell *cell) {
    if (!cell->code || cell->role == ROLE_WRITTEN || cell->role == ROLE_TASK) return false;
    return part->after_all || cell->role == ROLE_ANSWER || (cell->role == ROLE_PLAIN && cell->grade_id);
}

struct script script_start(const struct exercise *exercise, const struct part *part) {
    struct script script = {.exercise = exercise, .part = part};
    bool first = true; /* the first code cell names the exercise */
    for (size_t i = 0; i < part->first; i++) {
        const struct cell *cell = &exercise->solution.cells[i];
        if (runs_before(part, cell) || (first && cell->code)) add_cell(&script, i, setup, must_copy(cell->source));
        if (cell->code) first = false;
    }
    return script;
}

void script_add_round(struct script *script, size_t position, char *source) {
    size_t round = script->round_count ? script->round[script->round_count - 1] + 1 : 0; /* behind the setup: 0 */
    for (size_t i = script->part->first; i <= script->part->last; i++) {
        const struct cell *cell = &script->exercise->solution.cells[i];
        if (runs_before(script->part, cell) || (cell->code && cell->role == ROLE_TEST))
            add_cell(script, i, round, source && i == position ? source : must_copy(cell->source));
    }
}

void script_free(struct script *script) {
    for (size_t i = 0; i < script->notebook.count; i++) free(script->notebook.cells[i].source);
    free(script->notebook.cells);
    free(script->stands_for);
    free(script->round);
    *script = (struct script){};
}

/* ---- running and scoring ---- */

bool script_run(const struct script *script, int64_t seed, int slot, struct observed *observed, char **error) {
    struct observe_request request = {.notebook = &script->notebook,
                                      .seed = seed,
                                      .files = script->exercise->files,
                                      .limits = &script->part->limits,
                                      .slot = slot};
    return observe(&request, observed, error);
}

void script_score(const struct script *script, const struct expectation *expectation, const struct observed *observed,
                  size_t round, struct scored *scored) {
    const struct notebook *notebook = &script->exercise->solution;
    struct observed view = {.count = notebook->count,
                            .cells = must_allocate(notebook->count * sizeof *view.cells),
                            .places = script->stands_for,
                            .place_count = script->stands_count};
    for (size_t i = 0; i < observed->count; i++)
        if (script->round[i] == round || script->round[i] == setup)
            view.cells[script->stands_for[i]] = observed->cells[i];
    score_notebook(scored, notebook, expectation, &view);
    free(view.cells);
}

bool script_gets_all(const struct script *script, const struct expectation *expectation,
                     const struct observed *observed, size_t round) {
    struct scored scored;
    double score = 0, points = 0;
    script_score(script, expectation, observed, round, &scored);
    for (size_t i = 0; i < scored.count; i++) {
        if (scored.cells[i].role != ROLE_TEST || scored.cells[i].part != script->part->number) continue;
        score += scored.cells[i].score;
        points += scored.cells[i].points;
    }
    scored_free(&scored);
    return score >= points - rounding;
}

/* Hands over what the script's cells observed, each to its place in the notebook. */
static struct observed in_notebook(const struct script *script, struct observed *observed) {
    size_t count = script->exercise->solution.count;
    struct observed whole = {.count = count, .cells = must_allocate(count * sizeof *whole.cells)};
    for (size_t i = 0; i < observed->count; i++) {
        whole.cells[script->stands_for[i]] = observed->cells[i];
        observed->cells[i] = (struct observed_cell){};
    }
    observed_free(observed);
    return whole;
}

/* A cell that fails, in words; or NULL. */
static char *fault_of(const struct part *part, const struct exercise *exercise, const struct observed *observed) {
    for (size_t i = 0; i < observed->count; i++) {
        const struct observed_cell *cell = &observed->cells[i];
        if (cell->failed)
            return must_format("%s: part %zu by itself: the solution's cell %zu fails: %s: %s", exercise->path,
                               part->number, i + 1, cell->ename ? cell->ename : "Error",
                               cell->evalue ? cell->evalue : "");
    }
    return NULL;
}

bool part_expect(struct part *part, const struct exercise *exercise, int64_t seed, int slot,
                 struct expectation *expectation, char **error) {
    bool there = false;
    *expectation = (struct expectation){};
    *error = NULL;
    for (int wider = part->after_all; wider < 2 && !there; wider++) {
        struct observed observed;
        part->after_all = wider == 1;
        free(*error);
        struct script script = script_start(exercise, part);
        script_add_round(&script, 0, NULL);
        double started = monotonic_seconds();
        if (script_run(&script, seed, slot, &observed, error)) {
            expectation->full = in_notebook(&script, &observed);
            *error = fault_of(part, exercise, &expectation->full);
            there = !*error && truth_put(&expectation->full, exercise->path, error);
        }
        part->seconds = monotonic_seconds() - started;
        script_free(&script);
        if (!there) expectation_free(expectation);
    }
    return there;
}
