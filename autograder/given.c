#include "autograder/given.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"

struct standing {
    bool found;
    double points, manual; /* manual: NAN when nobody gave any */
    char state[65], answer[65];
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

/* points, then GIVEN_STATE_COLUMNS */
static void on_standing(void *context, sqlite3_stmt *row) {
    struct standing *standing = context;
    standing->found = true;
    standing->points = sqlite3_column_double(row, 0);
    standing->manual = sqlite3_column_type(row, 3) == SQLITE_NULL ? NAN : sqlite3_column_double(row, 3);
    given_state(row, 1, standing->state);
    content_hash(column_text(row, 1), strlen(column_text(row, 1)), standing->answer);
}

static bool read_score(const char *text, double points, double *score) {
    char *end;
    *score = strtod(text, &end);
    return !*end && isfinite(*score) && *score >= 0 && *score <= points;
}

enum given_outcome given_take(struct gradebook *book, const struct given *given, char **error) {
    struct standing standing = {};
    struct manual_score kept = {.student = given->student,
                                .assignment = given->assignment,
                                .grade_id = given->grade_id,
                                .score = NAN,
                                .comment = given->comment && *given->comment ? given->comment : NULL,
                                .grader = given->grader};
    if (!gradebook_query(book,
                         "SELECT points, " GIVEN_STATE_COLUMNS " FROM oto_graded_cell"
                         " WHERE student = ? AND assignment = ? AND grade_id = ?",
                         (const char *const[]){given->student, given->assignment, given->grade_id}, on_standing,
                         &standing, error))
        return GIVEN_FAILED;
    if (!standing.found) {
        *error = must_format("\"%s\" has no cell \"%s\" in \"%s\"", given->student, given->grade_id, given->assignment);
        return GIVEN_REFUSED;
    }
    if (*given->score && !read_score(given->score, standing.points, &kept.score)) {
        *error = must_format("the score \"%s\" is no number from 0 to %g", given->score, standing.points);
        return GIVEN_REFUSED;
    }
    if (!*given->score && given->keeps_score) kept.score = standing.manual;
    if (given->answer && strcmp(given->answer, standing.answer) != 0) {
        *error = must_copy("the answer changed since it was written into this table; write the table again to see it");
        return GIVEN_CHANGED;
    }
    if (given->seen && strcmp(given->seen, standing.state) != 0) {
        *error = must_copy("the answer or its points changed since you saw them");
        return GIVEN_CHANGED;
    }
    bool done =
        *given->score || kept.comment ? gradebook_give(book, &kept, error) : gradebook_take_back(book, &kept, error);
    return done ? GIVEN_KEPT : GIVEN_FAILED;
}
