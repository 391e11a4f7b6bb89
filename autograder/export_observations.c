/* Every check of every submission as a line of JSON, for those who study how a class learns. */
#include "autograder/export.h"

#include <jansson.h>
#include <stdlib.h>

#include "autograder/escape.h"
#include "autograder/pseudonym.h"

/* A row of the query as an object: a field for each column, named like it. */
static void on_row(void *context, sqlite3_stmt *row) {
    struct text *out = context;
    json_t *object = json_object();
    for (int column = 0; column < sqlite3_column_count(row); column++) {
        json_t *value = json_null();
        if (sqlite3_column_type(row, column) == SQLITE_INTEGER)
            value = json_integer(sqlite3_column_int64(row, column));
        else if (sqlite3_column_type(row, column) == SQLITE_FLOAT)
            value = json_real(sqlite3_column_double(row, column));
        else if (sqlite3_column_type(row, column) == SQLITE_TEXT)
            value = escape_json(column_text(row, column));
        json_object_set_new(object, sqlite3_column_name(row, column), value);
    }
    char *line = json_dumps(object, JSON_COMPACT);
    if (line) text_format(out, "%s\n", line);
    free(line);
    json_decref(object);
}

/* pseudonym(student) in SQL. */
static void call_pseudonym(sqlite3_context *call, int, sqlite3_value **values) {
    const char *student = (const char *)sqlite3_value_text(values[0]);
    sqlite3_result_text(call, pseudonym_of(sqlite3_user_data(call), student ? student : ""), -1, free);
}

/* By pseudonym, as the order of names would tell who is who. */
bool export_observations(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    char *salt = options->anonymous ? pseudonym_salt(book, error) : NULL;
    if (options->anonymous && !salt) return false;
    /* It owns the salt from here on, also where it cannot be made: then the query says so. */
    (void)sqlite3_create_function_v2(book->database, "pseudonym", 1, SQLITE_UTF8, salt, call_pseudonym, NULL, NULL,
                                     free);
    return gradebook_query(
        book,
        "SELECT pseudonym(k.student) AS student, k.assignment, s.seed, s.submitted_at, c.part, c.grade_id, c.points,"
        " c.score, c.substituted, c.ename, k.number, k.name, k.weight, k.earned, k.passed, k.hidden, k.message"
        " FROM oto_check k JOIN oto_cell c USING (student, assignment, position)"
        " JOIN oto_submission s USING (student, assignment)"
        " WHERE (?1 IS NULL OR k.assignment = ?1) AND (?2 IS NULL OR k.student = ?2)"
        " ORDER BY k.assignment, pseudonym(k.student), k.position, k.number",
        (const char *const[]){options->assignment, options->student}, on_row, out, error);
}
