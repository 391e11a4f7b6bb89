#include "autograder/check_lines.h"

static void on_check(void *context, sqlite3_stmt *row) {
    struct text *lines = context;
    bool passed = sqlite3_column_int(row, 1), hidden = sqlite3_column_int(row, 2);
    text_format(lines, "%s %s%s\n", passed ? "ok  " : "FAIL", column_text(row, 0), hidden ? " (a hidden check)" : "");
    if (passed || hidden) return;
    text_format(lines, "     %s\n", column_text(row, 3));
    if (*column_text(row, 4)) text_format(lines, "     hint: %s\n", column_text(row, 4));
}

bool check_lines(struct gradebook *book, const char *student, const char *assignment, const char *position,
                 struct text *out, char **error) {
    return gradebook_query(book,
                           "SELECT name, passed, hidden, message, hint FROM oto_check"
                           " WHERE student = ? AND assignment = ? AND position = ? ORDER BY number",
                           (const char *const[]){student, assignment, position}, on_check, out, error);
}
