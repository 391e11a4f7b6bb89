/* oto-grade report: the table of scores, for people or as JSON, or the class as a page. */
#include "autograder/commands.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "autograder/analysis.h"
#include "autograder/course.h"
#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/gradebook.h"
#include "autograder/options.h"
#include "autograder/pseudonym.h"
#include "autograder/policy.h"
#include "autograder/report_page.h"
#include "autograder/table.h"
#include "kernel/engine/text.h"

/* Cells with points: a program or a person gives them. */
#define SCORED_ROLES "'test', 'written', 'task'"

struct report {
    struct gradebook *book;
    struct table table;
    const char *assignment;
    size_t tests;
    char *error;
    json_t *rows;
};

static void on_heading(void *context, sqlite3_stmt *row) {
    struct report *report = context;
    report->tests++;
    table_add(&report->table, column_text(row, 0));
}

static void on_score(void *context, sqlite3_stmt *row) {
    struct report *report = context;
    if (sqlite3_column_type(row, 0) == SQLITE_NULL)
        table_add(&report->table, "?");
    else
        table_add_number(&report->table, sqlite3_column_double(row, 0));
}

/* The errors of a submission's cells, each once. */
static void on_error(void *context, sqlite3_stmt *row) {
    struct text *remark = context;
    if (remark->length > 60) return;
    text_format(remark, "%s%s in %s", remark->length ? ", " : "", column_text(row, 0), column_text(row, 1));
}

static void remark_time(struct text *remark, sqlite3_stmt *row) {
    double waiting = sqlite3_column_double(row, 6), days = sqlite3_column_double(row, 7),
           penalty = sqlite3_column_double(row, 8);
    if (waiting > 0) text_format(remark, "%s%g waiting for a person", remark->length ? ", " : "", waiting);
    if (days > 0) text_format(remark, "%s%g day%s late", remark->length ? ", " : "", days, days == 1 ? "" : "s");
    if (penalty > 0) text_format(remark, ", -%g %%", 100 * penalty);
    if (sqlite3_column_int(row, 9) && strcmp(column_text(row, 1), "graded") == 0)
        text_format(remark, "%sno timestamp that can be read, so not late", remark->length ? ", " : "");
}

static const char by_student[] =
    "SELECT student, verdict, score, points, message, seed, waiting, days_late, penalty,"
    " submitted_at IS NULL AND EXISTS (SELECT 1 FROM oto_due d WHERE d.assignment = s.assignment)"
    " FROM oto_score s WHERE assignment = ?"
    " AND (?2 IS NULL OR student = ?2) ORDER BY student";

static void on_submission(void *context, sqlite3_stmt *row) {
    struct report *report = context;
    const char *student = column_text(row, 0);
    bool graded = strcmp(column_text(row, 1), "graded") == 0;
    struct text remark = {};
    char *error = NULL;
    const char *const who[] = {student, report->assignment};
    table_add(&report->table, student);
    size_t before = report->table.count;
    if (graded &&
        !gradebook_query(
            report->book,
            "SELECT final FROM oto_graded_cell WHERE student = ? AND assignment = ? AND role IN (" SCORED_ROLES
            ") ORDER BY position",
            who, on_score, report, &error))
        report->error = error;
    while (report->table.count < before + report->tests) table_add(&report->table, "-");
    if (graded)
        table_add_number(&report->table, sqlite3_column_double(row, 2));
    else
        table_add(&report->table, "-");
    if (graded)
        table_add_number(&report->table, sqlite3_column_double(row, 3));
    else
        table_add(&report->table, "-");
    if (!graded)
        text_format(&remark, "%s: %s", column_text(row, 1), column_text(row, 4));
    else if (!gradebook_query(
                 report->book,
                 /* SQLite takes grade_id from the row that has the least position. */
                 "SELECT ename, grade_id, min(position) FROM oto_cell"
                 " WHERE student = ? AND assignment = ? AND ename IS NOT NULL GROUP BY ename ORDER BY min(position)",
                 who, on_error, &remark, &error))
        report->error = error;
    remark_time(&remark, row);
    table_add(&report->table, text_c(&remark));
    text_free(&remark);
}

static void print_assignment(struct report *report, const char *student) {
    const char *const who[] = {report->assignment, student};
    char *error = NULL;
    report->tests = 0;
    printf("%s\n", report->assignment);
    table_add(&report->table, "student");
    if (!gradebook_query(report->book,
                         "SELECT grade_id FROM oto_cell WHERE assignment = ? AND role IN (" SCORED_ROLES
                         ") GROUP BY position ORDER BY position",
                         who, on_heading, report, &error))
        report->error = error;
    table_add(&report->table, "score");
    table_add(&report->table, "of");
    table_add(&report->table, "remark");
    report->table.columns = report->tests + 4;
    if (!gradebook_query(report->book, by_student, who, on_submission, report, &error)) report->error = error;
    table_print(&report->table);
}

/* ---- JSON ---- */

static void on_json_cell(void *context, sqlite3_stmt *row) {
    json_t *cell = json_object();
    json_object_set_new(cell, "grade_id", escape_json(column_text(row, 0)));
    json_object_set_new(cell, "role", escape_json(column_text(row, 1)));
    json_object_set_new(cell, "points", json_real(sqlite3_column_double(row, 2)));
    bool known = sqlite3_column_type(row, 3) != SQLITE_NULL;
    json_object_set_new(cell, "score", known ? json_real(sqlite3_column_double(row, 3)) : json_null());
    json_object_set_new(cell, "error",
                        sqlite3_column_type(row, 4) != SQLITE_NULL ? escape_json(column_text(row, 4)) : json_null());
    json_object_set_new(cell, "substituted", json_boolean(sqlite3_column_int(row, 5)));
    json_array_append_new(context, cell);
}

static void on_json_submission(void *context, sqlite3_stmt *row) {
    struct report *report = context;
    json_t *entry = json_object(), *cells = json_array();
    const char *student = column_text(row, 0);
    const char *const who[] = {student, report->assignment};
    bool graded = strcmp(column_text(row, 1), "graded") == 0;
    json_object_set_new(entry, "student", escape_json(student));
    json_object_set_new(entry, "assignment", escape_json(report->assignment));
    json_object_set_new(entry, "verdict", escape_json(column_text(row, 1)));
    json_object_set_new(entry, "score", graded ? json_real(sqlite3_column_double(row, 2)) : json_null());
    json_object_set_new(entry, "points", json_real(sqlite3_column_double(row, 3)));
    json_object_set_new(entry, "waiting", json_integer(sqlite3_column_int64(row, 6)));
    json_object_set_new(entry, "days_late", json_real(sqlite3_column_double(row, 7)));
    json_object_set_new(entry, "penalty", json_real(sqlite3_column_double(row, 8)));
    json_object_set_new(entry, "message", escape_json(column_text(row, 4)));
    json_object_set_new(entry, "seed", json_integer(sqlite3_column_int64(row, 5)));
    char *error = NULL;
    if (!gradebook_query(
            report->book,
            "SELECT grade_id, role, points, final, ename, substituted FROM oto_graded_cell WHERE student = ? "
            "AND assignment = ? ORDER BY position",
            who, on_json_cell, cells, &error))
        report->error = error;
    json_object_set_new(entry, "cells", cells);
    json_array_append_new(report->rows, entry);
}

static void on_assignment(void *context, sqlite3_stmt *row) {
    json_array_append_new(context, json_string(column_text(row, 0)));
}

/* ---- the page ---- */

static bool write_page(struct gradebook *book, const struct options *options, char **error) {
    struct analysis analysis = {};
    struct text page = {};
    char *salt = options->anonymous ? pseudonym_salt(book, error) : NULL;
    enum language language;
    bool done = (salt || !options->anonymous) && policy_language(book, options->language, &language, error) &&
                analysis_read(&analysis, book, options->assignment, salt, (int64_t)time(NULL), error);
    if (done) {
        report_page(&page, language, &analysis);
        done = file_write_or_print(options->output, text_c(&page), page.length, error);
    }
    analysis_free(&analysis);
    text_free(&page);
    free(salt);
    return done;
}

/* --to html is the page; what else is asked for goes with the table. */
static bool is_understood(const struct options *options) {
    if (options->to && strcmp(options->to, "html") != 0)
        fprintf(stderr, "oto-grade: report --to \"%s\" is not known; there is --to html\n", options->to);
    else if (options->to && options->student)
        fprintf(stderr, "oto-grade: report --to html is of the whole class; for one student there is feedback\n");
    else if (!options->to && (options->anonymous || options->output || options->language))
        fprintf(stderr, "oto-grade: report takes -o, --anonymous and --language with --to html\n");
    else
        return true;
    return false;
}

int command_report(int count, char **words) {
    struct options options;
    struct gradebook book;
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --student --json --to -o --anonymous --language", count,
                             words) ||
        !is_understood(&options))
        return 2;
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    if (options.to) {
        bool done = write_page(&book, &options, &error);
        gradebook_close(&book);
        return done ? 0 : complain_and_free(error);
    }
    struct report report = {.book = &book, .rows = json_array()};
    json_t *assignments = json_array(), *assignment;
    size_t i;
    if (!gradebook_query(
            &book,
            "SELECT DISTINCT assignment FROM oto_submission WHERE ?1 IS NULL OR assignment = ?1 ORDER BY assignment",
            (const char *const[]){options.assignment}, on_assignment, assignments, &error))
        report.error = error;
    json_array_foreach(assignments, i, assignment) {
        report.assignment = json_string_value(assignment);
        const char *const who[] = {report.assignment, options.student};
        if (!options.json)
            print_assignment(&report, options.student);
        else if (!gradebook_query(&book, by_student, who, on_json_submission, &report, &error))
            report.error = error;
    }
    if (!options.json && !json_array_size(assignments) && !report.error) puts("nothing is graded yet (oto-grade run)");
    if (options.json) {
        json_dumpf(report.rows, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    json_decref(assignments);
    json_decref(report.rows);
    gradebook_close(&book);
    return report.error ? complain_and_free(report.error) : 0;
}
