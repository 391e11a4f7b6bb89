#include "autograder/gradebook.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/gradebook_tables.h"
#include "autograder/policy.h"
#include "kernel/engine/text.h"

static bool failed(struct gradebook *book, char **error) {
    if (*error) return false;
    const char *path = sqlite3_db_filename(book->database, "main"), *why = sqlite3_errmsg(book->database);
    switch (sqlite3_errcode(book->database)) {
    case SQLITE_BUSY:
        *error =
            must_format("gradebook: %s: another program is writing it (nbgrader?), so nothing was changed; try again "
                        "when it is done",
                        path);
        break;
    case SQLITE_READONLY:
        *error = must_format(
            "gradebook: %s was not changed: you may not write it, or not in its folder, or it was moved away", path);
        break;
    case SQLITE_FULL:
    case SQLITE_IOERR:
        *error = must_format("gradebook: %s: %s; what was stored before stays: make room, and run the command again",
                             path, why);
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        *error = must_format("gradebook: %s: %s; put a copy of before in its place, or move it away: oto-grade run "
                             "makes a new one, without what people gave by hand",
                             path, why);
        break;
    default:
        *error = must_format("gradebook: %s: %s", path, why);
    }
    return false;
}

bool gradebook_execute(struct gradebook *book, const char *sql, char **error) {
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
    if (gradebook_make_tables(book, error)) return true;
    gradebook_close(book);
    return false;
}

bool gradebook_open_course(struct gradebook *book, const char *course, char **error) {
    char *path = must_format("%s/gradebook.db", course);
    bool opened = access(path, F_OK) == 0;
    *error = NULL;
    if (!opened) *error = must_format("%s: %s; oto-grade run makes it", path, strerror(errno));
    opened = opened && gradebook_open(book, path, error);
    if (opened && !policy_load(book, course, error)) {
        gradebook_close(book);
        opened = false;
    }
    free(path);
    return opened;
}

bool gradebook_open_course_for(struct gradebook *book, const char *course, const char *assignment, const char *student,
                               char **error) {
    if (!gradebook_open_course(book, course, error)) return false;
    if (!assignment && !student) return true;
    if (gradebook_finds(book,
                        "SELECT 1 FROM oto_submission WHERE (?1 IS NULL OR assignment = ?1)"
                        " AND (?2 IS NULL OR student = ?2) LIMIT 1",
                        (const char *const[]){assignment, student}, error))
        return true;
    if (!*error)
        *error = must_format("%s/gradebook.db: nothing is graded that lies in submitted/%s/%s (oto-grade report shows "
                             "what is)",
                             course, student ? student : "STUDENT", assignment ? assignment : "ASSIGNMENT");
    gradebook_close(book);
    return false;
}

void gradebook_close(struct gradebook *book) {
    sqlite3_close(book->database);
    book->database = NULL;
}

/* ---- storing ---- */

bool gradebook_begin(struct gradebook *book, char **error) {
    return gradebook_execute(book, "BEGIN IMMEDIATE", error);
}

bool gradebook_end(struct gradebook *book, bool good, char **error) {
    if (good && gradebook_execute(book, "COMMIT", error)) return true;
    if (!sqlite3_get_autocommit(book->database)) sqlite3_exec(book->database, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

static sqlite3_stmt *prepare(struct gradebook *book, const char *sql, char **error) {
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(book->database, sql, -1, &statement, NULL) != SQLITE_OK) failed(book, error);
    return statement;
}

/* A statement that gives no rows, and may be run again with other values. */
static bool run(struct gradebook *book, char **error, sqlite3_stmt *statement, const char *types, va_list values) {
    int bound = SQLITE_OK, wanted = sqlite3_bind_parameter_count(statement);
    for (int i = 1; i <= wanted && types[i - 1] && bound == SQLITE_OK; i++) {
        if (types[i - 1] == 's')
            bound = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1, SQLITE_STATIC);
        else if (types[i - 1] == 'i')
            bound = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
        else if (types[i - 1] == 'd')
            bound = sqlite3_bind_double(statement, i, va_arg(values, double));
        else
            (void)va_arg(values, double), bound = sqlite3_bind_null(statement, i);
    }
    bool done = bound == SQLITE_OK && sqlite3_step(statement) == SQLITE_DONE;
    if (!done) failed(book, error);
    sqlite3_reset(statement);
    return done;
}

bool gradebook_do(struct gradebook *book, char **error, const char *sql, const char *types, ...) {
    sqlite3_stmt *statement = prepare(book, sql, error);
    va_list values;
    if (!statement) return false;
    va_start(values, types);
    bool done = run(book, error, statement, types, values);
    va_end(values);
    sqlite3_finalize(statement);
    return done;
}

/* The statements for a submission's rows, of which there are many. */
struct storing {
    struct gradebook *book;
    const char *student, *assignment;
    sqlite3_stmt *cell, *check;
    char **error;
};

static bool put(const struct storing *storing, sqlite3_stmt *statement, const char *types, ...) {
    va_list values;
    va_start(values, types);
    bool done = run(storing->book, storing->error, statement, types, values);
    va_end(values);
    return done;
}

static bool store_check(const struct storing *storing, const struct scored_cell *cell, size_t number) {
    const struct scored_check *check = &cell->checks[number];
    return put(storing, storing->check, "ssiisddiissss", storing->student, storing->assignment, (int64_t)cell->position,
               (int64_t)number, check->name, check->weight, check->earned, (int64_t)check->passed,
               (int64_t)check->hidden, check->hint, check->message, check->picture, check->sounds);
}

static bool store_cell(const struct storing *storing, const struct scored_cell *cell) {
    static const char *const roles[] = {"plain", "answer", "test", "written", "task", "wrong", "right"};
    bool stored = put(storing, storing->cell, cell->by_person ? "ssiissdnisssss" : "ssiissddisssss", storing->student,
                      storing->assignment, (int64_t)cell->position, (int64_t)cell->part, cell->grade_id,
                      roles[cell->role], cell->points, cell->score, (int64_t)cell->substituted, cell->ename,
                      cell->evalue, cell->traceback, cell->answer, *cell->key ? cell->key : NULL);
    for (size_t i = 0; stored && i < cell->count; i++) stored = store_check(storing, cell, i);
    return stored;
}

static bool store_cells(struct gradebook *book, const char *student, const char *assignment,
                        const struct scored *scored, char **error) {
    struct storing storing = {.book = book,
                              .student = student,
                              .assignment = assignment,
                              .cell = prepare(book, "INSERT INTO oto_cell VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)", error),
                              .check = prepare(book, "INSERT INTO oto_check VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)", error),
                              .error = error};
    bool stored = storing.cell && storing.check;
    for (size_t i = 0; stored && i < scored->count; i++) stored = store_cell(&storing, &scored->cells[i]);
    sqlite3_finalize(storing.cell);
    sqlite3_finalize(storing.check);
    return stored;
}

static bool store_all(struct gradebook *book, const char *student, const char *assignment, const char *title,
                      const char *key, int64_t seed, const struct graded *graded, const int64_t *at, char **error) {
    static const char *const forget[] = {"DELETE FROM oto_check WHERE student = ? AND assignment = ?",
                                         "DELETE FROM oto_cell WHERE student = ? AND assignment = ?"};
    for (int i = 0; i < 2; i++)
        if (!gradebook_do(book, error, forget[i], "ss", student, assignment)) return false;
    if (!gradebook_do(
            book, error, "INSERT OR REPLACE INTO oto_submission VALUES (?,?,?,?,?,?,?,?,?,?,?, strftime('%s', 'now'))",
            at ? "ssssisssddi" : "ssssisssdd", student, assignment, title, key, seed, verdict_name(graded->verdict),
            graded->message, graded->notes, graded->scored.score, graded->scored.points, at ? *at : 0))
        return false;
    return store_cells(book, student, assignment, &graded->scored, error);
}

bool gradebook_store(struct gradebook *book, const char *student, const char *assignment, const char *title,
                     const char *key, int64_t seed, const struct graded *graded, const int64_t *at, char **error) {
    *error = NULL;
    if (graded->verdict == INFRASTRUCTURE && gradebook_has(book, student, assignment, key)) return true;
    bool stored =
        gradebook_begin(book, error) && store_all(book, student, assignment, title, key, seed, graded, at, error);
    return gradebook_end(book, stored, error);
}

/* A row that stays as it is costs no writing. */
bool gradebook_note_time(struct gradebook *book, const char *student, const char *assignment, const int64_t *at,
                         char **error) {
    *error = NULL;
    return gradebook_do(book, error,
                        "UPDATE oto_submission SET submitted_at = ?3 WHERE student = ?1 AND assignment = ?2"
                        " AND submitted_at IS NOT ?3",
                        at ? "ssi" : "ss", student, assignment, at ? *at : 0);
}

static void verdict_row(void *context, sqlite3_stmt *row) {
    size_t *by_verdict = context;
    for (int verdict = GRADED; verdict <= INFRASTRUCTURE; verdict++)
        if (strcmp(column_text(row, 0), verdict_name((enum verdict)verdict)) == 0)
            by_verdict[verdict] += (size_t)sqlite3_column_int64(row, 1);
}

/* The submissions that a merge takes over. */
#define MERGED                                                                                                         \
    "(SELECT student, assignment FROM shard.oto_submission s WHERE NOT EXISTS (SELECT 1 FROM main.oto_submission o"    \
    " WHERE o.student = s.student AND o.assignment = s.assignment AND (coalesce(o.graded_at > s.graded_at, 0)"         \
    " OR (s.verdict = 'infrastructure' AND o.key = s.key AND o.verdict = 'graded'))))"

bool gradebook_merge(struct gradebook *book, const char *path, size_t by_verdict[3], char **error) {
    /* The columns of both are in the same order: those that older gradebooks lacked were added behind the others. */
    static const char *const steps[] = {
        "DELETE FROM oto_check WHERE (student, assignment) IN " MERGED,
        "DELETE FROM oto_cell WHERE (student, assignment) IN " MERGED,
        "INSERT INTO oto_check SELECT * FROM shard.oto_check WHERE (student, assignment) IN " MERGED,
        "INSERT INTO oto_cell SELECT * FROM shard.oto_cell WHERE (student, assignment) IN " MERGED,
        "INSERT OR REPLACE INTO oto_submission SELECT * FROM shard.oto_submission WHERE (student, assignment) "
        "IN " MERGED};
    *error = NULL;
    if (!gradebook_do(book, error, "ATTACH ? AS shard", "s", path)) return false;
    bool done = gradebook_begin(book, error);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && done; i++) done = gradebook_do(book, error, steps[i], "");
    done = gradebook_end(book, done, error);
    if (done)
        done = gradebook_query(book, "SELECT verdict, count(*) FROM shard.oto_submission GROUP BY verdict", NULL,
                               verdict_row, by_verdict, error);
    char *ignored = NULL; /* what went wrong before says more */
    if (!gradebook_do(book, done ? error : &ignored, "DETACH shard", "")) done = false;
    free(ignored);
    return done;
}

bool gradebook_give(struct gradebook *book, const struct manual_score *given, char **error) {
    *error = NULL;
    return gradebook_do(book, error,
                        "INSERT OR REPLACE INTO oto_manual SELECT student, assignment, grade_id, " GRADEBOOK_BASIS
                        ", ?4, ?5, ?6, strftime('%s', 'now'), points FROM oto_cell c"
                        " WHERE student = ?1 AND assignment = ?2 AND grade_id = ?3",
                        isnan(given->score) ? "sssnss" : "sssdss", given->student, given->assignment, given->grade_id,
                        given->score, given->comment, given->grader);
}

bool gradebook_take_back(struct gradebook *book, const struct manual_score *given, char **error) {
    *error = NULL;
    return gradebook_do(book, error, "DELETE FROM oto_manual WHERE student = ? AND assignment = ? AND grade_id = ?",
                        "sss", given->student, given->assignment, given->grade_id);
}

bool gradebook_hand_out(struct gradebook *book, const char *assignment, const char *student, char **error) {
    static const char *const steps[] = {
        "DELETE FROM oto_handed_out WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)",
        "INSERT INTO oto_handed_out SELECT student, assignment, grade_id, final FROM oto_graded_cell"
        " WHERE final IS NOT NULL AND (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)",
        "INSERT INTO oto_handed_out SELECT student, assignment, '', score FROM oto_score"
        " WHERE score IS NOT NULL AND (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)"};
    *error = NULL;
    bool done = gradebook_begin(book, error);
    for (int i = 0; i < 3 && done; i++) done = gradebook_do(book, error, steps[i], "ss", assignment, student);
    return gradebook_end(book, done, error);
}

static bool forget_rows(struct gradebook *book, const char *table, const char *assignment, const char *student,
                        size_t *rows, char **error) {
    char *sql =
        must_format("DELETE FROM %s WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)", table);
    bool done = gradebook_do(book, error, sql, "ss", assignment, student);
    *rows = done ? (size_t)sqlite3_changes64(book->database) : 0;
    free(sql);
    return done;
}

bool gradebook_forget(struct gradebook *book, const char *assignment, const char *student, size_t *submissions,
                      size_t *by_hand, char **error) {
    static const char *const others[] = {"oto_cell", "oto_check", "oto_handed_out"};
    size_t ignored;
    *error = NULL;
    bool done = gradebook_execute(book, "PRAGMA secure_delete = ON", error) && gradebook_begin(book, error) &&
                forget_rows(book, "oto_submission", assignment, student, submissions, error) &&
                forget_rows(book, "oto_manual", assignment, student, by_hand, error);
    for (size_t i = 0; i < sizeof others / sizeof *others && done; i++)
        done = forget_rows(book, others[i], assignment, student, &ignored, error);
    /* What nbgrader was last known to have: only a course that was exported to it has that table. */
    if (done && gradebook_finds(book, "SELECT 1 FROM sqlite_schema WHERE name = 'oto_nbgrader'", NULL, error))
        done = forget_rows(book, "oto_nbgrader", assignment, student, &ignored, error);
    return gradebook_end(book, done && !*error, error);
}

/* ---- asking ---- */

const char *column_text(sqlite3_stmt *row, int column) {
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? (const char *)text : "";
}

double column_number(sqlite3_stmt *row, int column) {
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NAN : sqlite3_column_double(row, column);
}

json_t *column_json_number(sqlite3_stmt *row, int column) {
    return sqlite3_column_type(row, column) == SQLITE_NULL ? json_null()
                                                           : json_real(sqlite3_column_double(row, column));
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

static void note_row(void *context, sqlite3_stmt *row) {
    *(bool *)context = true;
}

bool gradebook_finds(struct gradebook *book, const char *sql, const char *const *parameters, char **error) {
    bool found = false;
    return gradebook_query(book, sql, parameters, note_row, &found, error) && found;
}

bool gradebook_has(struct gradebook *book, const char *student, const char *assignment, const char *key) {
    char *error;
    bool found = gradebook_finds(
        book, "SELECT 1 FROM oto_submission WHERE student = ? AND assignment = ? AND key = ? AND verdict = 'graded'",
        (const char *const[]){student, assignment, key}, &error);
    free(error);
    return found;
}

static char *copy_column(sqlite3_stmt *row, int column) {
    return sqlite3_column_type(row, column) == SQLITE_NULL ? NULL : must_copy(column_text(row, column));
}

static void earlier_cell_row(void *context, sqlite3_stmt *row) {
    struct scored *earlier = context;
    struct scored_cell *cell = &ARRAY_ADD(earlier->cells, earlier->count, earlier->capacity);
    cell->role = strcmp(column_text(row, 5), "answer") == 0 ? ROLE_ANSWER : ROLE_TEST;
    cell->position = (size_t)sqlite3_column_int64(row, 0);
    cell->score = sqlite3_column_double(row, 1);
    cell->substituted = sqlite3_column_int(row, 2);
    cell->ename = copy_column(row, 3);
    snprintf(cell->key, sizeof cell->key, "%s", column_text(row, 4));
}

/* Checks come in the order of their cells. */
static void earlier_check_row(void *context, sqlite3_stmt *row) {
    struct scored *earlier = context;
    size_t position = (size_t)sqlite3_column_int64(row, 0), i = 0;
    while (i < earlier->count && earlier->cells[i].position != position) i++;
    if (i == earlier->count) return;
    struct scored_cell *cell = &earlier->cells[i];
    ARRAY_ADD(cell->checks, cell->count, cell->capacity) =
        (struct scored_check){.name = copy_column(row, 1),
                              .weight = sqlite3_column_double(row, 2),
                              .earned = sqlite3_column_double(row, 3),
                              .passed = sqlite3_column_int(row, 4),
                              .hidden = sqlite3_column_int(row, 5),
                              .hint = copy_column(row, 6),
                              .message = copy_column(row, 7),
                              .picture = copy_column(row, 8),
                              .sounds = copy_column(row, 9)};
}

bool gradebook_earlier(struct gradebook *book, const char *student, const char *assignment, struct scored *earlier,
                       char **error) {
    const char *const whose[] = {student, assignment};
    *earlier = (struct scored){};
    bool read = gradebook_query(book,
                                "SELECT position, score, substituted, ename, key, role FROM oto_cell WHERE student = ?"
                                " AND assignment = ? AND (role = 'answer' OR key IS NOT NULL)",
                                whose, earlier_cell_row, earlier, error) &&
                gradebook_query(book,
                                "SELECT position, name, weight, earned, passed, hidden, hint, message, picture, sounds"
                                " FROM oto_check WHERE student = ? AND assignment = ? ORDER BY position, number",
                                whose, earlier_check_row, earlier, error);
    if (!read) scored_free(earlier);
    return read;
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
