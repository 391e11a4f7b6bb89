/* What a student gets of a solution notebook, and what of a student's notebook the grader takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "autograder/redact.h"
#include "autograder/release.h"
#include "autograder/transplant.h"
#include "kernel/engine/text.h"

static struct notebook notebook_of(const char *cells) {
    struct notebook notebook;
    char *error,
        *json = must_format("{\"nbformat\": 4, \"metadata\": {\"celltoolbar\": \"x\"}, \"cells\": [%s]}", cells);
    if (!notebook_parse(&notebook, "x.ipynb", json, strlen(json), &error)) fail_msg("%s", error);
    free(json);
    return notebook;
}

/* A code cell with nbgrader metadata: grade, solution, id, points. */
#define CELL(grade, solution, id, points, source)                                                                      \
    "{\"cell_type\": \"code\", \"outputs\": [7], \"execution_count\": 3, \"metadata\": {\"nbgrader\": "                \
    "{\"grade\": " grade ", \"solution\": " solution ", \"locked\": false, \"grade_id\": \"" id                        \
    "\", \"points\": " points "}}, \"source\": \"" source "\"}"
#define ANSWER(id, source) CELL("false", "true", id, "0", source)
#define TEST(id, source) CELL("true", "false", id, "2", source)

static void a_solution_becomes_the_stub(void **state) {
    struct notebook notebook = notebook_of(ANSWER("a", "int f(void) {\\n    // ### BEGIN SOLUTION\\n    return 1;\\n   "
                                                       " // ### END SOLUTION\\n}") "," ANSWER("b", "secret();"));
    char *error;
    assert_true(release_notebook(&notebook, &error));
    assert_string_equal(notebook.cells[0].source,
                        "int f(void) {\n    // YOUR CODE HERE\n    assert(!\"this part is not written yet\");\n}");
    assert_string_equal(notebook.cells[1].source, code_stub);
    assert_int_equal(json_array_size(json_object_get(notebook.cells[0].json, "outputs")), 0);
    assert_true(json_is_null(json_object_get(notebook.cells[0].json, "execution_count")));
    assert_null(json_object_get(json_object_get(notebook.json, "metadata"), "celltoolbar"));
    notebook_free(&notebook);
}

static void hidden_tests_and_variants_are_gone(void **state) {
    struct notebook notebook = notebook_of(ANSWER(
        "a", "x") ",{\"cell_type\": \"code\", \"metadata\": {\"oto\": {\"wrong\": {\"replaces\": \"a\"}}}, "
                  "\"source\": \"wrong\"}," TEST(
                      "t", "seen();\\n// ### BEGIN HIDDEN TESTS\\nsecret();\\n// ### END HIDDEN TESTS\\nalso();"));
    char *error;
    assert_true(release_notebook(&notebook, &error));
    assert_int_equal(notebook.count, 2);
    assert_int_equal(json_array_size(json_object_get(notebook.json, "cells")), 2);
    assert_string_equal(notebook.cells[1].source, "seen();\nalso();");
    notebook_free(&notebook);
}

static void notes_on_mutants_are_gone(void **state) {
    struct notebook notebook = notebook_of(
        "{\"cell_type\": \"code\", \"metadata\": {\"oto\": {\"goal\": \"G1\", \"mutants\": 4, \"open\": true, "
        "\"equivalent\": [{\"line\": \"secret\"}]}}, \"source\": \"x\"}");
    char *error;
    assert_true(release_notebook(&notebook, &error));
    json_t *oto = json_object_get(json_object_get(notebook.cells[0].json, "metadata"), "oto");
    assert_int_equal(json_object_size(oto), 1);
    assert_string_equal(json_string_value(json_object_get(oto, "goal")), "G1");
    notebook_free(&notebook);
}

static void fails(const char *cells, const char *because) {
    struct notebook notebook = notebook_of(cells);
    char *error;
    assert_false(release_notebook(&notebook, &error));
    if (!strstr(error, because)) fail_msg("said: %s", error);
    free(error);
    notebook_free(&notebook);
}

static void a_faulty_source_is_refused_by_cell(void **state) {
    fails(ANSWER("a", "// ### BEGIN SOLUTION"), "cell a: \"BEGIN SOLUTION\" without");
    fails(ANSWER("a", "// BEGIN SOLUTION\\n// BEGIN SOLUTION\\n// END SOLUTION"), "again");
    fails(TEST("t", "// BEGIN SOLUTION\\n// END SOLUTION"), "no answer cell");
    fails(ANSWER("a", "x") "," TEST("a", "y"), "used twice");
    fails("{\"cell_type\": \"code\", \"metadata\": {}, \"source\": \"// BEGIN HIDDEN TESTS\\n// END HIDDEN TESTS\"}",
          "not graded");
}

static void only_answers_are_taken(void **state) {
    static const char source[] = ANSWER("a", "mine") "," TEST("t", "check();") "," ANSWER("b", "solution of b");
    struct notebook instructor = notebook_of(source), released = notebook_of(source);
    struct notebook submission = notebook_of(
        TEST("t", "cheat();") ",{\"cell_type\": \"code\", \"metadata\": {}, \"source\": \"int helper;\"}," ANSWER(
            "a", "first") "," ANSWER("a", "second"));
    struct text notes = {};
    char *error;
    assert_true(release_notebook(&released, &error));
    transplant(&instructor, &submission, &released, &notes);
    assert_string_equal(notebook_find(&instructor, "a")->source, "second");
    assert_string_equal(notebook_find(&instructor, "t")->source, "check();");
    assert_string_equal(notebook_find(&instructor, "b")->source, code_stub);
    assert_non_null(strstr(text_c(&notes), "\"a\" is there 2 times"));
    assert_non_null(strstr(text_c(&notes), "\"b\" is missing"));
    assert_non_null(strstr(text_c(&notes), "of your own"));
    text_free(&notes);
    notebook_free(&instructor);
    notebook_free(&released);
    notebook_free(&submission);
}

static void hidden_lines_are_redacted(void **state) {
    char *shown = redact("cell [3] line 2\n  --> oto_check_close(\"secret\", f(7));\n  --> f(x)\n",
                         "f(x);\noto_check_close(\"secret\", f(7));\n}", "f(x);");
    assert_string_equal(shown, "cell [3] line 2\n  --> f(x)\n");
    free(shown);
}

static void a_cut_quotation_and_values_below_it_are_redacted(void **state) {
    char full[700], quoted[500], text[700];
    snprintf(full, sizeof full, "f(x);\ncheck(\"%0600d\");\n", 7);
    snprintf(quoted, sizeof quoted, "     2 | %.400s\n", strchr(full, '\n') + 1);
    snprintf(text, sizeof text,
             "cell [3] line 2\n%s\x1b[2m         secret = 42\x1b[0m\ncell [2] line 1\n\x1b[2m  x = 1\n", quoted);
    char *shown = redact(text, full, "f(x);");
    assert_string_equal(shown, "cell [3] line 2\ncell [2] line 1\n\x1b[2m  x = 1\n");
    free(shown);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_solution_becomes_the_stub),
        cmocka_unit_test(hidden_tests_and_variants_are_gone),
        cmocka_unit_test(notes_on_mutants_are_gone),
        cmocka_unit_test(a_faulty_source_is_refused_by_cell),
        cmocka_unit_test(only_answers_are_taken),
        cmocka_unit_test(hidden_lines_are_redacted),
        cmocka_unit_test(a_cut_quotation_and_values_below_it_are_redacted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
