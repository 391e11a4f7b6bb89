/* oto-grade release: writes the student's notebook and the expectations of its checks at the student's seed, 0. */
#include "autograder/commands.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/course.h"
#include "autograder/exercise.h"
#include "autograder/files.h"
#include "autograder/installation.h"
#include "autograder/options.h"
#include "kernel/engine/text.h"
#include "lib/check/expected.h"

static bool write_expected(const struct exercise *exercise, const char *stem, const struct observed *observed,
                           const char *path, char **error) {
    struct oto_expected_entry *entries = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < observed->count; i++) {
        const struct cell *cell = &exercise->solution.cells[i];
        for (size_t k = 0; k < observed->cells[i].count; k++)
            ARRAY_ADD(entries, count, capacity) =
                (struct oto_expected_entry){.grade_id = cell->role == ROLE_TEST ? cell->grade_id : "",
                                            .points = cell->role == ROLE_TEST ? cell->points : 0,
                                            .observation = &observed->cells[i].observations[k]};
    }
    bool written = oto_expected_write(path, stem, 0, entries, count, error) == 0;
    free(entries);
    return written;
}

/* Does the file hold these bytes? */
static bool is_current(const char *path, const char *bytes, size_t size) {
    size_t found_size = 0;
    char *error = NULL, *found = file_read(path, (size_t)1 << 30, &found_size, &error);
    bool current = found && found_size == size && memcmp(found, bytes, size) == 0;
    if (!current) printf("stale: %s%s\n", path, found ? "" : " (missing)");
    free(found);
    free(error);
    return current;
}

/* Compares an expectation file with what it would be now, by way of a neighbour in the temporary folder. */
static bool expected_is_current(const struct exercise *exercise, const char *stem, const struct observed *observed,
                                const char *path, char **error) {
    const char *folder = getenv("TMPDIR");
    char *scratch = must_format("%s/oto-release-%d.expected", folder ? folder : "/tmp", (int)getpid());
    size_t size = 0;
    bool written = write_expected(exercise, stem, observed, scratch, error);
    char *bytes = written ? file_read(scratch, (size_t)1 << 30, &size, error) : NULL;
    bool current = bytes && is_current(path, bytes, size);
    unlink(scratch);
    free(bytes);
    free(scratch);
    return current;
}

struct target {
    char *notebook, *visible, *full; /* paths; full may be NULL */
};

static bool write_all(const struct exercise *exercise, const struct assignment *assignment,
                      const struct expectation *expectation, const struct target *target, const char *bytes,
                      size_t size, char **error) {
    const char *stem = assignment->notebook;
    if (!file_write(target->notebook, bytes, size, error) ||
        !write_expected(exercise, stem, &expectation->visible, target->visible, error))
        return false;
    printf("%s\n%s\n", target->notebook, target->visible);
    if (!target->full) return true;
    if (!write_expected(exercise, stem, &expectation->full, target->full, error)) return false;
    printf("%s\n", target->full);
    return true;
}

static bool names_file(const struct notebook *notebook, const char *file) {
    char *quoted = must_format("\"%s\"", file);
    bool found = false;
    for (size_t i = 0; i < notebook->count && !found; i++)
        found = notebook->cells[i].code && strstr(notebook->cells[i].source, quoted);
    free(quoted);
    return found;
}

/* The author's notebook runs without them in FOLDER, the students' does not. */
static void tell_missing_files(const struct exercise *exercise, const struct assignment *assignment,
                               const char *folder) {
    size_t count;
    char **files = folder_list(assignment->folder, 'f', &count);
    for (size_t i = 0; i < count; i++) {
        char *path = must_format("%s/%s", folder, files[i]);
        if (names_file(&exercise->release, files[i]) && access(path, F_OK) < 0)
            fprintf(stderr, "oto-grade: the exercise names \"%s\", which lies beside its source: copy it to %s, too\n",
                    files[i], folder);
        free(path);
    }
    names_free(files, count);
}

static int release(const struct options *options, const struct exercise *exercise,
                   const struct assignment *assignment) {
    struct expectation expectation;
    char *error = NULL;
    size_t size;
    struct target target = {must_format("%s/%s.ipynb", options->output, assignment->notebook),
                            must_format("%s/%s.expected", options->output, assignment->notebook),
                            options->full ? must_format("%s/%s.expected", options->full, assignment->notebook) : NULL};
    char *bytes = notebook_write(&exercise->release, &size);
    bool current = true, ran = exercise_expect(exercise, 0, 0, &expectation, &error);
    if (ran && options->check) {
        current = is_current(target.notebook, bytes, size);
        current &= expected_is_current(exercise, assignment->notebook, &expectation.visible, target.visible, &error);
    } else if (ran && (!options->full || folder_make(options->full, &error))) {
        write_all(exercise, assignment, &expectation, &target, bytes, size, &error);
    }
    if (ran && !error) tell_missing_files(exercise, assignment, options->output);
    if (ran) expectation_free(&expectation);
    free(bytes);
    free(target.notebook);
    free(target.visible);
    free(target.full);
    if (error) return complain_and_free(error);
    if (!current) printf("run: oto-grade release %s -o %s\n", assignment->path, options->output);
    return current ? 0 : 1;
}

int command_release(int count, char **words) {
    struct options options;
    struct assignment assignment;
    struct exercise exercise;
    char *error = NULL;
    if (!options_read(&options, "-o --full --check", count, words)) return 2;
    if (!options.file || !options.output) {
        fprintf(stderr, "oto-grade: release wants SOLUTION.ipynb -o FOLDER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    if (!installation_find(&error) || !assignment_of_notebook(&assignment, options.file, &error))
        return complain_and_free(error);
    int status = 2;
    if (!exercise_open(&exercise, assignment.path, assignment.folder, &error)) {
        complain_and_free(error);
    } else {
        status = release(&options, &exercise, &assignment);
        exercise_close(&exercise);
    }
    assignment_free(&assignment);
    return status;
}
