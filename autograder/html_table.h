/* html_table: sentences and tables of a page. Everything that is put in is escaped. */
#ifndef GRADER_HTML_TABLE_H
#define GRADER_HTML_TABLE_H

#include "autograder/strings.h"

void html_say(struct text *out, enum language language, enum string string, const char *const *values);
/* An element with nothing but a sentence in it. */
void html_say_in(struct text *out, enum language language, const char *tag, enum string string);

struct column {
    enum string title;
    bool number;
};

void html_begin_table(struct text *out, enum language language, enum string caption, const struct column *columns,
                      size_t count);
#define HTML_BEGIN_TABLE(out, language, caption, columns)                                                              \
    html_begin_table(out, language, caption, columns, sizeof(columns) / sizeof *(columns))
void html_end_table(struct text *out);
/* A row of one cell, for a table in which there is nothing. */
void html_empty_row(struct text *out, enum language language, size_t columns, enum string string);

void html_cell(struct text *out, const char *content);
void html_count_cell(struct text *out, size_t count);
/* Where nobody knows the number, a dash. */
void html_number_cell(struct text *out, double number, int decimals, const char *unit);
void html_percent_cell(struct text *out, double share);
/* "3 of 4": string has {1} and {2}. */
void html_of_cell(struct text *out, enum language language, enum string string, size_t count, size_t all);

#endif
