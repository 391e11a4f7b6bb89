#include "autograder/grade.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/files.h"
#include "autograder/installation.h"
#include "autograder/observe.h"
#include "autograder/redact.h"
#include "autograder/transplant.h"
#include "kernel/engine/text.h"

const char *verdict_name(enum verdict verdict) {
    static const char *const names[] = {"graded", "ungradable", "infrastructure"};
    return names[verdict];
}

bool grade_prepare(const struct exercise *exercise, const char *path, struct notebook *prepared, char **notes,
                   char **message) {
    struct notebook submission;
    struct text lines = {};
    *notes = *message = NULL;
    if (!notebook_read(&submission, path, message)) return false;
    *prepared = exercise_copy(exercise);
    transplant(prepared, &submission, &exercise->release, &lines);
    *notes = lines.length ? text_take(&lines) : must_copy("");
    notebook_free(&submission);
    return true;
}

/* What transplant took from the submission. */
static bool is_from_student(enum cell_role role) {
    return role == ROLE_ANSWER || role == ROLE_WRITTEN || role == ROLE_TASK;
}

void grade_key(const struct exercise *exercise, const struct notebook *prepared, int64_t seed, char key[65]) {
    struct text all = {};
    text_format(&all, "1 %s %s %lld", installation_hash(), exercise->hash, (long long)seed);
    for (size_t i = 0; i < prepared->count; i++) {
        const struct cell *cell = &prepared->cells[i];
        char one[65];
        if (!is_from_student(cell->role)) continue;
        content_hash(cell->source, cell->length, one);
        text_format(&all, " %s", one);
    }
    content_hash(text_c(&all), all.length, key);
    text_free(&all);
}

/* What the student's code returned beside the instructor's could hold the instructor's code: only the verdict is shown.
 */
static void keep_verdict_only(struct scored_cell *cell) {
    for (size_t i = 0; i < cell->count; i++) {
        struct scored_check *check = &cell->checks[i];
        free(check->message);
        free(check->picture);
        free(check->sounds);
        check->message = must_copy(check->passed ? "passed"
                                                 : "failed; values are not shown for a part that was run with the "
                                                   "instructor's version of an earlier answer");
        check->picture = check->sounds = NULL;
    }
    free(cell->traceback);
    free(cell->evalue);
    if (cell->ename)
        cell->evalue = must_copy("the cell failed");
    else
        cell->evalue = NULL;
    cell->traceback = cell->ename ? must_copy("") : NULL;
    cell->substituted = true;
}

/* ---- parts after a broken one ----
 *
 * A part is broken when its answer or a test of it ends in an error. What that does to the session (a function that is
 * missing, a full disk, a fork bomb) must not cost the parts after it, so these are run again with the instructor's
 * version of the broken part's answers. A broken part itself keeps what it earned with the student's. */

enum { RUNS_MAX = 4 };

struct mending {
    size_t parts;
    bool *replaced; /* by part: its answers are the instructor's now */
};

/* The first part from the start that broke with the student's own answers, or 0. */
static size_t first_broken(const struct scored *scored, const struct mending *mending) {
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (cell->part && cell->ename && !cell->by_person && !mending->replaced[cell->part]) return cell->part;
    }
    return 0;
}

/* An answer left as it was handed out ends its tests in an error. */
static bool is_stub(const struct exercise *exercise, const struct cell *answer) {
    const struct cell *stub = notebook_find(&exercise->release, answer->grade_id);
    return stub && strcmp(stub->source, answer->source) == 0;
}

static bool has_stub(const struct exercise *exercise, const struct notebook *prepared) {
    for (size_t i = 0; i < prepared->count; i++)
        if (prepared->cells[i].role == ROLE_ANSWER && is_stub(exercise, &prepared->cells[i])) return true;
    return false;
}

static bool was_answered(const struct exercise *exercise, const struct notebook *prepared, const struct scored *scored,
                         size_t part) {
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (cell->part != part || cell->role != ROLE_ANSWER) continue;
        if (!is_stub(exercise, &prepared->cells[cell->position])) return true;
    }
    return false;
}

/* Could a part after the broken one earn more? */
static bool is_worth_it(const struct exercise *exercise, const struct notebook *prepared, const struct scored *scored,
                        size_t broken) {
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (cell->part > broken && cell->role == ROLE_TEST && cell->score < cell->points &&
            was_answered(exercise, prepared, scored, cell->part))
            return true;
    }
    return false;
}

/* Parts with the student's own answers get the better of both runs. */
static void merge(struct scored *first, struct scored *again, const struct mending *mending) {
    for (size_t i = 0; i < first->count && i < again->count; i++) {
        struct scored_cell *cell = &first->cells[i], *better = &again->cells[i];
        if (cell->role != ROLE_TEST || mending->replaced[cell->part] || better->score <= cell->score) continue;
        struct scored_cell worse = *cell;
        *cell = *better;
        *better = worse;
        keep_verdict_only(cell);
    }
    scored_sum(first);
}

static struct notebook mend(const struct exercise *exercise, const struct notebook *prepared,
                            const struct scored *scored, const struct mending *mending) {
    struct notebook mended = exercise_copy(exercise);
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        const struct cell *own = &prepared->cells[cell->position];
        if (cell->role == ROLE_ANSWER && mending->replaced[cell->part]) continue;
        if (cell->role == ROLE_ANSWER || cell->role == ROLE_WRITTEN)
            cell_set_source(&mended.cells[cell->position], own->source, own->length);
    }
    return mended;
}

/* Runs the parts after broken ones again, a broken part at a time. False with *error when the sandbox did not work. */
static bool mend_and_run(const struct exercise *exercise, const struct expectation *expectation,
                         const struct notebook *prepared, struct observe_request request, struct scored *scored,
                         char **error) {
    struct mending mending = {};
    for (size_t i = 0; i < scored->count; i++)
        if (scored->cells[i].part > mending.parts) mending.parts = scored->cells[i].part;
    mending.replaced = must_allocate(mending.parts + 1);
    size_t broken = first_broken(scored, &mending);
    for (int run = 1; run < RUNS_MAX && broken && is_worth_it(exercise, prepared, scored, broken); run++) {
        struct observed observed;
        struct scored again;
        mending.replaced[broken] = true;
        struct notebook mended = mend(exercise, prepared, scored, &mending);
        request.notebook = &mended;
        if (observe(&request, &observed, error)) {
            score_notebook(&again, &mended, expectation, &observed);
            observed_free(&observed);
            broken = first_broken(&again, &mending);
            merge(scored, &again, &mending);
            scored_free(&again);
        }
        notebook_free(&mended);
        if (*error) break;
    }
    free(mending.replaced);
    return !*error;
}

/* What an error may quote, and a student may not read: the lines of test cells that are in nothing the student has. */
struct quotable {
    struct text tests, shown;
};

static void add_source(struct text *sources, const struct cell *cell) {
    text_add(sources, cell->source);
    text_add(sources, "\n");
}

static struct quotable quotable_of(const struct exercise *exercise, const struct notebook *prepared) {
    struct quotable quotable = {};
    for (size_t i = 0; i < exercise->solution.count; i++)
        if (exercise->solution.cells[i].role == ROLE_TEST) add_source(&quotable.tests, &exercise->solution.cells[i]);
    for (size_t i = 0; i < exercise->release.count; i++) add_source(&quotable.shown, &exercise->release.cells[i]);
    for (size_t i = 0; i < prepared->count; i++)
        if (prepared->cells[i].role == ROLE_ANSWER) add_source(&quotable.shown, &prepared->cells[i]);
    return quotable;
}

static void quotable_free(struct quotable *quotable) {
    text_free(&quotable->tests);
    text_free(&quotable->shown);
}

/* An error quotes the lines of all cells that its stack goes through, and what a stack looks like is up to the student:
 * a test cell that ran before may be in it. */
static void hide_lines(const struct quotable *quotable, struct scored_cell *cell) {
    if (!cell->ename) return;
    char *evalue = redact(cell->evalue ? cell->evalue : "", text_c(&quotable->tests), text_c(&quotable->shown));
    char *traceback =
        redact(cell->traceback ? cell->traceback : "", text_c(&quotable->tests), text_c(&quotable->shown));
    free(cell->evalue);
    free(cell->traceback);
    cell->evalue = evalue;
    cell->traceback = traceback;
}

static void keep_answer(const struct exercise *exercise, const struct notebook *prepared, struct scored_cell *cell) {
    const struct cell *stub = notebook_find(&exercise->release, cell->grade_id);
    cell->answer = must_copy(prepared->cells[cell->position].source);
    if (cell->role == ROLE_WRITTEN && stub && strcmp(stub->source, cell->answer) == 0) cell->by_person = false;
}

void grade(const struct exercise *exercise, const struct expectation *expectation, const struct notebook *prepared,
           int64_t seed, int slot, struct graded *graded) {
    struct observe_request request = {.notebook = prepared,
                                      .seed = seed,
                                      .files = exercise->files,
                                      .limits = &exercise->limits,
                                      .slot = slot,
                                      .careful = has_stub(exercise, prepared),
                                      .known = &expectation->full};
    struct observed observed;
    char *error = NULL;
    *graded = (struct graded){.verdict = GRADED};
    bool ran = observe(&request, &observed, &error);
    if (ran) {
        score_notebook(&graded->scored, prepared, expectation, &observed);
        observed_free(&observed);
        ran = mend_and_run(exercise, expectation, prepared, request, &graded->scored, &error);
        struct quotable quotable = quotable_of(exercise, prepared);
        /* The ids must outlive the copies that were run. */
        for (size_t i = 0; i < graded->scored.count; i++) {
            struct scored_cell *cell = &graded->scored.cells[i];
            cell->grade_id = exercise->solution.cells[cell->position].grade_id;
            if (is_from_student(cell->role)) keep_answer(exercise, prepared, cell);
            hide_lines(&quotable, cell);
        }
        quotable_free(&quotable);
    }
    if (!ran) {
        scored_free(&graded->scored);
        graded->verdict = INFRASTRUCTURE;
        graded->message = error;
    }
}

void graded_free(struct graded *graded) {
    scored_free(&graded->scored);
    free(graded->message);
    free(graded->notes);
    *graded = (struct graded){};
}
