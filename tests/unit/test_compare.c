/* The comparators, mostly with records that a hostile student could send. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/check/compare.h"
#include "lib/check/expected.h"
#include "japanese.h"

static struct oto_record observe(struct oto_observed observed) {
    struct oto_record record;
    if (observed.weight == 0) observed.weight = 1;
    oto_observation_write(&record, &observed);
    assert_false(record.failed);
    return record;
}

static struct oto_record close_to(double value, double rtol) {
    return observe((struct oto_observed){
        .kind = OTO_CHECK_CLOSE, .type = OTO_OBSERVED_FLOAT64, .name = "value", .data = &value, .rtol = rtol});
}

static struct oto_record array_of(const float *values, int64_t count) {
    return observe((struct oto_observed){.kind = OTO_CHECK_ARRAY,
                                         .type = OTO_OBSERVED_FLOAT32,
                                         .name = "array",
                                         .rank = 1,
                                         .shape = &count,
                                         .data = values,
                                         .rtol = 1e-5,
                                         .atol = 1e-6});
}

static struct oto_record text_of(const char *text) {
    int64_t length = (int64_t)strlen(text);
    return observe((struct oto_observed){
        .kind = OTO_CHECK_EQUAL, .type = OTO_OBSERVED_TEXT, .name = "text", .rank = 1, .shape = &length, .data = text});
}

static struct oto_record integer_of(int64_t value, enum oto_observed_type type) {
    return observe((struct oto_observed){.kind = OTO_CHECK_EQUAL, .type = type, .name = "integer", .data = &value});
}

static struct oto_record sound_of(const float *samples, int64_t count, struct oto_observed options) {
    options.kind = OTO_CHECK_AUDIO;
    options.type = OTO_OBSERVED_FLOAT32;
    options.name = "sound";
    options.rank = 1;
    options.shape = &count;
    options.data = samples;
    options.sample_rate = 1000;
    if (options.snr_db == 0) options.snr_db = 60;
    return observe(options);
}

/* Compares, frees all three, and expects this outcome with this text somewhere in the message. */
static void expect(struct oto_record expected, struct oto_record observed, bool passed, const char *says) {
    struct oto_verdict verdict = oto_compare(&expected, &observed);
    assert_non_null(verdict.message);
    if (says && !strstr(verdict.message, says)) fail_msg("\"%s\" says nothing of \"%s\"", verdict.message, says);
    if (verdict.passed != passed) fail_msg("passed is %d: %s", verdict.passed, verdict.message);
    assert_true(verdict.score == (passed ? 1 : 0));
    if (!passed) assert_has_japanese(verdict.message);
    oto_verdict_free(&verdict);
    oto_record_free(&expected);
    oto_record_free(&observed);
}

static void close_passes_within_its_tolerance_and_fails_past_it(void **state) {
    expect(close_to(0.5, 1e-3), close_to(0.50049, 0), true, "got 0.50049");
    expect(close_to(0.5, 1e-3), close_to(0.50051, 0), false, "expected 0.5, got 0.5005");
    expect(close_to(0.70710678, 1e-5), close_to(0.5, 0), false, "expected 0.7071, got 0.5");
    expect(close_to(-1, 1e-5), close_to(1, 0), false, "sign");
}

static void a_tolerance_that_the_student_sends_counts_for_nothing(void **state) {
    expect(close_to(1, 1e-5), close_to(2, 1e9), false, NULL);
}

static void nan_equals_nothing_and_infinity_only_itself(void **state) {
    expect(close_to(1, 1e-5), close_to(NAN, 1e-5), false, "NaN");
    expect(close_to(NAN, 1e-5), close_to(NAN, 1e-5), false, "NaN, which equals nothing");
    expect(close_to(INFINITY, 1e-5), close_to(INFINITY, 0), true, NULL);
    expect(close_to(INFINITY, 1e-5), close_to(-INFINITY, 0), false, NULL);
    expect(close_to(INFINITY, 1e-5), close_to(1, 0), false, NULL);
    expect(close_to(1, 1e-5), close_to(INFINITY, 0), false, NULL);
}

static void an_array_names_its_worst_element(void **state) {
    float want[] = {0, 1, 2, 5}, got[] = {0, 1.5f, 2, 9};
    struct oto_record expected = array_of(want, 4), observed = array_of(got, 4);
    struct oto_verdict verdict = oto_compare(&expected, &observed);
    assert_int_equal(verdict.worst, 3); /* by distance over tolerance */
    assert_non_null(strstr(verdict.message, "2 of 4 elements differ; worst at [3]: expected 5, got 9"));
    oto_verdict_free(&verdict);
    oto_record_free(&expected);
    oto_record_free(&observed);
}

static void an_array_of_another_length_fails(void **state) {
    float values[] = {1, 2, 3};
    expect(array_of(values, 3), array_of(values, 2), false, "expected 3 elements, got 2");
    expect(array_of(values, 0), array_of(values, 0), true, NULL);
    expect(array_of(values, 3), array_of(values, 0), false, "got 0");
}

static void one_simple_mistake_is_named(void **state) {
    float ramp[] = {1, 2, 4, 8, 16}, doubled[] = {2, 4, 8, 16, 32}, turned[] = {-1, -2, -4, -8, -16};
    float late[] = {7, 1, 2, 4, 8}, early[] = {2, 4, 8, 16, 7}, back[] = {16, 8, 4, 2, 1};
    expect(array_of(ramp, 5), array_of(doubled, 5), false, "2 times");
    expect(array_of(ramp, 5), array_of(turned, 5), false, "signs");
    expect(array_of(ramp, 5), array_of(late, 5), false, "too late");
    expect(array_of(ramp, 5), array_of(early, 5), false, "too early");
    expect(array_of(ramp, 5), array_of(back, 5), false, "reverse");
}

static void integers_are_compared_exactly(void **state) {
    int64_t big = (INT64_C(1) << 53) + 1;
    expect(integer_of(big, OTO_OBSERVED_INT64), integer_of(big, OTO_OBSERVED_INT64), true, NULL);
    expect(integer_of(big, OTO_OBSERVED_INT64), integer_of(big - 1, OTO_OBSERVED_INT64), false, "9007199254740993");
    expect(integer_of(-1, OTO_OBSERVED_INT64), integer_of(-1, OTO_OBSERVED_UINT64), false, "18446744073709551615");
    expect(integer_of(7, OTO_OBSERVED_INT64), integer_of(7, OTO_OBSERVED_UINT64), true, NULL);
}

static void texts_are_quoted_with_what_would_harm_a_page_or_a_terminal_escaped(void **state) {
    expect(text_of("C4"), text_of("C4"), true, "\"C4\"");
    expect(text_of("C4"), text_of("C4 "), false, "expected \"C4\", got \"C4 \"");
    expect(text_of("C4"), text_of("\x1b[2J\xff\r"), false, "\"\\x1b[2J\\xff\\x0d\"");
    expect(text_of("C4"), text_of("\xe2\x80\xae"), false, "\\xe2\\x80\\xae");
    expect(text_of("C4"), text_of("ré"), false, "\"ré\"");
    expect(text_of("C4"), integer_of(4, OTO_OBSERVED_INT64), false, "another check");
}

static void audio_needs_its_signal_to_noise_ratio(void **state) {
    enum { N = 400 };
    float sine[N], noisy[N], quiet[N], late[N], silent[N] = {0}, broken[N];
    for (int i = 0; i < N; i++) {
        sine[i] = sinf(0.3f * (float)i) * expf(-0.01f * (float)i) + 0.2f * sinf(0.05f * (float)(i * i % 97));
        noisy[i] = sine[i] + ((i * 7919) % 13 - 6) * 0.01f;
        quiet[i] = sine[i] / 2;
        broken[i] = sine[i];
    }
    for (int i = 0; i < N; i++) late[i] = i < 5 ? 0 : sine[i - 5];
    broken[17] = NAN;
    struct oto_observed strict = {0}, gain = {.any_gain = true}, align = {.align = 0.02}, loose = {.snr_db = 10};
    expect(sound_of(sine, N, strict), sound_of(sine, N, strict), true, "sample for sample");
    expect(sound_of(sine, N, strict), sound_of(noisy, N, loose), false, "60 dB needed");
    expect(sound_of(sine, N, loose), sound_of(noisy, N, strict), true, "dB");
    expect(sound_of(sine, N, strict), sound_of(quiet, N, gain), false, "6.02 dB too quiet");
    expect(sound_of(sine, N, gain), sound_of(quiet, N, strict), true, NULL);
    expect(sound_of(sine, N, strict), sound_of(late, N, align), false, "5 samples too late");
    expect(sound_of(sine, N, align), sound_of(late, N, strict), true, NULL);
    expect(sound_of(late, N, align), sound_of(sine, N, strict), true, NULL);
    expect(sound_of(sine, N, strict), sound_of(broken, N, strict), false, "sample 17 (0.017 s) is NaN");
    expect(sound_of(sine, N, gain), sound_of(silent, N, strict), false, "got silence");
    expect(sound_of(silent, N, strict), sound_of(sine, N, strict), false, "expected silence");
    expect(sound_of(silent, N, strict), sound_of(silent, N, strict), true, NULL);
    expect(sound_of(sine, N, strict), sound_of(sine, N - 1, strict), false, "expected 400 samples, got 399");
    expect(sound_of(sine, 1, align), sound_of(sine, 0, align), false, "got 0");
}

/* count samples, one of which is not 0; the next but one takes their place. */
static const float *impulse(int count, int at, float height) {
    static float samples[2][1000];
    static int turn;
    float *x = samples[turn ^= 1];
    for (int i = 0; i < count; i++) x[i] = i == at ? height : 0;
    return x;
}

static void an_answer_without_the_expected_sound_fails_at_every_delay(void **state) {
    enum { N = 1000, LAST = N - 1, NOWHERE = -1 };
    struct oto_observed align = {.align = 0.016}, none = {0}, wide = {.align = 0.25, .any_gain = true};
    const int places[] = {0, 3, N / 2, N - 3, LAST};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        int at = places[i];
        expect(sound_of(impulse(N, at, 1), N, align), sound_of(impulse(N, NOWHERE, 0), N, none), false, "got silence");
        expect(sound_of(impulse(N, at, 1), N, wide), sound_of(impulse(N, NOWHERE, 0), N, none), false, "got silence");
        expect(sound_of(impulse(N, at, 1), N, align), sound_of(impulse(N, (at + 500) % N, 1e-4f), N, none), false, "");
        expect(sound_of(impulse(N, at, 1), N, align), sound_of(impulse(N, LAST - at, 1), N, none), at == N / 2, "");
        expect(sound_of(impulse(N, at, 1), N, align), sound_of(impulse(N, at, 1), N, none), true, "the same");
    }
    for (int by = -16; by <= 16; by++)
        expect(sound_of(impulse(N, 100, 1), N, align), sound_of(impulse(N, 100 + by, 1), N, none), true, "the same");
    expect(sound_of(impulse(N, NOWHERE, 0), N, align), sound_of(impulse(N, NOWHERE, 0), N, none), true, "silence");
    expect(sound_of(impulse(N, NOWHERE, 0), N, align), sound_of(impulse(N, 3, 0.1f), N, none), false, "a peak of 0.1");
}

/* A loud beginning and a faint rest, of which the answer has the rest alone, earlier: nothing else fits so well. */
static void what_the_best_delay_leaves_out_is_missed(void **state) {
    enum { N = 1000, EARLY = 16 };
    float want[N], rest[N];
    for (int i = 0; i < N; i++) want[i] = i == 0 ? 1 : 0.01f * sinf(0.002f * (float)(i * i));
    for (int i = 0; i < N; i++) rest[i] = i + EARLY < N ? want[i + EARLY] : 0;
    expect(sound_of(want, N, (struct oto_observed){.align = 0.016}), sound_of(rest, N, (struct oto_observed){0}), false,
           "less than half of the expected sound");
}

static void huge_samples_do_not_overflow_into_a_pass(void **state) {
    double want[4] = {1, -1, 0.5, 0.25}, huge[4] = {1e300, -1e308, 1e308, 1};
    int64_t count = 4;
    struct oto_observed sound = {.kind = OTO_CHECK_AUDIO,
                                 .type = OTO_OBSERVED_FLOAT64,
                                 .name = "sound",
                                 .rank = 1,
                                 .shape = &count,
                                 .data = want,
                                 .snr_db = 60,
                                 .any_gain = true};
    struct oto_observed other = sound;
    other.data = huge;
    expect(observe(sound), observe(other), false, NULL);
}

static void a_check_that_did_not_run_or_ran_twice_fails(void **state) {
    struct oto_record expected = close_to(1, 1e-5);
    struct oto_record observed[2] = {close_to(1, 1e-5), close_to(1, 1e-5)};
    struct oto_verdict none = oto_compare_among(&expected, observed, 0),
                       once = oto_compare_among(&expected, observed, 1),
                       twice = oto_compare_among(&expected, observed, 2);
    assert_false(none.passed);
    assert_non_null(strstr(none.message, "did not run"));
    assert_true(once.passed);
    assert_false(twice.passed);
    assert_non_null(strstr(twice.message, "more than once"));
    oto_verdict_free(&none);
    oto_verdict_free(&once);
    oto_verdict_free(&twice);
    oto_record_free(&expected);
    for (int i = 0; i < 2; i++) oto_record_free(&observed[i]);
}

static void shapes_are_compared_axis_by_axis(void **state) {
    int64_t two[] = {2, 441}, other[] = {441, 2};
    struct oto_observed shape = {
        .kind = OTO_CHECK_SHAPE, .type = OTO_OBSERVED_NONE, .name = "shape", .rank = 2, .shape = two};
    shape.axes = "channels,samples";
    struct oto_observed turned = shape, flat = shape;
    turned.shape = other;
    turned.axes = "<script>,\x1b";
    flat.rank = 1;
    expect(observe(shape), observe(shape), true, "(channels 2, samples 441)");
    expect(observe(shape), observe(turned), false, "got (script 441,  2)");
    expect(observe(shape), observe(flat), false, NULL);
}

/* Each record lacks or twists one thing that a reader could trip over. */
static void malformed_records_fail_with_a_message(void **state) {
    static const struct {
        const char *check, *name, *dtype;
        int64_t shape[9];
        size_t rank, data;
    } cases[] = {
        {NULL, "array", "float32", {3}, 1, 12},                            /* no kind */
        {"magic", "array", "float32", {3}, 1, 12},                         /* unknown kind */
        {"array", NULL, "float32", {3}, 1, 12},                            /* no name */
        {"array", "array", NULL, {3}, 1, 12},                              /* no type */
        {"array", "array", "float16", {3}, 1, 12},                         /* unknown type */
        {"array", "array", "float32", {3}, 1, 11},                         /* short data */
        {"array", "array", "float32", {3}, 1, 0},                          /* no data */
        {"array", "array", "float32", {-3}, 1, 12},                        /* negative length */
        {"array", "array", "float32", {INT64_C(1) << 62, 8}, 2, 12},       /* product overflows */
        {"array", "array", "float32", {INT64_C(1) << 62}, 1, 0},           /* bytes overflow to 0 */
        {"array", "array", "float32", {1, 1, 1, 1, 1, 1, 1, 1, 3}, 9, 12}, /* too many axes */
        {"array", "array", "text", {12}, 1, 12},                           /* text is no array */
        {"array", "array", "none", {3}, 1, 0},                             /* a shape is no array */
        {"array", "array", "none", {3}, 1, 12},                            /* and has no data */
        {"array", "array", "complex64", {1}, 1, 8},                        /* complex for real, wrong length */
        {"array", "array", "int64", {1}, 1, 8},                            /* wrong length */
        {"array", "array", "float64", {}, 0, 8},                           /* a value for an array */
        {"audio", "array", "float32", {3}, 1, 12},                         /* another kind of check */
        {"close", "array", "float32", {3}, 1, 12},
        {"array", "another", "float32", {3}, 1, 12},
    };
    const float values[] = {1, 2, 3};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct oto_record record;
        oto_record_begin(&record, OTO_RECORD_OBSERVATION);
        if (cases[i].check) oto_record_text(&record, "check", cases[i].check);
        if (cases[i].name) oto_record_text(&record, "name", cases[i].name);
        if (cases[i].dtype) oto_record_text(&record, "dtype", cases[i].dtype);
        oto_record_bytes(&record, "shape", cases[i].shape, cases[i].rank * 8);
        oto_record_bytes(&record, "data", values, cases[i].data);
        expect(array_of(values, 3), record, false, NULL);
    }
}

static void fields_of_the_wrong_type_or_twice_fail(void **state) {
    const float values[] = {1, 2, 3};
    static const char *const names[] = {"check", "name", "dtype", "shape", "data", "rtol", "hidden", "problem", "hint"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct oto_record twice = array_of(values, 3);
        oto_record_integer(&twice, names[i], 1); /* there already, or an integer where it is none; hidden: twice */
        expect(array_of(values, 3), twice, false, "unreadable");
    }
    struct oto_record empty = {.kind = OTO_RECORD_OBSERVATION}, other = {.kind = OTO_RECORD_DISPLAY};
    expect(array_of(values, 3), empty, false, "unreadable");
    expect(array_of(values, 3), other, false, "unreadable");
}

static void a_broken_expectation_is_the_exercises_fault(void **state) {
    struct oto_record expected = {.kind = OTO_RECORD_OBSERVATION}, observed = close_to(1, 0);
    struct oto_verdict verdict = oto_compare(&expected, &observed);
    assert_true(verdict.broken);
    assert_false(verdict.passed);
    oto_verdict_free(&verdict);
    oto_record_free(&observed);
}

static void a_problem_is_told_instead_of_a_value(void **state) {
    struct oto_observed nothing = {
        .kind = OTO_CHECK_CLOSE, .type = OTO_OBSERVED_FLOAT64, .name = "value", .problem = "it is NULL"};
    expect(close_to(1, 1e-5), observe(nothing), false, "nothing to compare: it is NULL");
}

static void a_problem_of_the_students_own_writes_nothing_but_plain_text(void **state) {
    struct oto_record expected = close_to(1, 1e-5),
                      observed = observe((struct oto_observed){.kind = OTO_CHECK_CLOSE,
                                                               .type = OTO_OBSERVED_FLOAT64,
                                                               .name = "value",
                                                               .problem = "a NULL pointer\x1b"});
    struct oto_verdict verdict = oto_compare(&expected, &observed);
    assert_string_equal(verdict.message, "nothing to compare: a NULL pointer?");
    oto_verdict_free(&verdict);
    oto_record_free(&expected);
    oto_record_free(&observed);
}

static void expectations_survive_the_file(void **state) {
    char path[] = "/tmp/oto_expected_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    float values[] = {1, NAN, INFINITY};
    struct oto_record first = close_to(0.5, 1e-3), second = array_of(values, 3);
    struct oto_expected_entry entries[] = {{"sine", 4, &first}, {"mix", 2.5, &second}};
    char *why = NULL;
    assert_int_equal(oto_expected_write(path, "01_sound", 7, entries, 2, &why), 0);
    struct oto_expected expected;
    assert_int_equal(oto_expected_read(&expected, path, &why), 0);
    assert_string_equal(expected.exercise, "01_sound");
    assert_int_equal(expected.seed, 7);
    assert_int_equal(expected.count, 2);
    const struct oto_expectation *check = oto_expected_find(&expected, "array");
    assert_non_null(check);
    assert_string_equal(check->grade_id, "mix");
    assert_true(check->points == 2.5);
    assert_true(isnan(oto_observation_real(&check->view, 1)));
    assert_true(isinf(oto_observation_real(&check->view, 2)));
    assert_null(oto_expected_find(&expected, "nothing"));
    oto_expected_free(&expected);

    assert_int_equal(truncate(path, 300), 0);
    assert_int_equal(oto_expected_read(&expected, path, &why), -1);
    assert_non_null(strstr(why, path));
    free(why);
    entries[1] = entries[0];
    assert_int_equal(oto_expected_write(path, "01_sound", 7, entries, 2, &why), 0);
    assert_int_equal(oto_expected_read(&expected, path, &why), -1);
    assert_non_null(strstr(why, "twice"));
    free(why);
    assert_int_equal(oto_expected_read(&expected, "/nowhere/01.expected", &why), -1);
    free(why);
    unlink(path);
    oto_record_free(&first);
    oto_record_free(&second);
}

static void points_are_shared_by_weight(void **state) {
    assert_true(oto_cell_points(4, 1, 4) == 1);
    assert_true(oto_cell_points(4, 0, 0) == 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(close_passes_within_its_tolerance_and_fails_past_it),
        cmocka_unit_test(a_tolerance_that_the_student_sends_counts_for_nothing),
        cmocka_unit_test(nan_equals_nothing_and_infinity_only_itself),
        cmocka_unit_test(an_array_names_its_worst_element),
        cmocka_unit_test(an_array_of_another_length_fails),
        cmocka_unit_test(one_simple_mistake_is_named),
        cmocka_unit_test(integers_are_compared_exactly),
        cmocka_unit_test(texts_are_quoted_with_what_would_harm_a_page_or_a_terminal_escaped),
        cmocka_unit_test(audio_needs_its_signal_to_noise_ratio),
        cmocka_unit_test(an_answer_without_the_expected_sound_fails_at_every_delay),
        cmocka_unit_test(what_the_best_delay_leaves_out_is_missed),
        cmocka_unit_test(huge_samples_do_not_overflow_into_a_pass),
        cmocka_unit_test(a_check_that_did_not_run_or_ran_twice_fails),
        cmocka_unit_test(shapes_are_compared_axis_by_axis),
        cmocka_unit_test(malformed_records_fail_with_a_message),
        cmocka_unit_test(fields_of_the_wrong_type_or_twice_fail),
        cmocka_unit_test(a_broken_expectation_is_the_exercises_fault),
        cmocka_unit_test(a_problem_is_told_instead_of_a_value),
        cmocka_unit_test(a_problem_of_the_students_own_writes_nothing_but_plain_text),
        cmocka_unit_test(expectations_survive_the_file),
        cmocka_unit_test(points_are_shared_by_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
