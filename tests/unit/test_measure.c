/* The stops of `time` and `memory` checks, seen from outside. The test's own process stands for the sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "autograder/measure.h"
#include "lib/check/observation.h"

static struct sandbox self(void) {
    return (struct sandbox){.pid = getpid(), .told = -1};
}

static double clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void compute(double seconds) {
    for (double end = clock_now() + seconds; clock_now() < end;) {
    }
}

static int64_t stop(struct measuring *measuring, const char *check, const char *name) {
    struct oto_record at;
    oto_record_begin(&at, OTO_RECORD_MEASURE);
    oto_record_text(&at, "check", check);
    oto_record_text(&at, "name", name);
    int64_t calls = measure_at(measuring, &at);
    oto_record_free(&at);
    return calls;
}

/* A check with calls that take so long. */
static void run(struct measuring *measuring, const char *name, double seconds) {
    for (int64_t calls; (calls = stop(measuring, "time", name)) > 0;) compute((double)calls * seconds);
}

static struct oto_record seconds(double claimed) {
    const int64_t one = 1;
    const struct oto_observed time = {.kind = OTO_CHECK_TIME,
                                      .type = OTO_OBSERVED_FLOAT64,
                                      .name = "calls",
                                      .rank = 1,
                                      .shape = &one,
                                      .data = &claimed,
                                      .at_least = (double)NAN,
                                      .at_most = 3,
                                      .full_at = (double)NAN,
                                      .weight = 1};
    struct oto_record record;
    oto_observation_write(&record, &time);
    return record;
}

/* Puts the figures in and reads the observation that is left; release it with observed_cell_free. */
static struct oto_observation ended(struct measuring *measuring, struct observed_cell *cell,
                                    struct oto_record claimed) {
    struct oto_observation view;
    const char *why = "";
    *cell = (struct observed_cell){};
    assert_true(observed_keep(cell, &claimed));
    measure_end(measuring, cell);
    if (!oto_observation_read(&view, &cell->observations[0], &why)) fail_msg("%s", why);
    return view;
}

static double least(const struct oto_observation *view) {
    double least = (double)INFINITY;
    for (size_t i = 0; i < view->count; i++) least = fmin(least, oto_observation_real(view, i));
    return least;
}

static void what_was_measured_counts_and_not_what_is_claimed(void **) {
    struct sandbox sandbox = self();
    struct measuring measuring = {.sandbox = &sandbox};
    struct observed_cell cell;
    run(&measuring, "calls", 0.06);
    struct oto_observation view = ended(&measuring, &cell, seconds(1e-6));
    assert_null(view.problem);
    assert_true(least(&view) >= 0.06 && least(&view) < 0.09);
    observed_cell_free(&cell);
}

static size_t samples_beside(double solution) {
    struct sandbox sandbox = self();
    struct observed_cell known = {}, cell;
    struct oto_record expected = seconds(solution);
    observed_keep(&known, &expected);
    struct measuring measuring = {.sandbox = &sandbox, .solution = &known};
    run(&measuring, "calls", 0.11);
    size_t count = ended(&measuring, &cell, seconds(1e-6)).count;
    observed_cell_free(&cell);
    observed_cell_free(&known);
    return count;
}

static void a_time_a_little_over_the_threshold_is_measured_again(void **) {
    assert_int_equal(samples_beside(0.11 / 3.3), 9);
    assert_int_equal(samples_beside(0.11), 3);
    assert_int_equal(samples_beside(0.11 / 9), 3);
}

static void expect_failed(struct measuring *measuring) {
    struct observed_cell cell;
    struct oto_observation view = ended(measuring, &cell, seconds(1e-6));
    assert_string_equal(view.problem, "the check did not stop before and behind its calls, once each");
    observed_cell_free(&cell);
}

static void a_check_without_stops_has_failed(void **) {
    struct sandbox sandbox = self();
    struct measuring measuring = {.sandbox = &sandbox};
    expect_failed(&measuring);
}

static void a_check_that_did_not_come_to_its_end_has_failed(void **) {
    struct sandbox sandbox = self();
    struct measuring measuring = {.sandbox = &sandbox};
    assert_int_equal(stop(&measuring, "time", "calls"), 1);
    expect_failed(&measuring);
}

static void a_check_that_is_measured_twice_has_failed(void **) {
    struct sandbox sandbox = self();
    struct measuring measuring = {.sandbox = &sandbox};
    run(&measuring, "calls", 0.11);
    assert_int_equal(stop(&measuring, "time", "calls"), 0);
    expect_failed(&measuring);
}

static void a_check_between_whose_stops_another_begins_has_failed(void **) {
    struct sandbox sandbox = self();
    struct measuring measuring = {.sandbox = &sandbox};
    assert_int_equal(stop(&measuring, "time", "calls"), 1);
    assert_int_equal(stop(&measuring, "time", "others"), 0);
    do compute(0.11);
    while (stop(&measuring, "time", "calls") > 0);
    expect_failed(&measuring);
}

static void expect_not_at_its_end(struct observed_cell ended_so) {
    struct sandbox sandbox = self();
    struct measuring measuring = {.sandbox = &sandbox};
    struct oto_record claimed = seconds(1e-6);
    struct oto_observation view;
    const char *why = "";
    run(&measuring, "calls", 0.11);
    assert_true(observed_keep(&ended_so, &claimed));
    measure_end(&measuring, &ended_so);
    if (!oto_observation_read(&view, &ended_so.observations[0], &why)) fail_msg("%s", why);
    assert_string_equal(view.problem, "what the calls take counts only where the test cell runs to its end");
    observed_cell_free(&ended_so);
}

static void a_check_in_a_cell_that_was_left_has_failed(void **) {
    expect_not_at_its_end((struct observed_cell){.exited = true});
    expect_not_at_its_end((struct observed_cell){.failed = true});
}

static size_t length_of_where(const char *source, enum cell_role role) {
    struct cell cell = {.role = role, .source = (char *)source};
    char *where = measured_where(&(struct notebook){.count = 1, .cells = &cell});
    size_t length = strlen(where);
    free(where);
    return length;
}

static void times_hold_on_this_machine_and_other_figures_everywhere(void **) {
    assert_true(length_of_where("oto_check_time(\"fft\", fft(x, 8));", ROLE_TEST) > 0);
    assert_int_equal(length_of_where("oto_check_close(\"fft\", fft(x, 8));", ROLE_TEST), 0);
    assert_int_equal(length_of_where("// no oto_check_time in an answer", ROLE_ANSWER), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_measured_counts_and_not_what_is_claimed),
        cmocka_unit_test(a_time_a_little_over_the_threshold_is_measured_again),
        cmocka_unit_test(a_check_without_stops_has_failed),
        cmocka_unit_test(a_check_that_did_not_come_to_its_end_has_failed),
        cmocka_unit_test(a_check_that_is_measured_twice_has_failed),
        cmocka_unit_test(a_check_between_whose_stops_another_begins_has_failed),
        cmocka_unit_test(a_check_in_a_cell_that_was_left_has_failed),
        cmocka_unit_test(times_hold_on_this_machine_and_other_figures_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
