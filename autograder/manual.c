/* oto-grade manual: what a person grades, as a table to fill in and to read back. */
#include "autograder/commands.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/given.h"
#include "autograder/gradebook.h"
#include "autograder/options.h"
#include "autograder/sheet.h"

enum { TABLE_MAX_BYTES = 256 << 20 };

/* ---- out: every written answer, with what it has ---- */

/* seen: by the answer's hash a table that is read back is known to be about the answer that stands there, and by that
 * of score and comment what was given since is known. */
static const char columns[] = "student,assignment,grade_id,points,score,comment,answer,seen\r\n";

/* student, assignment, grade_id, points, manual, comment, answer */
static void on_answer(void *context, sqlite3_stmt *row) {
    struct text *out = context;
    char seen[65], line[17];
    bool scored = sqlite3_column_type(row, 4) != SQLITE_NULL;
    for (int column = 0; column < 7; column++) {
        if (column) text_add(out, ",");
        if (sqlite3_column_type(row, column) == SQLITE_FLOAT)
            text_format(out, "%.10g", sqlite3_column_double(row, column));
        else if (sqlite3_column_type(row, column) != SQLITE_NULL)
            escape_csv(out, column_text(row, column));
    }
    content_hash(column_text(row, 6), strlen(column_text(row, 6)), seen);
    given_line(scored ? sqlite3_column_double(row, 4) : NAN, column_text(row, 5), line);
    text_format(out, ",\"%s-%s\"\r\n", seen, line);
}

/* By this mark Excel knows UTF-8, and takes what is not English for what it is; sheet_read skips it. */
static const char byte_order_mark[] = "\xEF\xBB\xBF";

static bool is_ascii(const struct text *text) {
    for (size_t i = 0; i < text->length; i++)
        if ((unsigned char)text->data[i] >= 0x80) return false;
    return true;
}

static bool write_table(struct gradebook *book, const struct options *options, char **error) {
    struct text out = {}, table = {};
    text_add(&out, columns);
    bool done = gradebook_query(book,
                                "SELECT student, assignment, grade_id, points, manual, comment, answer"
                                " FROM oto_graded_cell WHERE role IN ('written', 'task') AND (?1 IS NULL OR"
                                " assignment = ?1) AND (?2 IS NULL OR student = ?2)"
                                " ORDER BY assignment, position, student",
                                (const char *const[]){options->assignment, options->student}, on_answer, &out, error);
    if (!is_ascii(&out)) text_add(&table, byte_order_mark);
    text_add_n(&table, out.data, out.length);
    if (done) done = file_write_or_print(options->output, text_c(&table), table.length, error);
    text_free(&out);
    text_free(&table);
    return done;
}

/* ---- in ---- */

struct import {
    struct gradebook *book;
    const char *path;
    struct sheet table;
    int student, assignment, grade_id, score, comment, seen;
    size_t given, comments, empty, left;
    json_t *lines; /* by cell: the line that gives it something */
    char *error;
};

static bool refuse(struct import *import, size_t row, const char *why) {
    import->error =
        must_format("%s: line %zu: %s; nothing was changed", import->path, import->table.rows[row].line, why);
    return false;
}

/* Of two lines for one cell the later would quietly win. */
static bool is_first(struct import *import, size_t row, const struct given *given) {
    char *cell = must_format("%s\n%s\n%s", given->student, given->assignment, given->grade_id);
    json_t *earlier = json_object_get(import->lines, cell);
    if (earlier) {
        char *why =
            must_format("gives the same cell as line %lld; leave one of both", (long long)json_integer_value(earlier));
        refuse(import, row, why);
        free(why);
    } else {
        json_object_set_new_nocheck(import->lines, cell, json_integer((json_int_t)import->table.rows[row].line));
    }
    free(cell);
    return !import->error;
}

/* What is given takes part of seen from the first '-' on; tables of earlier versions have none. */
static bool give(struct import *import, size_t row, struct given *given) {
    const char *seen = sheet_field(&import->table, row, import->seen), *written = strchr(seen, '-');
    char *answer = must_copy_n(seen, strcspn(seen, "-"));
    given->answer = *answer ? answer : NULL;
    given->written = written ? written + 1 : NULL;
    enum given_outcome outcome = given_take(import->book, given, &import->error);
    free(answer);
    if (outcome == GIVEN_REFUSED || outcome == GIVEN_CHANGED) {
        char *why = import->error;
        refuse(import, row, why);
        free(why);
    }
    import->left += outcome == GIVEN_LEFT;
    *(*given->score ? &import->given : &import->comments) += outcome == GIVEN_KEPT;
    return !import->error;
}

static bool take_row(struct import *import, size_t row) {
    const struct sheet *table = &import->table;
    const char *comment = import->comment < 0 ? NULL : unescape_csv(sheet_field(table, row, import->comment));
    if (table->rows[row].count > table->rows[0].count)
        return refuse(import, row,
                      "has more fields than the first line (a comma within a field, as in 1,5, wants quotes)");
    struct given given = {.student = unescape_csv(sheet_field(table, row, import->student)),
                          .assignment = unescape_csv(sheet_field(table, row, import->assignment)),
                          .grade_id = unescape_csv(sheet_field(table, row, import->grade_id)),
                          .score = sheet_field(table, row, import->score),
                          .comment = comment,
                          .grader = "table",
                          .keeps_score = true};
    if (!*given.score && (!comment || !*comment)) {
        import->empty++;
        return true;
    }
    return is_first(import, row, &given) && give(import, row, &given);
}

static bool find_columns(struct import *import) {
    const struct {
        const char *name;
        int *column;
    } wanted[] = {{"student", &import->student},
                  {"assignment", &import->assignment},
                  {"grade_id", &import->grade_id},
                  {"score", &import->score}};
    import->comment = sheet_column(&import->table, "comment");
    import->seen = sheet_column(&import->table, "seen");
    for (int i = 0; i < 4; i++) {
        *wanted[i].column = sheet_column(&import->table, wanted[i].name);
        if (*wanted[i].column >= 0) continue;
        import->error = must_format("%s: has no column \"%s\" (oto-grade manual writes the table to fill in)",
                                    import->path, wanted[i].name);
        return false;
    }
    return true;
}

static const char *plural(size_t count) {
    return count == 1 ? "" : "s";
}

static bool read_table(struct gradebook *book, const char *path, char **error) {
    size_t size;
    char *bytes = file_read(path, TABLE_MAX_BYTES, &size, error);
    if (!bytes) return false;
    struct import import = {.book = book, .path = path, .lines = json_object()};
    bool done = sheet_read(&import.table, path, bytes, size, &import.error) && find_columns(&import) &&
                gradebook_begin(book, &import.error);
    for (size_t i = 1; done && i < import.table.count; i++) done = take_row(&import, i);
    if (gradebook_end(book, done, &import.error)) {
        printf("%zu score%s taken, %zu comment%s without a score, %zu line%s with neither left as before\n",
               import.given, plural(import.given), import.comments, plural(import.comments), import.empty,
               plural(import.empty));
        if (import.left)
            printf("%zu line%s as the table was written: what somebody gave there since stays\n", import.left,
                   plural(import.left));
    }
    sheet_free(&import.table);
    json_decref(import.lines);
    free(bytes);
    *error = import.error;
    return !*error;
}

int command_manual(int count, char **words) {
    struct options options;
    struct gradebook book;
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --student -o --from", count, words)) return 2;
    if (options.from && (options.output || options.assignment || options.student)) {
        fprintf(stderr, "oto-grade: manual --from takes all lines of its table; -o, --assignment and --student are for "
                        "the table that is written\n");
        return 2;
    }
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    bool done = options.from ? read_table(&book, options.from, &error) : write_table(&book, &options, &error);
    gradebook_close(&book);
    return done ? 0 : complain_and_free(error);
}
