#include "autograder/given.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "kernel/engine/text.h"

enum { LAPSED_SHOWN = 20 };

struct standing {
    bool found;
    double points, manual; /* manual: NAN when nobody gave any */
    char state[65], answer[65];
    char *comment, *grader; /* NULL when there is none */
};

void given_state(sqlite3_stmt *row, int first, char state[65]) {
    struct text all = {};
    for (int column = first; column < first + 4; column++) {
        bool empty = sqlite3_column_type(row, column) == SQLITE_NULL;
        const char *value = column_text(row, column);
        text_format(&all, "%d %zu %s\n", empty, strlen(value), value);
    }
    content_hash(all.data, all.length, state);
    text_free(&all);
}

void given_line(double score, const char *comment, char line[17]) {
    char hash[65];
    struct text all = {};
    if (!isnan(score)) text_format(&all, "%.10g", score);
    text_format(&all, "\n%s", comment ? comment : "");
    content_hash(all.data, all.length, hash);
    memcpy(line, hash, 16);
    line[16] = 0;
    text_free(&all);
}

/* points, then GIVEN_STATE_COLUMNS, grader */
static void on_standing(void *context, sqlite3_stmt *row) {
    struct standing *standing = context;
    const char *comment = column_text(row, 4), *grader = column_text(row, 5);
    standing->found = true;
    standing->points = sqlite3_column_double(row, 0);
    standing->manual = sqlite3_column_type(row, 3) == SQLITE_NULL ? NAN : sqlite3_column_double(row, 3);
    standing->comment = *comment ? must_copy(comment) : NULL;
    standing->grader = *grader ? must_copy(grader) : NULL;
    given_state(row, 1, standing->state);
    content_hash(column_text(row, 1), strlen(column_text(row, 1)), standing->answer);
}

static bool read_score(const char *text, double points, double *score) {
    char *end;
    *score = strtod(text, &end);
    bool decimal = !text[strspn(text, "0123456789.eE+-")]; /* strtod reads 0x1, too */
    return decimal && !*end && isfinite(*score) && *score >= 0 && *score <= points;
}

/* A table that comes back beside what somebody gave since it was written. What tables gave does not count as
 * somebody's: a table is read once more with a correction. */
static enum given_outcome compare(const struct given *given, const struct standing *standing,
                                  const struct manual_score *kept, char **error) {
    char now[17], wanted[17], line[17];
    given_line(standing->manual, standing->comment, now);
    given_line(kept->score, kept->comment, wanted);
    given_line(*given->score ? kept->score : NAN, kept->comment, line);
    bool unchanged = strcmp(given->written, now) == 0 || strcmp(wanted, now) == 0;
    bool own = standing->grader && given->grader && strcmp(standing->grader, given->grader) == 0;
    if (unchanged) return GIVEN_KEPT;
    if (strcmp(given->written, line) == 0) return GIVEN_LEFT;
    if (own) return GIVEN_KEPT;
    *error = isnan(standing->manual)
                 ? must_copy("somebody changed its comment or took its score back since this table was written; write "
                             "the table again, or leave the line out")
                 : must_format("somebody gave it %g or another comment since this table was written; write the table "
                               "again, or leave the line out",
                               standing->manual);
    return GIVEN_CHANGED;
}

static enum given_outcome take(struct gradebook *book, const struct given *given, const struct standing *standing,
                               char **error) {
    const char *comment = given->comment ? given->comment : standing->comment;
    struct manual_score kept = {.student = given->student,
                                .assignment = given->assignment,
                                .grade_id = given->grade_id,
                                .score = NAN,
                                .comment = comment && *comment ? comment : NULL,
                                .grader = given->grader};
    if (!standing->found) {
        *error = must_format("\"%s\" has no cell \"%s\" in \"%s\"", given->student, given->grade_id, given->assignment);
        return GIVEN_REFUSED;
    }
    if (*given->score && !read_score(given->score, standing->points, &kept.score)) {
        *error = must_format("the score \"%s\" is no number from 0 to %g", given->score, standing->points);
        return GIVEN_REFUSED;
    }
    if (!*given->score && given->keeps_score) kept.score = standing->manual;
    if (given->answer && strcmp(given->answer, standing->answer) != 0) {
        *error = must_copy("the answer changed since it was written into this table; write the table again to see it");
        return GIVEN_CHANGED;
    }
    if (given->seen && strcmp(given->seen, standing->state) != 0) {
        *error = must_copy("the answer or its points changed since you saw them");
        return GIVEN_CHANGED;
    }
    enum given_outcome compared = given->written ? compare(given, standing, &kept, error) : GIVEN_KEPT;
    if (compared != GIVEN_KEPT) return compared;
    bool done =
        *given->score || kept.comment ? gradebook_give(book, &kept, error) : gradebook_take_back(book, &kept, error);
    return done ? GIVEN_KEPT : GIVEN_FAILED;
}

enum given_outcome given_take(struct gradebook *book, const struct given *given, char **error) {
    struct standing standing = {};
    enum given_outcome outcome = GIVEN_FAILED;
    if (gradebook_query(book,
                        "SELECT points, " GIVEN_STATE_COLUMNS ", grader FROM oto_graded_cell"
                        " WHERE student = ? AND assignment = ? AND grade_id = ?",
                        (const char *const[]){given->student, given->assignment, given->grade_id}, on_standing,
                        &standing, error))
        outcome = take(book, given, &standing, error);
    free(standing.comment);
    free(standing.grader);
    return outcome;
}

/* student, assignment, grade_id, score, changed, role, points, old_points */
static void tell_lapsed(void *context, sqlite3_stmt *row) {
    size_t *told = context;
    if (++*told > LAPSED_SHOWN) return;
    const char *role = column_text(row, 5);
    bool by_checks = strcmp(role, "written") != 0 && strcmp(role, "task") != 0;
    struct text line = {}, what = {};
    text_format(&what, "%s, %s: the %g points given by hand for \"%s\" do not count any more: ", column_text(row, 0),
                column_text(row, 1), column_number(row, 3), column_text(row, 2));
    if (!sqlite3_column_int(row, 4))
        text_format(&what, "the cell is worth %g points now, and not %g", column_number(row, 6), column_number(row, 7));
    else
        text_add(&what, by_checks ? "its checks give other points now" : "the answer has changed");
    escape_terminal(&line, text_c(&what), false);
    fprintf(stderr, "oto-grade: %s\n", text_c(&line));
    text_free(&line);
    text_free(&what);
}

bool given_tell_lapsed(struct gradebook *book, const char *assignment, const char *student, char **error) {
    size_t told = 0;
    if (!gradebook_query(
            book,
            "SELECT student, assignment, grade_id, score, changed, role, points, old_points FROM oto_lapsed"
            " WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)"
            " ORDER BY assignment, grade_id, student",
            (const char *const[]){assignment, student}, tell_lapsed, &told, error))
        return false;
    if (told > LAPSED_SHOWN) fprintf(stderr, "oto-grade: and so do %zu more\n", told - LAPSED_SHOWN);
    if (told)
        fprintf(stderr, "oto-grade: give them again (oto-grade serve or manual), or leave it at what counts now\n");
    return true;
}
