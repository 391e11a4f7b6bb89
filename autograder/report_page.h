/* report_page: the class as one self-contained HTML page: nothing in it is loaded from elsewhere, and no script runs.
 */
#ifndef GRADER_REPORT_PAGE_H
#define GRADER_REPORT_PAGE_H

#include "autograder/analysis.h"
#include "autograder/strings.h"

void report_page(struct text *out, enum language language, const struct analysis *analysis);

#endif
