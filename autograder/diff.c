/* oto-grade diff: what changed since scores were last handed out (by feedback or an export): to be looked at after a
 * test was mended or a class regraded, before students hear of it. */
#include "autograder/commands.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/gradebook.h"
#include "autograder/options.h"
#include "autograder/table.h"

struct diff {
    bool json;
    struct table table;
    json_t *rows;
    size_t up, down, new;
};

static void add_number(struct table *table, sqlite3_stmt *row, int column) {
    if (sqlite3_column_type(row, column) == SQLITE_NULL)
        table_add(table, "-");
    else
        table_add_number(table, sqlite3_column_double(row, column));
}

/* assignment, student, grade_id ("" the whole submission), old, new */
static void on_change(void *context, sqlite3_stmt *row) {
    struct diff *diff = context;
    double change = sqlite3_column_double(row, 4) - sqlite3_column_double(row, 3);
    const char *cell = column_text(row, 2);
    if (!*cell && sqlite3_column_type(row, 3) == SQLITE_NULL)
        diff->new ++;
    else if (!*cell)
        change > 0 ? diff->up++ : diff->down++;
    json_array_append_new(
        diff->rows, json_pack("{s:o, s:o, s:o, s:o, s:o}", "assignment", escape_json(column_text(row, 0)), "student",
                              escape_json(column_text(row, 1)), "grade_id", *cell ? escape_json(cell) : json_null(),
                              "old", column_json_number(row, 3), "new", column_json_number(row, 4)));
    table_add(&diff->table, column_text(row, 0));
    table_add(&diff->table, column_text(row, 1));
    add_number(&diff->table, row, 3);
    add_number(&diff->table, row, 4);
    table_add(&diff->table, *cell ? cell : "(all)");
}

static const char changes[] =
    "WITH now AS (SELECT student, assignment, grade_id, final AS score FROM oto_graded_cell WHERE final IS NOT NULL"
    " UNION ALL SELECT student, assignment, '', score FROM oto_score WHERE score IS NOT NULL),"
    " both AS (SELECT n.assignment, n.student, n.grade_id, o.score AS old, n.score AS new FROM now n"
    " LEFT JOIN oto_handed_out o USING (student, assignment, grade_id)"
    " UNION ALL SELECT o.assignment, o.student, o.grade_id, o.score, NULL FROM oto_handed_out o"
    " LEFT JOIN now n USING (student, assignment, grade_id) WHERE n.student IS NULL)"
    " SELECT assignment, student, grade_id, old, new FROM both"
    " WHERE (old IS NULL OR new IS NULL OR abs(old - new) > 1e-9) AND (?1 IS NULL OR assignment = ?1)"
    " AND (?2 IS NULL OR student = ?2)"
    /* Of a submission that was never handed out, the sum says enough. */
    " AND (grade_id = '' OR EXISTS (SELECT 1 FROM oto_handed_out h WHERE h.student = both.student"
    " AND h.assignment = both.assignment)) ORDER BY assignment, student, grade_id";

int command_diff(int count, char **words) {
    static const char *const heading[] = {"assignment", "student", "old", "new", "what"};
    struct options options;
    struct gradebook book;
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --student --json", count, words)) return 2;
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    struct diff diff = {.rows = json_array(), .table = {.columns = 5}};
    for (int i = 0; i < 5; i++) table_add(&diff.table, heading[i]);
    bool done = gradebook_query(&book, changes, (const char *const[]){options.assignment, options.student}, on_change,
                                &diff, &error);
    if (done && options.json) {
        json_dumpf(diff.rows, stdout, JSON_INDENT(1));
        putchar('\n');
    } else if (done) {
        if (json_array_size(diff.rows)) table_print(&diff.table);
        printf("submissions with more points than was handed out: %zu, with fewer: %zu, new: %zu\n", diff.up, diff.down,
               diff.new);
    }
    table_free(&diff.table);
    json_decref(diff.rows);
    gradebook_close(&book);
    return done ? 0 : complain_and_free(error);
}
