/* The student's side of a check: lines, points of a cell, and what is sent to whom. */
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
#include "lib/oto.h"
#include "lib/record/record.h"
#include "refusal.h"

enum { SENT_MOST = 100 };

static FILE *host;
static char folder[] = "/tmp/oto_check_XXXXXX";
static struct oto_record sent[SENT_MOST];
static size_t sent_count;

static void forget(void) {
    for (size_t i = 0; i < sent_count; i++) oto_record_free(&sent[i]);
    sent_count = 0;
    assert_int_equal(ftruncate(fileno(host), 0), 0);
    lseek(fileno(host), 0, SEEK_SET);
}

static void collect(void) {
    lseek(fileno(host), 0, SEEK_SET);
    while (sent_count < SENT_MOST && oto_record_receive(fileno(host), &sent[sent_count]) == 1) sent_count++;
}

/* The last record of a kind, or NULL. */
static const struct oto_record *last(int kind) {
    for (size_t i = sent_count; i-- > 0;)
        if (sent[i].kind == kind) return &sent[i];
    return NULL;
}

static const char *text_of_last(int kind, const char *mime_type) {
    const struct oto_record *record = last(kind);
    return record ? oto_record_get_text(record, mime_type, "") : "";
}

static int attach(void **state) {
    host = tmpfile();
    oto_host_attach(fileno(host));
    oto_library_cell_begin();
    return host ? 0 : -1;
}
static int detach(void **state) {
    forget();
    oto_library_cell_begin();
    oto_host_attach(-1);
    unsetenv("OTO_GRADING");
    unsetenv("OTO_SEED");
    return fclose(host);
}

static OtoTensor *ping(float gain) {
    OtoTensor *x = oto_zeros(2000);
    for (int i = 0; i < 2000; i++) oto_data(x)[i] = gain * sinf(0.2f * (float)i) * expf(-0.002f * (float)i);
    return oto_as_audio(x, 8000);
}

/* What a test cell of 4 points does; wrong answers are chosen by number. */
static void test_cell(bool close, bool array, bool audio, bool text) {
    float ramp[12];
    for (int i = 0; i < 12; i++) ramp[i] = array ? (float)i : (float)(i * i);
    oto_check_close("rms", close ? 0.70710678 : 0.5, .rtol = 1e-4, .hint = "is the <mean> inside the root?");
    oto_check_array("ramp", ramp, 12, .weight = 2);
    oto_check_audio("ping", ping(audio ? 1 : 0.5f));
    oto_check_equal("name", text ? "C4" : "D4");
}

/* As `oto-grade release` does it: the solution's observations become the expectations. */
static int make_exercise(void **state) {
    if (!mkdtemp(folder) || chdir(folder)) return -1;
    attach(state);
    setenv("OTO_GRADING", "1", 1);
    oto_scope test_cell(true, true, true, true);
    collect();
    struct oto_expected_entry entries[10];
    for (size_t i = 0; i < sent_count; i++)
        entries[i] = (struct oto_expected_entry){.grade_id = "test_1", .points = 4, .observation = &sent[i]};
    char *why;
    int status = sent_count == 4 ? oto_expected_write("01_sound.expected", "01_sound", 0, entries, 4, &why) : -1;
    detach(state);
    return status;
}

static int remove_exercise(void **state) {
    unlink("01_sound.expected");
    return chdir("/") || rmdir(folder);
}

static void right_answers_are_green_and_leave_the_full_points(void **state) {
    oto_exercise("01_sound");
    oto_scope test_cell(true, true, true, true);
    assert_false(oto_check_cell_end());
    collect();
    assert_null(last(OTO_RECORD_RESULT));
    assert_null(last(OTO_RECORD_REFUSAL));
    assert_string_equal(text_of_last(OTO_RECORD_DISPLAY, "text/plain"),
                        "✓ rms\n✓ ramp\n✓ ping\n✓ name\nall 4 checks passed");
}

static void a_wrong_answer_is_red_and_leaves_the_points_of_the_others(void **state) {
    oto_exercise("01_sound");
    oto_scope test_cell(false, true, true, true);
    assert_false(oto_check_cell_end());
    collect();
    assert_string_equal(text_of_last(OTO_RECORD_RESULT, "text/plain"), "3.2"); /* 4 points * 4 of 5 weights */
    const char *plain = text_of_last(OTO_RECORD_DISPLAY, "text/plain");
    assert_non_null(strstr(plain, "✗ rms: expected 0.7071, got 0.5"));
    assert_non_null(strstr(plain, "hint: is the <mean> inside the root?"));
    assert_non_null(strstr(plain, "3 of 4 checks passed"));
    const char *html = text_of_last(OTO_RECORD_DISPLAY, "text/html");
    assert_non_null(strstr(html, "oto-check-failed"));
    assert_non_null(strstr(html, "is the &lt;mean&gt; inside"));
}

/* Two of the four onsets are found: F is 2/3, halfway from 1/3 to 1. */
static void onsets_cell(int64_t count) {
    static const double times[] = {0.5, 1, 1.5, 2};
    oto_check_onsets("onsets", times, count, .at_least = 1.0 / 3, .full_at = 1, .forbid = "oto_onset_detect");
}

static void a_scored_check_earns_a_part_of_the_points(void **state) {
    char *why;
    setenv("OTO_GRADING", "1", 1);
    oto_scope onsets_cell(4);
    collect();
    struct oto_expected_entry entry = {.grade_id = "test_2", .points = 4, .observation = last(OTO_RECORD_OBSERVATION)};
    assert_int_equal(oto_expected_write("02_scored.expected", "02_scored", 0, &entry, 1, &why), 0);
    unsetenv("OTO_GRADING");
    forget();
    oto_library_cell_begin();
    oto_exercise("02_scored");
    oto_scope onsets_cell(2);
    assert_false(oto_check_cell_end());
    collect();
    assert_string_equal(text_of_last(OTO_RECORD_RESULT, "text/plain"), "2");
    const char *plain = text_of_last(OTO_RECORD_DISPLAY, "text/plain");
    assert_non_null(strstr(plain, "50 % of the points: all at 1"));
    assert_non_null(strstr(plain, "the grader sees to it that you do not use oto_onset_detect"));
    unlink("02_scored.expected");
}

static void time_cell(void) {
    volatile double sum = 0;
    oto_check_time("time", sum += 1, .at_most = 1e6);
}

static void a_student_sees_what_was_measured(void **state) {
    char *why;
    setenv("OTO_GRADING", "1", 1);
    oto_scope time_cell();
    collect();
    struct oto_expected_entry entry = {.grade_id = "test_3", .points = 4, .observation = last(OTO_RECORD_OBSERVATION)};
    assert_int_equal(oto_expected_write("03_timed.expected", "03_timed", 0, &entry, 1, &why), 0);
    unsetenv("OTO_GRADING");
    forget();
    oto_library_cell_begin();
    oto_exercise("03_timed");
    oto_scope time_cell();
    assert_false(oto_check_cell_end());
    collect();
    const char *html = text_of_last(OTO_RECORD_DISPLAY, "text/html");
    assert_non_null(strstr(html, "as fast as asked: at most 1e+06 times the solution&#39;s processor time; "));
    assert_non_null(strstr(html, " of processor time, the solution takes "));
    unlink("03_timed.expected");
}

static void the_lines_of_a_cell_are_one_display(void **state) {
    oto_exercise("01_sound");
    oto_scope test_cell(true, true, true, true);
    collect();
    const char *id = NULL;
    int displays = 0;
    for (size_t i = 0; i < sent_count; i++) {
        if (sent[i].kind != OTO_RECORD_DISPLAY) continue;
        const char *this = oto_record_get_text(&sent[i], "display_id", "");
        if (id) assert_string_equal(id, this);
        id = this;
        assert_int_equal(oto_record_get_integer(&sent[i], "update", 9), displays++ > 0);
    }
    assert_int_equal(displays, 4);
}

static void failed_sounds_can_be_heard_and_failed_arrays_seen(void **state) {
    oto_exercise("01_sound");
    oto_scope test_cell(true, false, false, true);
    collect();
    bool heard = false, seen = false;
    for (size_t i = 0; i < sent_count; i++) {
        const char *html = oto_record_get_text(&sent[i], "text/html", "");
        heard |= strstr(html, "<b>target</b>") && strstr(html, "<b>yours</b>");
        seen |= oto_record_find(&sent[i], "image/png") != NULL;
    }
    assert_true(heard);
    assert_true(seen);
    assert_non_null(strstr(text_of_last(OTO_RECORD_DISPLAY, "text/plain"), "6.02 dB too quiet"));
}

static void a_cell_in_which_nothing_passed_is_one_error(void **state) {
    oto_exercise("01_sound");
    oto_scope test_cell(false, false, false, false);
    assert_true(oto_check_cell_end());
    collect();
    assert_null(last(OTO_RECORD_RESULT));
    assert_string_equal(text_of_last(OTO_RECORD_REFUSAL, "ename"), "CheckFailed");
    assert_non_null(strstr(text_of_last(OTO_RECORD_REFUSAL, "message"), "\"rms\": expected 0.7071, got 0.5"));
}

static void checks_that_did_not_run_count_as_failed(void **state) {
    oto_exercise("01_sound");
    oto_check_close("rms", 0.70710678);
    assert_false(oto_check_cell_end());
    collect();
    assert_string_equal(text_of_last(OTO_RECORD_RESULT, "text/plain"), "0.8");
    assert_non_null(strstr(text_of_last(OTO_RECORD_DISPLAY, "text/plain"), "✗ ramp: this check did not run"));
}

static void a_check_that_runs_twice_in_a_cell_counts_for_nothing(void **state) {
    oto_exercise("01_sound");
    oto_check_close("rms", 0.5);
    oto_check_close("rms", 0.70710678);
    assert_true(oto_check_cell_end());
    oto_library_cell_begin(); /* the cell runs again: a new start */
    forget();
    oto_scope test_cell(true, true, true, true);
    assert_false(oto_check_cell_end());
    collect();
    assert_null(last(OTO_RECORD_RESULT));
}

static void a_cell_without_graded_checks_ends_quietly(void **state) {
    oto_exercise("01_sound");
    assert_false(oto_check_cell_end());
    oto_check_close("a check of my own", 3.5);
    assert_false(oto_check_cell_end());
    collect();
    assert_null(last(OTO_RECORD_RESULT));
    assert_string_equal(text_of_last(OTO_RECORD_DISPLAY, "text/plain"),
                        "○ a check of my own: observed 3.5; the exercise expects no check of this name");
}

static void without_a_file_checks_say_what_they_see(void **state) {
    oto_exercise("99_nothing");
    collect();
    assert_non_null(strstr(text_of_last(OTO_RECORD_DISPLAY, "text/plain"), "no 99_nothing.expected"));
    oto_check_equal("number", -3);
    oto_check_equal("large", UINT64_MAX);
    oto_check_equal("text", (const char *)NULL);
    assert_false(oto_check_cell_end());
    collect();
    assert_non_null(strstr(text_of_last(OTO_RECORD_DISPLAY, "text/plain"), "○ number: observed -3; there is nothing"));
    assert_non_null(strstr(text_of_last(OTO_RECORD_DISPLAY, "text/plain"), "observed 18446744073709551615"));
    assert_non_null(strstr(text_of_last(OTO_RECORD_DISPLAY, "text/plain"), "observed NULL"));
}

static void in_the_grader_observations_leave_and_nothing_else(void **state) {
    setenv("OTO_GRADING", "1", 1);
    setenv("OTO_SEED", "12345", 1);
    oto_exercise("01_sound");
    assert_true(oto_exercise_seed() == 12345);
    double drawn = oto_uniform();
    oto_seed(12345);
    assert_true(drawn == oto_uniform());
    oto_scope test_cell(false, true, false, true);
    assert_false(oto_check_cell_end());
    collect();
    assert_int_equal(sent_count, 4);
    for (size_t i = 0; i < sent_count; i++) assert_int_equal(sent[i].kind, OTO_RECORD_OBSERVATION);
}

static void misuse_is_refused_with_what_to_do(void **state) {
    assert_refused(oto_exercise("../../etc/passwd"), "no exercise's name");
    assert_refused(oto_exercise(NULL), "NULL");
    assert_refused(oto_check_close("", 1), "the name is empty");
    assert_refused(oto_check_close("x", 1, .rtol = NAN), ".rtol");
    assert_refused(oto_check_close("x", 1, .weight = -2), ".weight");
    setenv("OTO_SEED", "banana", 1);
    assert_refused(oto_exercise("01_sound"), "banana");
    unsetenv("OTO_SEED");
    FILE *file = fopen("02_broken.expected", "w");
    fputs("{\"not\": \"records\"}", file);
    fclose(file);
    assert_refused(oto_exercise("02_broken"), "02_broken.expected");
    unlink("02_broken.expected");
}

/* Each answer a student may hand over by mistake becomes an observation with a problem, not a crash. */
static void broken_answers_are_observed_as_problems(void **state) {
    OtoTensor *freed = oto_tensor(1, 2);
    oto_free(freed);
    float *few = malloc(3 * sizeof *few);
    for (int i = 0; i < 3; i++) few[i] = 1;
    char *unending = malloc(4);
    memset(unending, 'x', 4);
    oto_check_array("null", (float *)NULL, 4);
    oto_check_array("negative", few, -4);
    oto_check_array("huge", few, INT64_MAX);
    oto_check_array("large", few, INT64_C(1) << 40);
    oto_check_tensor("freed", freed);
    oto_check_tensor("null tensor", (OtoTensor *)NULL);
    oto_check_shape("no tensor", (OtoTensor *)few);
    oto_check_audio("a matrix", oto_zeros(2, 2, 2));
    collect();
    size_t problems = 0;
    for (size_t i = 0; i < sent_count; i++) {
        struct oto_observation view;
        const char *why = "";
        if (sent[i].kind != OTO_RECORD_OBSERVATION) continue;
        if (!oto_observation_read(&view, &sent[i], &why)) fail_msg("%s", why);
        problems += view.problem != NULL;
    }
    assert_int_equal(problems, 8);
    forget();
#if __has_feature(address_sanitizer)
    oto_check_array("short", few, 4);
    oto_check_equal("unending", unending);
    collect();
    const char *plain = text_of_last(OTO_RECORD_DISPLAY, "text/plain");
    assert_non_null(strstr(plain, "4 elements are needed, but only 3 are there"));
    assert_non_null(strstr(plain, "no '\\0' at its end"));
#endif
    free(few);
    free(unending);
}

static void every_element_type_is_observed(void **state) {
    float f[] = {1, 2};
    const double d[] = {1, 2};
    int i[] = {-1, 2};
    short s[] = {-1, 2};
    const int64_t l[] = {-1, 2};
    unsigned char b[] = {255, 2};
    float _Complex c[] = {1 + 2 * I, 2};
    oto_check_array("f", f, 2);
    oto_check_array("d", d, 2);
    oto_check_array("i", i, 2);
    oto_check_array("s", s, 2);
    oto_check_array("l", l, 2);
    oto_check_array("b", b, 2);
    oto_check_array("c", c, 2);
    oto_check_array("signed byte", (signed char[2]){(-5)}, 2);
    oto_check_array("bool", (bool[2]){(true)}, 2);
    oto_check_array("unsigned short", (const unsigned short[2]){(65535)}, 2);
    oto_check_array("unsigned", (unsigned[2]){(UINT32_MAX)}, 2);
    oto_check_array("size", (size_t[2]){((size_t)1 << 63)}, 2);
    oto_check_array("long long", (long long[2]){(-7)}, 2);
    oto_check_tensor("t", oto_zeros(2, 3));
    oto_check_shape("shape", oto_zeros(2, 3));
    collect();
    static const double first[] = {1, 1, -1, -1, -1, 255, 1, -5, 1, 65535, UINT32_MAX, 0x1p63, -7, 0};
    const size_t last = sizeof first / sizeof *first;
    size_t seen = 0;
    for (size_t k = 0; k < sent_count; k++) {
        struct oto_observation view;
        const char *why = "";
        if (sent[k].kind != OTO_RECORD_OBSERVATION) continue;
        if (!oto_observation_read(&view, &sent[k], &why)) fail_msg("%s", why);
        if (seen < last && oto_observation_real(&view, 0) != first[seen])
            fail_msg("%s: %g", view.name, oto_observation_real(&view, 0));
        if (seen == 6) assert_true(oto_observation_imaginary(&view, 0) == 2);
        if (seen == 2) assert_true(view.rtol == 0 && view.atol == 0); /* whole numbers: exactly */
        if (seen == last) assert_true(view.rank == 2 && view.shape[1] == 3);
        seen++;
    }
    assert_int_equal(seen, last + 1);
}

int main(void) {
#define with_host(test) cmocka_unit_test_setup_teardown(test, attach, detach)
    const struct CMUnitTest tests[] = {
        with_host(right_answers_are_green_and_leave_the_full_points),
        with_host(a_wrong_answer_is_red_and_leaves_the_points_of_the_others),
        with_host(a_scored_check_earns_a_part_of_the_points),
        with_host(a_student_sees_what_was_measured),
        with_host(the_lines_of_a_cell_are_one_display),
        with_host(failed_sounds_can_be_heard_and_failed_arrays_seen),
        with_host(a_cell_in_which_nothing_passed_is_one_error),
        with_host(checks_that_did_not_run_count_as_failed),
        with_host(a_check_that_runs_twice_in_a_cell_counts_for_nothing),
        with_host(a_cell_without_graded_checks_ends_quietly),
        with_host(without_a_file_checks_say_what_they_see),
        with_host(in_the_grader_observations_leave_and_nothing_else),
        with_host(misuse_is_refused_with_what_to_do),
        with_host(broken_answers_are_observed_as_problems),
        with_host(every_element_type_is_observed),
    };
    return cmocka_run_group_tests(tests, make_exercise, remove_exercise);
}
