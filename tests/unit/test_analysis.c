/* What scores say about a class and about checks. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "autograder/analysis.h"
#include "autograder/policy.h"
#include "kernel/engine/text.h"

static struct gradebook book;

/* A class of four in one assignment of one part: a bit of passed for each check of it. Nothing is read from disk. */
static int open_class(void **state) {
    char *error = NULL;
    if (!gradebook_open(&book, ":memory:", &error)) fail_msg("%s", error);
    return 0;
}

static int close_class(void **state) {
    gradebook_close(&book);
    return 0;
}

static void must(bool done, char *error) {
    if (!done) fail_msg("%s", error);
}

static void hand_in(const char *student, const char *assignment, const char *passed) {
    char *error = NULL;
    int64_t count = (int64_t)strlen(passed), right = 0;
    for (const char *at = passed; *at; at++) right += *at == '1';
    double score = 6.0 * (double)right / (double)count;
    must(gradebook_do(&book, &error,
                      "INSERT INTO oto_submission (student, assignment, key, verdict, message, score, points)"
                      " VALUES (?,?,?,'graded','',?,6)",
                      "sssd", student, assignment, "key", score),
         error);
    must(gradebook_do(&book, &error,
                      "INSERT INTO oto_cell (student, assignment, position, part, grade_id, role, points, score)"
                      " VALUES (?,?,1,1,'answer','answer',0,0), (?1,?2,2,1,'test','test',6,?3)",
                      "ssd", student, assignment, score),
         error);
    for (int64_t i = 0; i < count; i++) {
        char name[] = {"ABCDEFGH"[i], 0};
        double earned = passed[i] == '1';
        must(gradebook_do(&book, &error,
                          "INSERT INTO oto_check (student, assignment, position, number, name, weight, earned, passed,"
                          " hidden, hint, message) VALUES (?,?,2,?,?,1,?,?,0,'look','')",
                          "ssisdi", student, assignment, i, name, earned, (int64_t)earned),
             error);
    }
}

static struct analysis read_class(int64_t now) {
    struct analysis analysis;
    char *error = NULL;
    must(analysis_read(&analysis, &book, NULL, NULL, now, &error), error);
    return analysis;
}

static void correlation_is_pearsons(void **state) {
    const double x[] = {1, 2, 3, NAN, 5}, y[] = {2, 4, 6, 7, 10}, down[] = {5, 4, 3, 0, 1}, flat[] = {1, 1, 1, 1, 1};
    assert_float_equal(correlation(x, y, 5), 1, 1e-12);
    assert_float_equal(correlation(x, down, 5), -1, 1e-12);
    /* numpy.corrcoef([1, 2, 3, 4], [1, 3, 2, 4])[0, 1] */
    assert_float_equal(correlation((double[]){1, 2, 3, 4}, (double[]){1, 3, 2, 4}, 4), 0.8, 1e-12);
    assert_true(isnan(correlation(x, flat, 5)));
    assert_true(isnan(correlation(x, y, 1)));
}

static void quantiles_lie_between_neighbours(void **state) {
    const double values[] = {4, NAN, 1, 3, 2};
    assert_float_equal(quantile(values, 5, 0.5), 2.5, 1e-12); /* numpy.quantile's default */
    assert_float_equal(quantile(values, 5, 0.25), 1.75, 1e-12);
    assert_float_equal(quantile(values, 5, 1), 4, 1e-12);
    assert_true(isnan(quantile(values + 1, 1, 0.5)));
}

static void a_check_is_as_difficult_as_it_is_failed(void **state) {
    hand_in("ada", "one", "111");
    hand_in("bob", "one", "110");
    hand_in("cle", "one", "100");
    hand_in("dan", "one", "100");
    struct analysis class = read_class(0);
    const struct item *items = class.assignments[0].items;
    assert_int_equal(class.assignments[0].item_count, 3);
    assert_string_equal(items[1].name, "B");
    assert_float_equal(items[0].points, 2, 1e-12);
    assert_float_equal(items[1].difficulty, 0.5, 1e-12);
    assert_int_equal(items[1].lost, 2);
    /* B beside the points of A and C: (1, 1, 0, 0) and (4, 2, 2, 2). */
    assert_float_equal(items[1].discrimination, 1 / sqrt(3), 1e-12);
    assert_true(isnan(items[0].discrimination));
    assert_float_equal(class.assignments[0].median, 0.5, 1e-12);
    analysis_free(&class);
}

static void checks_that_fail_together_are_a_group(void **state) {
    hand_in("ada", "one", "11011");
    hand_in("bob", "one", "10101");
    hand_in("cle", "one", "11011");
    struct analysis class = read_class(0);
    const struct item *items = class.assignments[0].items;
    assert_int_equal(items[1].group, 1);
    assert_int_equal(items[3].group, 1);
    assert_int_equal(items[2].group, 0); /* failed by the others */
    assert_int_equal(items[0].group, 0); /* never fails: that is said in another way */
    assert_int_equal(items[4].group, 0);
    analysis_free(&class);
}

static void silence_and_being_stuck_are_counted_from_the_newest(void **state) {
    char *error = NULL;
    for (const char *const *name = (const char *const[]){"w1", "w2", "w3", NULL}; *name; name++)
        hand_in("ada", *name, "1111");
    hand_in("bob", "w1", "1111");
    hand_in("cle", "w1", "1000");
    hand_in("cle", "w2", "1110");
    hand_in("cle", "w3", "1000");
    must(gradebook_do(&book, &error, "INSERT INTO oto_student (student, name) VALUES ('zoe', 'Zoe')", ""), error);
    struct analysis class = read_class(1000);
    assert_int_equal(class.student_count, 4);
    assert_int_equal(class.students[0].silent + class.students[0].stuck, 0);
    assert_int_equal(class.students[1].silent, 2);
    assert_int_equal(class.students[2].stuck, 1);
    assert_int_equal(class.students[3].silent, 3);
    assert_string_equal(class.students[3].shown, "Zoe (zoe)");
    analysis_free(&class);
    /* While there is time, nobody is silent. */
    must(gradebook_do(&book, &error,
                      "INSERT INTO oto_due (assignment, due) VALUES ('w1', 10), ('w2', 20), ('w3', 3000)", ""),
         error);
    class = read_class(1000);
    assert_int_equal(class.students[1].silent, 1);
    assert_int_equal(class.students[2].stuck, 0);
    analysis_free(&class);
}

static void what_nobody_could_grade_has_no_share(void **state) {
    char *error = NULL;
    hand_in("ada", "one", "11");
    must(gradebook_do(&book, &error,
                      "INSERT INTO oto_submission (student, assignment, verdict, message)"
                      " VALUES ('bob','one','ungradable','no JSON')",
                      ""),
         error);
    struct analysis class = read_class(0);
    assert_int_equal(class.assignments[0].handed_in, 2);
    assert_int_equal(class.assignments[0].graded, 1);
    assert_int_equal(class.assignments[0].ungraded, 1);
    assert_int_equal(class.assignments[0].items[0].seen, 1);
    assert_float_equal(class.assignments[0].median, 1, 1e-12);
    assert_int_equal(class.students[1].silent, 0);
    analysis_free(&class);
}

int main(void) {
#define CLASS_TEST(test) cmocka_unit_test_setup_teardown(test, open_class, close_class)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(correlation_is_pearsons),
        cmocka_unit_test(quantiles_lie_between_neighbours),
        CLASS_TEST(a_check_is_as_difficult_as_it_is_failed),
        CLASS_TEST(checks_that_fail_together_are_a_group),
        CLASS_TEST(silence_and_being_stuck_are_counted_from_the_newest),
        CLASS_TEST(what_nobody_could_grade_has_no_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
