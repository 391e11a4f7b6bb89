#include "autograder/outcome.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/sounds.h"
#include "kernel/engine/text.h"

static char *copy_of(sqlite3_stmt *row, int column) {
    return must_copy(column_text(row, column));
}

/* NULL where the column is empty. */
static char *copy_if_any(sqlite3_stmt *row, int column) {
    return *column_text(row, column) ? copy_of(row, column) : NULL;
}

/* Tracebacks come with terminal colours: ESC [ ... letter. */
static char *without_colours(const char *text) {
    struct text plain = {};
    for (const char *at = text; *at; at++) {
        if (at[0] == '\033' && at[1] == '[') {
            for (at += 2; *at && !(*at >= '@' && *at <= '~');) at++;
            if (!*at) break;
            continue;
        }
        text_add_n(&plain, at, 1);
    }
    return plain.length ? text_take(&plain) : must_copy("");
}

/* ---- reading ---- */

struct reader {
    struct outcome *outcome;
    bool found;
};

/* position, name, passed, hidden, earned, message, hint, picture, sounds */
static void on_check(void *context, sqlite3_stmt *row) {
    struct outcome *outcome = ((struct reader *)context)->outcome;
    for (size_t i = 0; i < outcome->count; i++) {
        struct outcome_cell *cell = &outcome->cells[i];
        if (cell->position != (size_t)sqlite3_column_int64(row, 0)) continue;
        ARRAY_ADD(cell->checks, cell->count, cell->capacity) =
            (struct outcome_check){.name = copy_of(row, 1),
                                   .passed = sqlite3_column_int(row, 2),
                                   .hidden = sqlite3_column_int(row, 3),
                                   .earned = sqlite3_column_double(row, 4),
                                   .message = copy_if_any(row, 5),
                                   .hint = copy_if_any(row, 6),
                                   .picture = copy_if_any(row, 7),
                                   .sounds = copy_if_any(row, 8)};
        return;
    }
}

/* position, grade_id, role, points, final, substituted, ename, evalue, traceback, comment, answer, unanswered */
static void on_cell(void *context, sqlite3_stmt *row) {
    struct outcome *outcome = ((struct reader *)context)->outcome;
    bool waits = sqlite3_column_type(row, 4) == SQLITE_NULL;
    ARRAY_ADD(outcome->cells, outcome->count, outcome->capacity) =
        (struct outcome_cell){.position = (size_t)sqlite3_column_int64(row, 0),
                              .grade_id = copy_of(row, 1),
                              .role = copy_of(row, 2),
                              .points = sqlite3_column_double(row, 3),
                              .score = waits ? NAN : sqlite3_column_double(row, 4),
                              .substituted = sqlite3_column_int(row, 5),
                              .failed = sqlite3_column_type(row, 6) != SQLITE_NULL,
                              .ename = copy_of(row, 6),
                              .evalue = copy_of(row, 7),
                              .traceback = without_colours(column_text(row, 8)),
                              .comment = copy_of(row, 9),
                              .answer = copy_of(row, 10),
                              .unanswered = sqlite3_column_int(row, 11)};
}

/* Where the file lies on the grader's machine is nothing to a student: what stands in front of its own name goes. */
static const char *without_folder(const char *message, const struct outcome *outcome) {
    char *folder = must_format("/submitted/%s/%s/", outcome->student, outcome->assignment);
    const char *found = *message == '/' ? strstr(message, folder) : NULL;
    if (found) message = found + strlen(folder);
    free(folder);
    return message;
}

/* title, verdict, message, notes, score, points, waiting, days_late, penalty, free_days */
static void on_submission(void *context, sqlite3_stmt *row) {
    struct reader *reader = context;
    struct outcome *outcome = reader->outcome;
    reader->found = true;
    outcome->title = copy_of(row, 0);
    outcome->graded = strcmp(column_text(row, 1), "graded") == 0;
    outcome->message = must_copy(without_folder(column_text(row, 2), outcome));
    outcome->notes = copy_of(row, 3);
    outcome->score = sqlite3_column_double(row, 4);
    outcome->points = sqlite3_column_double(row, 5);
    outcome->waiting = (size_t)sqlite3_column_int64(row, 6);
    outcome->days_late = sqlite3_column_double(row, 7);
    outcome->penalty = sqlite3_column_double(row, 8);
    outcome->free_days = sqlite3_column_double(row, 9);
}

/* ---- parts ---- */

/* Of a line that is a heading, without its signs; NULL. */
static char *heading_in(const char *line) {
    size_t signs = strspn(line, "#");
    if (signs < 1 || signs > 6 || line[signs] != ' ') return NULL;
    return must_copy_n(line + signs + 1, strcspn(line, "\n") - signs - 1);
}

/* Of a text, the last, or NULL. */
static char *last_heading(const char *text) {
    char *last = NULL;
    for (const char *at = text; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        char *heading = heading_in(at);
        if (!heading) continue;
        free(last);
        last = heading;
    }
    return last;
}

/* With which a cell begins that a person grades, or NULL: nbgrader's task describes itself. In a written answer it
 * stands before the model answer, which begins with a marker or is the whole cell, and is not for students. */
static char *first_heading(const struct cell *cell) {
    static const char *const markers[] = {"BEGIN SOLUTION", "BEGIN MARK SCHEME", "BEGIN HIDDEN TESTS"};
    bool described = cell->role == ROLE_TASK || (cell->role == ROLE_WRITTEN && strstr(cell->source, markers[0]));
    char *heading = described && !cell->code ? heading_in(cell->source + strspn(cell->source, "\n")) : NULL;
    for (size_t i = 0; heading && i < sizeof markers / sizeof *markers; i++) {
        if (!strstr(heading, markers[i])) continue;
        free(heading);
        heading = NULL;
    }
    return heading;
}

/* The heading that a cell stands under: its own or the last of the instructor's text before it, without its signs, or
 * NULL. */
static char *heading_of(const struct notebook *source, const char *grade_id) {
    const struct cell *cell = source ? notebook_find(source, grade_id) : NULL;
    char *heading = NULL;
    for (size_t i = cell ? (size_t)(cell - source->cells) + 1 : 0; i-- > 0 && !heading;) {
        const struct cell *text = &source->cells[i];
        heading = !text->code && text->role == ROLE_PLAIN ? last_heading(text->source) : first_heading(text);
    }
    return heading;
}

static void find_parts(struct outcome *outcome, const struct notebook *source) {
    for (size_t i = 0; i < outcome->count; i++) {
        const struct outcome_cell *cell = &outcome->cells[i];
        char *title = heading_of(source, cell->grade_id);
        if (!title) title = must_copy(cell->grade_id);
        struct outcome_part *part = outcome->part_count ? &outcome->parts[outcome->part_count - 1] : NULL;
        if (part && strcmp(part->title, title) == 0) {
            free(title);
        } else {
            part = &ARRAY_ADD(outcome->parts, outcome->part_count, outcome->part_capacity);
            *part = (struct outcome_part){.title = title, .first = i};
        }
        part->count++;
        part->points += cell->points;
        part->score += isnan(cell->score) ? 0 : cell->score;
        part->waiting += isnan(cell->score);
        part->checks += cell->count;
        for (size_t k = 0; k < cell->count; k++) part->passed += cell->checks[k].passed;
    }
}

/* The first sounds are kept, as many as a page can carry. */
static void limit_sounds(struct outcome *outcome) {
    size_t room = (size_t)SOUNDS_MAX_MB << 20;
    for (size_t i = 0; i < outcome->count; i++)
        for (size_t k = 0; k < outcome->cells[i].count; k++) sounds_fit(outcome->cells[i].checks[k].sounds, &room);
}

bool outcome_read(struct outcome *outcome, struct gradebook *book, const char *student, const char *assignment,
                  const struct notebook *source, char **error) {
    struct reader reader = {.outcome = outcome};
    const char *const who[] = {student, assignment};
    *outcome = (struct outcome){.student = must_copy(student), .assignment = must_copy(assignment)};
    bool read =
        gradebook_query(book,
                        "SELECT title, verdict, message, notes, score, points, waiting, days_late, penalty,"
                        " free_days FROM oto_score WHERE student = ? AND assignment = ?",
                        who, on_submission, &reader, error) &&
        gradebook_query(book,
                        "SELECT position, grade_id, role, points, final, substituted, ename, evalue, traceback,"
                        " comment, answer, role IN ('written', 'task') AND manual IS NULL AND score IS NOT NULL"
                        " FROM oto_graded_cell WHERE student = ? AND assignment = ? ORDER BY position",
                        who, on_cell, &reader, error) &&
        gradebook_query(book,
                        "SELECT position, name, passed, hidden, earned, CASE WHEN NOT hidden THEN message END,"
                        " CASE WHEN NOT hidden THEN hint END, CASE WHEN NOT hidden THEN picture END,"
                        " CASE WHEN NOT hidden THEN sounds END FROM oto_check WHERE student = ? AND assignment = ?"
                        " ORDER BY position, number",
                        who, on_check, &reader, error);
    if (read && !reader.found) *error = must_format("\"%s\" has no submission of \"%s\"", student, assignment);
    if (!read || !reader.found) {
        outcome_free(outcome);
        return false;
    }
    find_parts(outcome, source);
    limit_sounds(outcome);
    return true;
}

void outcome_free(struct outcome *outcome) {
    for (size_t i = 0; i < outcome->count; i++) {
        struct outcome_cell *cell = &outcome->cells[i];
        for (size_t k = 0; k < cell->count; k++) {
            free(cell->checks[k].name);
            free(cell->checks[k].message);
            free(cell->checks[k].hint);
            free(cell->checks[k].picture);
            free(cell->checks[k].sounds);
        }
        free(cell->checks);
        free(cell->grade_id);
        free(cell->role);
        free(cell->ename);
        free(cell->evalue);
        free(cell->traceback);
        free(cell->comment);
        free(cell->answer);
    }
    for (size_t i = 0; i < outcome->part_count; i++) free(outcome->parts[i].title);
    free(outcome->cells);
    free(outcome->parts);
    free(outcome->student);
    free(outcome->assignment);
    free(outcome->title);
    free(outcome->message);
    free(outcome->notes);
    *outcome = (struct outcome){};
}

/* ---- the student's line ---- */

static const struct outcome_cell *answer_at(const struct outcome *outcome, size_t position) {
    for (size_t i = 0; i < outcome->count; i++)
        if (outcome->cells[i].position == position && strcmp(outcome->cells[i].role, "answer") == 0)
            return &outcome->cells[i];
    return NULL;
}

static char *line_of(const char *source, size_t number) {
    for (; number > 1 && *source; number--) {
        source += strcspn(source, "\n");
        source += *source == '\n';
    }
    while (isspace((unsigned char)*source) && *source != '\n') source++;
    return must_copy_n(source, strcspn(source, "\n"));
}

bool outcome_line(const struct outcome *outcome, const struct outcome_cell *cell, const struct outcome_cell **answer,
                  size_t *number, char **line) {
    *answer = NULL;
    for (const char *at = cell->traceback; (at = strstr(at, "cell [")); at++) {
        char *end;
        size_t place = strtoul(at + strlen("cell ["), &end, 10);
        static const char between[] = "] line ";
        const struct outcome_cell *found = place ? answer_at(outcome, place - 1) : NULL;
        if (!found || strncmp(end, between, strlen(between)) != 0) continue;
        *answer = found;
        *number = strtoul(end + strlen(between), NULL, 10);
    }
    if (!*answer || !*number) return false;
    *line = line_of((*answer)->answer, *number);
    return true;
}
