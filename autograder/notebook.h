/* notebook: an .ipynb (nbformat 4) with nbgrader v3 metadata, read as hostile input and written back byte-identically
 * for equal content. The JSON tree is kept, so fields that the grader does not know survive. */
#ifndef GRADER_NOTEBOOK_H
#define GRADER_NOTEBOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum cell_role {
    ROLE_PLAIN,   /* text or code of the instructor without a role, locked or not */
    ROLE_ANSWER,  /* the student writes it; scored by test cells */
    ROLE_TEST,    /* graded test cell: points for its checks */
    ROLE_WRITTEN, /* the student writes it and a person grades it */
    ROLE_TASK,    /* nbgrader's task: described by the instructor, graded by a person */
    ROLE_WRONG,   /* a known wrong answer (oto.wrong), only in a source notebook */
    ROLE_RIGHT    /* another right answer (oto.right), only in a source notebook */
};

struct cell {
    json_t *json; /* borrowed from the notebook's tree */
    enum cell_role role;
    bool code;
    bool demo; /* metadata.oto.demo: it shows something, and nothing depends on it */
    char *source;
    size_t length;
    const char *grade_id; /* NULL for a cell without nbgrader metadata; borrowed */
    double points;        /* of ROLE_TEST, ROLE_WRITTEN, ROLE_TASK */
    /* ROLE_WRONG and ROLE_RIGHT; borrowed */
    const char *replaces, *name;
    double at_most;
};

struct notebook {
    json_t *json;
    struct cell *cells;
    size_t count;
};

/* A value of JSON takes up to 250 bytes of memory, which its three bytes in the file do not say. */
enum { NOTEBOOK_MAX_BYTES = 64 << 20, NOTEBOOK_MAX_CELLS = 10000, NOTEBOOK_MAX_VALUES = 4000000 };

/* Parses size bytes. name is used in the error. False with a malloc'd one-line *error that names file and field. */
bool notebook_parse(struct notebook *notebook, const char *name, const char *bytes, size_t size, char **error);
/* Reads a regular file (no symlink, FIFO or device: those are refused). */
bool notebook_read(struct notebook *notebook, const char *path, char **error);
/* A copy whose cells, their sources and their metadata are its own; release it with notebook_free. */
struct notebook notebook_copy(const struct notebook *notebook);
void notebook_free(struct notebook *notebook);

/* The cell with that grade_id (wrong and right variants are no candidates), or NULL. */
struct cell *notebook_find(const struct notebook *notebook, const char *grade_id);

/* Replaces a cell's source, in memory and in the tree. */
void cell_set_source(struct cell *cell, const char *source, size_t length);
/* Takes the outputs of a code cell away, and what JupyterLab notes about them. */
void cell_clear_output(struct cell *cell);
/* Does a student write in it, code or words? */
static inline bool cell_is_answer(const struct cell *cell) {
    return cell->role == ROLE_ANSWER || cell->role == ROLE_WRITTEN;
}
/* May only the instructor write in it? (nbgrader.utils.is_locked) */
bool cell_is_locked(const struct cell *cell);
/* nbgrader's checksum of a cell (nbgrader.utils.compute_checksum of 0.9.6): 32 hexadecimal digits. */
void cell_checksum(const struct cell *cell, char checksum[33]);

/* The bytes nbformat would write: sorted keys, one space of indent, UTF-8, a newline at the end. Caller frees. */
char *notebook_write(const struct notebook *notebook, size_t *size);

#endif
