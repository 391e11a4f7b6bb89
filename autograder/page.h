/* page: the files of page/ as bytes in this program: those of the grading page, and the style sheets of the pages that
 * stand in one file. */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

#include <stddef.h>

#include "kernel/engine/text.h"

struct page_file {
    const char *path; /* "" is the grading page itself */
    const char *type; /* MIME */
    const unsigned char *bytes;
    size_t size;
};

/* A file of the grading page; NULL when it has none of that name. */
const struct page_file *page_file(const char *path);

/* A page in one file, as far as <body>: page/STYLE.css and the colours in it, no script, nothing from elsewhere. title
 * is HTML. */
enum page_style { PAGE_FEEDBACK, PAGE_REPORT, PAGE_SIMILAR };
void page_begin(struct text *out, const char *language, const char *title, enum page_style style);

#endif
