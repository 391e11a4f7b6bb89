/* Scores as Gradescope's autograders report them: a results.json for each submission.
 * https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format */
#include "autograder/export.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/check_lines.h"
#include "autograder/escape.h"
#include "autograder/files.h"

struct results {
    struct gradebook *book;
    const struct options *options;
    char *error;
};

struct submission_results {
    struct results *results;
    const char *student, *assignment;
    json_t *tests;
};

/* A test of Gradescope's for a cell; without a score it only shows its lines. */
static json_t *add_test(struct submission_results *one, const char *name, const struct text *lines) {
    json_t *test = json_pack("{s:o, s:o, s:s}", "name", escape_json(name), "output", escape_json(text_c(lines)),
                             "output_format", "text");
    json_array_append_new(one->tests, test);
    return test;
}

/* What hidden checks found, for the staff alone. */
static void add_hidden(struct submission_results *one, const char *grade_id, const char *position) {
    struct text lines = {};
    if (check_lines_hidden(one->results->book, one->student, one->assignment, position, &lines, &one->results->error) &&
        lines.length) {
        char *name = must_format("%s (hidden checks)", grade_id);
        json_object_set_new(add_test(one, name, &lines), "visibility", json_string("hidden"));
        free(name);
    }
    text_free(&lines);
}

/* grade_id, final, points, position, waiting, comment, ename, evalue */
static void on_cell(void *context, sqlite3_stmt *row) {
    struct submission_results *one = context;
    struct text lines = {};
    double score = sqlite3_column_double(row, 1), points = sqlite3_column_double(row, 2);
    bool waiting = sqlite3_column_int(row, 4);
    if (one->results->error) return;
    if (waiting) text_add(&lines, "A person grades this part.\n");
    if (*column_text(row, 5)) text_format(&lines, "%s\n", column_text(row, 5));
    if (*column_text(row, 6)) text_format(&lines, "%s: %s\n", column_text(row, 6), column_text(row, 7));
    check_lines(one->results->book, one->student, one->assignment, column_text(row, 3), &lines, &one->results->error);
    json_t *test = add_test(one, column_text(row, 0), &lines);
    json_object_set_new(test, "score", json_real(score));
    json_object_set_new(test, "max_score", json_real(points));
    json_object_set_new(test, "visibility", json_string("visible"));
    if (!waiting) json_object_set_new(test, "status", json_string(points - score < 1e-9 ? "passed" : "failed"));
    text_free(&lines);
    if (!one->results->error) add_hidden(one, column_text(row, 0), column_text(row, 3));
}

static void write_results(struct submission_results *one, json_t *all) {
    struct results *results = one->results;
    char *path = must_format("%s/%s/%s/results.json", results->options->output, one->student, one->assignment);
    char *bytes = json_dumps(all, JSON_INDENT(1) | JSON_SORT_KEYS);
    if (bytes && !results->error) file_write(path, bytes, strlen(bytes), &results->error);
    free(bytes);
    free(path);
}

/* student, assignment, verdict, score, message, notes, days_late, penalty, free_days */
static void on_submission(void *context, sqlite3_stmt *row) {
    struct results *results = context;
    struct submission_results one = {results, column_text(row, 0), column_text(row, 1), json_array()};
    struct text output = {};
    bool graded = strcmp(column_text(row, 2), "graded") == 0;
    double penalty = sqlite3_column_double(row, 7);
    if (results->error) return;
    if (!graded)
        text_format(&output, "This notebook was not graded; a person will look at it. %s\n", column_text(row, 4));
    if (*column_text(row, 5)) text_format(&output, "%s\n", column_text(row, 5));
    double days = sqlite3_column_double(row, 6), free_days = sqlite3_column_double(row, 8);
    if (days > 0 && free_days > 0)
        text_format(&output, "Handed in late (days: %g, free of them: %g): %g %% less.\n", days, free_days,
                    100 * penalty);
    else if (days > 0)
        text_format(&output, "Handed in late (days: %g): %g %% less.\n", days, 100 * penalty);
    gradebook_query(results->book,
                    "SELECT grade_id, final, points, position, waiting, comment, ename, evalue FROM oto_graded_cell"
                    " WHERE student = ? AND assignment = ? AND role IN ('test', 'written', 'task') ORDER BY position",
                    (const char *const[]){one.student, one.assignment}, on_cell, &one, &results->error);
    json_t *all = json_pack("{s:f, s:o, s:o, s:s, s:s, s:s}", "score", graded ? sqlite3_column_double(row, 3) : 0.0,
                            "tests", one.tests, "output", escape_json(text_c(&output)), "output_format", "text",
                            "visibility", "visible", "stdout_visibility", "hidden");
    write_results(&one, all);
    json_decref(all);
    text_free(&output);
}

bool export_gradescope(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    struct results results = {.book = book, .options = options};
    char *why = NULL;
    if (!gradebook_query(book,
                         "SELECT student, assignment, verdict, score, message, notes, days_late, penalty, free_days"
                         " FROM oto_score"
                         " WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)"
                         " ORDER BY student, assignment",
                         (const char *const[]){options->assignment, options->student}, on_submission, &results, &why))
        results.error = results.error ? results.error : why;
    *error = results.error;
    return !*error;
}
