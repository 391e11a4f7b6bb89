/* Scores: from observations to the gradebook and out of it. */
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
#include "autograder/score.h"
#include "kernel/engine/text.h"
#include "lib/check/observation.h"

static const char two_parts[] = "{\"nbformat\": 4, \"metadata\": {}, \"cells\": ["
                                "{\"cell_type\": \"code\", \"source\": \"\", \"metadata\": {\"nbgrader\": "
                                "{\"solution\": true, \"grade_id\": \"a\"}}},"
                                "{\"cell_type\": \"code\", \"source\": \"\", \"metadata\": {\"nbgrader\": {\"grade\": "
                                "true, \"grade_id\": \"ta\", \"points\": 4}}}]}";

static struct notebook notebook(void) {
    struct notebook notebook;
    char *error;
    if (!notebook_parse(&notebook, "x", two_parts, strlen(two_parts), &error)) fail_msg("%s", error);
    return notebook;
}

/* What a run saw whose test cell checked "one" (weight 1) and "two" (weight 3). */
static struct observed run_of(double one, double two, int copies_of_two) {
    struct observed observed = {.count = 2, .cells = must_allocate(2 * sizeof *observed.cells)};
    struct observed_cell *cell = &observed.cells[1];
    observed.cells[0].ran = cell->ran = true;
    for (int i = 0; i < 1 + copies_of_two; i++) {
        double value = i ? two : one;
        struct oto_observed seen = {.kind = OTO_CHECK_CLOSE,
                                    .type = OTO_OBSERVED_FLOAT64,
                                    .name = i ? "two" : "one",
                                    .data = &value,
                                    .rtol = 1e-6,
                                    .weight = i ? 3 : 1};
        struct oto_record record;
        oto_observation_write(&record, &seen);
        ARRAY_ADD(cell->observations, cell->count, cell->capacity) = record;
    }
    return observed;
}

static double score_of(double one, double two, int copies_of_two) {
    struct notebook cells = notebook();
    struct expectation expected = {run_of(1, 2, 1), run_of(1, 2, 0)};
    struct observed observed = run_of(one, two, copies_of_two);
    struct scored scored;
    score_notebook(&scored, &cells, &expected, &observed);
    double score = scored.score;
    assert_true(scored.points == 4);
    assert_false(scored.cells[1].checks[0].hidden);
    assert_true(scored.cells[1].checks[1].hidden);
    scored_free(&scored);
    observed_free(&observed);
    expectation_free(&expected);
    notebook_free(&cells);
    return score;
}

/* What SQLite says to a file that may not be written it also says here, whoever runs the test. */
static void a_gradebook_that_may_not_be_written_is_named(void **state) {
    char folder[] = "/tmp/oto-gradebook-XXXXXX", *error = NULL;
    struct gradebook book;
    assert_non_null(mkdtemp(folder));
    char *path = must_format("%s/gradebook.db", folder);
    assert_true(gradebook_open(&book, path, &error));
    assert_true(gradebook_execute(&book, "PRAGMA query_only = 1", &error));
    assert_false(gradebook_do(&book, &error, "DELETE FROM oto_cell", ""));
    assert_non_null(strstr(error, path));
    assert_non_null(strstr(error, "you may not write it"));
    free(error);
    gradebook_close(&book);
    unlink(path);
    rmdir(folder);
    free(path);
}

static void a_cell_scores_by_weight(void **state) {
    assert_true(score_of(1, 2, 1) == 4);
    assert_true(score_of(1, 7, 1) == 1);
    assert_true(score_of(7, 2, 1) == 3);
    assert_true(score_of(7, 7, 1) == 0);
}

static void a_check_that_did_not_run_or_ran_twice_fails(void **state) {
    assert_true(score_of(1, 2, 0) == 1);
    assert_true(score_of(1, 2, 2) == 1);
}

static void nan_passes_nothing(void **state) {
    assert_true(score_of(0.0 / 0.0, 2, 1) == 3);
}

static void a_yardstick_needs_checks_and_names_once(void **state) {
    struct notebook cells = notebook();
    struct expectation expected = {run_of(1, 2, 2), run_of(1, 2, 0)};
    char *fault = expectation_fault(&cells, &expected);
    assert_non_null(strstr(fault, "\"two\""));
    free(fault);
    expected.full.cells[1].failed = true;
    fault = expectation_fault(&cells, &expected);
    assert_non_null(strstr(fault, "fails"));
    free(fault);
    expectation_free(&expected);
    expected = (struct expectation){run_of(1, 2, 1), run_of(1, 2, 0)};
    assert_null(expectation_fault(&cells, &expected));
    oto_record_free(&expected.full.cells[1].observations[1]);
    oto_record_free(&expected.full.cells[1].observations[0]);
    expected.full.cells[1].count = 0;
    fault = expectation_fault(&cells, &expected);
    assert_non_null(strstr(fault, "no check"));
    free(fault);
    expectation_free(&expected);
    notebook_free(&cells);
}

static void on_row(void *context, sqlite3_stmt *row) {
    text_format(context, "%s %s|", column_text(row, 0), column_text(row, 1));
}

static void scores_and_expectations_come_back(void **state) {
    char folder[] = "/tmp/oto-gradebook-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *path = must_format("%s/gradebook.db", folder), *error = NULL;
    struct gradebook book;
    assert_true(gradebook_open(&book, path, &error));
    struct notebook cells = notebook();
    struct expectation expected = {run_of(1, 2, 1), run_of(1, 2, 0)}, again;
    assert_false(gradebook_expectation(&book, "key", &again));
    assert_true(gradebook_store_expectation(&book, "key", &expected, &error));
    assert_true(gradebook_expectation(&book, "key", &again));
    assert_int_equal(again.full.count, 2);
    assert_int_equal(again.full.cells[1].count, 2);
    struct graded graded = {.verdict = GRADED};
    score_notebook(&graded.scored, &cells, &again, &expected.full);
    for (int twice = 0; twice < 2; twice++) {
        assert_true(gradebook_store(&book, "ann'; --", "01", "01", "k", 5, &graded, NULL, &error));
        assert_true(gradebook_has(&book, "ann'; --", "01", "k"));
        assert_false(gradebook_has(&book, "ann'; --", "01", "other"));
    }
    gradebook_close(&book);
    assert_true(gradebook_open(&book, path, &error));
    struct text rows = {};
    assert_true(gradebook_query(&book, "SELECT student, score FROM oto_submission WHERE student = ?",
                                (const char *const[]){"ann'; --"}, on_row, &rows, &error));
    assert_string_equal(text_c(&rows), "ann'; -- 4.0|");
    text_free(&rows);
    scored_free(&graded.scored);
    expectation_free(&again);
    expectation_free(&expected);
    notebook_free(&cells);
    gradebook_close(&book);
    unlink(path);
    rmdir(folder);
    free(path);
}

/* What a run --again stores, here or on a node, when its sandboxes fail. */
static void what_a_run_showed_is_read_whole_or_not_at_all(void **state) {
    struct observed observed = run_of(1, 2, 1), again;
    size_t size;
    observed.cells[0].exited = true;
    char *bytes = observed_pack(&observed, &size);
    assert_true(observed_unpack(&again, bytes, size));
    assert_true(again.cells[0].exited && !again.cells[1].exited);
    observed_free(&again);
    assert_false(observed_unpack(&again, bytes, size - 1));
    assert_int_equal(again.count, 0);
    free(bytes);
    observed_free(&observed);
}

static void a_failed_sandbox_takes_no_score_away(void **state) {
    char folder[] = "/tmp/oto-gradebook-XXXXXX", *error = NULL;
    assert_non_null(mkdtemp(folder));
    char *path = must_format("%s/gradebook.db", folder), *node = must_format("%s/0.db", folder);
    struct gradebook book, shard;
    size_t by_verdict[3] = {};
    struct graded graded = {.verdict = GRADED}, failed = {.verdict = INFRASTRUCTURE};
    struct notebook cells = notebook();
    struct expectation expected = {run_of(1, 2, 1), run_of(1, 2, 0)};
    score_notebook(&graded.scored, &cells, &expected, &expected.full);
    assert_true(gradebook_open(&book, path, &error) && gradebook_open(&shard, node, &error));
    assert_true(gradebook_store(&book, "ada", "01", "01", "k", 5, &graded, NULL, &error));
    assert_true(gradebook_store(&book, "ada", "01", "01", "k", 5, &failed, NULL, &error));
    assert_true(gradebook_store(&shard, "ada", "01", "01", "k", 5, &failed, NULL, &error));
    assert_true(gradebook_store(&shard, "bob", "01", "01", "k", 5, &failed, NULL, &error));
    gradebook_close(&shard);
    assert_true(gradebook_merge(&book, node, by_verdict, &error));
    assert_int_equal(by_verdict[INFRASTRUCTURE], 2);
    struct text rows = {};
    assert_true(gradebook_query(&book,
                                "SELECT s.student || ' ' || verdict, count(position) FROM oto_submission s"
                                " LEFT JOIN oto_cell c ON c.student = s.student GROUP BY s.student",
                                NULL, on_row, &rows, &error));
    assert_string_equal(text_c(&rows), "ada graded 2|bob infrastructure 0|");
    /* Another answer has no score yet, and the old one's is not its. */
    assert_true(gradebook_store(&book, "ada", "01", "01", "other", 5, &failed, NULL, &error));
    assert_false(gradebook_has(&book, "ada", "01", "k"));
    text_free(&rows);
    scored_free(&graded.scored);
    expectation_free(&expected);
    notebook_free(&cells);
    gradebook_close(&book);
    unlink(path);
    unlink(node);
    rmdir(folder);
    free(path);
    free(node);
}

/* A job array that was left alone, and collected when ada had been graded here since. */
static void a_merge_takes_no_older_scores(void **state) {
    char folder[] = "/tmp/oto-gradebook-XXXXXX", *error = NULL;
    assert_non_null(mkdtemp(folder));
    char *path = must_format("%s/gradebook.db", folder), *node = must_format("%s/0.db", folder);
    struct gradebook book, shard;
    size_t by_verdict[3] = {};
    struct graded graded = {.verdict = GRADED};
    assert_true(gradebook_open(&book, path, &error) && gradebook_open(&shard, node, &error));
    static const char *const students[] = {"ada", "bob", "eve"};
    for (int i = 0; i < 3; i++) {
        assert_true(gradebook_store(&shard, students[i], "01", "01", "shard", 5, &graded, NULL, &error));
        if (i < 2) assert_true(gradebook_store(&book, students[i], "01", "01", "here", 5, &graded, NULL, &error));
    }
    assert_true(gradebook_execute(&book, "UPDATE oto_submission SET graded_at = 1000", &error));
    assert_true(
        gradebook_execute(&shard, "UPDATE oto_submission SET graded_at = iif(student = 'ada', 999, 1001)", &error));
    gradebook_close(&shard);
    for (int twice = 0; twice < 2; twice++) {
        struct text rows = {};
        assert_true(gradebook_merge(&book, node, by_verdict, &error));
        assert_true(gradebook_query(&book, "SELECT student, key FROM oto_submission ORDER BY student", NULL, on_row,
                                    &rows, &error));
        assert_string_equal(text_c(&rows), "ada here|bob shard|eve shard|");
        text_free(&rows);
    }
    gradebook_close(&book);
    unlink(path);
    unlink(node);
    rmdir(folder);
    free(path);
    free(node);
}

static void a_gradebook_that_is_none_is_named(void **state) {
    char path[] = "/tmp/oto-gradebook-XXXXXX", *error = NULL;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, "this is no database, only text of some length", 45), 45);
    close(fd);
    struct gradebook book;
    assert_false(gradebook_open(&book, path, &error));
    assert_non_null(strstr(error, path));
    free(error);
    unlink(path);
}

static void text_from_students_stays_text(void **state) {
    struct text out = {};
    escape_html(&out, "<script>&'\"\x1b\xff");
    assert_string_equal(text_c(&out), "&lt;script&gt;&amp;&#39;&quot;\xef\xbf\xbd\xef\xbf\xbd");
    text_clear(&out);
    escape_csv(&out, "=HYPERLINK(\"x\")");
    escape_csv(&out, "a,b");
    assert_string_equal(text_c(&out), "\"'=HYPERLINK(\"\"x\"\")\"\"a,b\"");
    text_clear(&out);
    escape_terminal(&out, "\x1b[2J\xc2\x9b\xe9\x9f\xb3\n", false);
    assert_string_equal(text_c(&out), "?[2J?\xe9\x9f\xb3?");
    text_free(&out);
}

static void names_that_lead_elsewhere_are_unsafe(void **state) {
    static const char *const bad[] = {"", ".", "..", "a/b", "-x", ".hidden", "a\nb", "a\x7f"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(name_is_safe(bad[i]));
    assert_true(name_is_safe("ann"));
    assert_true(name_is_safe("\xe9\x9f\xb3"));
    assert_true(name_is_safe("=1+1"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gradebook_that_may_not_be_written_is_named),
        cmocka_unit_test(a_cell_scores_by_weight),
        cmocka_unit_test(a_check_that_did_not_run_or_ran_twice_fails),
        cmocka_unit_test(nan_passes_nothing),
        cmocka_unit_test(a_yardstick_needs_checks_and_names_once),
        cmocka_unit_test(scores_and_expectations_come_back),
        cmocka_unit_test(what_a_run_showed_is_read_whole_or_not_at_all),
        cmocka_unit_test(a_failed_sandbox_takes_no_score_away),
        cmocka_unit_test(a_merge_takes_no_older_scores),
        cmocka_unit_test(a_gradebook_that_is_none_is_named),
        cmocka_unit_test(text_from_students_stays_text),
        cmocka_unit_test(names_that_lead_elsewhere_are_unsafe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
