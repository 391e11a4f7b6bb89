#include "autograder/page.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"

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
    {"grading.css", "text/css; charset=utf-8", css, sizeof css},
    {"colours.css", "text/css; charset=utf-8", colours, sizeof colours},
    {"grading.js", "text/javascript; charset=utf-8", js, sizeof js},
};

const struct page_file *page_file(const char *path) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(path, files[i].path) == 0) return &files[i];
    return NULL;
}

/* ---- in a language ---- */

static const char prefix[] = "GRADING_";

/* What the page calls it, without the prefix; NULL when the string is not the page's. */
static const char *name_in_page(enum string string) {
    const char *name = string_name(string);
    return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : NULL;
}

static void add_named(struct text *out, enum language language, const char *name, size_t length) {
    for (int i = 0; i < STRING_COUNT; i++) {
        const char *own = name_in_page((enum string)i);
        if (own && strlen(own) == length && strncmp(own, name, length) == 0)
            escape_html(out, string_of(language, (enum string)i));
    }
}

void page_grading(struct text *out, enum language language) {
    const char *at = (const char *)html, *end = at + sizeof html, *slot;
    while ((slot = memmem(at, (size_t)(end - at), "{{", 2))) {
        const char *name = slot + 2, *behind = memmem(name, (size_t)(end - name), "}}", 2);
        if (!behind) break;
        text_add_n(out, at, (size_t)(slot - at));
        add_named(out, language, name, (size_t)(behind - name));
        at = behind + 2;
    }
    text_add_n(out, at, (size_t)(end - at));
}

void page_texts(struct text *out, enum language language) {
    json_t *texts = json_object();
    for (int i = 0; i < STRING_COUNT; i++) {
        const char *name = name_in_page((enum string)i);
        if (name) json_object_set_new(texts, name, json_string(string_of(language, (enum string)i)));
    }
    char *json = json_dumps(texts, JSON_COMPACT);
    text_format(out, "const texts = %s;\n", json ? json : "{}");
    free(json);
    json_decref(texts);
}

/* ---- pages in one file ---- */

static const struct {
    const unsigned char *bytes;
    size_t size;
} styles[] = {
    [PAGE_FEEDBACK] = {feedback, sizeof feedback},
    [PAGE_REPORT] = {report, sizeof report},
    [PAGE_SIMILAR] = {similar, sizeof similar},
};

void page_begin(struct text *out, enum language language, const char *title, enum page_style style) {
    text_format(out,
                "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                "'unsafe-inline'; media-src data:\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta name=\"color-scheme\" content=\"light dark\">\n<title>%s</title>\n<style>\n",
                language_code(language), title);
    text_add_n(out, (const char *)colours, sizeof colours);
    text_add_n(out, (const char *)styles[style].bytes, styles[style].size);
    text_add(out, "</style>\n</head>\n<body>\n");
}
