/* sheet: a table as spreadsheets write it: CSV in UTF-8, fields parted by ',' or ';' or a tab. Parsed by libcsv. */
#ifndef GRADER_SHEET_H
#define GRADER_SHEET_H

#include <stdbool.h>
#include <stddef.h>

struct sheet_row {
    size_t line; /* of the file on which its first field ends, from 1 */
    size_t count, capacity;
    char **fields;
};

struct sheet {
    size_t count, capacity;
    struct sheet_row *rows; /* the first holds the columns' names; empty lines are left out */
};

/* Reads size bytes, behind which a NUL stands. name is used in the error. False with a malloc'd *error that names the
 * line. */
bool sheet_read(struct sheet *sheet, const char *name, const char *bytes, size_t size, char **error);
void sheet_free(struct sheet *sheet);

/* The number of the column with that name, whatever its case, or -1. */
int sheet_column(const struct sheet *sheet, const char *name);
/* "" where the row is too short or the column -1. */
const char *sheet_field(const struct sheet *sheet, size_t row, int column);

#endif
