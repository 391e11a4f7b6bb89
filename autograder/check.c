/* oto-grade check: proves an exercise before students see it. The solution must get full marks on several seeds, the
 * release nothing, each known wrong answer at most what it says, each other right answer full marks. */
#include "autograder/commands.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/advice.h"
#include "autograder/course.h"
#include "autograder/crew.h"
#include "autograder/exercise.h"
#include "autograder/grade.h"
#include "autograder/installation.h"
#include "autograder/mutants.h"
#include "autograder/observe.h"
#include "autograder/options.h"
#include "autograder/part.h"
#include "autograder/transplant.h"
#include "kernel/engine/text.h"
#include "lib/check/observation.h"

enum { SEEDS = 5, VARIANT_SEED = 1 };
static const double rounding = 1e-9;

enum trial_kind { TRIAL_SOLUTION, TRIAL_RELEASE, TRIAL_WRONG, TRIAL_RIGHT };

struct trial {
    enum trial_kind kind;
    const struct cell *variant; /* of TRIAL_WRONG and TRIAL_RIGHT */
    int64_t seed;
    double score, points; /* of the variant's part, or of the notebook */
    bool passed;
    char *fault;        /* what went wrong, malloc'd; NULL when passed */
    bool not_compiled;  /* TRIAL_WRONG: it proves nothing of the checks */
    struct text broken; /* TRIAL_WRONG: the names of checks whose rule it broke, a line each */
};

struct lint {
    struct exercise exercise;
    struct expectation expectations[SEEDS];
    char *errors[SEEDS];
    struct parts parts; /* known wrong and other right answers run in their part alone */
    struct expectation *part_expectations;
    struct trial *trials;
    size_t count, capacity;
    struct progress progress;
    _Atomic(char *) error; /* of a part; the first */
};

static void expect_one(void *context, size_t index, int slot) {
    struct lint *lint = context;
    if (!exercise_expect(&lint->exercise, (int64_t)index, slot, &lint->expectations[index], &lint->errors[index]) &&
        !lint->errors[index])
        lint->errors[index] = must_copy("the solution could not be run");
    progress_step(&lint->progress, "the solution observes");
}

static size_t position_of(const struct lint *lint, const char *grade_id) {
    return (size_t)(notebook_find(&lint->exercise.solution, grade_id) - lint->exercise.solution.cells);
}

static void expect_part(void *context, size_t index, int slot) {
    struct lint *lint = context;
    char *error;
    bool there = part_expect(&lint->parts.list[index], &lint->exercise, VARIANT_SEED, slot,
                             &lint->part_expectations[index], &error);
    char *none = NULL;
    if (!there && !atomic_compare_exchange_strong(&lint->error, &none, error)) free(error);
    progress_step(&lint->progress, "the solution observes");
}

/* The notebook of a trial of all of it, ready to run. */
static struct notebook notebook_of(const struct lint *lint, const struct trial *trial) {
    struct notebook notebook = exercise_copy(&lint->exercise);
    struct text notes = {};
    if (trial->kind == TRIAL_RELEASE) transplant(&notebook, &lint->exercise.release, &lint->exercise.release, &notes);
    text_free(&notes);
    return notebook;
}

/* The checks that cost points, as one line. */
static char *failed_checks(const struct scored *scored, size_t part, bool whole) {
    struct text out = {};
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (!whole && cell->part != part) continue;
        if (cell->ename) text_format(&out, "%s%s fails: %s", out.length ? "; " : "", cell->grade_id, cell->ename);
        for (size_t k = 0; k < cell->count && out.length < 400; k++)
            if (!cell->checks[k].passed)
                text_format(&out, "%s\"%s\": %s", out.length ? "; " : "", cell->checks[k].name,
                            cell->checks[k].message);
    }
    return out.length ? text_take(&out) : must_copy("no check noticed it");
}

static size_t part_of(const struct scored *scored, const char *grade_id) {
    for (size_t i = 0; i < scored->count; i++)
        if (scored->cells[i].role == ROLE_ANSWER && strcmp(scored->cells[i].grade_id, grade_id) == 0)
            return scored->cells[i].part;
    return 0;
}

static void note_rules(struct trial *trial, const struct scored_cell *cell) {
    static const char rule[] = "the answer must "; /* rules.c */
    for (size_t i = 0; i < cell->count; i++)
        if (strncmp(cell->checks[i].message, rule, strlen(rule)) == 0)
            text_format(&trial->broken, "%s\n", cell->checks[i].name);
}

static void judge(const struct lint *lint, struct trial *trial, const struct scored *scored) {
    bool whole = !trial->variant;
    size_t part = trial->variant ? part_of(scored, trial->variant->replaces) : 0;
    for (size_t i = 0; i < scored->count; i++) {
        const struct scored_cell *cell = &scored->cells[i];
        if (trial->kind == TRIAL_WRONG) {
            note_rules(trial, cell);
            trial->not_compiled |= cell->role == ROLE_ANSWER && cell->part == part && cell->ename &&
                                   strcmp(cell->ename, "CompileError") == 0;
        }
        if (cell->role != ROLE_TEST || (!whole && cell->part != part)) continue;
        trial->score += cell->score;
        trial->points += cell->points;
    }
    if (trial->kind == TRIAL_RELEASE)
        trial->passed = trial->score <= rounding;
    else if (trial->kind == TRIAL_WRONG)
        trial->passed = trial->score <= trial->variant->at_most + rounding && trial->score < trial->points - rounding;
    else
        trial->passed = trial->score >= trial->points - rounding;
    if (trial->passed) return;
    if (trial->kind == TRIAL_WRONG)
        trial->fault = must_format("gets %.4g of %.4g, at most %.4g was said", trial->score, trial->points,
                                   trial->variant->at_most);
    else if (trial->kind == TRIAL_RELEASE)
        trial->fault = must_format("gets %.4g points without an answer", trial->score);
    else
        trial->fault = failed_checks(scored, part, whole);
}

static void try_notebook(struct lint *lint, struct trial *trial, int slot) {
    struct notebook notebook = notebook_of(lint, trial);
    struct observed observed;
    struct scored scored;
    struct observe_request request = {.notebook = &notebook,
                                      .seed = trial->seed,
                                      .files = lint->exercise.files,
                                      .limits = &lint->exercise.limits,
                                      .slot = slot,
                                      .demos = true, /* they must change nothing */
                                      .known = &lint->expectations[trial->seed].full};
    if (observe(&request, &observed, &trial->fault)) {
        score_notebook(&scored, &notebook, &lint->expectations[trial->seed], &observed);
        judge(lint, trial, &scored);
        scored_free(&scored);
        observed_free(&observed);
    }
    notebook_free(&notebook);
}

static void try_variant(struct lint *lint, struct trial *trial, int slot) {
    size_t position = position_of(lint, trial->variant->replaces);
    const struct part *part = part_of_cell(&lint->parts, position);
    struct script script = script_start(&lint->exercise, part);
    struct observed observed;
    struct scored scored;
    script_add_round(&script, position, must_copy(trial->variant->source));
    if (script_run(&script, trial->seed, slot, &observed, &trial->fault)) {
        script_score(&script, &lint->part_expectations[part - lint->parts.list], &observed, 0, &scored);
        judge(lint, trial, &scored);
        scored_free(&scored);
        observed_free(&observed);
    }
    script_free(&script);
}

static void try_one(void *context, size_t index, int slot) {
    struct lint *lint = context;
    struct trial *trial = &lint->trials[index];
    if (trial->variant)
        try_variant(lint, trial, slot);
    else
        try_notebook(lint, trial, slot);
    progress_step(&lint->progress, "an answer is tried");
}

/* ---- the trials an exercise asks for ---- */

static void add_trial(struct lint *lint, enum trial_kind kind, const struct cell *variant, int64_t seed) {
    struct trial *trial = &ARRAY_ADD(lint->trials, lint->count, lint->capacity);
    *trial = (struct trial){.kind = kind, .variant = variant, .seed = seed};
}

static bool plan(struct lint *lint, char **error) {
    for (int64_t seed = 0; seed < SEEDS; seed++) add_trial(lint, TRIAL_SOLUTION, NULL, seed);
    add_trial(lint, TRIAL_RELEASE, NULL, 0);
    for (size_t i = 0; i < lint->exercise.source.count; i++) {
        const struct cell *cell = &lint->exercise.source.cells[i];
        if (cell->role != ROLE_WRONG && cell->role != ROLE_RIGHT) continue;
        const struct cell *answer = notebook_find(&lint->exercise.solution, cell->replaces);
        if (!answer || answer->role != ROLE_ANSWER) {
            *error = must_format("%s: cell %zu: replaces \"%s\", which is no answer cell", lint->exercise.path, i + 1,
                                 cell->replaces);
            return false;
        }
        add_trial(lint, cell->role == ROLE_WRONG ? TRIAL_WRONG : TRIAL_RIGHT, cell, VARIANT_SEED);
    }
    return true;
}

/* A lesson, or a notebook whose cells lost their metadata, would hold for want of anything that could fail. */
static bool has_points(const struct exercise *exercise, char **error) {
    double points = 0;
    for (size_t i = 0; i < exercise->solution.count; i++) points += exercise->solution.cells[i].points;
    if (points > 0) return true;
    *error = must_format("%s: no cell has points, so nothing can be proved: nbgrader's metadata says which cells are "
                         "answers and which are tests (solutions/README.md)",
                         exercise->path);
    return false;
}

static bool is_broken_by_a_wrong_answer(const struct lint *lint, const char *name) {
    char *line = must_format("%s\n", name);
    bool found = false;
    for (size_t i = 0; i < lint->count && !found; i++) found = strstr(text_c(&lint->trials[i].broken), line);
    free(line);
    return found;
}

/* A misspelt function is one that nobody uses. */
static void advise_on_rules(const struct lint *lint) {
    const struct observed *full = &lint->expectations[0].full;
    for (size_t i = 0; i < full->count; i++)
        for (size_t k = 0; k < full->cells[i].count; k++) {
            struct oto_observation view;
            const char *why;
            if (!oto_observation_read(&view, &full->cells[i].observations[k], &why) || !view.forbid || !*view.forbid ||
                is_broken_by_a_wrong_answer(lint, view.name))
                continue;
            printf("advice: %s: no known wrong answer uses what \"%s\" forbids (%s), so nobody knows that it is spelt "
                   "right\n",
                   lint->exercise.solution.cells[i].grade_id, view.name, view.forbid);
        }
}

static bool shows_the_same(const struct oto_record *one, const struct oto_record *other) {
    struct oto_observation a, b;
    const char *why;
    return oto_observation_read(&a, one, &why) && oto_observation_read(&b, other, &why) && a.type == b.type &&
           a.count == b.count && a.data && b.data &&
           memcmp(a.data, b.data, a.count * oto_observed_type_size(a.type)) == 0;
}

/* With every seed? Then what students see is what they are graded by. */
static bool is_fixed(const struct lint *lint, size_t position) {
    const struct observed_cell *first = &lint->expectations[0].full.cells[position];
    for (size_t seed = 1; seed < SEEDS; seed++) {
        const struct observed_cell *cell = &lint->expectations[seed].full.cells[position];
        if (cell->count != first->count) return false;
        for (size_t k = 0; k < cell->count; k++)
            if (!shows_the_same(&first->observations[k], &cell->observations[k])) return false;
    }
    return first->count > 0;
}

static void advise_on_seeds(const struct lint *lint) {
    for (size_t i = 0; i < lint->exercise.solution.count; i++) {
        const struct cell *cell = &lint->exercise.solution.cells[i];
        if (cell->role == ROLE_TEST && !strstr(cell->source, "oto_seed") && is_fixed(lint, i))
            printf("advice: %s: it draws nothing (oto_seed), so all seeds show the same, and an answer can be made of "
                   "what "
                   "it shows\n",
                   cell->grade_id);
    }
}

static void advise_on_variants(const struct lint *lint) {
    for (size_t i = 0; i < lint->count; i++)
        if (lint->trials[i].not_compiled)
            printf("advice: %s: the known wrong answer \"%s\" does not compile, so it says nothing of the checks\n",
                   lint->trials[i].variant->replaces, lint->trials[i].variant->name);
}

/* What a part lacks beside its checks: things a person should mend, but no reason to fail. */
static void advise(const struct lint *lint) {
    advise_on_notebook(&lint->exercise);
    advise_on_rules(lint);
    advise_on_variants(lint);
    advise_on_seeds(lint);
    for (size_t i = 0; i < lint->exercise.solution.count; i++) {
        const struct cell *cell = &lint->exercise.solution.cells[i];
        if (cell->role != ROLE_ANSWER) continue;
        json_t *oto = json_object_get(json_object_get(cell->json, "metadata"), "oto");
        size_t wrong = 0, right = 0;
        for (size_t k = 0; k < lint->count; k++) {
            if (!lint->trials[k].variant || strcmp(lint->trials[k].variant->replaces, cell->grade_id) != 0) continue;
            if (lint->trials[k].kind == TRIAL_WRONG)
                wrong++;
            else
                right++;
        }
        if (wrong < 3 || right < 3)
            printf("advice: %s: %zu known wrong and %zu other right answers (three of each are wanted)\n",
                   cell->grade_id, wrong, right);
        if (!json_is_string(json_object_get(oto, "goal")) || !json_is_number(json_object_get(oto, "minutes")))
            printf("advice: %s: metadata.oto names no \"goal\" or no \"minutes\"\n", cell->grade_id);
    }
}

static bool print_trials(const struct lint *lint) {
    static const char *const kinds[] = {"solution", "release", "wrong", "right"};
    bool all = true;
    for (size_t i = 0; i < lint->count; i++) {
        const struct trial *trial = &lint->trials[i];
        char *name = trial->variant ? must_format("%s: %s", trial->variant->replaces, trial->variant->name)
                                    : must_format("seed %lld", (long long)trial->seed);
        printf("%-4s  %-8s  %6.4g of %-6.4g  %s%s%s\n", trial->passed ? "ok" : "FAIL", kinds[trial->kind], trial->score,
               trial->points, name, trial->fault ? "\n          " : "", trial->fault ? trial->fault : "");
        all &= trial->passed;
        free(name);
    }
    return all;
}

static int check(struct lint *lint, int jobs) {
    char *error = NULL;
    bool stop = false;
    if (!plan(lint, &error)) return complain_and_free(error);
    progress_start(&lint->progress, SEEDS + lint->parts.count + lint->count, !isatty(2));
    crew_run(SEEDS, jobs, expect_one, lint, &stop);
    for (int seed = 0; seed < SEEDS && !error; seed++)
        error = lint->errors[seed] ? must_copy(lint->errors[seed]) : NULL;
    if (!error) crew_run(lint->parts.count, jobs, expect_part, lint, &stop);
    if (!error && lint->error) error = must_copy(lint->error);
    if (!error) crew_run(lint->count, jobs, try_one, lint, &stop);
    progress_end(&lint->progress);
    if (error) {
        complain_and_free(error);
        return 1;
    }
    bool all = print_trials(lint);
    advise(lint);
    puts(all ? "the exercise holds" : "the exercise does not hold");
    return all ? 0 : 1;
}

int command_check(int count, char **words) {
    struct options options;
    struct assignment assignment;
    struct lint lint = {};
    char *error = NULL;
    if (!options_read(&options, "--mutants --seed --jobs", count, words)) return 2;
    options.jobs = crew_size(options.jobs);
    if (!options.file) {
        fprintf(stderr, "oto-grade: check wants SOLUTION.ipynb\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!installation_find(&error) || !assignment_of_notebook(&assignment, options.file, &error))
        return complain_and_free(error);
    int status = 2;
    if (!exercise_open(&lint.exercise, assignment.path, assignment.folder, &error)) {
        complain_and_free(error);
    } else if (!has_points(&lint.exercise, &error)) {
        complain_and_free(error);
        exercise_close(&lint.exercise);
    } else {
        lint.parts = parts_find(&lint.exercise);
        lint.part_expectations = must_allocate((lint.parts.count + 1) * sizeof *lint.part_expectations);
        const struct mutants_wanted wanted = {(size_t)options.mutants, options.has_seed ? options.seed : VARIANT_SEED,
                                              options.jobs};
        status = options.mutants ? mutants_check(&lint.exercise, &wanted) : check(&lint, options.jobs);
        exercise_close(&lint.exercise);
    }
    for (int i = 0; i < SEEDS; i++) {
        expectation_free(&lint.expectations[i]);
        free(lint.errors[i]);
    }
    for (size_t i = 0; i < lint.count; i++) {
        free(lint.trials[i].fault);
        text_free(&lint.trials[i].broken);
    }
    for (size_t i = 0; i < lint.parts.count; i++) expectation_free(&lint.part_expectations[i]);
    free(lint.part_expectations);
    parts_free(&lint.parts);
    free(lint.error);
    free(lint.trials);
    assignment_free(&assignment);
    return status;
}
