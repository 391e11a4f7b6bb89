#include "autograder/exercise.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

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

/* ---- limits ---- */

static void set_limit(struct sandbox_limits *limits, const char *key, double value) {
    if (!strcmp(key, "cell_seconds")) limits->cell_seconds = value;
    if (!strcmp(key, "notebook_seconds")) limits->notebook_seconds = value;
    if (!strcmp(key, "cell_memory_mb")) limits->cell_memory = (int64_t)(value * (1 << 20));
    if (!strcmp(key, "memory_mb")) limits->memory = (int64_t)(value * (1 << 20));
    if (!strcmp(key, "disk_mb")) limits->disk = (int64_t)(value * (1 << 20));
    if (!strcmp(key, "output_kb")) limits->output = (int64_t)(value * (1 << 10));
    if (!strcmp(key, "processes")) limits->processes = (int)value;
    if (!strcmp(key, "files")) limits->files = (int)value;
}

/* metadata.oto.limits of the notebook over the defaults. NULL, or a malloc'd sentence: a misspelt limit would leave the
 * default in force, and nobody would know. */
static char *read_limits(const struct notebook *notebook, struct sandbox_limits *limits) {
    static const struct {
        const char *key;
        double least, most;
    } known[] = {{"cell_seconds", 0.001, 3600},   {"notebook_seconds", 0.001, 7200},
                 {"cell_memory_mb", 16, 1 << 20}, {"memory_mb", 1, 1 << 20},
                 {"disk_mb", 1, 1 << 14},         {"output_kb", 1, 1 << 20},
                 {"processes", 1, 1000},          {"files", 1, 1000000}};
    json_t *oto = json_object_get(json_object_get(notebook->json, "metadata"), "oto"),
           *set = json_object_get(oto, "limits"), *value;
    const char *key;
    *limits = sandbox_defaults;
    if (oto && (!json_is_object(oto) || json_object_size(oto) != (set ? 1 : 0)))
        return must_copy("the notebook's metadata.oto must be an object with nothing but \"limits\"");
    if (set && !json_is_object(set)) return must_copy("metadata.oto.limits must be an object");
    json_object_foreach(set, key, value) {
        size_t i = 0, count = sizeof known / sizeof *known;
        while (i < count && strcmp(key, known[i].key) != 0) i++;
        if (i == count)
            return must_format("metadata.oto.limits: there is no limit \"%.60s\"; there are cell_seconds, "
                               "notebook_seconds, cell_memory_mb, memory_mb, disk_mb, output_kb, processes and files",
                               key);
        double number = json_number_value(value);
        if (!json_is_number(value) || !(number >= known[i].least && number <= known[i].most))
            return must_format("metadata.oto.limits: %s must be a number from %g to %.10g", key, known[i].least,
                               known[i].most);
        set_limit(limits, key, number);
    }
    return NULL;
}

/* ---- what an author may have got wrong, and nobody would see ---- */

static bool is_tagged(const json_t *metadata, const char *name) {
    json_t *tag;
    size_t i;
    json_array_foreach(json_object_get(metadata, "tags"), i,
                       tag) if (json_is_string(tag) && strcmp(json_string_value(tag), name) == 0) return true;
    return false;
}

static const char *type_of(const json_t *value) {
    return json_is_object(value)    ? "an object"
           : json_is_array(value)   ? "a list"
           : json_is_string(value)  ? "text"
           : json_is_number(value)  ? "a number"
           : json_is_boolean(value) ? "true or false"
                                    : "null";
}

/* What of a cell's metadata.oto means nothing, as a malloc'd sentence, or NULL: a misspelt "wrong" would hand the cell
 * out to students. */
static char *key_fault(json_t *oto) {
    static const struct {
        const char *key, *must;
    } known[] = {{"goal", "text"},          {"minutes", "a number"}, {"demo", "true or false"},
                 {"open", "true or false"}, {"mutants", "a number"}, {"equivalent", "a list"},
                 {"wrong", "an object"},    {"right", "an object"}};
    enum { KNOWN = sizeof known / sizeof *known };
    const char *key;
    json_t *value;
    if (oto && !json_is_object(oto)) return must_copy("metadata.oto must be an object");
    json_object_foreach(oto, key, value) {
        size_t i = 0;
        while (i < KNOWN && strcmp(key, known[i].key) != 0) i++;
        if (i == KNOWN)
            return must_format("metadata.oto: \"%.60s\" means nothing; there are goal, minutes, demo, open, mutants, "
                               "equivalent, wrong and right",
                               key);
        if (strcmp(type_of(value), known[i].must) != 0)
            return must_format("metadata.oto.%s must be %s", key, known[i].must);
    }
    return NULL;
}

/* The fault of one cell of the source as a malloc'd sentence, or NULL. */
static char *cell_fault(const struct cell *cell) {
    static const char *const variants[] = {"wrong", "right"};
    json_t *metadata = json_object_get(cell->json, "metadata"), *oto = json_object_get(metadata, "oto");
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++)
        if (is_tagged(metadata, variants[i]) && !json_object_get(oto, variants[i]))
            return must_format("is tagged \"%s\", but its metadata.oto has no \"%s\" that says which answer it "
                               "replaces, so students would get it",
                               variants[i], variants[i]);
    if (cell->role == ROLE_WRONG && !json_object_get(json_object_get(oto, "wrong"), "at_most"))
        return must_copy("metadata.oto.wrong has no \"at_most\": the most points that its part may get with it");
    bool graded = cell->role == ROLE_TEST || cell->role == ROLE_WRITTEN || cell->role == ROLE_TASK;
    if (graded && !json_object_get(json_object_get(metadata, "nbgrader"), "points"))
        return must_format("\"%s\" is graded, but its metadata.nbgrader has no \"points\"", cell->grade_id);
    if (cell->demo && cell->role != ROLE_PLAIN)
        return must_format("\"%s\" is graded or an answer, so it cannot be a demo, which the grader does not run",
                           cell->grade_id);
    return key_fault(oto);
}

/* The source says that it is C; one without a kernelspec is taken for it, as JupyterLab writes it before the first run.
 * Of a submission the kernel does not matter: only its answers are taken. */
static char *kernel_fault(const struct notebook *notebook) {
    json_t *kernelspec = json_object_get(json_object_get(notebook->json, "metadata"), "kernelspec");
    const char *kernel = json_string_value(json_object_get(kernelspec, "name"));
    const char *language = json_string_value(json_object_get(kernelspec, "language"));
    if ((kernel && strcmp(kernel, "oto") == 0) || (!kernel && !language)) return NULL;
    if (language && strcasecmp(language, "c") == 0) return NULL;
    return must_format("metadata.kernelspec says kernel \"%.60s\" (%.30s); a notebook of the oto kernel (C) is wanted",
                       kernel ? kernel : "?", language ? language : "no language");
}

/* What of the source is wrong by itself, before anything of it runs, and its limits. False with a malloc'd *error. */
static bool look_at_source(struct exercise *exercise, char **error) {
    char *fault = kernel_fault(&exercise->source);
    if (!fault) fault = read_limits(&exercise->source, &exercise->limits);
    if (fault) *error = must_format("%s: %s", exercise->path, fault);
    free(fault);
    for (size_t i = 0; i < exercise->source.count && !*error; i++) {
        fault = cell_fault(&exercise->source.cells[i]);
        if (fault) *error = must_format("%s: cell %zu: %s", exercise->path, i + 1, fault);
        free(fault);
    }
    return !*error;
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
    if (exercise->bytes && notebook_parse(&exercise->source, path, exercise->bytes, exercise->size, error) &&
        look_at_source(exercise, error)) {
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
    char *why = NULL;
    bool ran = release_hide_tests(&visible, &why);
    if (why) *error = must_format("%s: %s", exercise->path, why);
    free(why);
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
