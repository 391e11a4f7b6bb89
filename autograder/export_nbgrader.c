/* Scores, comments and late penalties into nbgrader's gradebook and notebooks, so that its formgrader shows them and a
 * person can grade there; import.c brings back what that person gave. */
#include "autograder/export.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/autograded.h"
#include "autograder/course.h"
#include "autograder/nbgrader.h"
#include "autograder/release.h"

#define NEW_ID "lower(hex(randomblob(16)))"

/* ---- the exercise ---- */

/* The notebook's cells as nbgrader names them: a written answer is a grade cell and a solution cell. */
static const char saved_tables[] =
    "CREATE TEMP TABLE IF NOT EXISTS oto_saved (grade_id TEXT PRIMARY KEY, cell_type TEXT, locked INTEGER, source TEXT,"
    " checksum TEXT, points REAL);"
    "CREATE TEMP TABLE IF NOT EXISTS oto_saved_type (grade_id TEXT, type TEXT);"
    "CREATE TEMP VIEW IF NOT EXISTS oto_notebook AS SELECT n.id, n.name AS title, a.name AS assignment, a.id AS"
    " assignment_id FROM notebook n JOIN assignment a ON a.id = n.assignment_id;"
    "DELETE FROM oto_saved; DELETE FROM oto_saved_type;";

/* ?1 is the assignment, ?2 the notebook, ?3 its kernelspec. */
static const char *const exercise_steps[] = {
    "INSERT INTO assignment (id, name, course_id) SELECT " NEW_ID ", ?1, (SELECT min(id) FROM course) WHERE true"
    " ON CONFLICT (name) DO NOTHING",
    "UPDATE assignment SET duedate = (SELECT strftime('%Y-%m-%d %H:%M:%S.000000', due, 'unixepoch') FROM oto_due"
    " WHERE assignment = ?1) WHERE name = ?1 AND EXISTS (SELECT 1 FROM oto_due WHERE assignment = ?1)",
    "INSERT INTO notebook (id, name, assignment_id, kernelspec) SELECT " NEW_ID ", ?2, id, ?3 FROM assignment"
    " WHERE name = ?1 ON CONFLICT (name, assignment_id) DO UPDATE SET kernelspec = excluded.kernelspec",
    "INSERT INTO source_cell (id, name, cell_type, locked, source, checksum, notebook_id) SELECT " NEW_ID
    ", s.grade_id, s.cell_type, s.locked, s.source, s.checksum, n.id FROM oto_saved s JOIN oto_notebook n"
    " WHERE n.assignment = ?1 AND n.title = ?2 ON CONFLICT (name, notebook_id) DO UPDATE SET cell_type ="
    " excluded.cell_type, locked = excluded.locked, source = excluded.source, checksum = excluded.checksum",
    "INSERT INTO base_cell (id, name, notebook_id, type) SELECT " NEW_ID ", s.grade_id, n.id, s.type"
    " FROM oto_saved_type s JOIN oto_notebook n WHERE n.assignment = ?1 AND n.title = ?2"
    " ON CONFLICT (name, notebook_id, type) DO NOTHING",
    "INSERT INTO grade_cells (id, max_score, cell_type) SELECT b.id, s.points, s.cell_type FROM base_cell b"
    " JOIN oto_notebook n ON n.id = b.notebook_id JOIN oto_saved s ON s.grade_id = b.name"
    " WHERE n.assignment = ?1 AND n.title = ?2 AND b.type = 'GradeCell'"
    " ON CONFLICT (id) DO UPDATE SET max_score = excluded.max_score, cell_type = excluded.cell_type",
    "INSERT INTO task_cells (id, max_score, cell_type) SELECT b.id, s.points, s.cell_type FROM base_cell b"
    " JOIN oto_notebook n ON n.id = b.notebook_id JOIN oto_saved s ON s.grade_id = b.name"
    " WHERE n.assignment = ?1 AND n.title = ?2 AND b.type = 'TaskCell'"
    " ON CONFLICT (id) DO UPDATE SET max_score = excluded.max_score, cell_type = excluded.cell_type",
    "INSERT INTO solution_cells (id) SELECT b.id FROM base_cell b JOIN oto_notebook n ON n.id = b.notebook_id"
    " WHERE n.assignment = ?1 AND n.title = ?2 AND b.type = 'SolutionCell' ON CONFLICT (id) DO NOTHING"};

/* ?1 is the assignment, ?2 the notebook, ?3 the student or NULL. A person's word that we do not have stays, for review
 * (as nbgrader's autograde does it): it was given for something else than what stands there now. */
static const char *const submission_steps[] = {
    "INSERT INTO student (id, email, lms_user_id) SELECT s.student, i.email, i.id FROM oto_score s"
    " LEFT JOIN oto_student i ON i.student = s.student WHERE s.assignment = ?1 AND s.verdict = 'graded'"
    " AND (?3 IS NULL OR s.student = ?3) ON CONFLICT (id) DO UPDATE SET email = coalesce(student.email,"
    " excluded.email), lms_user_id = coalesce(student.lms_user_id, excluded.lms_user_id)",
    "INSERT INTO submitted_assignment (id, assignment_id, student_id, timestamp) SELECT " NEW_ID
    ", n.assignment_id, s.student, strftime('%Y-%m-%d %H:%M:%S.000000', s.submitted_at, 'unixepoch') FROM oto_score s"
    " JOIN oto_notebook n ON n.assignment = s.assignment WHERE n.assignment = ?1 AND n.title = ?2"
    " AND s.verdict = 'graded' AND (?3 IS NULL OR s.student = ?3)"
    " ON CONFLICT (assignment_id, student_id) DO UPDATE SET timestamp = coalesce(excluded.timestamp, timestamp)",
    "INSERT INTO submitted_notebook (id, assignment_id, notebook_id, flagged, late_submission_penalty) SELECT " NEW_ID
    ", sa.id, n.id, 0, CASE WHEN s.penalty > 0 THEN s.earned * s.penalty END FROM oto_score s"
    " JOIN oto_notebook n ON n.assignment = s.assignment JOIN submitted_assignment sa"
    " ON sa.assignment_id = n.assignment_id AND sa.student_id = s.student WHERE n.assignment = ?1 AND n.title = ?2"
    " AND s.verdict = 'graded' AND (?3 IS NULL OR s.student = ?3) ON CONFLICT (notebook_id, assignment_id)"
    " DO UPDATE SET late_submission_penalty = excluded.late_submission_penalty",
    "INSERT INTO grade (id, notebook_id, cell_id, auto_score, manual_score, needs_manual_grade) SELECT " NEW_ID
    ", sn.id, b.id, c.score, c.manual, c.waiting FROM oto_graded_cell c JOIN oto_notebook n ON n.assignment ="
    " c.assignment JOIN submitted_assignment sa ON sa.assignment_id = n.assignment_id AND sa.student_id = c.student"
    " JOIN submitted_notebook sn ON sn.assignment_id = sa.id AND sn.notebook_id = n.id"
    " JOIN base_cell b ON b.notebook_id = n.id AND b.name = c.grade_id AND b.type IN ('GradeCell', 'TaskCell')"
    " WHERE n.assignment = ?1 AND n.title = ?2 AND (?3 IS NULL OR c.student = ?3)"
    " ON CONFLICT (cell_id, notebook_id) DO UPDATE SET auto_score = excluded.auto_score,"
    " manual_score = coalesce(excluded.manual_score, manual_score),"
    " needs_manual_grade = CASE WHEN excluded.manual_score IS NOT NULL THEN 0 WHEN manual_score IS NOT NULL THEN 1"
    " ELSE excluded.needs_manual_grade END",
    "INSERT INTO comment (id, notebook_id, cell_id, auto_comment, manual_comment) SELECT " NEW_ID
    ", sn.id, b.id, CASE WHEN c.answer = k.source THEN 'No response.' END, c.comment FROM oto_graded_cell c"
    " JOIN oto_notebook n ON n.assignment = c.assignment"
    " JOIN submitted_assignment sa ON sa.assignment_id = n.assignment_id AND sa.student_id = c.student"
    " JOIN submitted_notebook sn ON sn.assignment_id = sa.id AND sn.notebook_id = n.id"
    " JOIN base_cell b ON b.notebook_id = n.id AND b.name = c.grade_id AND b.type IN ('SolutionCell', 'TaskCell')"
    " JOIN source_cell k ON k.notebook_id = n.id AND k.name = c.grade_id"
    " WHERE n.assignment = ?1 AND n.title = ?2 AND (?3 IS NULL OR c.student = ?3)"
    " ON CONFLICT (cell_id, notebook_id) DO UPDATE SET auto_comment = excluded.auto_comment,"
    " manual_comment = coalesce(excluded.manual_comment, manual_comment)",
    /* What nobody can read has no score, there as here. */
    "UPDATE grade SET auto_score = NULL, needs_manual_grade = 1 WHERE notebook_id IN (SELECT sn.id FROM"
    " submitted_notebook sn JOIN oto_notebook n ON n.id = sn.notebook_id JOIN submitted_assignment sa"
    " ON sa.id = sn.assignment_id JOIN oto_score s ON s.student = sa.student_id AND s.assignment = n.assignment"
    " WHERE n.assignment = ?1 AND n.title = ?2 AND s.verdict <> 'graded' AND (?3 IS NULL OR s.student = ?3))"};

static bool run_steps(struct gradebook *book, const char *const *steps, size_t count, const char *assignment,
                      const char *title, const char *third, char **error) {
    for (size_t i = 0; i < count; i++)
        if (!gradebook_do(book, error, steps[i], "sss", assignment, title, third)) return false;
    return true;
}

static bool save_type(struct gradebook *book, const struct cell *cell, const char *type, char **error) {
    return gradebook_do(book, error, "INSERT INTO oto_saved_type VALUES (?, ?)", "ss", cell->grade_id, type);
}

static bool save_cell(struct gradebook *book, const struct cell *cell, char **error) {
    json_t *nbgrader = json_object_get(json_object_get(cell->json, "metadata"), "nbgrader");
    bool is_answer = cell_is_answer(cell);
    bool is_locked = cell_is_locked(cell);
    if (!cell->grade_id || (cell->role == ROLE_PLAIN && !is_locked)) return true;
    if (!gradebook_do(book, error, "INSERT INTO oto_saved VALUES (?, ?, ?, ?, ?, ?)", "ssissd", cell->grade_id,
                      cell->code ? "code" : "markdown", (int64_t)is_locked, cell->source,
                      json_string_value(json_object_get(nbgrader, "checksum")), cell->points))
        return false;
    if (cell->role == ROLE_TASK) return save_type(book, cell, "TaskCell", error);
    if (cell->role == ROLE_TEST || cell->role == ROLE_WRITTEN)
        if (!save_type(book, cell, "GradeCell", error)) return false;
    return !is_answer || save_type(book, cell, "SolutionCell", error);
}

static void on_vanished(void *context, sqlite3_stmt *row) {
    char **name = context;
    if (!*name) *name = must_copy(column_text(row, 0));
}

/* nbgrader refuses to take cells away that submissions have; so do we. */
static bool has_no_other_cells(struct gradebook *book, const struct assignment *assignment, char **error) {
    char *name = NULL;
    if (gradebook_query(book,
                        "SELECT b.name FROM base_cell b JOIN oto_notebook n ON n.id = b.notebook_id"
                        " WHERE n.assignment = ?1 AND n.title = ?2 AND NOT EXISTS (SELECT 1 FROM oto_saved_type s"
                        " WHERE s.grade_id = b.name AND s.type = b.type)",
                        (const char *const[]){assignment->name, assignment->notebook}, on_vanished, &name, error) &&
        name)
        *error = must_format("nbgrader's gradebook has a cell \"%s\" in \"%s\" that %s has not any more; run nbgrader "
                             "generate_assignment %s (or, if that refuses, nbgrader db assignment remove %s --force) "
                             "and export again; nothing was changed",
                             name, assignment->name, assignment->path, assignment->name, assignment->name);
    free(name);
    return !*error;
}

static bool save_exercise(struct gradebook *book, const struct assignment *assignment, const struct notebook *saved,
                          char **error) {
    json_t *kernelspec = json_object_get(json_object_get(saved->json, "metadata"), "kernelspec");
    char *text = kernelspec ? json_dumps(kernelspec, JSON_SORT_KEYS) : NULL;
    bool done = gradebook_execute(book, saved_tables, error);
    for (size_t i = 0; i < saved->count && done; i++) done = save_cell(book, &saved->cells[i], error);
    done = done && has_no_other_cells(book, assignment, error) &&
           run_steps(book, exercise_steps, sizeof exercise_steps / sizeof *exercise_steps, assignment->name,
                     assignment->notebook, text ? text : "{}", error);
    free(text);
    return done;
}

/* ---- the submissions ---- */

struct graded_list {
    size_t count, capacity, left_out;
    char **students;
};

static void on_submission(void *context, sqlite3_stmt *row) {
    struct graded_list *list = context;
    if (strcmp(column_text(row, 1), "graded") == 0)
        ARRAY_ADD(list->students, list->count, list->capacity) = must_copy(column_text(row, 0));
    else
        list->left_out++;
}

/* An assignment on its way into nbgrader's gradebook: its exercise as nbgrader saves it, and who handed it in. */
struct exported {
    const struct assignment *assignment;
    struct notebook saved;
    struct graded_list list;
};

static bool save_assignment(struct gradebook *book, const struct options *options, struct exported *exported,
                            char **error) {
    const struct assignment *assignment = exported->assignment;
    struct graded_list *list = &exported->list;
    if (!gradebook_query(book,
                         "SELECT student, verdict FROM oto_submission WHERE assignment = ?1"
                         " AND (?2 IS NULL OR student = ?2) ORDER BY student",
                         (const char *const[]){assignment->name, options->student}, on_submission, list, error))
        return false;
    if (!list->count && !list->left_out) return true;
    return notebook_read(&exported->saved, assignment->path, error) &&
           release_clear_solutions(&exported->saved, error) &&
           save_exercise(book, assignment, &exported->saved, error) &&
           run_steps(book, submission_steps, sizeof submission_steps / sizeof *submission_steps, assignment->name,
                     assignment->notebook, options->student, error);
}

static bool write_notebooks(struct gradebook *book, const struct options *options, const struct exported *exported,
                            struct text *out, char **error) {
    const struct graded_list *list = &exported->list;
    struct autograded autograded = {
        .book = book, .course = options->course, .assignment = exported->assignment, .saved = &exported->saved};
    for (size_t i = 0; i < list->count; i++)
        if (!autograded_write(&autograded, list->students[i])) break;
    if (autograded.error) {
        *error = must_format("%s; nbgrader's gradebook has the scores, so run the export again for the notebooks",
                             autograded.error);
        free(autograded.error);
        return false;
    }
    if (!list->count && !list->left_out) return true;
    text_format(out, "%s: %zu submission%s in nbgrader's gradebook and in autograded/", exported->assignment->name,
                list->count, list->count == 1 ? "" : "s");
    if (list->left_out) text_format(out, "; %zu that could not be graded left out", list->left_out);
    text_add(out, "\n");
    return true;
}

static void exported_free(struct exported *exported) {
    notebook_free(&exported->saved);
    for (size_t i = 0; i < exported->list.count; i++) free(exported->list.students[i]);
    free(exported->list.students);
}

/* A score that was given in formgrader and is not ours yet would be lost, but where an export leaves it for review. */
static bool nothing_to_bring_over(struct gradebook *book, const struct options *options, char **error) {
    struct given_list list;
    size_t waiting = 0;
    const struct given *first = NULL;
    bool done = nbgrader_given(book, options, &list, error);
    for (size_t i = 0; i < list.count; i++) {
        if (list.items[i].is_stale || isnan(list.items[i].points)) continue;
        if (!waiting++) first = &list.items[i];
    }
    if (done && waiting)
        *error =
            must_format("%zu score%s or comments given in formgrader are not ours yet, the first for cell \"%s\" of "
                        "\"%s\" in \"%s\"; run oto-grade import --from nbgrader first; nothing was changed",
                        waiting, waiting == 1 ? "" : "s", first->grade_id, first->student, first->assignment);
    given_list_free(&list);
    return !*error;
}

/* The notebooks are written when the gradebook is: formgrader's score for an older answer is known by the answer in
 * autograded/, so a notebook must not run ahead of a gradebook that could not be written. */
bool export_nbgrader(struct gradebook *book, const struct options *options, struct text *out, char **error) {
    struct course course;
    if (!course_open(&course, options->course, options->assignment, error)) return false;
    struct exported *exported = must_allocate(course.count * sizeof *exported);
    bool done = nbgrader_begin(book, error);
    if (done) {
        done = nothing_to_bring_over(book, options, error);
        for (size_t i = 0; i < course.count && done; i++) {
            exported[i].assignment = &course.assignments[i];
            done = save_assignment(book, options, &exported[i], error);
        }
        done = gradebook_end(book, done && nbgrader_agree(book, options, error), error);
    }
    for (size_t i = 0; i < course.count && done; i++) done = write_notebooks(book, options, &exported[i], out, error);
    for (size_t i = 0; i < course.count; i++) exported_free(&exported[i]);
    free(exported);
    course_close(&course);
    return done;
}
