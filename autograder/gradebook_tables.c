#include "autograder/gradebook_tables.h"

#include <stdlib.h>

#include "kernel/engine/text.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS oto_submission (student TEXT, assignment TEXT, title TEXT, key TEXT, seed INTEGER,"
    " verdict TEXT, message TEXT, notes TEXT, score REAL, points REAL, submitted_at INTEGER,"
    " graded_at INTEGER, PRIMARY KEY (student, assignment));"
    "CREATE TABLE IF NOT EXISTS oto_cell (student TEXT, assignment TEXT, position INTEGER, part INTEGER, grade_id TEXT,"
    " role TEXT, points REAL, score REAL, substituted INTEGER, ename TEXT, evalue TEXT, traceback TEXT, answer TEXT,"
    " key TEXT, PRIMARY KEY (student, assignment, position));"
    "CREATE TABLE IF NOT EXISTS oto_check (student TEXT, assignment TEXT, position INTEGER, number INTEGER, name TEXT,"
    " weight REAL, earned REAL, passed INTEGER, hidden INTEGER, hint TEXT, message TEXT, picture TEXT, sounds TEXT,"
    " PRIMARY KEY (student, assignment, position, number));"
    "CREATE TABLE IF NOT EXISTS oto_expectation (key TEXT PRIMARY KEY, full BLOB, visible BLOB);"
    /* What a person gave. basis is what that person saw: the answer, or the score of the checks that is overruled;
     * points what the cell was worth then. */
    "CREATE TABLE IF NOT EXISTS oto_manual (student TEXT, assignment TEXT, grade_id TEXT, basis TEXT, score REAL,"
    " comment TEXT, grader TEXT, at INTEGER, points REAL, PRIMARY KEY (student, assignment, grade_id));"
    /* The scores that students or another program were told last. */
    "CREATE TABLE IF NOT EXISTS oto_handed_out (student TEXT, assignment TEXT, grade_id TEXT, score REAL,"
    " PRIMARY KEY (student, assignment, grade_id));"
    "CREATE TABLE IF NOT EXISTS oto_setting (name TEXT PRIMARY KEY, value TEXT);";

/* Columns that gradebooks of earlier versions lack. */
static const struct column {
    const char *table, *name, *type;
} added[] = {{"oto_submission", "submitted_at", "INTEGER"},
             {"oto_submission", "graded_at", "INTEGER"},
             {"oto_cell", "answer", "TEXT"},
             {"oto_cell", "key", "TEXT"}, /* of a test cell's score: the hash of what it depends on (depends.h) */
             {"oto_check", "sounds", "TEXT"},
             {"oto_manual", "points", "REAL"}};

/* What follows from the tables and COURSE/course.json, for this connection alone.
 * oto_graded_cell: a cell with what a person gave it, if that person saw what stands there now; final counts.
 * oto_lapsed: a score that does not count: what that person saw has changed, or else what the cell is worth.
 * oto_score: a submission's sums. score is what the student gets, NULL where nobody could grade. */
static const char views[] =
    "CREATE TEMP TABLE oto_language (code TEXT);"
    "CREATE TEMP TABLE oto_due (assignment TEXT PRIMARY KEY, due INTEGER);"
    "CREATE TEMP TABLE oto_student (student TEXT PRIMARY KEY, name TEXT, email TEXT, id TEXT);"
    "CREATE TEMP TABLE oto_late (student TEXT, assignment TEXT, days REAL, free REAL, penalty REAL,"
    " PRIMARY KEY (student, assignment));"
    "CREATE TEMP VIEW oto_graded_cell AS SELECT c.*, m.score AS manual, m.comment, m.grader,"
    " coalesce(m.score, c.score) AS final, m.score IS NULL AND c.score IS NULL AS waiting"
    " FROM oto_cell c LEFT JOIN oto_manual m ON m.student = c.student AND m.assignment = c.assignment"
    " AND m.grade_id = c.grade_id AND m.basis = " GRADEBOOK_BASIS
    " AND (m.score IS NULL OR coalesce(m.points, c.points) = c.points);"
    "CREATE TEMP VIEW oto_lapsed AS SELECT m.student, m.assignment, m.grade_id, m.score,"
    " m.basis IS NOT " GRADEBOOK_BASIS " AS changed, c.role, c.points, m.points AS old_points FROM oto_manual m"
    " JOIN oto_cell c ON c.student = m.student AND c.assignment = m.assignment AND c.grade_id = m.grade_id"
    " WHERE m.score IS NOT NULL AND (changed OR m.points <> c.points);"
    "CREATE TEMP VIEW oto_score AS SELECT s.student, s.assignment, s.title, s.verdict, s.message, s.notes, s.seed,"
    " s.submitted_at, s.score AS auto_score, s.points AS auto_points, c.earned, c.points, c.waiting,"
    " coalesce(l.days, 0) AS days_late, coalesce(l.free, 0) AS free_days, coalesce(l.penalty, 0) AS penalty,"
    " CASE s.verdict WHEN 'graded' THEN c.earned * (1 - coalesce(l.penalty, 0)) END AS score"
    " FROM oto_submission s LEFT JOIN (SELECT student, assignment, total(final) AS earned, total(points) AS points,"
    " total(waiting) AS waiting FROM oto_graded_cell GROUP BY student, assignment) c"
    " ON c.student = s.student AND c.assignment = s.assignment"
    " LEFT JOIN oto_late l ON l.student = s.student AND l.assignment = s.assignment;";

static bool add_columns(struct gradebook *book, char **error) {
    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
        bool there = gradebook_finds(book, "SELECT 1 FROM pragma_table_info(?) WHERE name = ?",
                                     (const char *const[]){added[i].table, added[i].name}, error);
        if (*error) return false;
        if (there) continue;
        char *sql = must_format("ALTER TABLE %s ADD COLUMN %s %s", added[i].table, added[i].name, added[i].type);
        bool done = gradebook_execute(book, sql, error);
        free(sql);
        if (!done) return false;
    }
    return true;
}

bool gradebook_make_tables(struct gradebook *book, char **error) {
    return gradebook_execute(book, schema, error) && add_columns(book, error) && gradebook_execute(book, views, error);
}
