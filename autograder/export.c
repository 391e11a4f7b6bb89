/* oto-grade export: scores for another program. */
#include "autograder/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/gradebook.h"
#include "autograder/options.h"

static void on_row(void *context, sqlite3_stmt *row) {
    struct text *out = context;
    for (int column = 0; column < 5; column++) {
        if (column) text_add(out, ",");
        if (sqlite3_column_type(row, column) == SQLITE_FLOAT)
            text_format(out, "%.10g", sqlite3_column_double(row, column));
        else if (sqlite3_column_type(row, column) != SQLITE_NULL)
            escape_csv(out, column_text(row, column));
    }
    text_add(out, "\r\n");
}

int command_export(int count, char **words) {
    struct options options;
    struct gradebook book;
    struct text out = {};
    char *error = NULL;
    if (!options_read(&options, count, words)) return 2;
    if (!options.to || strcmp(options.to, "csv") != 0) {
        fprintf(stderr, "oto-grade: export wants --to csv\n");
        return 2;
    }
    char *path = must_format("%s/gradebook.db", options.course);
    bool opened = gradebook_open(&book, path, &error);
    free(path);
    if (!opened) return complain_and_free(error);
    text_add(&out, "student,assignment,verdict,score,max_score\r\n");
    bool written = gradebook_query(
        &book,
        "SELECT student, assignment, verdict, CASE verdict WHEN 'graded' THEN score END,"
        " CASE verdict WHEN 'graded' THEN points END FROM oto_submission"
        " WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2) ORDER BY student, assignment",
        (const char *const[]){options.assignment, options.student}, on_row, &out, &error);
    if (written && options.output)
        written = file_write(options.output, out.data, out.length, &error);
    else if (written)
        fputs(text_c(&out), stdout);
    text_free(&out);
    gradebook_close(&book);
    return written ? 0 : complain_and_free(error);
}
