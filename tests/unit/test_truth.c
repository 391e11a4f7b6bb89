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
#include "lib/io/audio.h"

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

enum { SAMPLES = 400 };

/* Two sources as a file, at 8 kHz; estimates, each of which is its source and a part of the other. */
static void write_sources(const char *name, float *estimates, float part) {
    snprintf(file, sizeof file, "%s/05_x.truth/%s", folder, name);
    oto_scope {
        OtoTensor *sources = oto_zeros(2, SAMPLES);
        float *data = sources->data;
        for (int i = 0; i < SAMPLES; i++) {
            data[i] = 0.5f * sinf(0.1f * (float)i);
            data[SAMPLES + i] = 0.5f * sinf(0.37f * (float)i);
            estimates[i] = data[i] + part * data[SAMPLES + i];
            estimates[SAMPLES + i] = data[SAMPLES + i] + part * data[i];
        }
        oto_audio_save(oto_as_audio(sources, 8000), file);
    }
}

static struct oto_record separated(enum oto_check_kind kind, const char *truth, const float *estimates, int64_t samples,
                                   double sample_rate) {
    const int64_t shape[] = {2, samples};
    struct oto_observed observed = {.kind = kind,
                                    .type = OTO_OBSERVED_FLOAT32,
                                    .name = "n",
                                    .truth = truth,
                                    .rank = 2,
                                    .shape = shape,
                                    .data = estimates,
                                    .sample_rate = sample_rate,
                                    .at_least = 0,
                                    .at_most = (double)NAN,
                                    .full_at = 40,
                                    .weight = 1};
    struct oto_record record;
    oto_observation_write(&record, &observed);
    return record;
}

static void sources_are_compared_with_a_sound(void **state) {
    static const char *const names[] = {"stems.flac", "stems.wav"};
    static float estimates[2 * SAMPLES];
    for (size_t i = 0; i < 2; i++) {
        char *error = NULL;
        write_sources(names[i], estimates, 0.1f);
        double score = earned(separated(OTO_CHECK_SEPARATION, "stems", estimates, SAMPLES, 8000),
                              separated(OTO_CHECK_SEPARATION, NULL, estimates, SAMPLES, 8000), &error);
        if (error) fail_msg("%s", error);
        assert_true(fabs(score - 0.5) < 0.02); /* 20 dB of 40, and not all of them: the solution's own are no truth */
        unlink(file);
    }
}

static void a_sound_that_is_no_truth_is_told(void **state) {
    static float estimates[2 * SAMPLES];
    static const struct {
        enum oto_check_kind kind;
        int64_t samples;
        double sample_rate;
        const char *says;
    } cases[] = {
        {OTO_CHECK_SEPARATION, SAMPLES, 16000, "its sample rate is 8000 Hz, that of the solution's sources 16000 Hz"},
        {OTO_CHECK_SEPARATION, SAMPLES - 1, 8000,
         "it has 2 channels of 400 samples, the solution found 2 sources of 399"},
        {OTO_CHECK_PREDICTIONS, SAMPLES, 8000, "it is a sound, which is no truth for a check of predictions"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *error = NULL;
        write_sources("stems.wav", estimates, 0);
        struct oto_record got = separated(cases[i].kind, NULL, estimates, cases[i].samples, cases[i].sample_rate);
        assert_true(isnan(
            earned(separated(cases[i].kind, "stems", estimates, cases[i].samples, cases[i].sample_rate), got, &error)));
        assert_non_null(error);
        if (!strstr(error, cases[i].says)) fail_msg("\"%s\" says nothing of \"%s\"", error, cases[i].says);
        free(error);
        unlink(file);
    }
}

static void a_file_that_is_no_sound_is_told(void **state) {
    static const char *const contents[] = {"", "no sound", "RIFF\x24\x00\x00\x00WAVEfmt \x10"};
    static float estimates[2 * SAMPLES];
    for (size_t i = 0; i < sizeof contents / sizeof *contents; i++) {
        char *error = NULL;
        write_truth("stems.wav", contents[i]);
        assert_true(isnan(earned(separated(OTO_CHECK_SEPARATION, "stems", estimates, SAMPLES, 8000),
                                 separated(OTO_CHECK_SEPARATION, NULL, estimates, SAMPLES, 8000), &error)));
        assert_non_null(error);
        if (!strstr(error, "stems.wav")) fail_msg("\"%s\" names no file", error);
        free(error);
        unlink(file);
    }
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
        cmocka_unit_test(sources_are_compared_with_a_sound),
        cmocka_unit_test(a_sound_that_is_no_truth_is_told),
        cmocka_unit_test(a_file_that_is_no_sound_is_told),
        cmocka_unit_test(what_is_wrong_with_a_truth_is_told_with_its_file),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
