#include "autograder/release.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

const char code_stub[] = "// YOUR CODE HERE\nassert(!\"this part is not written yet\");";
const char text_stub[] = "YOUR ANSWER HERE";

void release_drop_variants(struct notebook *notebook) {
    json_t *kept = json_array();
    size_t count = 0;
    for (size_t i = 0; i < notebook->count; i++) {
        struct cell cell = notebook->cells[i];
        if (cell.role == ROLE_WRONG || cell.role == ROLE_RIGHT) {
            free(cell.source);
            continue;
        }
        json_array_append(kept, cell.json);
        notebook->cells[count++] = cell;
    }
    notebook->count = count;
    json_object_set_new(notebook->json, "cells", kept);
}

static void add_line(struct text *out, bool *first, const char *indent, size_t indent_length, const char *line,
                     size_t length) {
    if (!*first) text_add_n(out, "\n", 1);
    *first = false;
    text_add_n(out, indent, indent_length);
    text_add_n(out, line, length);
}

static void add_lines(struct text *out, bool *first, const char *indent, size_t indent_length, const char *lines) {
    for (const char *at = lines;;) {
        size_t length = strcspn(at, "\n");
        add_line(out, first, indent, indent_length, at, length);
        if (!at[length]) return;
        at += length + 1;
    }
}

static bool holds(const char *line, size_t length, const char *marker) {
    return memmem(line, length, marker, strlen(marker)) != NULL;
}

bool release_strip_region(struct cell *cell, const char *begin, const char *end, const char *replacement, bool *found,
                          char **error) {
    struct text out = {};
    bool inside = false, first = true;
    const char *name = cell->grade_id ? cell->grade_id : "(without grade_id)";
    *found = false;
    for (const char *at = cell->source;;) {
        size_t length = strcspn(at, "\n");
        if (holds(at, length, begin)) {
            if (inside) {
                *error = must_format("cell %s: \"%s\" begins again before it ended", name, begin);
                text_free(&out);
                return false;
            }
            inside = *found = true;
            if (replacement) add_lines(&out, &first, at, strspn(at, " \t"), replacement);
        } else if (holds(at, length, end)) {
            if (!inside) {
                *error = must_format("cell %s: \"%s\" without \"%s\"", name, end, begin);
                text_free(&out);
                return false;
            }
            inside = false;
        } else if (!inside) {
            add_line(&out, &first, "", 0, at, length);
        }
        if (!at[length]) break;
        at += length + 1;
    }
    if (inside) *error = must_format("cell %s: \"%s\" without \"%s\"", name, begin, end);
    if (*found && !inside) cell_set_source(cell, text_c(&out), out.length);
    text_free(&out);
    return !inside;
}

/* Is a line left that its author took for a marker? What it should hide would be handed out. */
static bool no_marker_is_misspelt(const struct cell *cell, const char *const looks_like[2], const char *what,
                                  char **error) {
    for (const char *at = cell->source; cell->code && *at;) {
        size_t length = strcspn(at, "\n");
        char *line = must_copy_n(at, length);
        bool found = strcasestr(line, looks_like[0]) || strcasestr(line, looks_like[1]);
        if (found)
            *error = must_format("cell %s: \"%.80s\" is no marker: it must say BEGIN %s or END %s, in capitals",
                                 cell->grade_id ? cell->grade_id : "(without grade_id)", line + strspn(line, " \t"),
                                 what, what);
        free(line);
        if (found) return false;
        at += length + (at[length] == '\n');
    }
    return true;
}

static bool strip_solution(struct cell *cell, char **error) {
    const char *stub = cell->code ? code_stub : text_stub;
    bool found;
    if (!release_strip_region(cell, "BEGIN SOLUTION", "END SOLUTION", stub, &found, error) ||
        !no_marker_is_misspelt(cell, (const char *const[]){"begin solution", "end solution"}, "SOLUTION", error))
        return false;
    if (found && !cell_is_answer(cell)) {
        *error = must_format("cell %s: a solution in a cell that is no answer cell",
                             cell->grade_id ? cell->grade_id : "(without grade_id)");
        return false;
    }
    if (!found && cell_is_answer(cell)) cell_set_source(cell, stub, strlen(stub));
    return true;
}

static bool hide_tests(struct cell *cell, char **error) {
    bool found;
    if (!release_strip_region(cell, "BEGIN HIDDEN TESTS", "END HIDDEN TESTS", NULL, &found, error) ||
        !no_marker_is_misspelt(cell, (const char *const[]){"begin hidden", "end hidden"}, "HIDDEN TESTS", error))
        return false;
    if (!found || cell->role == ROLE_TEST || cell->role == ROLE_WRITTEN) return true;
    *error = must_format("cell %s: hidden tests in a cell that is not graded",
                         cell->grade_id ? cell->grade_id : "(without grade_id)");
    return false;
}

bool release_hide_tests(struct notebook *notebook, char **error) {
    for (size_t i = 0; i < notebook->count; i++)
        if (!hide_tests(&notebook->cells[i], error)) return false;
    return true;
}

/* Students may write in answer cells and nowhere else; nothing with a role can be deleted. */
static void lock(struct cell *cell) {
    json_t *metadata = json_object_get(cell->json, "metadata");
    bool locked = cell_is_locked(cell);
    if (!locked && !cell_is_answer(cell)) return;
    json_object_set_new(metadata, "deletable", json_false());
    if (locked) json_object_set_new(metadata, "editable", json_false());
}

static void stamp(struct cell *cell) {
    json_t *nbgrader = json_object_get(json_object_get(cell->json, "metadata"), "nbgrader");
    char checksum[33];
    if (!nbgrader || (!cell_is_locked(cell) && !cell_is_answer(cell))) return;
    cell_checksum(cell, checksum);
    json_object_set_new(nbgrader, "checksum", json_string(checksum));
    json_object_set_new(nbgrader, "cell_type",
                        json_string(json_string_value(json_object_get(cell->json, "cell_type"))));
}

/* What only `check --mutants` reads tells lines of the solution. */
static void drop_notes_on_mutants(struct cell *cell) {
    json_t *oto = json_object_get(json_object_get(cell->json, "metadata"), "oto");
    json_object_del(oto, "equivalent");
    json_object_del(oto, "mutants");
    json_object_del(oto, "open");
}

static bool check_ids(const struct notebook *notebook, char **error) {
    for (size_t i = 0; i < notebook->count; i++) {
        const struct cell *cell = &notebook->cells[i];
        if (!cell->grade_id || notebook_find(notebook, cell->grade_id) == cell) continue;
        *error = must_format("cell %zu: grade_id \"%s\" is used twice", i + 1, cell->grade_id);
        return false;
    }
    return true;
}

bool release_clear_solutions(struct notebook *notebook, char **error) {
    *error = NULL;
    release_drop_variants(notebook);
    if (!check_ids(notebook, error)) return false;
    for (size_t i = 0; i < notebook->count; i++) {
        struct cell *cell = &notebook->cells[i];
        lock(cell);
        drop_notes_on_mutants(cell);
        cell_clear_output(cell);
        if (!strip_solution(cell, error)) return false;
        stamp(cell);
    }
    return true;
}

bool release_notebook(struct notebook *notebook, char **error) {
    if (!release_clear_solutions(notebook, error) || !release_hide_tests(notebook, error)) return false;
    for (size_t i = 0; i < notebook->count; i++) {
        struct cell *cell = &notebook->cells[i];
        bool found;
        if (!release_strip_region(cell, "BEGIN MARK SCHEME", "END MARK SCHEME", NULL, &found, error)) return false;
        stamp(cell);
    }
    json_object_del(json_object_get(notebook->json, "metadata"), "celltoolbar");
    return true;
}
