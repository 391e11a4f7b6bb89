#include "autograder/mutants.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/crew.h"
#include "autograder/mutate.h"
#include "autograder/observed.h"
#include "autograder/options.h"
#include "autograder/part.h"
#include "kernel/engine/text.h"

/* Mutants of one part share a sandbox, PART_ROUNDS at a time: what stands before the part runs once, then the part with
 * each of them. The solution comes last; where it does not get its points, one of them has spoilt the session, and each
 * half of the batch runs again by itself. What survives is run once more, alone, before it is believed. */
enum { SEEDS = 3 /* with which a survivor of an open part must do as well as the solution */ };
static const double wanted_share = 0.95;
/* What takes so much longer than the solution's part has no end. */
static const double patience = 4, patience_seconds = 5;

enum fate { FATE_SURVIVED, FATE_CAUGHT, FATE_AS_GOOD, FATE_EQUIVALENT, FATE_UNCOMPILABLE, FATES };

struct answer {
    const struct cell *cell;
    size_t position; /* of the cell in the notebook */
    struct part *part;
    bool open; /* judged by what it achieves, in whatever way */
    struct mutants mutants;
    enum fate *fates; /* one a mutant */
    size_t tally[FATES];
};

struct batch {
    struct answer *answer;
    size_t *indexes; /* of its mutants; borrowed */
    size_t count;
};

struct mutation_run {
    const struct exercise *exercise;
    const struct mutants_wanted *wanted;
    struct parts parts;
    struct expectation *expectations; /* of each part at each of the SEEDS, the wanted one first */
    struct answer *answers;
    size_t answer_count, answer_capacity;
    struct batch *batches;
    size_t batch_count, batch_capacity;
    struct progress progress;
    _Atomic(char *) error; /* the first complaint of any task */
};

static void keep_error(struct mutation_run *run, char *error) {
    char *none = NULL;
    if (!atomic_compare_exchange_strong(&run->error, &none, error)) free(error);
}

/* ---- the solution ---- */

/* At how many seeds a part is run. */
static size_t seeds_of(const struct mutation_run *run, const struct part *part) {
    size_t seeds = 0;
    for (size_t i = 0; i < run->answer_count; i++) {
        const struct answer *answer = &run->answers[i];
        if (answer->part != part || !answer->mutants.count) continue;
        if (answer->open || !seeds) seeds = answer->open ? SEEDS : 1;
    }
    return seeds;
}

static struct expectation *expectation_at(const struct mutation_run *run, const struct part *part, size_t seed) {
    return &run->expectations[(size_t)(part - run->parts.list) * SEEDS + seed];
}

static void expect_part(void *context, size_t index, int slot) {
    struct mutation_run *run = context;
    struct part *part = &run->parts.list[index];
    for (size_t seed = 0; seed < seeds_of(run, part) && !run->error; seed++) {
        char *error;
        if (!part_expect(part, run->exercise, run->wanted->seed + (int64_t)seed, slot, expectation_at(run, part, seed),
                         &error))
            keep_error(run, error);
    }
    double seconds = patience_seconds + patience * part->seconds;
    if (seconds < part->limits.cell_seconds) part->limits.cell_seconds = seconds;
    progress_step(&run->progress, "the solution observes");
}

/* ---- one batch ---- */

static enum fate fate_of(const struct answer *answer, const struct expectation *expectation,
                         const struct script *script, const struct observed *observed, size_t round) {
    for (size_t i = 0; i < observed->count; i++) {
        const struct observed_cell *cell = &observed->cells[i];
        if (script->round[i] != round || script->stands_for[i] != answer->position || !cell->failed) continue;
        if (cell->ename && strcmp(cell->ename, "CompileError") == 0) return FATE_UNCOMPILABLE;
    }
    return script_gets_all(script, expectation, observed, round) ? FATE_SURVIVED : FATE_CAUGHT;
}

/* False when the solution, run behind them, did not get its points: nothing is known then. */
static bool run_together(struct mutation_run *run, struct answer *answer, size_t seed, const size_t *indexes,
                         size_t count, int slot) {
    const struct expectation *expectation = expectation_at(run, answer->part, seed);
    struct script script = script_start(run->exercise, answer->part);
    struct observed observed;
    char *error = NULL;
    bool known = true;
    for (size_t k = 0; k < count; k++)
        script_add_round(&script, answer->position,
                         mutant_source(&answer->mutants.list[indexes[k]], answer->cell->source));
    if (count > 1) script_add_round(&script, 0, NULL);
    if (!script_run(&script, run->wanted->seed + (int64_t)seed, slot, &observed, &error)) {
        keep_error(run, error);
    } else {
        known = count == 1 || script_gets_all(&script, expectation, &observed, count);
        for (size_t k = 0; k < count && known; k++)
            answer->fates[indexes[k]] = fate_of(answer, expectation, &script, &observed, k);
        observed_free(&observed);
    }
    script_free(&script);
    return known;
}

/* A survivor is believed when it survives alone. In an open part it may be another good answer: then it survives
 * whatever the seed. */
static void confirm(struct mutation_run *run, struct answer *answer, const size_t *index, int slot) {
    enum fate *fate = &answer->fates[*index];
    if (*fate == FATE_SURVIVED) run_together(run, answer, 0, index, 1, slot);
    if (*fate != FATE_SURVIVED || !answer->open) return;
    for (size_t seed = 1; seed < SEEDS && *fate == FATE_SURVIVED; seed++)
        run_together(run, answer, seed, index, 1, slot);
    *fate = *fate == FATE_SURVIVED ? FATE_AS_GOOD : FATE_SURVIVED;
}

static void try_batch(struct mutation_run *run, struct answer *answer, const size_t *indexes, size_t count, int slot) {
    if (run->error) return;
    if (!run_together(run, answer, 0, indexes, count, slot)) {
        try_batch(run, answer, indexes, count / 2, slot);
        try_batch(run, answer, indexes + count / 2, count - count / 2, slot);
        return;
    }
    for (size_t k = 0; k < count && !run->error; k++) confirm(run, answer, indexes + k, slot);
}

static void try_one(void *context, size_t index, int slot) {
    struct mutation_run *run = context;
    const struct batch *batch = &run->batches[index];
    try_batch(run, batch->answer, batch->indexes, batch->count, slot);
    progress_step(&run->progress, "mutants are tried");
}

/* ---- the answers and what their authors say ---- */

static json_t *author_says(const struct cell *cell, const char *key) {
    return json_object_get(json_object_get(json_object_get(cell->json, "metadata"), "oto"), key);
}

static bool says(json_t *entry, const char *key, const char *text) {
    json_t *value = json_object_get(entry, key);
    return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

static bool fits(json_t *entry, const struct answer *answer, const struct mutant *mutant) {
    char *line, *becomes;
    mutant_lines(mutant, answer->cell->source, &line, &becomes);
    bool fits = says(entry, "line", line) && (!json_object_get(entry, "becomes") || says(entry, "becomes", becomes));
    free(line);
    free(becomes);
    return fits;
}

static bool is_marked(const struct answer *answer, const struct mutant *mutant) {
    json_t *entry;
    size_t i;
    json_array_foreach(author_says(answer->cell, "equivalent"), i, entry) if (fits(entry, answer, mutant)) return true;
    return false;
}

/* A mark stays behind when the solution is rewritten. */
static void advise_on_marks(const struct answer *answer) {
    json_t *entry;
    size_t i;
    json_array_foreach(author_says(answer->cell, "equivalent"), i, entry) {
        const char *line = json_string_value(json_object_get(entry, "line"));
        bool used = false;
        for (size_t k = 0; k < answer->mutants.count && !used; k++)
            used = fits(entry, answer, &answer->mutants.list[k]);
        if (!used)
            printf("advice: %s: no mutant is what oto.equivalent says of \"%s\"\n", answer->cell->grade_id,
                   line ? line : "(no line)");
    }
}

static void find_answers(struct mutation_run *run) {
    for (size_t i = 0; i < run->parts.count; i++) {
        struct part *part = &run->parts.list[i];
        for (size_t k = part->first; k <= part->last; k++) {
            const struct cell *cell = &run->exercise->solution.cells[k];
            json_t *own = author_says(cell, "mutants");
            size_t most = run->wanted->most;
            if (cell->role != ROLE_ANSWER || !cell->code) continue;
            struct answer *answer = &ARRAY_ADD(run->answers, run->answer_count, run->answer_capacity);
            *answer = (struct answer){.cell = cell, .position = k, .part = part};
            answer->open = json_is_true(author_says(cell, "open"));
            if (json_is_integer(own) && json_integer_value(own) >= 0 && (size_t)json_integer_value(own) < most)
                most = (size_t)json_integer_value(own);
            mutants_add(&answer->mutants, cell->source, cell->length);
            advise_on_marks(answer);
            mutants_choose(&answer->mutants, most, (uint64_t)run->wanted->seed);
            answer->fates = must_allocate((answer->mutants.count + 1) * sizeof *answer->fates);
        }
    }
}

/* indexes holds the mutants of all answers that are run, one answer after the other. */
static void plan_batches(struct mutation_run *run, size_t *indexes) {
    for (size_t i = 0; i < run->answer_count; i++) {
        struct answer *answer = &run->answers[i];
        struct batch *batch = NULL;
        for (size_t k = 0; k < answer->mutants.count; k++) {
            if (is_marked(answer, &answer->mutants.list[k])) {
                answer->fates[k] = FATE_EQUIVALENT;
                continue;
            }
            if (!batch || batch->count == PART_ROUNDS) {
                batch = &ARRAY_ADD(run->batches, run->batch_count, run->batch_capacity);
                batch->answer = answer;
                batch->indexes = indexes;
            }
            *indexes++ = k;
            batch->count++;
        }
    }
}

/* ---- what came out ---- */

static void print_survivor(const struct answer *answer, const struct mutant *mutant) {
    char *line, *becomes;
    mutant_lines(mutant, answer->cell->source, &line, &becomes);
    printf("    survived: %s, %s\n      - %s\n      + %s\n", answer->cell->grade_id, mutation_name(mutant->kind), line,
           becomes);
    free(line);
    free(becomes);
}

static bool print_outcome(struct mutation_run *run) {
    size_t all[FATES] = {};
    puts("part  answer                caught  survived  as good  equivalent  not compiled");
    for (size_t i = 0; i < run->answer_count; i++) {
        struct answer *answer = &run->answers[i];
        for (size_t k = 0; k < answer->mutants.count; k++) answer->tally[answer->fates[k]]++;
        for (int k = 0; k < FATES; k++) all[k] += answer->tally[k];
        printf("%4zu  %-20s  %6zu  %8zu  %7zu  %10zu  %12zu\n", answer->part->number, answer->cell->grade_id,
               answer->tally[FATE_CAUGHT], answer->tally[FATE_SURVIVED], answer->tally[FATE_AS_GOOD],
               answer->tally[FATE_EQUIVALENT], answer->tally[FATE_UNCOMPILABLE]);
        for (size_t k = 0; k < answer->mutants.count; k++)
            if (answer->fates[k] == FATE_SURVIVED) print_survivor(answer, &answer->mutants.list[k]);
    }
    size_t counted = all[FATE_CAUGHT] + all[FATE_SURVIVED];
    double share = counted ? (double)all[FATE_CAUGHT] / (double)counted : 1;
    printf("%zu of %zu mutants lose points: %.1f %% (%zu as good, %zu equivalent, %zu did not compile)\n",
           all[FATE_CAUGHT], counted, 100 * share, all[FATE_AS_GOOD], all[FATE_EQUIVALENT], all[FATE_UNCOMPILABLE]);
    return share >= wanted_share;
}

static void in_parallel(struct mutation_run *run, size_t count, void (*task)(void *context, size_t index, int slot)) {
    if (run->error || !count) return;
    progress_start(&run->progress, count, !isatty(2));
    crew_run(count, run->wanted->jobs, task, run, NULL);
    progress_end(&run->progress);
}

static void run_batches(struct mutation_run *run) {
    size_t count = 0;
    for (size_t i = 0; i < run->answer_count; i++) count += run->answers[i].mutants.count;
    size_t *indexes = must_allocate((count + 1) * sizeof *indexes);
    plan_batches(run, indexes);
    in_parallel(run, run->batch_count, try_one);
    free(indexes);
}

static void run_free(struct mutation_run *run) {
    for (size_t i = 0; i < run->answer_count; i++) {
        mutants_free(&run->answers[i].mutants);
        free(run->answers[i].fates);
    }
    for (size_t i = 0; i < SEEDS * run->parts.count; i++) expectation_free(&run->expectations[i]);
    free(run->expectations);
    free(run->answers);
    parts_free(&run->parts);
    free(run->batches);
}

int mutants_check(const struct exercise *exercise, const struct mutants_wanted *wanted) {
    struct mutation_run run = {.exercise = exercise, .wanted = wanted, .parts = parts_find(exercise)};
    int status = 2;
    run.expectations = must_allocate((SEEDS * run.parts.count + 1) * sizeof *run.expectations);
    find_answers(&run);
    in_parallel(&run, run.parts.count, expect_part);
    if (!run.error) run_batches(&run);
    if (run.error)
        complain_and_free(run.error);
    else
        status = print_outcome(&run) ? 0 : 1;
    run_free(&run);
    return status;
}
