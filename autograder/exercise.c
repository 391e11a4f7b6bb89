#include "autograder/exercise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/files.h"
#include "autograder/observe.h"
#include "autograder/release.h"
#include "autograder/truth.h"
#include "kernel/engine/text.h"

enum { SHIPPED_MAX_BYTES = 1 << 30 };

static struct notebook parse_again(const struct exercise *exercise) {
    struct notebook copy;
    char *error;
    /* These bytes were parsed before, so they parse. */
    if (!notebook_parse(&copy, exercise->path, exercise->bytes, exercise->size, &error)) free(error);
    return copy;
}

struct notebook exercise_copy(const struct exercise *exercise) {
    return notebook_copy(&exercise->solution);
}

static bool is_hashed(const char *name) {
    const char *dot = strrchr(name, '.');
    return !dot || (strcmp(dot, ".ipynb") != 0 && strcmp(dot, ".expected") != 0 && strcmp(dot, ".db") != 0);
}

/* Adds names and contents of the files in a folder, and in those below it. */
static void hash_folder(const char *folder, struct text *hashes) {
    size_t count;
    char one[65], **names = folder_list(folder, 'f', &count);
    for (size_t i = 0; i < count; i++) {
        if (!is_hashed(names[i])) continue;
        char *path = must_format("%s/%s", folder, names[i]), *error = NULL;
        size_t size = 0;
        char *bytes = file_read(path, SHIPPED_MAX_BYTES, &size, &error);
        content_hash(bytes ? bytes : "", size, one);
        text_format(hashes, "%s%s", names[i], one);
        free(bytes);
        free(error);
        free(path);
    }
    names_free(names, count);
    names = folder_list(folder, 'd', &count);
    for (size_t i = 0; i < count; i++) {
        char *path = must_format("%s/%s", folder, names[i]);
        text_format(hashes, "%s/(", names[i]);
        hash_folder(path, hashes);
        text_add(hashes, ")");
        free(path);
    }
    names_free(names, count);
}

/* The notebook's bytes, its truths, and the files that it ships. */
static void hash_exercise(struct exercise *exercise) {
    struct text hashes = {};
    char *truths = truth_folder(exercise->path), one[65];
    content_hash(exercise->bytes, exercise->size, one);
    text_add(&hashes, one);
    if (exercise->files) hash_folder(exercise->files, &hashes);
    hash_folder(truths, &hashes);
    content_hash(text_c(&hashes), hashes.length, exercise->hash);
    text_free(&hashes);
    free(truths);
}

static void limit_from(const json_t *limits, const char *key, double unit, double most, int64_t *limit) {
    json_t *value = json_object_get(limits, key);
    if (json_is_number(value) && json_number_value(value) > 0 && json_number_value(value) <= most)
        *limit = (int64_t)(json_number_value(value) * unit);
}

/* metadata.oto.limits of the notebook over the defaults. */
static struct sandbox_limits limits_of(const struct notebook *notebook) {
    struct sandbox_limits limits = sandbox_defaults;
    json_t *set = json_object_get(json_object_get(json_object_get(notebook->json, "metadata"), "oto"), "limits");
    int64_t processes = limits.processes, files = limits.files, cell = 0, whole = 0;
    limit_from(set, "cell_seconds", 1000, 3600, &cell);
    limit_from(set, "notebook_seconds", 1000, 7200, &whole);
    limit_from(set, "cell_memory_mb", 1 << 20, 1 << 20, &limits.cell_memory);
    limit_from(set, "memory_mb", 1 << 20, 1 << 20, &limits.memory);
    limit_from(set, "disk_mb", 1 << 20, 1 << 14, &limits.disk);
    limit_from(set, "output_kb", 1 << 10, 1 << 20, &limits.output);
    limit_from(set, "processes", 1, 1000, &processes);
    limit_from(set, "files", 1, 1000000, &files);
    limits.processes = (int)processes;
    limits.files = (int)files;
    if (cell) limits.cell_seconds = (double)cell / 1000;
    if (whole) limits.notebook_seconds = (double)whole / 1000;
    return limits;
}

static struct declares *declares_of_all(const struct notebook *notebook) {
    struct declares *all = must_allocate(notebook->count * sizeof *all);
    for (size_t i = 0; i < notebook->count; i++)
        if (notebook->cells[i].code) all[i] = declares_of(notebook->cells[i].source, notebook->cells[i].length);
    return all;
}

bool exercise_open(struct exercise *exercise, const char *path, const char *files, char **error) {
    *exercise = (struct exercise){.path = must_copy(path), .files = files ? must_copy(files) : NULL};
    *error = NULL;
    char *why = NULL;
    exercise->bytes = file_read(path, NOTEBOOK_MAX_BYTES, &exercise->size, error);
    if (exercise->bytes && notebook_parse(&exercise->source, path, exercise->bytes, exercise->size, error)) {
        exercise->limits = limits_of(&exercise->source);
        exercise->solution = parse_again(exercise);
        release_drop_variants(&exercise->solution);
        exercise->declares = declares_of_all(&exercise->solution);
        exercise->release = parse_again(exercise);
        if (!release_notebook(&exercise->release, &why)) *error = must_format("%s: %s", path, why);
        free(why);
        hash_exercise(exercise);
    }
    if (*error) exercise_close(exercise);
    return !*error;
}

void exercise_close(struct exercise *exercise) {
    for (size_t i = 0; exercise->declares && i < exercise->solution.count; i++) declares_free(&exercise->declares[i]);
    free(exercise->declares);
    notebook_free(&exercise->source);
    notebook_free(&exercise->solution);
    notebook_free(&exercise->release);
    free(exercise->path);
    free(exercise->files);
    free(exercise->bytes);
    *exercise = (struct exercise){};
}

int64_t exercise_seed(const struct exercise *exercise) {
    char digits[9];
    memcpy(digits, exercise->hash, 8);
    digits[8] = '\0';
    int64_t seed = (int64_t)(strtoull(digits, NULL, 16) & 0x7fffffff);
    return seed ? seed : 1;
}

bool exercise_expect(const struct exercise *exercise, int64_t seed, int slot, struct expectation *expectation,
                     char **error) {
    struct notebook visible = exercise_copy(exercise);
    *expectation = (struct expectation){};
    bool ran = release_hide_tests(&visible, error);
    struct observe_request request = {.notebook = &exercise->solution,
                                      .seed = seed,
                                      .files = exercise->files,
                                      .limits = &exercise->limits,
                                      .slot = slot,
                                      .learn = true};
    if (ran) ran = observe(&request, &expectation->full, error);
    request.notebook = &visible;
    request.learn = false;
    request.known = &expectation->full;
    if (ran) ran = observe(&request, &expectation->visible, error);
    if (ran) ran = truth_put(&expectation->full, exercise->path, error);
    if (ran) ran = truth_put(&expectation->visible, exercise->path, error);
    notebook_free(&visible);
    char *fault = ran ? expectation_fault(&exercise->solution, expectation) : NULL;
    if (fault) *error = must_format("%s: seed %lld: %s", exercise->path, (long long)seed, fault);
    free(fault);
    if (*error) expectation_free(expectation);
    return !*error;
}
