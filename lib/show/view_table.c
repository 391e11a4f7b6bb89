#include "lib/io/table.h"
#include "lib/show/view.h"

#include <inttypes.h>
#include <stdlib.h>

enum { ROWS_MOST = 60, COLUMNS_MOST = 24 };

static void write_row(FILE *out, const char *tag, char *const cells[], int64_t count) {
    fputs("<tr>", out);
    for (int64_t c = 0; c < count && c < COLUMNS_MOST; c++) {
        fprintf(out, "<%s>", tag);
        oto_html_write(out, cells[c]);
        fprintf(out, "</%s>", tag);
    }
    fputs("</tr>", out);
}

/* NULL when there is no memory: then the text is enough. */
static char *html_of(const OtoTable *table) {
    char *html = NULL;
    size_t size;
    FILE *out = open_memstream(&html, &size);
    if (!out) return NULL;
    fputs("<table>", out);
    if (table->names) write_row(out, "th", table->names, table->columns);
    for (int64_t r = 0; r < table->rows && r < ROWS_MOST; r++)
        write_row(out, "td", table->cells + r * table->columns, table->columns);
    fputs("</table>", out);
    if (table->rows > ROWS_MOST) fprintf(out, "<p>... and %" PRId64 " more</p>", table->rows - ROWS_MOST);
    if (fclose(out) == 0) return html;
    free(html);
    return NULL;
}

void oto_view_table(struct oto_bundle *bundle, OtoTable *table) {
    bundle->text = oto_table_text(table);
    if (oto_host() >= 0 && !oto_show_is_blind()) bundle->html = html_of(table);
}
