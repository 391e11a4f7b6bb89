#include "autograder/nbgrader.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/notebook.h"
#include "kernel/engine/text.h"

enum { PATIENCE_MS = 4000 }; /* for a program that is writing; formgrader and autograde write for milliseconds */

/* The newest of nbgrader's migrations (nbgrader/alembic/versions), the same since 0.7. */
#define ALEMBIC_VERSION "e43177bfe90b"

/* What nbgrader.api's Base.metadata.create_all makes. */
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS student (id VARCHAR(128) NOT NULL, first_name VARCHAR(128), last_name VARCHAR(128),"
    " email VARCHAR(128), lms_user_id VARCHAR(128), PRIMARY KEY (id));"
    "CREATE TABLE IF NOT EXISTS course (id VARCHAR(128) NOT NULL, PRIMARY KEY (id), UNIQUE (id));"
    "CREATE TABLE IF NOT EXISTS assignment (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL, duedate DATETIME,"
    " course_id VARCHAR(128) NOT NULL, PRIMARY KEY (id), UNIQUE (name),"
    " FOREIGN KEY(course_id) REFERENCES course (id));"
    "CREATE TABLE IF NOT EXISTS notebook (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL,"
    " assignment_id VARCHAR(32), kernelspec VARCHAR(1024), PRIMARY KEY (id), UNIQUE (name, assignment_id),"
    " FOREIGN KEY(assignment_id) REFERENCES assignment (id));"
    "CREATE TABLE IF NOT EXISTS submitted_assignment (id VARCHAR(32) NOT NULL, assignment_id VARCHAR(32),"
    " student_id VARCHAR(128), timestamp DATETIME, extension DATETIME, PRIMARY KEY (id),"
    " UNIQUE (assignment_id, student_id), FOREIGN KEY(assignment_id) REFERENCES assignment (id),"
    " FOREIGN KEY(student_id) REFERENCES student (id));"
    "CREATE TABLE IF NOT EXISTS base_cell (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL,"
    " notebook_id VARCHAR(32) NOT NULL, type VARCHAR(50), PRIMARY KEY (id), UNIQUE (name, notebook_id, type),"
    " FOREIGN KEY(notebook_id) REFERENCES notebook (id));"
    "CREATE TABLE IF NOT EXISTS source_cell (id VARCHAR(32) NOT NULL, name VARCHAR(128) NOT NULL,"
    " cell_type VARCHAR(8) NOT NULL, locked BOOLEAN NOT NULL, source TEXT, checksum VARCHAR(128),"
    " notebook_id VARCHAR(32), PRIMARY KEY (id), UNIQUE (name, notebook_id),"
    " FOREIGN KEY(notebook_id) REFERENCES notebook (id));"
    "CREATE TABLE IF NOT EXISTS submitted_notebook (id VARCHAR(32) NOT NULL, assignment_id VARCHAR(32),"
    " notebook_id VARCHAR(32), flagged BOOLEAN, late_submission_penalty FLOAT, PRIMARY KEY (id),"
    " UNIQUE (notebook_id, assignment_id), FOREIGN KEY(assignment_id) REFERENCES submitted_assignment (id),"
    " FOREIGN KEY(notebook_id) REFERENCES notebook (id));"
    "CREATE TABLE IF NOT EXISTS grade_cells (id VARCHAR(32) NOT NULL, max_score FLOAT NOT NULL,"
    " cell_type VARCHAR(8) NOT NULL, PRIMARY KEY (id), FOREIGN KEY(id) REFERENCES base_cell (id));"
    "CREATE TABLE IF NOT EXISTS solution_cells (id VARCHAR(32) NOT NULL, PRIMARY KEY (id),"
    " FOREIGN KEY(id) REFERENCES base_cell (id));"
    "CREATE TABLE IF NOT EXISTS task_cells (id VARCHAR(32) NOT NULL, max_score FLOAT NOT NULL,"
    " cell_type VARCHAR(8) NOT NULL, PRIMARY KEY (id), FOREIGN KEY(id) REFERENCES base_cell (id));"
    "CREATE TABLE IF NOT EXISTS grade (id VARCHAR(32) NOT NULL, notebook_id VARCHAR(32), cell_id VARCHAR(32),"
    " auto_score FLOAT, manual_score FLOAT, extra_credit FLOAT, needs_manual_grade BOOLEAN NOT NULL, PRIMARY KEY (id),"
    " UNIQUE (cell_id, notebook_id), FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id),"
    " FOREIGN KEY(cell_id) REFERENCES base_cell (id));"
    "CREATE TABLE IF NOT EXISTS comment (id VARCHAR(32) NOT NULL, notebook_id VARCHAR(32), cell_id VARCHAR(32),"
    " auto_comment TEXT, manual_comment TEXT, PRIMARY KEY (id), UNIQUE (cell_id, notebook_id),"
    " FOREIGN KEY(notebook_id) REFERENCES submitted_notebook (id), FOREIGN KEY(cell_id) REFERENCES base_cell (id));"
    "CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL);"
    "INSERT INTO alembic_version SELECT '" ALEMBIC_VERSION "' WHERE NOT EXISTS (SELECT 1 FROM alembic_version);"
    "INSERT INTO course (id) SELECT 'default_course' WHERE NOT EXISTS (SELECT 1 FROM course);"
    /* What both had when they were last brought together. */
    "CREATE TABLE IF NOT EXISTS oto_nbgrader (student TEXT, assignment TEXT, grade_id TEXT, score REAL, comment TEXT,"
    " PRIMARY KEY (student, assignment, grade_id));";

/* oto_theirs: every cell of every submission that nbgrader has, with what a person gave it there. */
static const char views[] =
    "CREATE TEMP VIEW IF NOT EXISTS oto_theirs AS SELECT sa.student_id AS student, a.name AS assignment, n.name AS"
    " title, c.name AS grade_id, g.auto_score, CASE WHEN NOT g.needs_manual_grade THEN g.manual_score END AS score,"
    " coalesce(g.extra_credit, 0) AS extra, g.needs_manual_grade AND g.manual_score IS NOT NULL AS in_review,"
    " nullif(k.manual_comment, '') AS comment"
    " FROM submitted_notebook sn JOIN submitted_assignment sa ON sa.id = sn.assignment_id"
    " JOIN assignment a ON a.id = sa.assignment_id JOIN notebook n ON n.id = sn.notebook_id"
    " JOIN (SELECT DISTINCT notebook_id, name FROM base_cell) c ON c.notebook_id = n.id"
    " LEFT JOIN base_cell gb ON gb.notebook_id = n.id AND gb.name = c.name AND gb.type IN ('GradeCell', 'TaskCell')"
    " LEFT JOIN grade g ON g.cell_id = gb.id AND g.notebook_id = sn.id"
    " LEFT JOIN base_cell kb ON kb.notebook_id = n.id AND kb.name = c.name AND kb.type IN ('SolutionCell', 'TaskCell')"
    " LEFT JOIN comment k ON k.cell_id = kb.id AND k.notebook_id = sn.id;";

static void on_version(void *context, sqlite3_stmt *row) {
    char **version = context;
    if (!*version) *version = must_copy(column_text(row, 0));
}

static bool is_known_version(struct gradebook *book, char **error) {
    char *version = NULL;
    if (gradebook_query(book, "SELECT version_num FROM alembic_version", NULL, on_version, &version, error) &&
        strcmp(version ? version : "", ALEMBIC_VERSION) != 0)
        *error =
            must_format("gradebook: nbgrader's tables are of its version \"%s\", not of 0.9 (\"%s\"); run nbgrader "
                        "db upgrade first; nothing was changed",
                        version ? version : "", ALEMBIC_VERSION);
    free(version);
    return !*error;
}

bool nbgrader_begin(struct gradebook *book, char **error) {
    *error = NULL;
    sqlite3_busy_timeout(book->database, PATIENCE_MS);
    if (!gradebook_begin(book, error)) return false;
    if (gradebook_execute(book, schema, error) && is_known_version(book, error) &&
        gradebook_execute(book, views, error))
        return true;
    return gradebook_end(book, false, error);
}

bool nbgrader_agree(struct gradebook *book, const struct options *options, char **error) {
    static const char *const steps[] = {
        "DELETE FROM oto_nbgrader WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2)",
        "INSERT INTO oto_nbgrader SELECT student, assignment, grade_id, score, comment FROM oto_theirs"
        " t WHERE (score IS NOT NULL OR comment IS NOT NULL) AND (?1 IS NULL OR assignment = ?1)"
        " AND (?2 IS NULL OR student = ?2)"
        /* What was given for a submission that we do not have yet was not brought over. */
        " AND EXISTS (SELECT 1 FROM oto_submission s WHERE s.student = t.student AND s.assignment = t.assignment)"};
    bool done = true;
    for (int i = 0; i < 2 && done; i++)
        done = gradebook_do(book, error, steps[i], "ss", options->assignment, options->student);
    return done;
}

/* ---- what was given ---- */

char *nbgrader_path(const char *course, const char *folder, const char *student, const char *assignment,
                    const char *file) {
    return must_format("%s/%s/%s/%s/%s", course, folder, student, assignment, file);
}

/* Is the answer that formgrader shows the one that we have? */
static bool shows_answer(const char *course, const struct given *given, const char *title, const char *answer) {
    struct notebook shown;
    char *file = must_format("%s.ipynb", title), *why = NULL;
    char *path = nbgrader_path(course, "autograded", given->student, given->assignment, file);
    bool same = false;
    if (notebook_read(&shown, path, &why)) {
        const struct cell *cell = notebook_find(&shown, given->grade_id);
        same = cell && strcmp(cell->source, answer) == 0;
        notebook_free(&shown);
    }
    free(why);
    free(path);
    free(file);
    return same;
}

static bool is_same(double a, double b) {
    return (isnan(a) && isnan(b)) || fabs(a - b) < 1e-6;
}

struct gathering {
    const char *course;
    struct given_list *list;
};

/* student, assignment, grade_id, their score, their comment, our points, extra, ours changed, title, our role, our
 * answer, their auto_score, our score of the checks */
static void on_given(void *context, sqlite3_stmt *row) {
    struct gathering *gathering = context;
    struct given_list *list = gathering->list;
    struct given *given = &ARRAY_ADD(list->items, list->count, list->capacity);
    const char *role = column_text(row, 9);
    *given = (struct given){.student = must_copy(column_text(row, 0)),
                            .assignment = must_copy(column_text(row, 1)),
                            .grade_id = must_copy(column_text(row, 2)),
                            .score = column_number(row, 3),
                            .comment = *column_text(row, 4) ? must_copy(column_text(row, 4)) : NULL,
                            .points = column_number(row, 5),
                            .has_extra_credit = sqlite3_column_double(row, 6) != 0,
                            .is_contradicted = sqlite3_column_int(row, 7)};
    if (strcmp(role, "test") == 0)
        given->is_stale = !is_same(column_number(row, 11), column_number(row, 12));
    else if (strcmp(role, "answer") == 0 || strcmp(role, "written") == 0)
        given->is_stale = !shows_answer(gathering->course, given, column_text(row, 8), column_text(row, 10));
}

bool nbgrader_given(struct gradebook *book, const struct options *options, struct given_list *list, char **error) {
    struct gathering gathering = {.course = options->course, .list = list};
    *list = (struct given_list){};
    return gradebook_query(
        book,
        "SELECT t.student, t.assignment, t.grade_id, t.score, t.comment, c.points, t.extra,"
        /* What we were given for an older answer says nothing of this one. */
        " (c.manual IS NOT a.score OR c.comment IS NOT a.comment) AND (c.manual IS NOT NULL OR c.comment IS NOT NULL"
        " OR NOT EXISTS (SELECT 1 FROM oto_manual m WHERE m.student = t.student AND m.assignment = t.assignment"
        " AND m.grade_id = t.grade_id)), t.title, c.role, coalesce(c.answer, ''),"
        " t.auto_score, c.score FROM oto_theirs t"
        " LEFT JOIN oto_nbgrader a ON a.student = t.student AND a.assignment = t.assignment AND a.grade_id = t.grade_id"
        " LEFT JOIN oto_graded_cell c ON c.student = t.student AND c.assignment = t.assignment"
        " AND c.grade_id = t.grade_id"
        " WHERE EXISTS (SELECT 1 FROM oto_submission s WHERE s.student = t.student AND s.assignment = t.assignment)"
        " AND NOT coalesce(t.in_review, 0)"
        " AND (?1 IS NULL OR t.assignment = ?1) AND (?2 IS NULL OR t.student = ?2)"
        " AND (t.score IS NOT a.score OR t.comment IS NOT a.comment OR t.extra <> 0)"
        " AND (t.score IS NOT c.manual OR t.comment IS NOT c.comment OR t.extra <> 0)"
        " ORDER BY t.assignment, t.student, c.position",
        (const char *const[]){options->assignment, options->student}, on_given, &gathering, error);
}

void given_list_free(struct given_list *list) {
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].student);
        free(list->items[i].assignment);
        free(list->items[i].grade_id);
        free(list->items[i].comment);
    }
    free(list->items);
    *list = (struct given_list){};
}
