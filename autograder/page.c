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
static const unsigned char report[] = {
#embed "page/report.css"
};
static const unsigned char similar[] = {
#embed "page/similar.css"
};

static const struct page_file files[] = {
    {"", "text/html; charset=utf-8", html, sizeof html},
    {"grading.css", "text/css; charset=utf-8", css, sizeof css},
    {"colours.css", "text/css; charset=utf-8", colours, sizeof colours},
    {"grading.js", "text/javascript; charset=utf-8", js, sizeof js},
};

const struct page_file *page_file(const char *path) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(path, files[i].path) == 0) return &files[i];
    return NULL;
}

static const struct {
    const unsigned char *bytes;
    size_t size;
} styles[] = {
    [PAGE_FEEDBACK] = {feedback, sizeof feedback},
    [PAGE_REPORT] = {report, sizeof report},
    [PAGE_SIMILAR] = {similar, sizeof similar},
};

void page_begin(struct text *out, const char *language, const char *title, enum page_style style) {
    text_format(out,
                "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'; media-src data:\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n<style>\n",
                language, title);
    text_add_n(out, (const char *)colours, sizeof colours);
    text_add_n(out, (const char *)styles[style].bytes, styles[style].size);
    text_add(out, "</style>\n</head>\n<body>\n");
}
