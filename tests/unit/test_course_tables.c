/* What an instructor writes: moments, sheets of scores, and a course's rules for late work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/gradebook.h"
#include "autograder/moment.h"
#include "autograder/policy.h"
#include "autograder/sheet.h"
#include "kernel/engine/text.h"

static void reads_moments_with_and_without_an_offset(void **state) {
    static const struct {
        const char *text;
        int64_t seconds;
    } moments[] = {{"1970-01-01 00:00", 0},
                   {"2026-10-09 14:59", 1791557940},
                   {"2026-10-09 23:59 +09:00", 1791557940},
                   {"2026-10-09T23:59:00+0900", 1791557940},
                   {" 2026-10-09 14:59:00.123456 UTC\n", 1791557940},
                   {"2026-10-09T14:59:00Z", 1791557940},
                   {"2024-02-29 12:00 -01:30", 1709213400}};
    for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
        int64_t seconds = -1;
        if (!moment_read(moments[i].text, &seconds)) fail_msg("%s", moments[i].text);
        assert_int_equal(seconds, moments[i].seconds);
    }
    char *text = moment_text(1791557940);
    assert_string_equal(text, "2026-10-09 14:59 UTC");
    free(text);
}

static void refuses_what_is_no_moment(void **state) {
    static const char *const texts[] = {"",
                                        "tomorrow",
                                        "2026-02-30 10:00",
                                        "2026-10-09",
                                        "2026-10-09 24:00",
                                        "2026-13-01 10:00",
                                        "2026-10-09 10:00 JST",
                                        "2026-10-09 10:00 +25:00",
                                        "26-10-09 10:00"};
    int64_t seconds;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (moment_read(texts[i], &seconds)) fail_msg("%s was taken", texts[i]);
}

static struct sheet read_sheet(const char *bytes, char **error) {
    struct sheet sheet;
    sheet_read(&sheet, "scores.csv", bytes, strlen(bytes), error);
    return sheet;
}

static void reads_sheets_as_spreadsheets_write_them(void **state) {
    static const char *const texts[] = {
        "\xef\xbb\xbfStudent,Score\r\n\"a, \"\"b\"\"\",2\r\n\r\nc,\r\n", "Student;Score\n\"a, \"\"b\"\"\";2\nc;",
        "Student\tScore\n\"a, \"\"b\"\"\"\t2\nc\n", "Student,Score,Remark\n\"a, \"\"b\"\"\",2,\"two\nlines\"\nc\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char *error;
        struct sheet sheet = read_sheet(texts[i], &error);
        if (error) fail_msg("%s", error);
        assert_int_equal(sheet.count, 3);
        int student = sheet_column(&sheet, "student"), score = sheet_column(&sheet, "SCORE");
        assert_string_equal(sheet_field(&sheet, 1, student), "a, \"b\"");
        assert_string_equal(sheet_field(&sheet, 1, score), "2");
        assert_string_equal(sheet_field(&sheet, 2, score), "");
        assert_int_equal(sheet_column(&sheet, "comment"), -1);
        assert_string_equal(sheet_field(&sheet, 2, -1), "");
        assert_int_equal(sheet.rows[1].line, 2);
        sheet_free(&sheet);
    }
}

static void a_broken_sheet_names_its_line(void **state) {
    char *error;
    read_sheet("a,b\n1,2\n3,\"4\n", &error);
    assert_non_null(error);
    assert_non_null(strstr(error, "scores.csv: line"));
    free(error);
    read_sheet("student,comment\nada,sch\xf6n\n", &error); /* as spreadsheets save plain CSV */
    assert_string_equal(error, "scores.csv: line 2: is not text in UTF-8 (save the file as UTF-8)");
    free(error);
    read_sheet("", &error);
    assert_string_equal(error, "scores.csv: is empty");
    free(error);
}

static void a_formula_comes_back_as_it_was(void **state) {
    static const char *const names[] = {"=1+1", "-x", "@home", "plain", "'quoted"};
    for (int i = 0; i < 5; i++) {
        struct text field = {};
        char *error;
        escape_csv(&field, names[i]);
        struct sheet sheet = read_sheet(text_c(&field), &error);
        assert_null(error);
        assert_string_equal(unescape_csv(sheet_field(&sheet, 0, 0)), names[i]);
        sheet_free(&sheet);
        text_free(&field);
    }
}

/* ---- rules for late work ---- */

struct course {
    char folder[sizeof "/tmp/oto-policy-XXXXXX"];
    struct gradebook book;
};

#define CELL                                                                                                           \
    "INSERT INTO oto_cell (student, assignment, position, part, grade_id, role, points, score, substituted) VALUES "

static int open_course(void **state) {
    struct course *course = must_allocate(sizeof *course);
    char *error;
    *course = (struct course){.folder = "/tmp/oto-policy-XXXXXX"};
    if (!mkdtemp(course->folder)) return 1;
    char *path = must_format("%s/gradebook.db", course->folder);
    if (!gradebook_open(&course->book, path, &error)) return 1;
    static const char *const rows[] = {
        "INSERT INTO oto_submission VALUES ('ada','w1','w1','k',0,'graded',NULL,NULL,8,10,?1,NULL)",
        "INSERT INTO oto_submission VALUES ('ada','w2','w2','k',0,'graded',NULL,NULL,8,10,?1,NULL)",
        CELL "('ada','w1',1,1,'t','test',10,8,0)", CELL "('ada','w2',1,1,'t','test',10,8,0)"};
    int64_t at[2];
    moment_read("2026-10-02 12:00", &at[0]);
    moment_read("2026-10-10 12:00", &at[1]);
    for (int i = 0; i < 4; i++)
        if (!gradebook_do(&course->book, &error, rows[i], i < 2 ? "i" : "", at[i % 2])) return 1;
    gradebook_close(&course->book);
    free(path);
    *state = course;
    return 0;
}

static int close_course(void **state) {
    struct course *course = *state;
    char *command = must_format("rm -rf %s", course->folder);
    gradebook_close(&course->book);
    int status = system(command);
    free(command);
    free(course);
    return status;
}

static char *with_rules(struct course *course, const char *rules) {
    char *path = must_format("%s/course.json", course->folder), *error = NULL;
    assert_true(file_write(path, rules, strlen(rules), &error));
    gradebook_open_course(&course->book, course->folder, &error);
    free(path);
    return error;
}

static void on_sum(void *context, sqlite3_stmt *row) {
    double *sums = context;
    sums[strcmp(column_text(row, 0), "w1") != 0] = sqlite3_column_double(row, 1);
}

static void expect_scores(struct course *course, const char *rules, double first, double second) {
    double sums[2] = {-1, -1};
    char *error = with_rules(course, rules);
    if (error) fail_msg("%s", error);
    assert_true(gradebook_query(&course->book, "SELECT assignment, score FROM oto_score", NULL, on_sum, sums, &error));
    assert_float_equal(sums[0], first, 1e-9);
    assert_float_equal(sums[1], second, 1e-9);
    gradebook_close(&course->book);
}

#define DUE "\"assignments\": {\"w1\": {\"due\": \"2026-10-01 12:00\"}, \"w2\": {\"due\": \"2026-10-08 12:00\"}}"

/* w1 was handed in one day late, w2 two days. */
static void late_days_cost_what_the_course_says(void **state) {
    struct course *course = *state;
    expect_scores(course, "{}", 8, 8);
    expect_scores(course, "{" DUE "}", 8, 8);
    expect_scores(course, "{" DUE ", \"late\": {\"penalty_per_day\": 0.25}}", 6, 4);
    expect_scores(course, "{" DUE ", \"late\": {\"penalty_per_day\": 0.25, \"free_days\": 2}}", 8, 6);
    expect_scores(course, "{" DUE ", \"late\": {\"penalty_per_day\": 0.25, \"last_day\": 1}}", 6, 0);
    expect_scores(course, "{" DUE ", \"late\": {\"penalty_per_day\": 0.25, \"grace_minutes\": 1440}}", 8, 4);
    expect_scores(course,
                  "{" DUE
                  ", \"late\": {\"penalty_per_day\": 0.25}, \"students\": {\"ada\": {\"extra_days\": {\"w2\": 1}}}}",
                  6, 6);
}

static void what_is_ungradable_uses_up_no_free_day(void **state) {
    struct course *course = *state;
    char *error;
    assert_null(with_rules(course, "{}"));
    assert_true(gradebook_do(&course->book, &error,
                             "UPDATE oto_submission SET verdict = 'ungradable' WHERE assignment = 'w1'", ""));
    gradebook_close(&course->book);
    expect_scores(course, "{" DUE ", \"late\": {\"penalty_per_day\": 0.25, \"free_days\": 2}}", 0, 8);
    expect_scores(course, "{" DUE ", \"late\": {\"penalty_per_day\": 0.25, \"free_days\": 1}}", 0, 6);
}

static void a_mistake_in_the_rules_is_named(void **state) {
    static const struct {
        const char *rules, *says;
    } mistakes[] = {
        {"{", "line 1 is not JSON"},
        {"[]", "wants an object"},
        {"{\"asignments\": {}}", "no field \"asignments\""},
        {"{\"assignments\": {\"w1\": {\"due\": \"soon\"}}}", "assignments.w1.due wants a date"},
        {"{\"assignments\": {\"w1\": {\"do\": 1}}}", "w1 has no field \"do\""},
        {"{\"late\": {\"penalty_per_day\": 10}}", "late.penalty_per_day wants a number from 0 to 1"},
        {"{\"late\": {\"penalty\": 0.1}}", "no field \"penalty\""},
        {"{\"students\": {\"ada\": {\"extra_days\": 2}}}", "extra_days wants an object"},
        {"{\"students\": {\"ada\": {\"email\": 2}}}", "students.ada.email wants a text"},
    };
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char *error = with_rules(*state, mistakes[i].rules);
        if (!error || !strstr(error, mistakes[i].says) || !strstr(error, "course.json"))
            fail_msg("%s: %s", mistakes[i].rules, error ? error : "was taken");
        free(error);
    }
}

/* ---- what a person gives ---- */

static double score_of_w1(struct course *course) {
    double sums[2] = {-1, -1};
    char *error;
    if (!gradebook_query(&course->book, "SELECT assignment, score FROM oto_score", NULL, on_sum, sums, &error))
        fail_msg("%s", error);
    return sums[0];
}

static void what_a_person_gives_counts_until_the_checks_say_something_else(void **state) {
    struct course *course = *state;
    struct manual_score given = {.student = "ada", .assignment = "w1", .grade_id = "t", .score = 9.5};
    char *error = with_rules(course, "{}");
    assert_null(error);
    assert_true(gradebook_give(&course->book, &given, &error));
    assert_float_equal(score_of_w1(course), 9.5, 1e-9);
    assert_true(gradebook_do(&course->book, &error, "UPDATE oto_cell SET score = 7 WHERE assignment = 'w1'", ""));
    assert_float_equal(score_of_w1(course), 7, 1e-9);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_moments_with_and_without_an_offset),
        cmocka_unit_test(refuses_what_is_no_moment),
        cmocka_unit_test(reads_sheets_as_spreadsheets_write_them),
        cmocka_unit_test(a_broken_sheet_names_its_line),
        cmocka_unit_test(a_formula_comes_back_as_it_was),
        cmocka_unit_test_setup_teardown(late_days_cost_what_the_course_says, open_course, close_course),
        cmocka_unit_test_setup_teardown(what_is_ungradable_uses_up_no_free_day, open_course, close_course),
        cmocka_unit_test_setup_teardown(a_mistake_in_the_rules_is_named, open_course, close_course),
        cmocka_unit_test_setup_teardown(what_a_person_gives_counts_until_the_checks_say_something_else, open_course,
                                        close_course),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
