/* Scores as tables: a line a submission, or a line a student for the gradebooks of Canvas and Moodle. */
#include "autograder/export.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"

/* A number as it is, a text as an escaped field, NULL as nothing. */
static void add_column(struct text *out, sqlite3_stmt *row, int column) {
    int type = sqlite3_column_type(row, column);
    if (column) text_add(out, ",");
    if (type == SQLITE_FLOAT || type == SQLITE_INTEGER)
        text_format(out, "%.10g", sqlite3_column_double(row, column));
    else if (type != SQLITE_NULL)
        escape_csv(out, column_text(row, column));
}

static void on_row(void *context, sqlite3_stmt *row) {
    struct text *out = context;
    for (int column = 0; column < sqlite3_column_count(row); column++) add_column(out, row, column);
    text_add(out, "\r\n");
}

bool export_csv(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    text_add(out, "student,assignment,verdict,score,max_score,waiting,days_late,penalty\r\n");
    return gradebook_query(book,
                           "SELECT student, assignment, verdict, score, CASE verdict WHEN 'graded' THEN points END,"
                           " waiting, days_late, penalty FROM oto_score"
                           " WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)"
                           " ORDER BY student, assignment",
                           (const char *const[]){options->assignment, options->student}, on_row, out, error);
}

/* ---- a line a student, a column an assignment ---- */

struct grid {
    struct gradebook *book;
    const struct options *options;
    struct text *out;
    char *error;
};

static void on_heading(void *context, sqlite3_stmt *row) {
    struct text *out = context;
    text_add(out, ",");
    escape_csv(out, column_text(row, 0));
}

static void on_number(void *context, sqlite3_stmt *row) {
    struct text *out = context;
    text_add(out, ",");
    if (sqlite3_column_type(row, 0) != SQLITE_NULL) text_format(out, "%.10g", sqlite3_column_double(row, 0));
}

static const char assignments[] =
    "SELECT DISTINCT assignment FROM oto_submission WHERE ?1 IS NULL OR assignment = ?1 ORDER BY assignment";

/* Whoever handed in anything, with what course.json says. The last column is the student. */
static void on_student(void *context, sqlite3_stmt *row) {
    struct grid *grid = context;
    int last = sqlite3_column_count(row) - 1;
    if (grid->error) return;
    for (int column = 0; column < last; column++) add_column(grid->out, row, column);
    gradebook_query(grid->book,
                    "SELECT (SELECT score FROM oto_score s WHERE s.student = ?2 AND s.assignment = a.assignment) FROM"
                    " (SELECT DISTINCT assignment FROM oto_submission WHERE ?1 IS NULL OR assignment = ?1) a"
                    " ORDER BY assignment",
                    (const char *const[]){grid->options->assignment, column_text(row, last)}, on_number, grid->out,
                    &grid->error);
    text_add(grid->out, "\r\n");
}

static bool add_students(struct grid *grid, const char *fields) {
    char *sql =
        must_format("SELECT %s, s.student FROM (SELECT DISTINCT student FROM oto_submission WHERE (?1 IS NULL OR"
                    " assignment = ?1) AND (?2 IS NULL OR student = ?2)) s"
                    " LEFT JOIN oto_student i ON i.student = s.student ORDER BY s.student",
                    fields);
    char *error = NULL;
    if (!gradebook_query(grid->book, sql, (const char *const[]){grid->options->assignment, grid->options->student},
                         on_student, grid, &error) &&
        !grid->error)
        grid->error = error;
    free(sql);
    return !grid->error;
}

static bool add_headings(struct grid *grid) {
    bool done = gradebook_query(grid->book, assignments, (const char *const[]){grid->options->assignment}, on_heading,
                                grid->out, &grid->error);
    text_add(grid->out, "\r\n");
    return done;
}

/* Canvas takes the columns Student, ID, SIS User ID, SIS Login ID, Section, then assignments; the second line holds the
 * possible points. ID is Canvas' own number of a user, which nobody here knows: another number there would be taken for
 * somebody else, so it stays empty, and Canvas looks for the SIS User ID and then the SIS Login ID
 * (lib/gradebook_importer.rb of instructure/canvas-lms). */
bool export_canvas(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    struct grid grid = {.book = book, .options = options, .out = out};
    text_add(out, "Student,ID,SIS User ID,SIS Login ID,Section");
    bool done = add_headings(&grid);
    text_add(out, "    Points Possible,,,,");
    done = done && gradebook_query(book,
                                   "SELECT max(points) FROM oto_score WHERE ?1 IS NULL OR assignment = ?1"
                                   " GROUP BY assignment ORDER BY assignment",
                                   (const char *const[]){options->assignment}, on_number, out, &grid.error);
    text_add(out, "\r\n");
    done = done && add_students(&grid, "coalesce(i.name, s.student), NULL, i.id, s.student, NULL");
    *error = grid.error;
    return done;
}

/* Moodle's import maps any column to a user by username, ID number or e-mail.
 * https://docs.moodle.org/en/Grade_import */
bool export_moodle(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    struct grid grid = {.book = book, .options = options, .out = out};
    text_add(out, "username,idnumber,email");
    bool done = add_headings(&grid) && add_students(&grid, "s.student, i.id, i.email");
    *error = grid.error;
    return done;
}
