#include "autograder/page.h"

#include <string.h>

static const unsigned char html[] = {
#embed "page/grading.html"
};
static const unsigned char colours[] = {
#embed "page/colours.css"
};
static const unsigned char css[] = {
#embed "page/grading.css"
};
static const unsigned char js[] = {
#embed "page/grading.js"
};
static const unsigned char feedback[] = {
#embed "page/feedback.css"
};

static const struct page_file files[] = {
    {"", "text/html; charset=utf-8", html, sizeof html},
    {"grading.css", "text/css; charset=utf-8", css, sizeof css},
    {"colours.css", "text/css; charset=utf-8", colours, sizeof colours},
    {"feedback.css", "text/css; charset=utf-8", feedback, sizeof feedback},
    {"grading.js", "text/javascript; charset=utf-8", js, sizeof js},
};

const struct page_file *page_file(const char *path) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(path, files[i].path) == 0) return &files[i];
    return NULL;
}
