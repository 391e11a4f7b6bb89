/* page: the files of the grading page and the feedback's style sheets (page/), as bytes in this program. */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

#include <stddef.h>

struct page_file {
    const char *path; /* "" is the grading page itself */
    const char *type; /* MIME */
    const unsigned char *bytes;
    size_t size;
};

/* NULL when there is no such file. */
const struct page_file *page_file(const char *path);

#endif
