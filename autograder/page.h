/* page: the files of page/ as bytes in this program: those of the grading page, and the style sheets of the pages that
 * stand in one file. */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

#include <stddef.h>

#include "autograder/strings.h"
#include "kernel/engine/text.h"

struct page_file {
    const char *path;
    const char *type; /* MIME */
    const unsigned char *bytes;
    size_t size;
};

/* A file of the grading page that is the same in each language; NULL when it has none of that name. */
const struct page_file *page_file(const char *path);
/* The grading page itself, and its script's `texts`, in a language. */
void page_grading(struct text *out, enum language language);
void page_texts(struct text *out, enum language language);

/* A page in one file, as far as <body>: page/STYLE.css and the colours in it, no script, nothing from elsewhere. title
 * is HTML. */
enum page_style { PAGE_FEEDBACK, PAGE_REPORT, PAGE_SIMILAR };
void page_begin(struct text *out, enum language language, const char *title, enum page_style style);

#endif
