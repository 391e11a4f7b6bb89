#include "autograder/score.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/picture.h"
#include "autograder/rules.h"
#include "autograder/sounds.h"
#include "kernel/engine/text.h"
#include "lib/check/compare.h"
#include "lib/check/observation.h"

static const char *name_of(const struct oto_record *record) {
    return oto_record_get_text(record, "name", "");
}

static bool holds_check(const struct observed_cell *cell, const char *name) {
    for (size_t i = 0; i < cell->count; i++)
        if (strcmp(name_of(&cell->observations[i]), name) == 0) return true;
    return false;
}

static const struct oto_record *only_one(const struct observed_cell *cell, const char *name) {
    const struct oto_record *found = NULL;
    for (size_t i = 0; i < cell->count; i++) {
        if (strcmp(name_of(&cell->observations[i]), name) != 0) continue;
        if (found) return NULL;
        found = &cell->observations[i];
    }
    return found;
}

/* Is what was observed compared with nothing of the solution's? Both sides of a property are the answer's. */
static bool is_own_word(const struct oto_observation *expected) {
    bool against_solution = expected->metric && strcmp(expected->metric, "reconstruction") == 0;
    return expected->kind == OTO_CHECK_PROPERTY && !against_solution;
}

static void score_check(struct scored_cell *scored, const struct oto_record *expected,
                        const struct observed_cell *observed, const struct observed_cell *visible,
                        const struct ruled *ruled) {
    struct oto_observation view;
    const char *why;
    if (!oto_observation_read(&view, expected, &why)) return;
    struct oto_verdict verdict = oto_compare_among(expected, observed->observations, observed->count);
    struct scored_check *check = &ARRAY_ADD(scored->checks, scored->count, scored->capacity);
    double earned = verdict.score >= 0 && verdict.score <= 1 ? verdict.score : 0;
    /* Of an answer that does not compile nobody knows what it uses: a check that did not run says so. */
    bool ran = holds_check(observed, view.name);
    char *broken = rule_broken(ruled, view.forbid, ran ? view.require : NULL);
    bool measured = view.kind == OTO_CHECK_TIME || view.kind == OTO_CHECK_MEMORY;
    bool own = is_own_word(&view), number = view.kind == OTO_CHECK_EQUAL && oto_observed_is_integer(view.type);
    if ((own || number) && !broken) broken = rule_broken_by_taken_names(ruled, scored->position);
    if ((measured || own) && !broken) broken = rule_broken_by_own_checks(ruled);
    if (own && !broken && (observed->failed || observed->exited))
        broken = must_copy("a property counts only where the test cell runs to its end");
    if (broken) earned = 0;
    check->name = must_copy(view.name);
    check->hint = view.hint ? must_copy(view.hint) : NULL;
    if (broken)
        check->message = broken;
    else if (!ran && observed->exited)
        check->message = must_copy("this check did not run: exit(0) ended the cell before it");
    else
        check->message = must_copy(verdict.message ? verdict.message : "");
    check->weight = view.weight;
    check->earned = earned;
    check->passed = verdict.passed && !broken;
    check->measured = measured;
    check->hidden = view.hidden || !holds_check(visible, view.name);
    const struct oto_record *got = only_one(observed, view.name);
    if (!verdict.passed && !check->hidden && got) {
        check->picture = picture_of(expected, got, verdict.worst);
        check->sounds = sounds_of(expected, got, verdict.worst);
    }
    oto_verdict_free(&verdict);
}

/* What does nothing takes no time: measurements count only where no other check of the cell has earned nothing. */
static void drop_measurements_of_wrong(struct scored_cell *scored) {
    bool right = true;
    for (size_t i = 0; i < scored->count; i++) right &= scored->checks[i].measured || scored->checks[i].earned > 0;
    for (size_t i = 0; i < scored->count && !right; i++) {
        struct scored_check *check = &scored->checks[i];
        if (!check->measured || check->earned == 0) continue;
        char *message = must_format("%s; it counts only where all values of the test cell are right", check->message);
        free(check->message);
        check->message = message;
        check->earned = 0;
        check->passed = false;
    }
}

static void score_cell(struct scored_cell *scored, const struct observed_cell *expected,
                       const struct observed_cell *visible, const struct observed_cell *observed,
                       const struct ruled *ruled) {
    double passed = 0, total = 0;
    size_t room = (size_t)SOUNDS_MAX_MB << 20;
    if (observed->failed) {
        scored->ename = must_copy(observed->ename ? observed->ename : "Error");
        scored->evalue = must_copy(observed->evalue ? observed->evalue : "");
        scored->traceback = must_copy(observed->traceback ? observed->traceback : "");
    }
    if (scored->role != ROLE_TEST) return;
    for (size_t i = 0; i < expected->count; i++)
        score_check(scored, &expected->observations[i], observed, visible, ruled);
    drop_measurements_of_wrong(scored);
    for (size_t i = 0; i < scored->count; i++) {
        passed += scored->checks[i].earned * scored->checks[i].weight;
        total += scored->checks[i].weight;
        sounds_fit(scored->checks[i].sounds, &room);
    }
    scored->score = oto_cell_points(scored->points, passed, total);
}

void score_notebook(struct scored *scored, const struct notebook *notebook, const struct expectation *expected,
                    const struct observed *observed) {
    size_t part = 0;
    bool tested = false;
    size_t *answers = must_allocate((notebook->count + 1) * sizeof *answers);
    struct ruled ruled = {.notebook = notebook, .observed = observed, .answers = answers, .expected = &expected->full};
    *scored = (struct scored){};
    for (size_t i = 0; i < notebook->count && i < observed->count && i < expected->full.count; i++) {
        const struct cell *cell = &notebook->cells[i];
        static const struct observed_cell nothing = {};
        if (cell->role == ROLE_PLAIN || cell->role == ROLE_WRONG || cell->role == ROLE_RIGHT) continue;
        if (cell->role == ROLE_ANSWER && (tested || !part)) {
            part++;
            tested = false;
            ruled.count = 0;
        }
        if (cell->role == ROLE_ANSWER) answers[ruled.count++] = i;
        if (cell->role == ROLE_TEST) tested = true;
        ruled.test = i;
        struct scored_cell *row = &ARRAY_ADD(scored->cells, scored->count, scored->capacity);
        row->grade_id = cell->grade_id;
        row->role = cell->role;
        row->position = i;
        row->part = part;
        row->points = cell->points;
        row->by_person = cell->role == ROLE_WRITTEN || cell->role == ROLE_TASK;
        score_cell(row, &expected->full.cells[i], i < expected->visible.count ? &expected->visible.cells[i] : &nothing,
                   &observed->cells[i], &ruled);
    }
    free(answers);
    scored_sum(scored);
}

void scored_sum(struct scored *scored) {
    scored->score = scored->points = 0;
    for (size_t i = 0; i < scored->count; i++) {
        if (scored->cells[i].by_person) continue;
        scored->score += scored->cells[i].score;
        scored->points += scored->cells[i].points;
    }
}

void scored_free(struct scored *scored) {
    for (size_t i = 0; i < scored->count; i++) {
        struct scored_cell *cell = &scored->cells[i];
        for (size_t k = 0; k < cell->count; k++) {
            free(cell->checks[k].name);
            free(cell->checks[k].hint);
            free(cell->checks[k].message);
            free(cell->checks[k].picture);
            free(cell->checks[k].sounds);
        }
        free(cell->checks);
        free(cell->ename);
        free(cell->evalue);
        free(cell->traceback);
        free(cell->answer);
    }
    free(scored->cells);
    *scored = (struct scored){};
}

/* An earlier cell that has a check of that name, or NULL: students' expectations are found by the name alone. */
static const struct cell *earlier_with(const struct notebook *notebook, const struct observed *full, size_t before,
                                       const char *name) {
    for (size_t i = 0; i < before; i++)
        if (holds_check(&full->cells[i], name)) return &notebook->cells[i];
    return NULL;
}

/* A yardstick must run without an error, and each graded cell must observe something, each name once. */
char *expectation_fault(const struct notebook *notebook, const struct expectation *expected) {
    for (size_t i = 0; i < notebook->count && i < expected->full.count; i++) {
        const struct observed_cell *ran = &expected->full.cells[i];
        const struct cell *cell = &notebook->cells[i];
        const char *id = cell->grade_id ? cell->grade_id : "without grade_id";
        double total = 0;
        if (ran->failed)
            return must_format("the solution's own cell %zu (%s) fails: %s: %s", i + 1, id,
                               ran->ename ? ran->ename : "Error", ran->evalue ? ran->evalue : "");
        for (size_t k = 0; k < ran->count; k++) {
            struct oto_observation view;
            const char *why;
            if (!oto_observation_read(&view, &ran->observations[k], &why))
                return must_format("cell %zu (%s): check %zu: %s", i + 1, id, k + 1, why);
            if (view.problem)
                return must_format("cell %zu (%s): the check \"%s\" observes nothing in the solution: %s", i + 1, id,
                                   view.name, view.problem);
            if (!only_one(ran, view.name))
                return must_format("cell %zu (%s): two checks are called \"%s\"", i + 1, id, view.name);
            const struct cell *earlier = earlier_with(notebook, &expected->full, i, view.name);
            if (earlier)
                return must_format(
                    "cell %zu (%s): a check in %s is called \"%s\", too; a name stands once in a notebook", i + 1, id,
                    earlier->grade_id ? earlier->grade_id : "an earlier cell", view.name);
            total += view.weight;
        }
        if (cell->role == ROLE_TEST && cell->points > 0 && ran->count && total <= 0)
            return must_format("cell %zu (%s): has points, but all its checks have the .weight 0", i + 1, id);
        if (cell->role == ROLE_TEST && cell->points > 0 && !ran->count)
            return must_format("cell %zu (%s): has points but no check (assert cannot be trusted: use oto_check_...)",
                               i + 1, id);
    }
    return NULL;
}

void expectation_free(struct expectation *expected) {
    observed_free(&expected->full);
    observed_free(&expected->visible);
}
