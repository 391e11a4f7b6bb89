#include "autograder/table.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

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

/* Columns of a terminal: a Japanese character takes two, a combining accent none. In a locale of UTF-8. */
static int width_of(const char *text) {
    int width = 0;
    mbstate_t state = {};
    for (size_t left = strlen(text), used; left; text += used, left -= used) {
        wchar_t character = 0;
        used = mbrtowc(&character, text, left, &state);
        if (used > left) { /* not UTF-8 */
            state = (mbstate_t){};
            character = L'?'; /* takes a column */
            used = 1;
        }
        int columns = wcwidth(character);
        width += columns < 0 ? 1 : columns;
    }
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
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), usual = uselocale(utf8);
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
    uselocale(usual);
    if (utf8) freelocale(utf8);
}

void table_free(struct table *table) {
    for (size_t i = 0; i < table->count; i++) free(table->entries[i]);
    free(table->entries);
    *table = (struct table){};
}
