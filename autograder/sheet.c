#include "autograder/sheet.h"

#include <csv.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "autograder/files.h"
#include "kernel/engine/text.h"

struct reader {
    struct sheet *sheet;
    bool in_row;
    size_t line;
};

static void on_field(void *bytes, size_t length, void *context) {
    struct reader *reader = context;
    struct sheet *sheet = reader->sheet;
    if (!reader->in_row)
        ARRAY_ADD(sheet->rows, sheet->count, sheet->capacity) = (struct sheet_row){.line = reader->line};
    reader->in_row = true;
    struct sheet_row *row = &sheet->rows[sheet->count - 1];
    ARRAY_ADD(row->fields, row->count, row->capacity) = must_copy_n(bytes, length);
}

static void on_row(int end, void *context) {
    struct reader *reader = context;
    reader->in_row = false;
}

/* The separator that the first line has most of. */
static unsigned char find_separator(const char *at, const char *end) {
    static const unsigned char candidates[] = {CSV_COMMA, ';', CSV_TAB};
    size_t counts[3] = {}, best = 0;
    for (; at < end && *at != '\n'; at++)
        for (size_t i = 0; i < 3; i++) counts[i] += (unsigned char)*at == candidates[i];
    for (size_t i = 1; i < 3; i++)
        if (counts[i] > counts[best]) best = i;
    return candidates[best];
}

/* A line at a time, so that an error and a row know theirs. False when libcsv cannot go on. */
static bool parse(struct csv_parser *parser, struct reader *reader, const char *at, const char *end) {
    for (reader->line = 1; at < end; reader->line++) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t length = (size_t)((newline ? newline + 1 : end) - at);
        if (csv_parse(parser, at, length, on_field, on_row, reader) != length) return false;
        at += length;
    }
    return csv_fini(parser, on_field, on_row, reader) == 0;
}

bool sheet_read(struct sheet *sheet, const char *name, const char *bytes, size_t size, char **error) {
    struct reader reader = {.sheet = sheet};
    struct csv_parser parser;
    char *why = NULL;
    const char *start = file_text(bytes, size, &why), *end = bytes + size;
    *sheet = (struct sheet){};
    *error = NULL;
    if (!start) {
        *error = must_format("%s: %s", name, why);
        free(why);
        return false;
    }
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI) != 0) {
        *error = must_format("%s: no memory to read it", name);
        return false;
    }
    csv_set_delim(&parser, find_separator(start, end));
    if (!parse(&parser, &reader, start, end))
        *error = must_format("%s: line %zu: %s", name, reader.line,
                             csv_error(&parser) == CSV_EPARSE ? "a quote stands where none can be, or is not closed"
                                                              : csv_strerror(csv_error(&parser)));
    else if (!sheet->count)
        *error = must_format("%s: is empty", name);
    csv_free(&parser);
    if (*error) sheet_free(sheet);
    return !*error;
}

void sheet_free(struct sheet *sheet) {
    for (size_t i = 0; i < sheet->count; i++) {
        for (size_t k = 0; k < sheet->rows[i].count; k++) free(sheet->rows[i].fields[k]);
        free(sheet->rows[i].fields);
    }
    free(sheet->rows);
    *sheet = (struct sheet){};
}

int sheet_column(const struct sheet *sheet, const char *name) {
    for (size_t i = 0; i < sheet->rows[0].count; i++)
        if (strcasecmp(sheet->rows[0].fields[i], name) == 0) return (int)i;
    return -1;
}

const char *sheet_field(const struct sheet *sheet, size_t row, int column) {
    const struct sheet_row *found = &sheet->rows[row];
    return column >= 0 && (size_t)column < found->count ? found->fields[column] : "";
}
