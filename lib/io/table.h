/* table: text files of rows and columns (CSV, TSV), such as data sets come with. */
#ifndef OTO_TABLE_H
#define OTO_TABLE_H

#include "../tensor/tensor.h"

typedef struct OtoTable {
    int64_t rows, columns;
    char **names;   /* of the columns; NULL when the file has no header */
    char **cells;   /* row after row; "" where a row is short */
    int64_t *lines; /* of the file, on which each row begins, from 1 */
    char *origin;   /* the file's name */
    char *bytes;    /* that the texts lie in */
} OtoTable;

/* Reads a table: rows are lines, cells are parted by .separator (0: a tab when the first line has one, then a comma,
 * then a semicolon, otherwise spaces), and a cell in "quotes" may hold separators, line ends, and "" for a quote
 * (RFC 4180). Lines that begin with # and empty lines are left out.
 *     .header   true: the first row names the columns
 * Refuses a file that is missing, empty, no text, or that ends inside quotes: the message names file and line. */
typedef struct OtoTableLoad {
    char separator;
    bool header;
} OtoTableLoad;
OtoTable *oto_table_load(const char *path, OtoTableLoad options);
#define oto_table_load(path, ...) oto_table_load(path, OTO_OPTIONS(OtoTableLoad, (.header = true), __VA_ARGS__))
/* The same from memory; name is for messages. */
OtoTable *oto_table_parse(const char *text, size_t size, const char *name, OtoTableLoad options);

/* The column of that name, from 0; -1 when there is none. Case does not matter. */
int64_t oto_table_column(OtoTable *table, const char *name);
/* A cell as text (it belongs to the table), and as a number: refuses one that is none, and names the line. */
const char *oto_table_cell(OtoTable *table, int64_t row, int64_t column);
double oto_table_number(OtoTable *table, int64_t row, int64_t column);

/* "table (rows 12, columns 3: onset, duration, pitch), from notes.csv"; free() it. */
char *oto_table_describe(OtoTable *table);
/* The line above and the first rows; free() it. */
char *oto_table_text(OtoTable *table);
void oto_table_print(OtoTable *table);

#endif
