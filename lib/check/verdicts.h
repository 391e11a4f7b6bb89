/* verdicts: what the checks of the running cell came to, and how a student sees it. For lib/check only. */
#ifndef OTO_VERDICTS_H
#define OTO_VERDICTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/check/compare.h"
#include "lib/check/expected.h"

struct oto_line_of_check {
    char *name, *message, *hint; /* hint NULL or only with a failure */
    enum { OTO_CHECK_PASSED, OTO_CHECK_FAILED, OTO_CHECK_UNKNOWN } state;
    double earned;                             /* 0 to 1: the share of its weight */
    const struct oto_expectation *expectation; /* NULL when unknown; lives as long as the exercise */
};

struct oto_cell_checks {
    size_t count;
    struct oto_line_of_check *lines;
    char id[48];    /* of the one display that shows them all */
    bool displayed; /* so far */
    int pictures;   /* shown for failures of this cell */
};

/* Adds a line (texts are copied) and shows it: in a notebook the cell's one display is drawn anew, elsewhere the line
 * is printed. */
void oto_verdicts_add(struct oto_cell_checks *checks, struct oto_line_of_check line);
void oto_verdicts_clear(struct oto_cell_checks *checks);

/* After a failure: target and yours as two players (audio, one source) or two curves (arrays and losses
 * of more than 8 elements), when there
 * is a notebook to show them. At most a few a cell; whatever goes wrong with a picture is no error. */
void oto_verdicts_illustrate(struct oto_cell_checks *checks, const struct oto_observation *expected,
                             const struct oto_record *observed);

#endif
