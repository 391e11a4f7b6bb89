/* Reading notebooks: what is taken, what is refused and with which words, and that writing keeps what it does not know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "autograder/notebook.h"
#include "kernel/engine/text.h"

#define CELLS(cells) "{\"nbformat\": 4, \"nbformat_minor\": 5, \"metadata\": {}, \"cells\": [" cells "]}"

static struct notebook parse(const char *json) {
    struct notebook notebook;
    char *error;
    if (!notebook_parse(&notebook, "x.ipynb", json, strlen(json), &error)) fail_msg("%s", error);
    return notebook;
}

static void refused(const char *json, const char *because) {
    struct notebook notebook;
    char *error;
    if (notebook_parse(&notebook, "x.ipynb", json, strlen(json), &error)) {
        notebook_free(&notebook);
        fail_msg("was read: %s", json);
    }
    if (!strstr(error, because) || strncmp(error, "x.ipynb: ", 9) || strchr(error, '\n')) fail_msg("said: %s", error);
    free(error);
}

/* A notebook in whose metadata are so many empty objects, each of which takes much more memory than it has bytes. */
static char *with_objects(int count) {
    struct text json = {};
    text_add(&json, "{\"nbformat\": 4, \"cells\": [], \"metadata\": {\"text\": \"\\\"[,[,[,\", \"objects\": [{}");
    for (int i = 1; i < count; i++) text_add(&json, ",{}");
    text_add(&json, "]}}");
    return text_take(&json);
}

static void values_are_counted_before_they_take_memory(void **state) {
    char *most = with_objects(NOTEBOOK_MAX_VALUES / 2 - 20), *more = with_objects(NOTEBOOK_MAX_VALUES / 2 + 1);
    struct notebook notebook = parse(most);
    notebook_free(&notebook);
    refused(more, "more than 4000000 values");
    free(most);
    free(more);
}

static void the_error_names_file_and_field(void **state) {
    refused("", "line 1");
    refused("{\"nbformat\": 4,", "not JSON");
    refused("{\"nbformat\": 4, \"nbformat\": 4}", "duplicate");
    refused("[]", "JSON object");
    refused("{}", "nbformat is missing");
    refused("{\"nbformat\": \"4\"}", "nbformat is missing");
    refused("{\"nbformat\": 3, \"metadata\": {}, \"worksheets\": []}", "nbformat is 3");
    refused("{\"nbformat\": 4}", "metadata");
    refused("{\"nbformat\": 4, \"metadata\": {}}", "cells");
    refused("{\"nbformat\": 4, \"metadata\": {}, \"cells\": {}}", "cells must be a list");
    refused(CELLS("7"), "cell 1: the cell must be an object");
    refused(CELLS("{\"metadata\": {}, \"source\": \"\"}"), "cell 1: cell_type");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {}, \"source\": 7}"), "cell 1: source");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {}, \"source\": [7]}"), "cell 1: source");
    refused(CELLS("{\"cell_type\": \"code\", \"source\": \"\"}"), "cell 1: metadata");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": 3}, \"source\": \"\"}"),
            "metadata.nbgrader must be");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": 1}}, \"source\": \"\"}"),
            "grade must be true");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": true}}, \"source\": \"\"}"),
            "grade_id is missing");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade_id\": \"a\", \"points\": -1}}, "
                  "\"source\": \"\"}"),
            "points must lie");
    refused(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"oto\": {\"wrong\": {}}}, \"source\": \"\"}"), "replaces");
}

static void deep_and_huge_json_is_refused(void **state) {
    size_t depth = 1 << 20;
    char *deep = must_allocate(depth + 1);
    memset(deep, '[', depth);
    refused(deep, "not JSON");
    free(deep);
    struct text many = {};
    text_add(&many, "{\"nbformat\": 4, \"metadata\": {}, \"cells\": [0");
    for (int i = 0; i < NOTEBOOK_MAX_CELLS; i++) text_add(&many, ",0");
    text_add(&many, "]}");
    refused(text_c(&many), "10001 cells");
    text_free(&many);
}

static void roles_follow_nbgraders_metadata(void **state) {
    struct notebook notebook =
        parse(CELLS("{\"cell_type\": \"markdown\", \"metadata\": {}, \"source\": \"text\"},"
                    "{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": false, \"solution\": true, "
                    "\"grade_id\": \"a\"}}, \"source\": [\"int a;\\n\", \"int b;\"]},"
                    "{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": true, \"solution\": false, "
                    "\"grade_id\": \"t\", \"points\": 2}}, \"source\": \"\"},"
                    "{\"cell_type\": \"markdown\", \"metadata\": {\"nbgrader\": {\"grade\": true, \"solution\": true, "
                    "\"grade_id\": \"w\", \"points\": 3}}, \"source\": \"\"},"
                    "{\"cell_type\": \"code\", \"metadata\": {\"oto\": {\"wrong\": {\"replaces\": \"a\", \"name\": "
                    "\"n\", \"at_most\": 1}}}, \"source\": \"\"}"));
    assert_int_equal(notebook.count, 5);
    assert_int_equal(notebook.cells[0].role, ROLE_PLAIN);
    assert_int_equal(notebook.cells[1].role, ROLE_ANSWER);
    assert_string_equal(notebook.cells[1].source, "int a;\nint b;");
    assert_int_equal(notebook.cells[2].role, ROLE_TEST);
    assert_true(notebook.cells[2].points == 2);
    assert_int_equal(notebook.cells[3].role, ROLE_WRITTEN);
    assert_int_equal(notebook.cells[4].role, ROLE_WRONG);
    assert_string_equal(notebook.cells[4].replaces, "a");
    assert_ptr_equal(notebook_find(&notebook, "t"), &notebook.cells[2]);
    assert_null(notebook_find(&notebook, "nothing"));
    notebook_free(&notebook);
}

/* Sums made with nbgrader.utils.compute_checksum of nbgrader 0.9.6. */
static void checksums_are_nbgraders(void **state) {
    struct notebook notebook =
        parse(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": true, \"solution\": false, "
                    "\"locked\": true, \"grade_id\": \"t\", \"points\": 2}}, \"source\": \"int a; // \xe9\x9f\xb3\"},"
                    "{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": true, \"solution\": false, "
                    "\"locked\": true, \"grade_id\": \"t2\", \"points\": 2.5}}, \"source\": \"\"},"
                    "{\"cell_type\": \"code\", \"metadata\": {\"nbgrader\": {\"grade\": false, \"solution\": true, "
                    "\"locked\": false, \"grade_id\": \"a\"}}, \"source\": \"x\"}"));
    static const char *const sums[] = {"3ce70fc37fcb3f44b5dc696797e70980", "b5d13757f7a3e9dd04d11d154c6bf4da",
                                       "6b700100c71a2d246b59ab13854cae0d"};
    for (int i = 0; i < 3; i++) {
        char sum[33];
        cell_checksum(&notebook.cells[i], sum);
        assert_string_equal(sum, sums[i]);
    }
    notebook_free(&notebook);
}

static void unknown_fields_survive_and_bytes_are_nbformats(void **state) {
    struct notebook notebook =
        parse("{\"nbformat_minor\": 5, \"nbformat\": 4, \"metadata\": {\"z\": 1.5, \"mine\": {\"k\": []}}, \"cells\": "
              "[{\"source\": \"\xe9\x9f\xb3\\n\\\"\", \"metadata\": {}, \"id\": \"c\", \"cell_type\": \"raw\"}]}");
    size_t size;
    cell_set_source(&notebook.cells[0], notebook.cells[0].source, notebook.cells[0].length);
    char *bytes = notebook_write(&notebook, &size);
    assert_string_equal(bytes, "{\n \"cells\": [\n  {\n   \"cell_type\": \"raw\",\n   \"id\": \"c\",\n   \"metadata\": "
                               "{},\n   \"source\": [\n    \"\xe9\x9f\xb3\\n\",\n    \"\\\"\"\n   ]\n  }\n ],\n"
                               " \"metadata\": {\n  \"mine\": {\n   \"k\": []\n  },\n  \"z\": 1.5\n },\n \"nbformat\": "
                               "4,\n \"nbformat_minor\": 5\n}\n");
    assert_int_equal(size, strlen(bytes));
    free(bytes);
    notebook_free(&notebook);
}

static void a_copy_is_changed_by_itself(void **state) {
    struct notebook notebook =
        parse(CELLS("{\"cell_type\": \"code\", \"metadata\": {\"collapsed\": true, \"nbgrader\": {\"grade\": true, "
                    "\"solution\": false, "
                    "\"grade_id\": \"t\", \"points\": 2}}, \"outputs\": [{}], \"source\": [\"a\\n\", \"b\"]}"));
    struct notebook copy = notebook_copy(&notebook);
    size_t size;
    char *before = notebook_write(&notebook, &size), *same = notebook_write(&copy, &size);
    assert_string_equal(before, same);
    assert_int_equal(copy.cells[0].role, ROLE_TEST);
    cell_set_source(&copy.cells[0], "c", 1);
    cell_clear_output(&copy.cells[0]);
    json_t *metadata = json_object_get(copy.cells[0].json, "metadata");
    json_object_set_new(json_object_get(metadata, "nbgrader"), "checksum", json_string("of c"));
    char *after = notebook_write(&notebook, &size);
    assert_string_equal(before, after);
    assert_string_equal(notebook.cells[0].source, "a\nb");
    notebook_free(&notebook);
    assert_string_equal(copy.cells[0].grade_id, "t");
    assert_string_equal(copy.cells[0].source, "c");
    notebook_free(&copy);
    free(before);
    free(same);
    free(after);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_counted_before_they_take_memory),
        cmocka_unit_test(the_error_names_file_and_field),
        cmocka_unit_test(deep_and_huge_json_is_refused),
        cmocka_unit_test(roles_follow_nbgraders_metadata),
        cmocka_unit_test(checksums_are_nbgraders),
        cmocka_unit_test(a_copy_is_changed_by_itself),
        cmocka_unit_test(unknown_fields_survive_and_bytes_are_nbformats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
