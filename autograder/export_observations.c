/* Every check of every submission as a line of JSON, for those who study how a class learns. */
#include "autograder/export.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/pseudonym.h"

struct lines {
    struct text *out;
    const char *salt; /* NULL: names stay */
};

/* A row of the query as an object: a field for each column, named like it; student may be replaced. */
static void on_row(void *context, sqlite3_stmt *row) {
    struct lines *lines = context;
    json_t *object = json_object();
    for (int column = 0; column < sqlite3_column_count(row); column++) {
        const char *name = sqlite3_column_name(row, column);
        json_t *value = json_null();
        if (strcmp(name, "student") == 0) {
            char *student = pseudonym_of(lines->salt, column_text(row, column));
            value = escape_json(student);
            free(student);
        } else if (sqlite3_column_type(row, column) == SQLITE_INTEGER) {
            value = json_integer(sqlite3_column_int64(row, column));
        } else if (sqlite3_column_type(row, column) == SQLITE_FLOAT) {
            value = json_real(sqlite3_column_double(row, column));
        } else if (sqlite3_column_type(row, column) == SQLITE_TEXT) {
            value = escape_json(column_text(row, column));
        }
        json_object_set_new(object, name, value);
    }
    char *line = json_dumps(object, JSON_COMPACT);
    if (line) text_format(lines->out, "%s\n", line);
    free(line);
    json_decref(object);
}

bool export_observations(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    struct lines lines = {.out = out};
    char *salt = options->anonymous ? pseudonym_salt(book, error) : NULL;
    if (options->anonymous && !salt) return false;
    lines.salt = salt;
    bool done = gradebook_query(
        book,
        "SELECT k.student, k.assignment, s.seed, s.submitted_at, c.part, c.grade_id, c.points, c.score, c.substituted,"
        " c.ename, k.number, k.name, k.weight, k.earned, k.passed, k.hidden, k.message FROM oto_check k"
        " JOIN oto_cell c USING (student, assignment, position) JOIN oto_submission s USING (student, assignment)"
        " WHERE (?1 IS NULL OR k.assignment = ?1) AND (?2 IS NULL OR k.student = ?2)"
        " ORDER BY k.assignment, k.student, k.position, k.number",
        (const char *const[]){options->assignment, options->student}, on_row, &lines, error);
    free(salt);
    return done;
}
