#include "autograder/html_table.h"

#include <math.h>
#include <stdlib.h>

#include "autograder/escape.h"

void html_cell(struct text *out, const char *content) {
    text_add(out, "<td>");
    escape_html(out, content);
    text_add(out, "</td>");
}

void html_count_cell(struct text *out, size_t count) {
    text_format(out, "<td class=\"number\">%zu</td>", count);
}

void html_number_cell(struct text *out, double number, int decimals, const char *unit) {
    text_add(out, "<td class=\"number\">");
    if (isfinite(number) && fabs(number) < 0.5 * pow(10, -decimals)) number = 0; /* and not -0.00 */
    if (isfinite(number))
        text_format(out, "%.*f%s", decimals, number, unit);
    else
        text_add(out, "–");
    text_add(out, "</td>");
}

void html_percent_cell(struct text *out, double share) {
    html_number_cell(out, 100 * share, 0, " %");
}

void html_say(struct text *out, enum language language, enum string string, const char *const *values) {
    string_add(out, language, string, values, escape_html);
}

void html_say_in(struct text *out, enum language language, const char *tag, enum string string) {
    text_format(out, "<%s>", tag);
    html_say(out, language, string, NULL);
    text_format(out, "</%s>\n", tag);
}

void html_of_cell(struct text *out, enum language language, enum string string, size_t count, size_t all) {
    char *some = must_format("%zu", count), *whole = must_format("%zu", all);
    text_add(out, "<td class=\"number\">");
    html_say(out, language, string, (const char *const[]){some, whole});
    text_add(out, "</td>");
    free(some);
    free(whole);
}

void html_begin_table(struct text *out, enum language language, enum string caption, const struct column *columns,
                      size_t count) {
    text_add(out, "<div class=\"wide\"><table><caption>");
    html_say(out, language, caption, NULL);
    text_add(out, "</caption><thead><tr>");
    for (size_t i = 0; i < count; i++) {
        text_format(out, "<th scope=\"col\"%s>", columns[i].number ? " class=\"number\"" : "");
        html_say(out, language, columns[i].title, NULL);
        text_add(out, "</th>");
    }
    text_add(out, "</tr></thead><tbody>\n");
}
void html_empty_row(struct text *out, enum language language, size_t columns, enum string string) {
    text_format(out, "<tr><td colspan=\"%zu\">", columns);
    html_say(out, language, string, NULL);
    text_add(out, "</td></tr>\n");
}

void html_end_table(struct text *out) {
    text_add(out, "</tbody></table></div>\n");
}
