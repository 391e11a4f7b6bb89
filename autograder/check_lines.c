#include "autograder/check_lines.h"

struct lines {
    struct text *out;
    bool for_staff;
};

/* name, passed, hidden, message, hint */
static void on_check(void *context, sqlite3_stmt *row) {
    const struct lines *lines = context;
    bool passed = sqlite3_column_int(row, 1), hidden = sqlite3_column_int(row, 2);
    if (lines->for_staff && !hidden) return;
    text_format(lines->out, "%s %s%s\n", passed ? "ok  " : "FAIL", column_text(row, 0),
                hidden ? " (a hidden check)" : "");
    if (passed || (hidden && !lines->for_staff)) return;
    text_format(lines->out, "     %s\n", column_text(row, 3));
    if (*column_text(row, 4)) text_format(lines->out, "     hint: %s\n", column_text(row, 4));
}

static bool add_lines(struct gradebook *book, const char *student, const char *assignment, const char *position,
                      struct lines lines, char **error) {
    return gradebook_query(book,
                           "SELECT name, passed, hidden, message, hint FROM oto_check"
                           " WHERE student = ? AND assignment = ? AND position = ? ORDER BY number",
                           (const char *const[]){student, assignment, position}, on_check, &lines, error);
}

bool check_lines(struct gradebook *book, const char *student, const char *assignment, const char *position,
                 struct text *out, char **error) {
    return add_lines(book, student, assignment, position, (struct lines){out, false}, error);
}

bool check_lines_hidden(struct gradebook *book, const char *student, const char *assignment, const char *position,
                        struct text *out, char **error) {
    return add_lines(book, student, assignment, position, (struct lines){out, true}, error);
}
