#include "autograder/autograded.h"

#include <stdlib.h>
#include <string.h>

#include "autograder/check_lines.h"
#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/nbgrader.h"
#include "kernel/engine/text.h"

enum { TIMESTAMP_MAX_BYTES = 200 };

static json_t *metadata_of(json_t *cell) {
    return json_object_get(cell, "metadata");
}

static const char *grade_id_of(json_t *cell) {
    return json_string_value(json_object_get(json_object_get(metadata_of(cell), "nbgrader"), "grade_id"));
}

/* ---- the student's notebook with the instructor's cells ---- */

/* A cell that nbgrader's templates can show, whatever the student's file says it is. */
static void make_plain(struct cell *cell) {
    const char *type = json_string_value(json_object_get(cell->json, "cell_type"));
    bool known = strcmp(type, "code") == 0 || strcmp(type, "markdown") == 0 || strcmp(type, "raw") == 0;
    if (!known) json_object_set_new(cell->json, "cell_type", json_string("raw"));
    cell_clear_output(cell);
}

static void set_type(struct cell *cell, const struct cell *saved) {
    json_object_set(cell->json, "cell_type", json_object_get(saved->json, "cell_type"));
    cell->code = saved->code;
    if (!saved->code) {
        json_object_del(cell->json, "outputs");
        json_object_del(cell->json, "execution_count");
    }
    cell_clear_output(cell);
}

/* The instructor's word for what this cell is, and what is in it where the student may not write. */
static void take_over(struct cell *cell, const struct cell *saved) {
    static const char *const keys[] = {"nbgrader", "deletable", "editable"};
    json_t *metadata = metadata_of(cell->json);
    set_type(cell, saved);
    for (int i = 0; i < 3; i++) {
        json_t *value = json_object_get(metadata_of(saved->json), keys[i]);
        if (value)
            json_object_set_new(metadata, keys[i], json_deep_copy(value));
        else
            json_object_del(metadata, keys[i]);
    }
    if (cell_is_locked(saved)) cell_set_source(cell, saved->source, saved->length);
}

/* Goes through the cells from the last to the first: of cells with the same id the last one counts. */
static void take_over_all(struct notebook *notebook, const struct notebook *saved) {
    bool *seen = must_allocate((saved->count + 1) * sizeof *seen);
    for (size_t i = notebook->count; i-- > 0;) {
        struct cell *cell = &notebook->cells[i];
        const struct cell *own = cell->grade_id ? notebook_find(saved, cell->grade_id) : NULL;
        make_plain(cell);
        if (own && !seen[own - saved->cells]) {
            seen[own - saved->cells] = true;
            take_over(cell, own);
        } else {
            json_object_del(metadata_of(cell->json), "nbgrader");
        }
        cell->grade_id = NULL; /* belonged to the metadata that is gone */
    }
    free(seen);
}

static size_t index_of(json_t *cells, const char *grade_id) {
    json_t *cell;
    size_t i;
    json_array_foreach(cells, i, cell) {
        const char *found = grade_id_of(cell);
        if (found && strcmp(found, grade_id) == 0) return i;
    }
    return SIZE_MAX;
}

/* Cells with a role that the student's notebook lacks, each behind the one that comes before it in the exercise. */
static void add_missing(json_t *cells, const struct notebook *saved, bool has_ids) {
    size_t behind = 0;
    for (size_t i = 0; i < saved->count; i++) {
        const struct cell *cell = &saved->cells[i];
        if (!cell->grade_id) continue;
        size_t at = index_of(cells, cell->grade_id);
        if (at != SIZE_MAX) {
            behind = at + 1;
        } else if (cell->role != ROLE_PLAIN) {
            json_t *copy = json_deep_copy(cell->json);
            if (!has_ids) json_object_del(copy, "id");
            json_array_insert_new(cells, behind++, copy);
        }
    }
}

static json_t *lines_of(const char *source) {
    json_t *lines = json_array();
    while (*source) {
        size_t length = strcspn(source, "\n");
        length += source[length] == '\n';
        json_array_append_new(lines, json_stringn(source, length));
        source += length;
    }
    return lines;
}

static json_t *assemble(const struct autograded *autograded, const char *path) {
    struct notebook submission;
    char *why = NULL;
    json_t *made;
    if (notebook_read(&submission, path, &why)) {
        take_over_all(&submission, autograded->saved);
        made = json_incref(submission.json);
        notebook_free(&submission);
    } else {
        made = json_deep_copy(autograded->saved->json);
    }
    free(why);
    bool has_ids = json_integer_value(json_object_get(made, "nbformat_minor")) >= 5;
    add_missing(json_object_get(made, "cells"), autograded->saved, has_ids);
    json_t *kernelspec = json_object_get(json_object_get(autograded->saved->json, "metadata"), "kernelspec");
    if (kernelspec) json_object_set(json_object_get(made, "metadata"), "kernelspec", kernelspec);
    return made;
}

/* ---- what the grader found in it ---- */

struct filling {
    struct autograded *autograded;
    const char *student;
    json_t *cells;
};

static void add_error(json_t *outputs, const char *ename, const char *evalue, const char *traceback) {
    json_array_append_new(outputs, json_pack("{s:s, s:o, s:o, s:[o]}", "output_type", "error", "ename",
                                             escape_json(ename), "evalue", escape_json(evalue), "traceback",
                                             escape_json(*traceback ? traceback : evalue)));
}

/* nbgrader.utils.determine_grade: an error is no points, a result that is a number so many, neither all. */
static void add_score(json_t *outputs, double score, double points) {
    if (score >= points) return;
    if (score <= 0) {
        add_error(outputs, "CheckFailed", "no points for this cell", "");
        return;
    }
    char *number = must_format("%.15g", score);
    json_array_append_new(outputs, json_pack("{s:s, s:{s:s}, s:{}, s:n}", "output_type", "execute_result", "data",
                                             "text/plain", number, "metadata", "execution_count"));
    free(number);
}

/* grade_id, role, points, score, position, ename, evalue, traceback, answer */
static void on_cell(void *context, sqlite3_stmt *row) {
    struct filling *filling = context;
    struct autograded *autograded = filling->autograded;
    const char *role = column_text(row, 1), *ename = column_text(row, 5);
    double points = sqlite3_column_double(row, 2), score = sqlite3_column_double(row, 3);
    json_t *cell = json_array_get(filling->cells, index_of(filling->cells, column_text(row, 0)));
    if (!cell || autograded->error) return;
    if (sqlite3_column_type(row, 8) != SQLITE_NULL) json_object_set_new(cell, "source", lines_of(column_text(row, 8)));
    json_t *outputs = json_object_get(cell, "outputs");
    if (!outputs) return;
    bool is_test = strcmp(role, "test") == 0;
    bool is_error = *ename && (!is_test || score <= 0);
    if (is_test) {
        struct text lines = {};
        check_lines(autograded->book, filling->student, autograded->assignment->name, column_text(row, 4), &lines,
                    &autograded->error);
        /* nbgrader gives nothing for a cell with an error; one that has points says it as text. */
        if (*ename && !is_error) text_format(&lines, "%s: %s\n", ename, column_text(row, 6));
        if (lines.length)
            json_array_append_new(outputs, json_pack("{s:s, s:s, s:o}", "output_type", "stream", "name", "stdout",
                                                     "text", escape_json(text_c(&lines))));
        text_free(&lines);
    }
    if (is_error)
        add_error(outputs, ename, column_text(row, 6), column_text(row, 7));
    else if (is_test)
        add_score(outputs, score, points);
}

/* nbgrader compares these files to know whether a submission was graded. */
static void copy_timestamp(struct autograded *autograded, const char *student) {
    const char *name = autograded->assignment->name;
    char *from = nbgrader_path(autograded->course, "submitted", student, name, "timestamp.txt"),
         *to = nbgrader_path(autograded->course, "autograded", student, name, "timestamp.txt"), *none = NULL;
    size_t size;
    char *bytes = file_read(from, TIMESTAMP_MAX_BYTES, &size, &none);
    if (bytes) file_write(to, bytes, size, &autograded->error);
    free(none);
    free(bytes);
    free(from);
    free(to);
}

bool autograded_write(struct autograded *autograded, const char *student) {
    const char *name = autograded->assignment->name;
    char *file = must_format("%s.ipynb", autograded->assignment->notebook);
    char *from = nbgrader_path(autograded->course, "submitted", student, name, file),
         *to = nbgrader_path(autograded->course, "autograded", student, name, file);
    struct notebook made = {.json = assemble(autograded, from)};
    struct filling filling = {autograded, student, json_object_get(made.json, "cells")};
    char *why = NULL;
    if (!gradebook_query(autograded->book,
                         "SELECT grade_id, role, points, score, position, ename, evalue, traceback, answer"
                         " FROM oto_graded_cell WHERE student = ? AND assignment = ?",
                         (const char *const[]){student, name}, on_cell, &filling, &why) &&
        !autograded->error)
        autograded->error = why;
    if (!autograded->error) {
        size_t size;
        char *bytes = notebook_write(&made, &size);
        if (file_write(to, bytes, size, &autograded->error)) copy_timestamp(autograded, student);
        free(bytes);
    }
    notebook_free(&made);
    free(file);
    free(from);
    free(to);
    return !autograded->error;
}
