#include "autograder/grade.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/files.h"
#include "autograder/installation.h"
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

void grade_key(const struct exercise *exercise, const struct notebook *prepared, int64_t seed, char key[65]) {
    struct text all = {};
    text_format(&all, "1 %s %s %lld", installation_hash(), exercise->hash, (long long)seed);
    for (size_t i = 0; i < prepared->count; i++) {
        const struct cell *cell = &prepared->cells[i];
        char one[65];
        if (cell->role != ROLE_ANSWER && cell->role != ROLE_WRITTEN) continue;
        content_hash(cell->source, cell->length, one);
        text_format(&all, " %s", one);
    }
    content_hash(text_c(&all), all.length, key);
    text_free(&all);
}

static bool part_is_broken(const struct scored *scored, size_t part) {
    for (size_t i = 0; i < scored->count; i++)
        if (scored->cells[i].role == ROLE_ANSWER && scored->cells[i].part == part && scored->cells[i].ename)
            return true;
    return false;
}

/* Is there a broken answer, and a point lost in a part after it that is not broken itself? */
static bool wants_second_run(const struct scored *scored) {
    bool broken = false;
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        broken |= cell->role == ROLE_ANSWER && cell->ename;
        if (broken && cell->role == ROLE_TEST && cell->score < cell->points && !part_is_broken(scored, cell->part))
            return true;
    }
    return false;
}

/* What the student's code returned beside the instructor's could hold the instructor's code: only the verdict is shown.
 */
static void keep_verdict_only(struct scored_cell *cell) {
    for (size_t i = 0; i < cell->count; i++) {
        struct scored_check *check = &cell->checks[i];
        free(check->message);
        free(check->picture);
        check->message = must_copy(check->passed ? "passed"
                                                 : "failed; values are not shown for a part that was run with the "
                                                   "instructor's version of an earlier answer");
        check->picture = NULL;
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

/* Parts after a broken answer get the better of both runs; the broken parts keep the first. */
static void merge(struct scored *first, struct scored *second) {
    bool after = false;
    for (size_t i = 0; i < first->count && i < second->count; i++) {
        struct scored_cell *cell = &first->cells[i], *again = &second->cells[i];
        after |= cell->role == ROLE_ANSWER && cell->ename;
        if (!after || cell->role != ROLE_TEST || part_is_broken(first, cell->part) || again->score <= cell->score)
            continue;
        struct scored_cell better = *again;
        *again = *cell;
        *cell = better;
        keep_verdict_only(cell);
    }
    scored_sum(first);
}

static bool run_again(const struct exercise *exercise, const struct expectation *expectation,
                      const struct notebook *prepared, struct observe_request request, struct scored *first,
                      char **error) {
    struct notebook mended = exercise_copy(exercise);
    struct observed observed;
    struct scored second;
    for (size_t i = 0; i < first->count; i++) {
        const struct scored_cell *cell = &first->cells[i];
        const struct cell *answer = &prepared->cells[cell->position];
        bool keeps = (cell->role == ROLE_ANSWER || cell->role == ROLE_WRITTEN) && !cell->ename;
        if (keeps) cell_set_source(&mended.cells[cell->position], answer->source, answer->length);
    }
    request.notebook = &mended;
    bool ran = observe(&request, &observed, error);
    if (ran) {
        score_notebook(&second, &mended, expectation, &observed);
        merge(first, &second);
        scored_free(&second);
        observed_free(&observed);
    }
    notebook_free(&mended);
    return ran;
}

/* Errors in graded cells quote the cell's lines, hidden ones too. */
static void hide_lines(const struct exercise *exercise, struct scored_cell *cell) {
    const struct cell *full = &exercise->solution.cells[cell->position],
                      *shown = notebook_find(&exercise->release, cell->grade_id);
    if (cell->role != ROLE_TEST || !cell->ename || !shown) return;
    char *evalue = redact(cell->evalue ? cell->evalue : "", full->source, shown->source);
    char *traceback = redact(cell->traceback ? cell->traceback : "", full->source, shown->source);
    free(cell->evalue);
    free(cell->traceback);
    cell->evalue = evalue;
    cell->traceback = traceback;
}

void grade(const struct exercise *exercise, const struct expectation *expectation, const struct notebook *prepared,
           int64_t seed, int slot, struct graded *graded) {
    struct observe_request request = {
        .notebook = prepared, .seed = seed, .files = exercise->files, .limits = &exercise->limits, .slot = slot};
    struct observed observed;
    char *error = NULL;
    *graded = (struct graded){.verdict = GRADED};
    bool ran = observe(&request, &observed, &error);
    if (ran) {
        score_notebook(&graded->scored, prepared, expectation, &observed);
        observed_free(&observed);
        if (wants_second_run(&graded->scored))
            ran = run_again(exercise, expectation, prepared, request, &graded->scored, &error);
        /* The ids must outlive the copies that were run. */
        for (size_t i = 0; i < graded->scored.count; i++) {
            struct scored_cell *cell = &graded->scored.cells[i];
            cell->grade_id = exercise->solution.cells[cell->position].grade_id;
            hide_lines(exercise, cell);
        }
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
