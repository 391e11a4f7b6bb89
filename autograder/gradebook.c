#include "autograder/gradebook.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS oto_submission (student TEXT, assignment TEXT, title TEXT, key TEXT, seed INTEGER,"
    " verdict TEXT, message TEXT, notes TEXT, score REAL, points REAL, PRIMARY KEY (student, assignment));"
    "CREATE TABLE IF NOT EXISTS oto_cell (student TEXT, assignment TEXT, position INTEGER, part INTEGER, grade_id TEXT,"
    " role TEXT, points REAL, score REAL, substituted INTEGER, ename TEXT, evalue TEXT, traceback TEXT,"
    " PRIMARY KEY (student, assignment, position));"
    "CREATE TABLE IF NOT EXISTS oto_check (student TEXT, assignment TEXT, position INTEGER, number INTEGER, name TEXT,"
    " weight REAL, earned REAL, passed INTEGER, hidden INTEGER, hint TEXT, message TEXT, picture TEXT,"
    " PRIMARY KEY (student, assignment, position, number));"
    "CREATE TABLE IF NOT EXISTS oto_expectation (key TEXT PRIMARY KEY, full BLOB, visible BLOB);";

static bool failed(struct gradebook *book, char **error) {
    if (!*error) *error = must_format("gradebook: %s", sqlite3_errmsg(book->database));
    return false;
}

static bool execute(struct gradebook *book, const char *sql, char **error) {
    return sqlite3_exec(book->database, sql, NULL, NULL, NULL) == SQLITE_OK || failed(book, error);
}

bool gradebook_open(struct gradebook *book, const char *path, char **error) {
    *error = NULL;
    if (sqlite3_open(path, &book->database) != SQLITE_OK) {
        *error = must_format("%s: cannot be opened: %s", path, sqlite3_errmsg(book->database));
        gradebook_close(book);
        return false;
    }
    sqlite3_busy_timeout(book->database, 20000);
    if (execute(book, schema, error)) return true;
    char *why = *error;
    *error = must_format("%s: %s", path, why);
    free(why);
    gradebook_close(book);
    return false;
}

void gradebook_close(struct gradebook *book) {
    sqlite3_close(book->database);
    book->database = NULL;
}

/* ---- a statement with its values: s text (NULL is NULL), i integer, d real, n a real that is not known yet ---- */

static bool store(struct gradebook *book, char **error, const char *sql, const char *types, ...) {
    sqlite3_stmt *statement;
    va_list values;
    if (sqlite3_prepare_v2(book->database, sql, -1, &statement, NULL) != SQLITE_OK) return failed(book, error);
    va_start(values, types);
    int bound = SQLITE_OK;
    for (int i = 1; types[i - 1] && bound == SQLITE_OK; i++) {
        if (types[i - 1] == 's')
            bound = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_TRANSIENT);
        else if (types[i - 1] == 'i')
            bound = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
        else if (types[i - 1] == 'd')
            bound = sqlite3_bind_double(statement, i, va_arg(values, double));
        else
            (void)va_arg(values, double), bound = sqlite3_bind_null(statement, i);
    }
    va_end(values);
    bool done = bound == SQLITE_OK && sqlite3_step(statement) == SQLITE_DONE;
    if (!done) failed(book, error);
    sqlite3_finalize(statement);
    return done;
}

static bool store_check(struct gradebook *book, const char *student, const char *assignment,
                        const struct scored_cell *cell, size_t number, char **error) {
    const struct scored_check *check = &cell->checks[number];
    return store(book, error, "INSERT INTO oto_check VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", "ssiisddiisss", student,
                 assignment, (int64_t)cell->position, (int64_t)number, check->name, check->weight, check->earned,
                 (int64_t)check->passed, (int64_t)check->hidden, check->hint, check->message, check->picture);
}

static bool store_cell(struct gradebook *book, const char *student, const char *assignment,
                       const struct scored_cell *cell, char **error) {
    static const char *const roles[] = {"plain", "answer", "test", "written", "task", "wrong", "right"};
    bool stored = store(book, error, "INSERT INTO oto_cell VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                        cell->by_person ? "ssiissdnisss" : "ssiissddisss", student, assignment, (int64_t)cell->position,
                        (int64_t)cell->part, cell->grade_id, roles[cell->role], cell->points, cell->score,
                        (int64_t)cell->substituted, cell->ename, cell->evalue, cell->traceback);
    for (size_t i = 0; stored && i < cell->count; i++) stored = store_check(book, student, assignment, cell, i, error);
    return stored;
}

static bool store_all(struct gradebook *book, const char *student, const char *assignment, const char *title,
                      const char *key, int64_t seed, const struct graded *graded, char **error) {
    static const char *const forget[] = {"DELETE FROM oto_check WHERE student = ? AND assignment = ?",
                                         "DELETE FROM oto_cell WHERE student = ? AND assignment = ?"};
    for (int i = 0; i < 2; i++)
        if (!store(book, error, forget[i], "ss", student, assignment)) return false;
    if (!store(book, error, "INSERT OR REPLACE INTO oto_submission VALUES (?,?,?,?,?,?,?,?,?,?)", "ssssisssdd", student,
               assignment, title, key, seed, verdict_name(graded->verdict), graded->message, graded->notes,
               graded->scored.score, graded->scored.points))
        return false;
    for (size_t i = 0; i < graded->scored.count; i++)
        if (!store_cell(book, student, assignment, &graded->scored.cells[i], error)) return false;
    return true;
}

bool gradebook_store(struct gradebook *book, const char *student, const char *assignment, const char *title,
                     const char *key, int64_t seed, const struct graded *graded, char **error) {
    *error = NULL;
    if (!execute(book, "BEGIN IMMEDIATE", error)) return false;
    bool stored =
        store_all(book, student, assignment, title, key, seed, graded, error) && execute(book, "COMMIT", error);
    if (!stored) sqlite3_exec(book->database, "ROLLBACK", NULL, NULL, NULL);
    return stored;
}

/* ---- asking ---- */

const char *column_text(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "";
}

bool gradebook_query(struct gradebook *book, const char *sql, const char *const *parameters, gradebook_row *row,
                     void *context, char **error) {
    sqlite3_stmt *statement;
    int step;
    *error = NULL;
    if (sqlite3_prepare_v2(book->database, sql, -1, &statement, NULL) != SQLITE_OK) return failed(book, error);
    for (int i = 0; parameters && i < sqlite3_bind_parameter_count(statement); i++)
        if (parameters[i]) sqlite3_bind_text(statement, i + 1, parameters[i], -1, SQLITE_TRANSIENT);
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) row(context, statement);
    if (step != SQLITE_DONE) failed(book, error);
    sqlite3_finalize(statement);
    return !*error;
}

static void count_row(void *context, sqlite3_stmt *row) {
    ++*(int *)context;
}

bool gradebook_has(struct gradebook *book, const char *student, const char *assignment, const char *key) {
    int found = 0;
    char *error;
    if (!gradebook_query(
            book,
            "SELECT 1 FROM oto_submission WHERE student = ? AND assignment = ? AND key = ? AND verdict = 'graded'",
            (const char *const[]){student, assignment, key}, count_row, &found, &error))
        free(error);
    return found > 0;
}

static void expectation_row(void *context, sqlite3_stmt *row) {
    struct expectation *expectation = context;
    if (!observed_unpack(&expectation->full, sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0)) ||
        !observed_unpack(&expectation->visible, sqlite3_column_blob(row, 1), (size_t)sqlite3_column_bytes(row, 1)))
        expectation_free(expectation);
}

bool gradebook_expectation(struct gradebook *book, const char *key, struct expectation *expectation) {
    char *error;
    *expectation = (struct expectation){};
    if (!gradebook_query(book, "SELECT full, visible FROM oto_expectation WHERE key = ?", (const char *const[]){key},
                         expectation_row, expectation, &error))
        free(error);
    return expectation->full.count > 0;
}

bool gradebook_store_expectation(struct gradebook *book, const char *key, const struct expectation *expectation,
                                 char **error) {
    sqlite3_stmt *statement;
    size_t full_size, visible_size;
    *error = NULL;
    if (sqlite3_prepare_v2(book->database, "INSERT OR REPLACE INTO oto_expectation VALUES (?,?,?)", -1, &statement,
                           NULL) != SQLITE_OK)
        return failed(book, error);
    char *full = observed_pack(&expectation->full, &full_size),
         *visible = observed_pack(&expectation->visible, &visible_size);
    bool stored = sqlite3_bind_text(statement, 1, key, -1, SQLITE_TRANSIENT) == SQLITE_OK &&
                  sqlite3_bind_blob64(statement, 2, full, full_size, SQLITE_TRANSIENT) == SQLITE_OK &&
                  sqlite3_bind_blob64(statement, 3, visible, visible_size, SQLITE_TRANSIENT) == SQLITE_OK &&
                  sqlite3_step(statement) == SQLITE_DONE;
    if (!stored) failed(book, error);
    sqlite3_finalize(statement);
    free(full);
    free(visible);
    return stored;
}
