/* table: text in columns for a terminal, each as wide as its widest entry. */
#ifndef GRADER_TABLE_H
#define GRADER_TABLE_H

#include <stddef.h>

struct table {
    size_t columns, count, capacity;
    char **entries; /* row after row */
};

/* The next entry; control characters do not reach the terminal. */
void table_add(struct table *table, const char *text);
void table_add_number(struct table *table, double number);

/* Prints the rows and empties the table: the first and the last column to the left, the others to the right. */
void table_print(struct table *table);
void table_free(struct table *table);

#endif
