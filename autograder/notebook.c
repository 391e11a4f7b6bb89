#include "autograder/notebook.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"

/* ---- what a field of hostile JSON holds: the value, or a complaint that names the field ---- */

struct place {
    const char *name; /* of the file */
    size_t cell;
    char **error;
};

static bool complain(const struct place *place, const char *field, const char *must) {
    *place->error = must_format("%s: cell %zu: %s %s", place->name, place->cell + 1, field, must);
    return false;
}

/* A field of an object that must hold one of: text. Absent is allowed when *value may stay as it is. */
static bool text_field(const struct place *place, json_t *object, const char *key, const char *field,
                       const char **value) {
    json_t *found = json_object_get(object, key);
    if (!found) return true;
    if (!json_is_string(found)) return complain(place, field, "must be text");
    if (json_string_length(found) > 200) return complain(place, field, "is longer than 200 bytes");
    if (strlen(json_string_value(found)) < json_string_length(found)) return complain(place, field, "holds a NUL");
    *value = json_string_value(found);
    return true;
}

static bool flag_field(const struct place *place, json_t *object, const char *key, const char *field, bool *value) {
    json_t *found = json_object_get(object, key);
    if (!found) return true;
    if (!json_is_boolean(found)) return complain(place, field, "must be true or false");
    *value = json_is_true(found);
    return true;
}

static bool number_field(const struct place *place, json_t *object, const char *key, const char *field, double *value) {
    json_t *found = json_object_get(object, key);
    if (!found) return true;
    if (!json_is_number(found)) return complain(place, field, "must be a number");
    *value = json_number_value(found);
    if (!isfinite(*value) || *value < 0 || *value > 1e6)
        return complain(place, field, "must lie between 0 and 1000000");
    return true;
}

/* Some editors end lines as Windows does; to us a line is the same either way. */
static void end_lines_with_newlines(struct text *text) {
    size_t length = 0;
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] != '\r' || i + 1 == text->length || text->data[i + 1] != '\n')
            text->data[length++] = text->data[i];
    if (length < text->length) text->data[text->length = length] = '\0';
}

/* A source is text or a list of lines. */
static bool read_source(const struct place *place, struct cell *cell) {
    json_t *source = json_object_get(cell->json, "source"), *line;
    struct text text = {};
    size_t i;
    if (json_is_string(source)) {
        text_add_n(&text, json_string_value(source), json_string_length(source));
    } else if (json_is_array(source)) {
        json_array_foreach(source, i, line) {
            if (!json_is_string(line)) {
                text_free(&text);
                return complain(place, "source", "must be text or a list of lines");
            }
            text_add_n(&text, json_string_value(line), json_string_length(line));
        }
    } else {
        return complain(place, "source", "must be text or a list of lines");
    }
    end_lines_with_newlines(&text);
    cell->length = text.length;
    cell->source = text_take(&text);
    return true;
}

/* oto.wrong = {"replaces", "name", "at_most"} and oto.right = {"replaces", "name"}. */
static bool read_variant(const struct place *place, struct cell *cell, json_t *oto, const char *key,
                         enum cell_role role) {
    json_t *variant = json_object_get(oto, key);
    if (!variant) return true;
    if (!json_is_object(variant)) return complain(place, "metadata.oto", "wrong and right must be objects");
    cell->role = role;
    cell->name = "";
    if (!text_field(place, variant, "replaces", "metadata.oto replaces", &cell->replaces)) return false;
    if (!text_field(place, variant, "name", "metadata.oto name", &cell->name)) return false;
    if (!number_field(place, variant, "at_most", "metadata.oto at_most", &cell->at_most)) return false;
    if (!cell->replaces) return complain(place, "metadata.oto", "must say which answer it \"replaces\"");
    return true;
}

static bool read_role(const struct place *place, struct cell *cell) {
    json_t *metadata = json_object_get(cell->json, "metadata");
    if (!json_is_object(metadata)) return complain(place, "metadata", "must be an object");
    json_t *oto = json_object_get(metadata, "oto"), *nbgrader = json_object_get(metadata, "nbgrader");
    if (json_is_object(oto)) {
        if (!read_variant(place, cell, oto, "wrong", ROLE_WRONG)) return false;
        if (!read_variant(place, cell, oto, "right", ROLE_RIGHT)) return false;
        if (cell->role != ROLE_PLAIN) return true;
        cell->demo = json_is_true(json_object_get(oto, "demo"));
    }
    if (!nbgrader) return true;
    if (!json_is_object(nbgrader)) return complain(place, "metadata.nbgrader", "must be an object");
    bool grade = false, solution = false, task = false;
    if (!text_field(place, nbgrader, "grade_id", "metadata.nbgrader.grade_id", &cell->grade_id)) return false;
    if (!flag_field(place, nbgrader, "grade", "metadata.nbgrader.grade", &grade)) return false;
    if (!flag_field(place, nbgrader, "solution", "metadata.nbgrader.solution", &solution)) return false;
    if (!flag_field(place, nbgrader, "task", "metadata.nbgrader.task", &task)) return false;
    if (!number_field(place, nbgrader, "points", "metadata.nbgrader.points", &cell->points)) return false;
    cell->role = task                ? ROLE_TASK
                 : grade && solution ? ROLE_WRITTEN
                 : grade             ? ROLE_TEST
                 : solution          ? ROLE_ANSWER
                                     : ROLE_PLAIN;
    if (cell->role != ROLE_PLAIN && (!cell->grade_id || !*cell->grade_id))
        return complain(place, "metadata.nbgrader.grade_id", "is missing");
    return true;
}

static bool read_cells(struct notebook *notebook, const char *name, json_t *cells, char **error) {
    size_t count = json_array_size(cells);
    if (count > NOTEBOOK_MAX_CELLS) {
        *error = must_format("%s: %zu cells; at most %d are read", name, count, NOTEBOOK_MAX_CELLS);
        return false;
    }
    notebook->cells = must_allocate(count * sizeof *notebook->cells);
    for (size_t i = 0; i < count; i++) {
        struct place place = {name, i, error};
        struct cell *cell = &notebook->cells[notebook->count++];
        cell->json = json_array_get(cells, i);
        if (!json_is_object(cell->json)) return complain(&place, "the cell", "must be an object");
        const char *type = json_string_value(json_object_get(cell->json, "cell_type"));
        if (!type) return complain(&place, "cell_type", "must be text");
        cell->code = strcmp(type, "code") == 0;
        if (!read_source(&place, cell) || !read_role(&place, cell)) return false;
    }
    return true;
}

/* Are there more values than are read? Every one but the first stands behind one of these signs. */
static bool has_too_many_values(const char *bytes, size_t size) {
    size_t values = 0;
    bool in_text = false;
    for (size_t i = 0; i < size && values <= NOTEBOOK_MAX_VALUES; i++) {
        if (in_text && bytes[i] == '\\')
            i++;
        else if (bytes[i] == '"')
            in_text = !in_text;
        else if (!in_text)
            values += bytes[i] == '[' || bytes[i] == '{' || bytes[i] == ',' || bytes[i] == ':';
    }
    return values > NOTEBOOK_MAX_VALUES;
}

bool notebook_parse(struct notebook *notebook, const char *name, const char *bytes, size_t size, char **error) {
    *notebook = (struct notebook){};
    *error = NULL;
    json_error_t where;
    /* A mark of UTF-8, which some editors put in front, is none of JSON's. */
    static const char mark[] = "\xef\xbb\xbf";
    size_t skipped = size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    if (has_too_many_values(bytes, size)) {
        *error = must_format("%s: more than %d values; clear the outputs of its cells and hand it in again", name,
                             NOTEBOOK_MAX_VALUES);
        return false;
    }
    /* A NUL may stand in what a cell has printed. */
    notebook->json = json_loadb(bytes + skipped, size - skipped, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
    if (!notebook->json) {
        *error = must_format("%s: line %d, column %d: not JSON: %s", name, where.line, where.column, where.text);
        return false;
    }
    json_t *format = json_object_get(notebook->json, "nbformat"), *cells = json_object_get(notebook->json, "cells");
    if (!json_is_object(notebook->json))
        *error = must_format("%s: a notebook is a JSON object; this is something else", name);
    else if (!json_is_integer(format))
        *error = must_format("%s: nbformat is missing: this is JSON, but no notebook", name);
    else if (json_integer_value(format) != 4)
        *error = must_format("%s: nbformat is %lld; only 4 is read (JupyterLab converts older ones when it saves)",
                             name, (long long)json_integer_value(format));
    else if (!json_is_object(json_object_get(notebook->json, "metadata")))
        *error = must_format("%s: metadata must be an object", name);
    else if (!json_is_array(cells))
        *error = must_format("%s: cells must be a list", name);
    if (*error || !read_cells(notebook, name, cells, error)) {
        notebook_free(notebook);
        return false;
    }
    return true;
}

bool notebook_read(struct notebook *notebook, const char *path, char **error) {
    size_t size;
    *notebook = (struct notebook){};
    char *bytes = file_read(path, NOTEBOOK_MAX_BYTES, &size, error);
    if (!bytes) return false;
    bool read = notebook_parse(notebook, path, bytes, size, error);
    free(bytes);
    return read;
}

/* Its own as far as somebody changes it in place: the metadata. */
static json_t *copy_cell(json_t *cell) {
    json_t *copy = json_copy(cell);
    json_object_set_new(copy, "metadata", json_deep_copy(json_object_get(cell, "metadata")));
    return copy;
}

struct notebook notebook_copy(const struct notebook *notebook) {
    struct notebook copy = {.json = json_copy(notebook->json),
                            .cells = must_allocate(notebook->count * sizeof *copy.cells),
                            .count = notebook->count};
    json_t *cells = json_array();
    for (size_t i = 0; i < copy.count; i++) {
        const struct cell *from = &notebook->cells[i];
        struct cell *cell = &copy.cells[i];
        char *error;
        *cell = (struct cell){.json = copy_cell(from->json),
                              .code = from->code,
                              .source = must_copy_n(from->source, from->length),
                              .length = from->length};
        json_array_append_new(cells, cell->json);
        /* This was read before, so it can be read. */
        if (!read_role(&(struct place){"copy", i, &error}, cell)) free(error);
    }
    json_object_set_new(copy.json, "cells", cells);
    return copy;
}

void notebook_free(struct notebook *notebook) {
    for (size_t i = 0; i < notebook->count; i++) free(notebook->cells[i].source);
    free(notebook->cells);
    json_decref(notebook->json);
    *notebook = (struct notebook){};
}

struct cell *notebook_find(const struct notebook *notebook, const char *grade_id) {
    for (size_t i = 0; i < notebook->count; i++) {
        struct cell *cell = &notebook->cells[i];
        if (cell->role == ROLE_WRONG || cell->role == ROLE_RIGHT || !cell->grade_id) continue;
        if (strcmp(cell->grade_id, grade_id) == 0) return cell;
    }
    return NULL;
}

void cell_set_source(struct cell *cell, const char *source, size_t length) {
    char *copy = must_copy_n(source, length);
    free(cell->source);
    cell->source = copy;
    cell->length = length;
    json_t *lines = json_array();
    for (const char *at = copy, *end = copy + length; at < end;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *next = newline ? newline + 1 : end;
        json_array_append_new(lines, json_stringn_nocheck(at, (size_t)(next - at)));
        at = next;
    }
    json_object_set_new(cell->json, "source", lines);
}

void cell_clear_output(struct cell *cell) {
    json_t *metadata = json_object_get(cell->json, "metadata");
    if (!cell->code) return;
    json_object_set_new(cell->json, "outputs", json_array());
    json_object_set_new(cell->json, "execution_count", json_null());
    json_object_del(metadata, "collapsed");
    json_object_del(metadata, "scrolled");
    json_object_del(metadata, "execution");
}

/* Python's str(float(points)): the shortest digits that read back, with .0 for whole numbers. */
static void python_float(double value, char text[40]) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, 36, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    if (strchr(text, 'e')) snprintf(text, 36, "%.0f", value);
    if (!strchr(text, '.')) strcat(text, ".0");
}

static bool has_flag(const struct cell *cell, const char *flag) {
    return json_is_true(json_object_get(json_object_get(json_object_get(cell->json, "metadata"), "nbgrader"), flag));
}

bool cell_is_locked(const struct cell *cell) {
    return !has_flag(cell, "solution") && (has_flag(cell, "grade") || has_flag(cell, "locked"));
}

void cell_checksum(const struct cell *cell, char checksum[33]) {
    bool grade = has_flag(cell, "grade"), solution = has_flag(cell, "solution"), locked = cell_is_locked(cell);
    struct text text = {};
    text_add_n(&text, cell->source, cell->length);
    text_add(&text, json_string_value(json_object_get(cell->json, "cell_type")));
    text_add(&text, grade ? "True" : "False");
    text_add(&text, solution ? "True" : "False");
    text_add(&text, locked ? "True" : "False");
    text_add(&text, cell->grade_id ? cell->grade_id : "");
    if (grade) {
        char points[40];
        python_float(cell->points, points);
        text_add(&text, points);
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    if (!EVP_Digest(text.data, text.length, digest, &size, EVP_md5(), NULL)) size = 0;
    checksum[0] = '\0';
    for (unsigned int i = 0; i < size && i < 16; i++) snprintf(checksum + 2 * i, 3, "%02x", digest[i]);
    text_free(&text);
}

char *notebook_write(const struct notebook *notebook, size_t *size) {
    char *text = json_dumps(notebook->json, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(17));
    struct text written = {};
    text_add(&written, text ? text : "");
    text_add(&written, "\n");
    free(text);
    *size = written.length;
    return text_take(&written);
}
