#include "autograder/grade.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/depends.h"
#include "autograder/files.h"
#include "autograder/installation.h"
#include "autograder/observe.h"
#include "autograder/redact.h"
#include "autograder/stays.h"
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
    if (!transplant_finds_any(&exercise->solution, &submission)) {
        *message = must_format("%s: none of the exercise's answer cells is in it (they are known by their "
                               "metadata.nbgrader.grade_id); it may be another notebook, or its cells were made anew",
                               path);
        notebook_free(&submission);
        return false;
    }
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

/* What every score depends on besides answers; malloc'd. */
static char *basis_of(const struct grade_request *request) {
    return must_format("1 %s %s %lld%s", installation_hash(), request->exercise->hash, (long long)request->seed,
                       request->unprotected ? " unprotected" : "");
}

void grade_key(const struct grade_request *request, char key[65]) {
    struct text all = {};
    char *basis = basis_of(request);
    text_add(&all, basis);
    for (size_t i = 0; i < request->prepared->count; i++) {
        const struct cell *cell = &request->prepared->cells[i];
        char one[65];
        if (!is_from_student(cell->role)) continue;
        content_hash(cell->source, cell->length, one);
        text_format(&all, " %s", one);
    }
    if (request->beside) text_format(&all, " %s", request->beside);
    content_hash(text_c(&all), all.length, key);
    text_free(&all);
    free(basis);
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
/* How many times as long as a notebook may take all runs of a submission may, with those after a cell that ended the
 * sandbox. */
static const double whole_notebooks = 3;

struct mending {
    size_t parts;
    bool *replaced; /* by part: its answers are the instructor's now */
    bool *broken;   /* by part: it broke in the last run */
};

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

/* Does a test's score depend on answers of the broken part, or on what a cell of it that failed would have done? */
static bool suffers(const struct depends *depends, const struct scored *scored, size_t test, size_t broken) {
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (cell->part == broken && (depends_on_answer(depends, test, cell->position) ||
                                     (cell->ename && depends->group[cell->position] == depends->group[test])))
            return true;
    }
    return false;
}

/* Could a part after the broken one earn more? depends: of this run, which went as was told; NULL: nobody knows. */
static bool is_worth_it(const struct exercise *exercise, const struct notebook *prepared, const struct scored *scored,
                        const struct depends *depends, size_t broken) {
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (cell->part > broken && cell->role == ROLE_TEST && cell->score < cell->points &&
            was_answered(exercise, prepared, scored, cell->part) &&
            (!depends || suffers(depends, scored, cell->position, broken)))
            return true;
    }
    return false;
}

/* Which parts broke with the student's own answers. */
static void note_broken(const struct scored *scored, struct mending *mending) {
    memset(mending->broken, 0, mending->parts + 1);
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (cell->ename && !cell->by_person) mending->broken[cell->part] = !mending->replaced[cell->part];
    }
}

/* Replaces the first of them that may have cost others something, and those before it. False: there is none. */
static bool replace_next(const struct exercise *exercise, const struct notebook *prepared, const struct scored *scored,
                         const struct depends *depends, struct mending *mending) {
    for (size_t part = 1; part <= mending->parts; part++) {
        if (!mending->broken[part] || !is_worth_it(exercise, prepared, scored, depends, part)) continue;
        for (size_t before = 1; before <= part; before++) mending->replaced[before] |= mending->broken[before];
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
                         const struct notebook *prepared, const struct depends *depends, struct observe_request request,
                         struct scored *scored, char **error) {
    struct mending mending = {};
    for (size_t i = 0; i < scored->count; i++)
        if (scored->cells[i].part > mending.parts) mending.parts = scored->cells[i].part;
    mending.replaced = must_allocate(mending.parts + 1);
    mending.broken = must_allocate(mending.parts + 1);
    note_broken(scored, &mending);
    bool more = replace_next(exercise, prepared, scored, depends, &mending);
    for (int run = 1; run < RUNS_MAX && more && !deadline_is_past(request.whole); run++) {
        struct observed observed;
        struct scored again;
        struct notebook mended = mend(exercise, prepared, scored, &mending);
        request.notebook = &mended;
        if (observe(&request, &observed, error)) {
            score_notebook(&again, &mended, expectation, &observed);
            observed_free(&observed);
            note_broken(&again, &mending);
            merge(scored, &again, &mending);
            more = replace_next(exercise, prepared, scored, NULL, &mending);
            scored_free(&again);
        }
        notebook_free(&mended);
        if (*error) break;
    }
    free(mending.replaced);
    free(mending.broken);
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

/* Each score's key. What was scored with the instructor's version of an answer depends on what else broke. */
static void add_keys(const struct grade_request *request, const struct depends *depends, bool hold,
                     struct scored *scored) {
    char whole[65], *basis = basis_of(request);
    grade_key(request, whole);
    for (size_t i = 0; i < scored->count; i++) {
        struct scored_cell *cell = &scored->cells[i];
        if (cell->role != ROLE_TEST) continue;
        if (hold && !cell->substituted)
            depends_key(depends, cell->position, basis, cell->key);
        else
            memcpy(cell->key, whole, sizeof whole);
    }
    free(basis);
}

/* The cells before the first answer are the instructor's, and no word of the student's came before: where one of them
 * fails, which the solution's run has shown not to fail, it is the machine (a parser that does not start). */
static bool machine_failed(const struct notebook *prepared, const struct observed *observed, char **error) {
    for (size_t i = 0; i < observed->count && prepared->cells[i].role != ROLE_ANSWER; i++) {
        const struct observed_cell *cell = &observed->cells[i];
        if (!cell->failed) continue;
        *error = must_format("cell %zu, before any answer, fails here and not for the solution: %s: %s", i + 1,
                             cell->ename ? cell->ename : "Error", cell->evalue ? cell->evalue : "");
        return true;
    }
    return false;
}

/* One run, scored; what stays of an earlier score is left out of it if the run shows that it may be. */
static bool run_what_changed(const struct grade_request *request, struct observe_request *ask, struct graded *graded,
                             char **error) {
    struct depends depends = depends_of(request->exercise, request->prepared, request->expectation);
    struct observed observed = {};
    char *basis = basis_of(request);
    bool *stays = request->earlier ? stays_find(&depends, request->earlier, basis) : NULL;
    ask->left_out = stays;
    bool ran = observe(ask, &observed, error), hold = ran && depends_hold(&depends, &observed, stays);
    ask->left_out = NULL;
    if (ran && stays && !hold) {
        observed_free(&observed);
        free(stays);
        stays = NULL;
        ran = observe(ask, &observed, error);
        hold = ran && depends_hold(&depends, &observed, NULL);
    }
    if (ran && machine_failed(request->prepared, &observed, error)) {
        observed_free(&observed);
        ran = false;
    }
    if (ran) {
        score_notebook(&graded->scored, request->prepared, request->expectation, &observed);
        observed_free(&observed);
        if (stays) graded->stayed = stays_take(stays, &graded->scored, request->earlier);
        ran = mend_and_run(request->exercise, request->expectation, request->prepared, hold ? &depends : NULL, *ask,
                           &graded->scored, error);
        add_keys(request, &depends, hold, &graded->scored);
    }
    depends_free(&depends);
    free(stays);
    free(basis);
    return ran;
}

/* For the gradebook: the answers, the ids, which must outlive the copies that were run, and nothing that is hidden. */
static void finish(const struct grade_request *request, struct scored *scored) {
    struct quotable quotable = quotable_of(request->exercise, request->prepared);
    for (size_t i = 0; i < scored->count; i++) {
        struct scored_cell *cell = &scored->cells[i];
        cell->grade_id = request->exercise->solution.cells[cell->position].grade_id;
        if (is_from_student(cell->role)) keep_answer(request->exercise, request->prepared, cell);
        hide_lines(&quotable, cell);
    }
    quotable_free(&quotable);
}

void grade(const struct grade_request *request, struct graded *graded) {
    struct deadline whole = deadline_in(whole_notebooks * request->exercise->limits.notebook_seconds);
    struct observe_request ask = {.notebook = request->prepared,
                                  .whole = &whole,
                                  .seed = request->seed,
                                  .files = request->exercise->files,
                                  .limits = &request->exercise->limits,
                                  .slot = request->slot,
                                  .careful = has_stub(request->exercise, request->prepared),
                                  .known = &request->expectation->full};
    char *error = NULL;
    *graded = (struct graded){.verdict = GRADED};
    if (run_what_changed(request, &ask, graded, &error)) {
        finish(request, &graded->scored);
    } else {
        scored_free(&graded->scored);
        graded->stayed = 0;
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
