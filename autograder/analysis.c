#include "autograder/analysis.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/pseudonym.h"
#include "kernel/engine/text.h"

static const double rounding = 1e-9, half = 0.5;

/* ---- statistics ---- */

double correlation(const double *x, const double *y, size_t count) {
    double n = 0, mean_x = 0, mean_y = 0, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(x[i]) || !isfinite(y[i])) continue;
        double dx = x[i] - mean_x, dy = y[i] - mean_y; /* Welford's updates */
        n++;
        mean_x += dx / n;
        mean_y += dy / n;
        xx += dx * (x[i] - mean_x);
        yy += dy * (y[i] - mean_y);
        xy += dx * (y[i] - mean_y);
    }
    return xx > rounding && yy > rounding ? xy / sqrt(xx * yy) : NAN;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double quantile(const double *values, size_t count, double share) {
    double *sorted = must_allocate((count + 1) * sizeof *sorted);
    size_t known = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) sorted[known++] = values[i];
    qsort(sorted, known, sizeof *sorted, by_size);
    double found = NAN;
    if (known) {
        double place = share * (double)(known - 1);
        size_t below = (size_t)place, above = below + 1 < known ? below + 1 : below;
        found = sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
    }
    free(sorted);
    return found;
}

/* ---- reading ---- */

struct reading {
    struct analysis *analysis;
    const char *salt;
    struct graded_assignment *assignment; /* that is read */
};

static double *unknown(size_t count) {
    double *values = must_allocate((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++) values[i] = NAN;
    return values;
}

static int is_called(const void *key, const void *student) {
    return strcmp(key, ((const struct student *)student)->name);
}

static int by_name(const void *a, const void *b) {
    return is_called(((const struct student *)a)->name, b);
}

static size_t student_of(const struct reading *reading, sqlite3_stmt *row, int column) {
    const struct analysis *analysis = reading->analysis;
    char *name = pseudonym_of(reading->salt, column_text(row, column));
    const struct student *found =
        bsearch(name, analysis->students, analysis->student_count, sizeof *analysis->students, is_called);
    free(name);
    return found ? (size_t)(found - analysis->students) : analysis->student_count;
}

static void on_student(void *context, sqlite3_stmt *row) {
    struct reading *reading = context;
    struct analysis *analysis = reading->analysis;
    struct student *student = &ARRAY_ADD(analysis->students, analysis->student_count, analysis->student_capacity);
    const char *full = column_text(row, 1);
    student->name = pseudonym_of(reading->salt, column_text(row, 0));
    student->shown = *full && !reading->salt ? must_format("%s (%s)", full, student->name) : must_copy(student->name);
}

static void on_assignment(void *context, sqlite3_stmt *row) {
    struct analysis *analysis = ((struct reading *)context)->analysis;
    struct graded_assignment *assignment =
        &ARRAY_ADD(analysis->assignments, analysis->assignment_count, analysis->assignment_capacity);
    assignment->name = must_copy(column_text(row, 0));
    assignment->has_due = sqlite3_column_type(row, 1) != SQLITE_NULL;
    assignment->due = sqlite3_column_int64(row, 1);
    assignment->results = must_allocate((analysis->student_count + 1) * sizeof *assignment->results);
    memset(assignment->results, 0, (analysis->student_count + 1) * sizeof *assignment->results);
}

/* student, verdict, score, points, waiting, earned, penalty */
static void on_submission(void *context, sqlite3_stmt *row) {
    const struct reading *reading = context;
    bool graded = strcmp(column_text(row, 1), "graded") == 0;
    reading->assignment->results[student_of(reading, row, 0)] =
        (struct result){.handed_in = true,
                        .graded = graded,
                        .score = sqlite3_column_double(row, 2),
                        .points = sqlite3_column_double(row, 3),
                        .waiting = sqlite3_column_double(row, 4),
                        .earned = sqlite3_column_double(row, 5),
                        .penalty = sqlite3_column_double(row, 6)};
    reading->assignment->handed_in++;
    if (graded)
        reading->assignment->graded++;
    else
        reading->assignment->ungraded++;
}

/* part, name, student, points, earned, errors, waiting; by part */
static void on_part(void *context, sqlite3_stmt *row) {
    const struct reading *reading = context;
    struct graded_assignment *assignment = reading->assignment;
    size_t number = (size_t)sqlite3_column_int64(row, 0);
    if (!assignment->part_count || assignment->parts[assignment->part_count - 1].number != number) {
        struct part *part = &ARRAY_ADD(assignment->parts, assignment->part_count, assignment->part_capacity);
        *part = (struct part){.number = number,
                              .name = must_copy(column_text(row, 1)),
                              .points = sqlite3_column_double(row, 3),
                              .earned = unknown(reading->analysis->student_count + 1)};
    }
    struct part *part = &assignment->parts[assignment->part_count - 1];
    part->earned[student_of(reading, row, 2)] = column_number(row, 4);
    part->errors += sqlite3_column_int(row, 5) != 0;
    part->waiting += sqlite3_column_int(row, 6) != 0;
}

/* position, number, name, grade_id, part, points, hidden, by_person, hint, student, earned; by position and name */
static void on_item(void *context, sqlite3_stmt *row) {
    const struct reading *reading = context;
    struct graded_assignment *assignment = reading->assignment;
    size_t position = (size_t)sqlite3_column_int64(row, 0);
    const struct item *last = assignment->item_count ? &assignment->items[assignment->item_count - 1] : NULL;
    if (!last || last->position != position || strcmp(last->name, column_text(row, 2)) != 0) {
        struct item *item = &ARRAY_ADD(assignment->items, assignment->item_count, assignment->item_capacity);
        *item = (struct item){.position = position,
                              .number = (size_t)sqlite3_column_int64(row, 1),
                              .name = must_copy(column_text(row, 2)),
                              .grade_id = must_copy(column_text(row, 3)),
                              .part = (size_t)sqlite3_column_int64(row, 4),
                              .points = sqlite3_column_double(row, 5),
                              .hidden = sqlite3_column_int(row, 6) != 0,
                              .by_person = sqlite3_column_int(row, 7) != 0,
                              .hint = must_copy(column_text(row, 8)),
                              .earned = unknown(reading->analysis->student_count + 1)};
    }
    assignment->items[assignment->item_count - 1].earned[student_of(reading, row, 9)] = column_number(row, 10);
}

static const char students[] = "SELECT student, max(name) FROM (SELECT student, NULL AS name FROM oto_submission"
                               " UNION ALL SELECT student, name FROM oto_student) GROUP BY student";
static const char assignments[] = "SELECT s.assignment, d.due FROM (SELECT DISTINCT assignment FROM oto_submission) s"
                                  " LEFT JOIN oto_due d USING (assignment) WHERE ?1 IS NULL OR s.assignment = ?1"
                                  " ORDER BY d.due IS NULL, d.due, s.assignment";
static const char submissions[] =
    "SELECT student, verdict, score, points, waiting, earned, penalty FROM oto_score WHERE assignment = ?";
static const char parts[] =
    "SELECT c.part, n.name, c.student, total(c.points), CASE WHEN max(c.waiting) THEN NULL ELSE total(c.final) END,"
    /* SQLite takes grade_id from the row that has the least. */
    " count(c.ename), max(c.waiting) FROM oto_graded_cell c JOIN (SELECT part, grade_id AS name, min(position + "
    "1000000 * (role <>"
    " 'answer')) FROM oto_cell WHERE assignment = ?1 GROUP BY part) n ON n.part = c.part"
    " WHERE c.assignment = ?1 AND c.role <> 'plain' GROUP BY c.part, c.student HAVING total(c.points) > 0"
    " ORDER BY c.part";
static const char items[] =
    "SELECT k.position AS position, k.number, k.name AS name, c.grade_id, c.part,"
    " c.points * k.weight / (SELECT total(o.weight) FROM oto_check o WHERE o.student = k.student"
    " AND o.assignment = k.assignment AND o.position = k.position), k.hidden, 0, k.hint, k.student, k.earned"
    " FROM oto_check k JOIN oto_cell c USING (student, assignment, position) WHERE k.assignment = ?1"
    " UNION ALL SELECT position, 0, grade_id AS name, grade_id, part, points, 0, 1, '', student,"
    " CASE WHEN waiting THEN NULL ELSE final / points END FROM oto_graded_cell"
    " WHERE assignment = ?1 AND role IN ('written', 'task') AND points > 0 ORDER BY position, name";

static bool read_all(struct reading *reading, struct gradebook *book, const char *assignment, char **error) {
    static const struct {
        const char *sql;
        gradebook_row *row;
    } steps[] = {{submissions, on_submission}, {parts, on_part}, {items, on_item}};
    const struct analysis *analysis = reading->analysis;
    if (!gradebook_query(book, students, NULL, on_student, reading, error)) return false;
    if (analysis->student_count)
        qsort(analysis->students, analysis->student_count, sizeof *analysis->students, by_name);
    if (!gradebook_query(book, assignments, (const char *const[]){assignment}, on_assignment, reading, error))
        return false;
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        reading->assignment = &analysis->assignments[i];
        for (size_t k = 0; k < sizeof steps / sizeof *steps; k++)
            if (!gradebook_query(book, steps[k].sql, (const char *const[]){reading->assignment->name}, steps[k].row,
                                 reading, error))
                return false;
    }
    return true;
}

/* ---- what it says ---- */

static int by_place(const void *a, const void *b) {
    const struct item *x = a, *y = b;
    if (x->position != y->position) return x->position < y->position ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static void analyse_item(struct item *item, const double *points, size_t count) {
    double *others = unknown(count), sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(item->earned[i])) continue;
        item->seen++;
        item->lost += item->earned[i] < 1 - rounding;
        sum += item->earned[i];
        others[i] = points[i] - item->points * item->earned[i];
    }
    item->difficulty = item->seen ? sum / (double)item->seen : NAN;
    item->discrimination = correlation(item->earned, others, count);
    free(others);
}

static bool are_alike(const double *x, const double *y, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (isfinite(x[i]) != isfinite(y[i]) || (isfinite(x[i]) && fabs(x[i] - y[i]) > rounding)) return false;
    return true;
}

static bool varies(const struct item *item) {
    return item->lost && item->difficulty > rounding;
}

static void find_groups(struct graded_assignment *assignment, size_t count) {
    size_t groups = 0;
    for (size_t i = 0; i < assignment->item_count; i++) {
        struct item *first = &assignment->items[i];
        for (size_t k = i + 1; k < assignment->item_count && !first->by_person && varies(first); k++) {
            struct item *other = &assignment->items[k];
            if (other->group || other->by_person || !are_alike(first->earned, other->earned, count)) continue;
            if (!first->group) first->group = ++groups;
            other->group = first->group;
        }
    }
}

static void analyse_assignment(struct graded_assignment *assignment, size_t count) {
    double *shares = unknown(count), *points = unknown(count);
    for (size_t i = 0; i < count; i++) {
        const struct result *result = &assignment->results[i];
        if (!result->graded || result->points <= 0) continue;
        shares[i] = result->score / result->points;
        points[i] = 0;
        for (size_t k = 0; k < assignment->item_count; k++) {
            const struct item *item = &assignment->items[k];
            if (isfinite(item->earned[i])) points[i] += item->points * item->earned[i];
        }
    }
    assignment->low = quantile(shares, count, 0.25);
    assignment->median = quantile(shares, count, 0.5);
    assignment->high = quantile(shares, count, 0.75);
    qsort(assignment->items, assignment->item_count, sizeof *assignment->items, by_place);
    for (size_t k = 0; k < assignment->item_count; k++) analyse_item(&assignment->items[k], points, count);
    find_groups(assignment, count);
    free(shares);
    free(points);
}

static bool is_silent(const struct result *result) {
    return !result->handed_in;
}

static bool is_stuck(const struct result *result) {
    return result->graded && !result->waiting && result->earned < half * result->points;
}

/* How many of the newest assignments that are over, without a gap, are so for a student. */
static size_t in_a_row(const struct analysis *analysis, size_t student, int64_t now,
                       bool (*is_so)(const struct result *result)) {
    size_t row = 0;
    for (size_t i = analysis->assignment_count; i-- > 0;) {
        const struct graded_assignment *assignment = &analysis->assignments[i];
        if (assignment->has_due && assignment->due > now) continue;
        if (!is_so(&assignment->results[student])) break;
        row++;
    }
    return row;
}

bool analysis_read(struct analysis *analysis, struct gradebook *book, const char *assignment, const char *salt,
                   int64_t now, char **error) {
    struct reading reading = {.analysis = analysis, .salt = salt};
    *analysis = (struct analysis){};
    if (!read_all(&reading, book, assignment, error)) return false;
    for (size_t i = 0; i < analysis->assignment_count; i++)
        analyse_assignment(&analysis->assignments[i], analysis->student_count);
    for (size_t i = 0; i < analysis->student_count; i++) {
        analysis->students[i].silent = in_a_row(analysis, i, now, is_silent);
        analysis->students[i].stuck = in_a_row(analysis, i, now, is_stuck);
    }
    return true;
}

static void assignment_clear(struct graded_assignment *assignment) {
    for (size_t i = 0; i < assignment->part_count; i++) {
        free(assignment->parts[i].name);
        free(assignment->parts[i].earned);
    }
    for (size_t i = 0; i < assignment->item_count; i++) {
        struct item *item = &assignment->items[i];
        free(item->name);
        free(item->grade_id);
        free(item->hint);
        free(item->earned);
    }
    free(assignment->name);
    free(assignment->results);
    free(assignment->parts);
    free(assignment->items);
}

void analysis_free(struct analysis *analysis) {
    for (size_t i = 0; i < analysis->assignment_count; i++) assignment_clear(&analysis->assignments[i]);
    for (size_t i = 0; i < analysis->student_count; i++) {
        free(analysis->students[i].name);
        free(analysis->students[i].shown);
    }
    free(analysis->assignments);
    free(analysis->students);
    *analysis = (struct analysis){};
}
