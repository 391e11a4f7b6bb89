/* gradebook: scores in COURSE/gradebook.db (SQLite), in tables of our own (oto_...) beside nbgrader's, which may share
 * the file. Each submission is one transaction, so a crash loses at most the one that was being written. */
#ifndef GRADER_GRADEBOOK_H
#define GRADER_GRADEBOOK_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "autograder/grade.h"

struct gradebook {
    sqlite3 *database;
};

bool gradebook_open(struct gradebook *book, const char *path, char **error);
/* The gradebook of a course that was graded, with what its course.json says (policy.h): the views oto_graded_cell and
 * oto_score of gradebook_tables.c hold what counts. */
bool gradebook_open_course(struct gradebook *book, const char *course, char **error);
/* The same, for a command about one assignment or student (NULL: all of them). A name of which nothing is graded is an
 * error: an empty table would look like an answer. */
bool gradebook_open_course_for(struct gradebook *book, const char *course, const char *assignment, const char *student,
                               char **error);
void gradebook_close(struct gradebook *book);

/* Several changes as one: all of them, or none when good is false or the file cannot be written. */
bool gradebook_begin(struct gradebook *book, char **error);
bool gradebook_end(struct gradebook *book, bool good, char **error);

/* Is this submission graded already, with the same key? */
bool gradebook_has(struct gradebook *book, const char *student, const char *assignment, const char *key);
/* The answers and test cells of a submission that was graded, these with their keys and checks, for grade to take over
 * what is still right; no tests where an earlier version has graded it. Release with scored_free. False with a malloc'd
 * *error. */
bool gradebook_earlier(struct gradebook *book, const char *student, const char *assignment, struct scored *earlier,
                       char **error);
/* at is when the student handed in, in seconds since 1970; NULL where nobody knows. A sandbox that failed takes no
 * score away: INFRASTRUCTURE leaves what was graded with the same key. So does gradebook_merge. */
bool gradebook_store(struct gradebook *book, const char *student, const char *assignment, const char *title,
                     const char *key, int64_t seed, const struct graded *graded, const int64_t *at, char **error);
/* The same answers were handed in again, or the time was mended: it is what the gradebook says from now on. */
bool gradebook_note_time(struct gradebook *book, const char *student, const char *assignment, const int64_t *at,
                         char **error);
/* Takes over the submissions of another gradebook, but for those that were graded here later; doing it twice changes
 * nothing. by_verdict (of enum verdict) counts them up. */
bool gradebook_merge(struct gradebook *book, const char *path, size_t by_verdict[3], char **error);

/* What a person gives a cell of a submission: a written answer its points, a test cell other points than its checks
 * gave. It counts until the answer, what the checks give, or what the cell is worth changes. */
struct manual_score {
    const char *student, *assignment, *grade_id;
    double score;                 /* NAN: a comment alone */
    const char *comment, *grader; /* may be NULL */
};
bool gradebook_give(struct gradebook *book, const struct manual_score *given, char **error);
/* Forgets what a person gave that cell. */
bool gradebook_take_back(struct gradebook *book, const struct manual_score *given, char **error);

/* Notes the present scores as those that students know; NULL is every assignment or student. */
bool gradebook_hand_out(struct gradebook *book, const char *assignment, const char *student, char **error);

/* Takes submissions out, with what was given by hand for them and what was handed out of them, and leaves no bytes of
 * them in the file; NULL is every assignment or student. Counts both. */
bool gradebook_forget(struct gradebook *book, const char *assignment, const char *student, size_t *submissions,
                      size_t *by_hand, char **error);

/* What the solution observed, by a key of exercise, seed and toolchain. */
bool gradebook_expectation(struct gradebook *book, const char *key, struct expectation *expectation);
bool gradebook_store_expectation(struct gradebook *book, const char *key, const struct expectation *expectation,
                                 char **error);

/* Runs statements without values. */
bool gradebook_execute(struct gradebook *book, const char *sql, char **error);
/* Runs a statement. types has a letter for each value behind it: s text (NULL is NULL), i int64_t, d double, n a double
 * that is stored as NULL. Values that the statement does not ask for are left out. */
bool gradebook_do(struct gradebook *book, char **error, const char *sql, const char *types, ...);

/* Runs a query and calls row for each row. NULL parameters are not bound. False with a malloc'd *error. */
typedef void gradebook_row(void *context, sqlite3_stmt *row);
bool gradebook_query(struct gradebook *book, const char *sql, const char *const *parameters, gradebook_row *row,
                     void *context, char **error);
/* Does a query give any row? False with a malloc'd *error where it cannot be run. */
bool gradebook_finds(struct gradebook *book, const char *sql, const char *const *parameters, char **error);
/* A column as text, "" for NULL. */
const char *column_text(sqlite3_stmt *row, int column);
/* As a number, NAN for NULL. */
double column_number(sqlite3_stmt *row, int column);
/* The same, new, null for NULL. */
json_t *column_json_number(sqlite3_stmt *row, int column);

#endif
