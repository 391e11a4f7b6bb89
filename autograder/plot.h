/* plot: small drawings of scores as SVG, for the report's page. Colours come from the page: currentColor, and the
 * classes bar, middle, band, own and mark. Each carries a sentence for those who do not see it. */
#ifndef GRADER_PLOT_H
#define GRADER_PLOT_H

#include <stddef.h>

#include "autograder/strings.h"

/* How often each tenth of 0 to most occurs among the finite values, with a line at their mean. */
void plot_histogram(struct text *out, enum language language, const double *values, size_t count, double most);

/* One value (0 to 1) an assignment, which are numbered from 1: the class's median with its middle half. NAN leaves a
 * gap. own, or NULL, is drawn over it. */
struct course_line {
    size_t count;
    const char *const *names;
    const double *low, *median, *high, *own;
};
void plot_course(struct text *out, enum language language, const struct course_line *line);
/* The same for a line of text: own against the median, without axes. */
void plot_spark(struct text *out, enum language language, const struct course_line *line);

/* A bar of so much of 1, for a table. */
void plot_share(struct text *out, double share);

#endif
