#include "lib/io/table.h"
#include "lib/io/file.h"
#include "lib/tensor/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const size_t FILE_MAX = (size_t)1 << 30;
enum { LINES_MAX = 12, COLUMNS_SHOWN = 8, CELLS_MAX = 1 << 27 };

/* Cells while they are read: ends[r] is the number of cells up to the end of row r. */
struct reading {
    const char *name;
    char *at, *end;
    char separator;
    int64_t line;
    char **cells;
    int64_t *ends, *lines;
    int64_t cell_count, cell_capacity, row_count, row_capacity, widest;
};

static void free_reading(void *thing) {
    struct reading *r = thing;
    free(r->cells);
    free(r->ends);
    free(r->lines);
    free(r);
}

static void *grown(const struct reading *r, void *array, int64_t capacity, size_t size) {
    void *more = realloc(array, (size_t)capacity * size);
    if (!more) oto_refuse("oto_table_load", "no memory for the table %s", r->name);
    return more;
}

static void add_cell(struct reading *r, char *cell) {
    if (r->cell_count == r->cell_capacity) {
        r->cell_capacity = r->cell_capacity * 2 + 256;
        r->cells = grown(r, r->cells, r->cell_capacity, sizeof *r->cells);
    }
    r->cells[r->cell_count++] = cell;
}

static void end_row(struct reading *r, int64_t line) {
    if (r->row_count == r->row_capacity) {
        r->row_capacity = r->row_capacity * 2 + 64;
        r->ends = grown(r, r->ends, r->row_capacity, sizeof *r->ends);
        r->lines = grown(r, r->lines, r->row_capacity, sizeof *r->lines);
    }
    int64_t width = r->cell_count - (r->row_count ? r->ends[r->row_count - 1] : 0);
    if (width > r->widest) r->widest = width;
    r->lines[r->row_count] = line;
    r->ends[r->row_count++] = r->cell_count;
}

static bool at_line_end(const struct reading *r) {
    return r->at >= r->end || *r->at == '\n' || (*r->at == '\r' && (r->at + 1 >= r->end || r->at[1] == '\n'));
}

static void skip_line_end(struct reading *r) {
    if (r->at < r->end && *r->at == '\r') r->at++;
    if (r->at < r->end && *r->at == '\n') r->at++;
    r->line++;
}

/* A cell in quotes, put together in place; at stands behind its closing quote then. */
static char *read_quoted(struct reading *r) {
    int64_t began = r->line;
    char *start = ++r->at, *to = start;
    for (; r->at < r->end; r->at++) {
        if (*r->at == '\n') r->line++;
        if (*r->at == '"' && (r->at + 1 >= r->end || r->at[1] != '"')) {
            r->at++;
            *to = '\0'; /* at least one byte behind it has been read: the quote */
            return start;
        }
        if (*r->at == '"') r->at++;
        *to++ = *r->at;
    }
    oto_refuse("oto_table_load", "%s, line %" PRId64 ": a cell in quotes does not end", r->name, began);
}

static void read_row(struct reading *r) {
    int64_t line = r->line;
    bool more = true;
    while (more) {
        while (r->at < r->end && *r->at == ' ') r->at++;
        char *cell = r->at;
        if (r->at < r->end && *r->at == '"') cell = read_quoted(r);
        char *from = r->at;
        while (!at_line_end(r) && *r->at != r->separator) r->at++;
        char *stop = r->at;
        while (stop > from && stop[-1] == ' ') stop--;
        bool ended = at_line_end(r);
        more = !ended;
        add_cell(r, cell);
        if (ended) {
            end_row(r, line);
            skip_line_end(r);
        } else {
            r->at++;
            while (r->separator == ' ' && r->at < r->end && *r->at == ' ') r->at++;
            if (r->separator == ' ' && at_line_end(r)) {
                more = false;
                end_row(r, line);
                skip_line_end(r);
            }
        }
        *stop = '\0'; /* the separator or line end has been read */
    }
}

static char guess_separator(const char *at, const char *end) {
    while (at < end && *at == '#') {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        at = line ? line + 1 : end;
    }
    const char *line = memchr(at, '\n', (size_t)(end - at));
    size_t length = (size_t)((line ? line : end) - at);
    return memchr(at, '\t', length) ? '\t' : memchr(at, ',', length) ? ',' : memchr(at, ';', length) ? ';' : ' ';
}

static void release(void *value) {
    OtoTable *table = value;
    free(table->names);
    free(table->cells);
    free(table->lines);
    free(table->origin);
    free(table->bytes);
}

/* Rows of equal width. */
static void fill(OtoTable *table, const struct reading *r, bool header) {
    int64_t first = header && r->row_count > 0;
    table->rows = r->row_count - first;
    table->columns = r->widest;
    if (table->columns > 0 && table->rows > CELLS_MAX / table->columns)
        oto_refuse("oto_table_load", "%s would have %" PRId64 " rows of %" PRId64 " cells; is it a table?", r->name,
                   table->rows, table->columns);
    table->cells = calloc((size_t)(table->rows * table->columns) + 1, sizeof *table->cells);
    table->lines = calloc((size_t)table->rows + 1, sizeof *table->lines);
    if (first) table->names = calloc((size_t)table->columns + 1, sizeof *table->names);
    if (!table->cells || !table->lines || (first && !table->names))
        oto_refuse("oto_table_load", "no memory for the table %s", r->name);
    for (int64_t row = 0; row < r->row_count; row++) {
        int64_t from = row ? r->ends[row - 1] : 0, width = r->ends[row] - from;
        char **to = row < first ? table->names : table->cells + (row - first) * table->columns;
        for (int64_t c = 0; c < table->columns; c++) to[c] = c < width ? r->cells[from + c] : (char *)"";
        if (row >= first) table->lines[row - first] = r->lines[row];
    }
}

OtoTable *oto_table_parse(const char *text, size_t size, const char *name, OtoTableLoad options) {
    oto_check_text("oto_table_load", "name", name);
    oto_check_buffer("oto_table_load", "text", text, size);
    const char *zero = size ? memchr(text, '\0', size) : NULL;
    if (zero) oto_refuse("oto_table_load", "%s has a zero byte at %td, so it is no text", name, zero - text);
    OtoTable *table = oto_value_new(OTO_TABLE, sizeof *table, release);
    table->origin = strdup(name);
    table->bytes = malloc(size + 1);
    if (!table->bytes) oto_refuse("oto_table_load", "no memory for %s (%zu bytes)", name, size);
    if (size) memcpy(table->bytes, text, size);
    table->bytes[size] = '\0';
    oto_scope {
        struct reading *r = calloc(1, sizeof *r);
        if (!r) oto_refuse("oto_table_load", "no memory for the table %s", name);
        oto_hold(r, free_reading);
        *r = (struct reading){.name = name, .at = table->bytes, .end = table->bytes + size, .line = 1};
        if (size >= 3 && !memcmp(r->at, "\xEF\xBB\xBF", 3)) r->at += 3;
        r->separator = options.separator ? options.separator : guess_separator(r->at, r->end);
        while (r->at < r->end) {
            if (at_line_end(r)) {
                skip_line_end(r);
            } else if (*r->at == '#') {
                while (!at_line_end(r)) r->at++;
            } else {
                read_row(r);
            }
        }
        fill(table, r, options.header);
    }
    oto_value_owns(table, (int64_t)size + table->rows * table->columns * (int64_t)sizeof *table->cells);
    return table;
}

OtoTable *(oto_table_load)(const char *path, OtoTableLoad options) {
    oto_check_text("oto_table_load", "path", path);
    OtoTable *table = NULL;
    oto_scope {
        size_t size;
        const char *text = oto_file_read("oto_table_load", path, FILE_MAX, &size);
        table = oto_keep(oto_table_parse(text, size, oto_file_name(path), options));
    }
    return table;
}

static void need(const char *operation, OtoTable *table) {
    oto_check_value(operation, "table", table, OTO_TABLE);
}

int64_t oto_table_column(OtoTable *table, const char *name) {
    need("oto_table_column", table);
    oto_check_text("oto_table_column", "name", name);
    for (int64_t c = 0; table->names && c < table->columns; c++)
        if (!strcasecmp(table->names[c], name)) return c;
    return -1;
}

const char *oto_table_cell(OtoTable *table, int64_t row, int64_t column) {
    need("oto_table_cell", table);
    if (row < 0 || row >= table->rows || column < 0 || column >= table->columns)
        oto_refuse("oto_table_cell",
                   "(%" PRId64 ", %" PRId64 ") lies outside the %" PRId64 " rows and %" PRId64 " columns of %s", row,
                   column, table->rows, table->columns, table->origin);
    return table->cells[row * table->columns + column];
}

double oto_table_number(OtoTable *table, int64_t row, int64_t column) {
    const char *cell = oto_table_cell(table, row, column);
    char *end;
    double number = strtod(cell, &end);
    if (end == cell || *end || !isfinite(number))
        oto_refuse("oto_table_number", "%s, line %" PRId64 ", column %" PRId64 ": \"%.40s\" is not a number",
                   table->origin, table->lines[row], column + 1, cell);
    return number;
}

static char *text_of(const char *operation, OtoTable *table, bool cells) {
    need(operation, table);
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (!to) oto_refuse(operation, "no memory for a text");
    fprintf(to, "table (rows %" PRId64 ", columns %" PRId64, table->rows, table->columns);
    for (int64_t c = 0; table->names && c < table->columns && c < COLUMNS_SHOWN; c++)
        fprintf(to, "%s%.30s", c ? ", " : ": ", table->names[c]);
    fprintf(to, "%s), from %s", table->names && table->columns > COLUMNS_SHOWN ? ", ..." : "", table->origin);
    if (cells) {
        fputc('\n', to);
        for (int64_t r = 0; r < table->rows && r < LINES_MAX; r++) {
            for (int64_t c = 0; c < table->columns && c < COLUMNS_SHOWN; c++)
                fprintf(to, "  %-12.30s", table->cells[r * table->columns + c]);
            fputc('\n', to);
        }
        if (table->rows > LINES_MAX) fprintf(to, "  ... and %" PRId64 " more\n", table->rows - LINES_MAX);
    }
    if (fclose(to) != 0) oto_refuse(operation, "no memory for a text");
    return text;
}

char *oto_table_describe(OtoTable *table) {
    return text_of("oto_table_describe", table, false);
}
char *oto_table_text(OtoTable *table) {
    return text_of("oto_table_text", table, true);
}

void oto_table_print(OtoTable *table) {
    char *text = oto_table_text(table);
    fputs(text, stdout);
    free(text);
}
