#include "autograder/table.h"

#include <stdio.h>
#include <stdlib.h>

#include "autograder/escape.h"

void table_add(struct table *table, const char *text) {
    struct text safe = {};
    escape_terminal(&safe, text, false);
    ARRAY_ADD(table->entries, table->count, table->capacity) = safe.length ? text_take(&safe) : must_copy("");
}

void table_add_number(struct table *table, double number) {
    char *text = must_format("%.4g", number);
    table_add(table, text);
    free(text);
}

/* Columns that a reader sees: continuation bytes of UTF-8 take none. */
static int width_of(const char *text) {
    int width = 0;
    for (; *text; text++) width += (*text & 0xc0) != 0x80;
    return width;
}

/* The width of each column, malloc'd. */
static int *widths_of(const struct table *table) {
    int *widths = must_allocate((table->columns + 1) * sizeof *widths);
    for (size_t i = 0; i < table->count; i++) {
        int own = width_of(table->entries[i]), *width = &widths[i % table->columns];
        if (own > *width) *width = own;
    }
    return widths;
}

void table_print(struct table *table) {
    int *widths = widths_of(table);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->columns;
        int padding = widths[column] - width_of(table->entries[i]);
        bool last = column + 1 == table->columns, left = column == 0 || last;
        printf("%*s%s%*s%s", left ? 0 : padding, "", table->entries[i], left && !last ? padding : 0, "",
               last ? "\n" : "  ");
    }
    free(widths);
    table_free(table);
}

void table_free(struct table *table) {
    for (size_t i = 0; i < table->count; i++) free(table->entries[i]);
    free(table->entries);
    *table = (struct table){};
}
