/* Truth files in the place of what the solution observed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "autograder/files.h"
#include "autograder/truth.h"
#include "lib/check/compare.h"

static char folder[] = "/tmp/oto_truth_XXXXXX";
static char notebook[64], file[100];

static int make_folder(void **state) {
    char path[64];
    if (!mkdtemp(folder)) return -1;
    snprintf(notebook, sizeof notebook, "%s/05_x.ipynb", folder);
    snprintf(path, sizeof path, "%s/05_x.truth", folder);
    char *error = NULL;
    return folder_make(path, &error) ? 0 : -1;
}
static int remove_folder(void **state) {
    char path[64];
    snprintf(path, sizeof path, "%s/05_x.truth", folder);
    return rmdir(path) || rmdir(folder);
}

static void write_truth(const char *name, const char *content) {
    char *error = NULL;
    snprintf(file, sizeof file, "%s/05_x.truth/%s", folder, name);
    assert_true(file_write(file, content, strlen(content), &error));
}

static struct oto_record seen(enum oto_check_kind kind, const char *truth, const double *values, size_t rank,
                              const int64_t *shape) {
    struct oto_observed observed = {.kind = kind,
                                    .type = OTO_OBSERVED_FLOAT64,
                                    .name = "n",
                                    .truth = truth,
                                    .rank = rank,
                                    .shape = shape,
                                    .data = values,
                                    .window = 0.05,
                                    .at_least = 0.4,
                                    .at_most = (double)NAN,
                                    .full_at = 1,
                                    .weight = 1};
    struct oto_record record;
    oto_observation_write(&record, &observed);
    return record;
}

/* What a check earns whose solution showed the same values, when the truth is put there; NaN with *error otherwise. */
static double earned(struct oto_record expected, struct oto_record observed, char **error) {
    struct oto_record observations[] = {expected};
    struct observed_cell cell = {.observations = observations, .count = 1};
    struct observed all = {.count = 1, .cells = &cell};
    double score = (double)NAN;
    if (truth_put(&all, notebook, error)) {
        struct oto_verdict verdict = oto_compare(&observations[0], &observed);
        score = verdict.score;
        oto_verdict_free(&verdict);
    }
    oto_record_free(&observations[0]);
    oto_record_free(&observed);
    return score;
}

static void the_truth_counts_and_not_what_the_solution_found(void **state) {
    const double found[] = {0.5, 1.5};
    const int64_t two = 2;
    char *error = NULL;
    write_truth("loop.txt", "\xef\xbb\xbf# onsets of the loop\n0.50 1\n1.0, 2\n\n1.51 3# late\n2.0\t4\n");
    double score =
        earned(seen(OTO_CHECK_ONSETS, "loop", found, 1, &two), seen(OTO_CHECK_ONSETS, NULL, found, 1, &two), &error);
    assert_null(error);
    assert_true(fabs(score - (2.0 / 3 - 0.4) / 0.6) < 1e-9); /* precision 1, recall 1 / 2 */
    unlink(file);
}

static void labels_are_whole_numbers(void **state) {
    const double scores[] = {0.9, 0.1, 0.2, 0.8, 0.6, 0.4};
    const int64_t shape[] = {3, 2};
    char *error = NULL;
    write_truth("labels.json", "[0, 1, 1]");
    double score = earned(seen(OTO_CHECK_PREDICTIONS, "labels", scores, 2, shape),
                          seen(OTO_CHECK_PREDICTIONS, NULL, scores, 2, shape), &error);
    assert_null(error);
    assert_true(fabs(score - (2.0 / 3 - 0.4) / 0.6) < 1e-9);
    unlink(file);
}

static void what_is_wrong_with_a_truth_is_told_with_its_file(void **state) {
    static const struct {
        const char *name, *content, *truth, *says;
    } cases[] = {
        {"a.txt", "1 2 3\n4 5\n", "a", "row 2 has 2 numbers, the rows before it have 3"},
        {"a.txt", "1 2 3\n4 five 6\n", "a", "line 2: \"five 6\" is no number"},
        {"a.txt", "1 2 3\n4-5 6\n", "a", "line 2: \"4-5 6\" is no number"},
        {"a.txt", "1.2.3 4 5\n", "a", "line 1: \"1.2.3 4 5\" is no number"},
        {"a.txt", "1 2 3\n# caf\xe9\n", "a", "line 2: is not text in UTF-8"},
        {"a.json", "[[1, 2, 3], [1, \"x\", 3]]", "a", "element [1, 1] is no number"},
        {"a.json", "{}", "a", "it is no array"},
        {"a.json", "[1, 2", "a", "line 1"},
        {"a.txt", "1 2\n", "a", "it has 2 columns, a check of notes needs 3"},
        {"a.txt", "1 2 3\n", "b", "names the truth \"b\", which is not in"},
        {"a.txt", "1 2 3\n", "../05_x.truth/a", "which is not in"},
    };
    const double note[] = {0, 1, 60};
    const int64_t shape[] = {1, 3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *error = NULL;
        write_truth(cases[i].name, cases[i].content);
        assert_true(isnan(earned(seen(OTO_CHECK_NOTES, cases[i].truth, note, 2, shape),
                                 seen(OTO_CHECK_NOTES, NULL, note, 2, shape), &error)));
        assert_non_null(error);
        if (!strstr(error, cases[i].says)) fail_msg("\"%s\" says nothing of \"%s\"", error, cases[i].says);
        free(error);
        unlink(file);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_truth_counts_and_not_what_the_solution_found),
        cmocka_unit_test(labels_are_whole_numbers),
        cmocka_unit_test(what_is_wrong_with_a_truth_is_told_with_its_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
