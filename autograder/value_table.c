#include "autograder/value_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/check/compare.h"

/* Malloc'd; "" behind the end. */
static char *element(const struct oto_observation *seen, size_t i, int precision) {
    char *text = NULL;
    size_t size;
    FILE *out = i < seen->count ? open_memstream(&text, &size) : NULL;
    if (!out) return must_copy("");
    oto_write_element(out, seen, i, precision);
    if (fclose(out) == 0) return text;
    free(text);
    return must_copy("");
}

/* With as few digits as show that they differ. */
static void add_row(struct text *out, const struct oto_observation *wanted, const struct oto_observation *came,
                    size_t i) {
    static const int precisions[] = {4, 6, 9, 17};
    bool both = i < wanted->count && i < came->count, differ = !both || !(oto_badness(wanted, came, i) <= 1);
    char *want = NULL, *got = NULL;
    for (size_t p = 0; p < sizeof precisions / sizeof *precisions; p++) {
        free(want);
        free(got);
        want = element(wanted, i, precisions[p]);
        got = element(came, i, precisions[p]);
        if (!differ || strcmp(want, got) != 0) break;
    }
    text_format(out, "%s\t%s\t%d\n", want, got, differ);
    free(want);
    free(got);
}

void value_table(struct text *out, const struct oto_observation *wanted, const struct oto_observation *came) {
    size_t count = wanted->count > came->count ? wanted->count : came->count;
    text_add(out, VALUE_TABLE_OPENING);
    for (size_t i = 0; i < count; i++) add_row(out, wanted, came, i);
}
