/* gradebook: scores in COURSE/gradebook.db (SQLite), in tables of our own (oto_...) beside nbgrader's, which may share
 * the file. Each submission is one transaction, so a crash loses at most the one that was being written. */
#ifndef GRADER_GRADEBOOK_H
#define GRADER_GRADEBOOK_H

#include <sqlite3.h>
#include <stdbool.h>

#include "autograder/grade.h"

struct gradebook {
    sqlite3 *database;
};

bool gradebook_open(struct gradebook *book, const char *path, char **error);
void gradebook_close(struct gradebook *book);

/* Is this submission graded already, with the same key? */
bool gradebook_has(struct gradebook *book, const char *student, const char *assignment, const char *key);
bool gradebook_store(struct gradebook *book, const char *student, const char *assignment, const char *title,
                     const char *key, int64_t seed, const struct graded *graded, char **error);

/* What the solution observed, by a key of exercise, seed and toolchain. */
bool gradebook_expectation(struct gradebook *book, const char *key, struct expectation *expectation);
bool gradebook_store_expectation(struct gradebook *book, const char *key, const struct expectation *expectation,
                                 char **error);

/* Runs a query and calls row for each row. NULL parameters are not bound. False with a malloc'd *error. */
typedef void gradebook_row(void *context, sqlite3_stmt *row);
bool gradebook_query(struct gradebook *book, const char *sql, const char *const *parameters, gradebook_row *row,
                     void *context, char **error);
/* A column as text, "" for NULL. */
const char *column_text(sqlite3_stmt *row, int column);

#endif
