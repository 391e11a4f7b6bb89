/* page: the files of the grading page (page/), as bytes in this program. */
#ifndef GRADER_PAGE_H
#define GRADER_PAGE_H

#include <stddef.h>

struct page_file {
    const char *path; /* behind the token; "" is the page itself */
    const char *type; /* MIME */
    const unsigned char *bytes;
    size_t size;
};

/* NULL when there is no such file. */
const struct page_file *page_file(const char *path);

#endif
