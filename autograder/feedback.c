/* oto-grade feedback: a page a student can read, one a submission. No script, nothing from elsewhere; every text of the
 * student's is escaped, and the page forbids scripts to the browser as well. */
#include "autograder/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/gradebook.h"
#include "autograder/options.h"

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src "
    "data:\">"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<style>\n"
    ":root { color-scheme: light dark; --good: #17702f; --bad: #b3261e; --line: #8886; --soft: #8881; }\n"
    "@media (prefers-color-scheme: dark) { :root { --good: #6cd58a; --bad: #ff8a80; } }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }\n"
    "h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; display: flex; justify-content: "
    "space-between; }\n"
    "ul { list-style: none; padding: 0; } li { padding: .5rem .75rem; border-left: 4px solid var(--line); margin: "
    ".4rem 0; background: var(--soft); }\n"
    "li.good { border-color: var(--good); } li.bad { border-color: var(--bad); }\n"
    ".good .mark { color: var(--good); } .bad .mark, .error { color: var(--bad); } .mark { font-weight: 700; }\n"
    ".message, .hint, .note { display: block; } .hint::before { content: 'Hint: '; font-weight: 600; }\n"
    "pre { overflow: auto; padding: .75rem; background: var(--soft); border-left: 4px solid var(--bad); white-space: "
    "pre-wrap; }\n"
    "svg { width: 100%; height: auto; margin-top: .5rem; font: 11px system-ui, sans-serif; } svg text { fill: "
    "currentColor; }\n"
    "svg path { fill: none; stroke: currentColor; } svg .axis { opacity: .6; } svg .zero { opacity: .3; }\n"
    "svg path.expected { stroke: var(--good); stroke-width: 1.5; } svg path.got { stroke: var(--bad); stroke-width: "
    "1.5; stroke-dasharray: 5 3; }\n"
    "svg circle.expected { fill: var(--good); } svg circle.got { fill: var(--bad); }\n"
    "svg .worst { stroke-dasharray: 2 4; opacity: .6; } .key { font-size: .85rem; }\n"
    ".key b:first-child { color: var(--good); } .key b:last-child { color: var(--bad); }\n"
    "@media print { body { margin: 0; } li { break-inside: avoid; } }\n"
    "</style>\n";

struct page {
    struct gradebook *book;
    struct text out;
    const char *student, *assignment;
    char position[32];
    sqlite3_int64 part;
    char *error;
};

static void element(struct text *out, const char *tag, const char *class, const char *content) {
    text_format(out, "<%s class=\"%s\">", tag, class);
    escape_html(out, content);
    text_format(out, "</%s>", tag);
}

/* Tracebacks come with terminal colours: ESC [ ... letter. */
static char *without_colours(const char *text) {
    struct text plain = {};
    for (const char *at = text; *at; at++) {
        if (at[0] == '\033' && at[1] == '[') {
            for (at += 2; *at && !(*at >= '@' && *at <= '~');) at++;
            if (!*at) break;
            continue;
        }
        text_add_n(&plain, at, 1);
    }
    return plain.length ? text_take(&plain) : must_copy("");
}

/* name, weight, earned, passed, hidden, hint, message, picture */
static void on_check(void *context, sqlite3_stmt *row) {
    struct page *page = context;
    bool passed = sqlite3_column_int(row, 3), hidden = sqlite3_column_int(row, 4);
    text_format(&page->out, "<li class=\"%s\"><span class=\"mark\">%s</span> ", passed ? "good" : "bad",
                passed ? "✓" : "✗");
    escape_html(&page->out, column_text(row, 0));
    if (hidden) text_add(&page->out, " <small>(a hidden check)</small>");
    if (!passed && !hidden) {
        element(&page->out, "span", "message", column_text(row, 6));
        if (sqlite3_column_type(row, 5) != SQLITE_NULL && *column_text(row, 5))
            element(&page->out, "span", "hint", column_text(row, 5));
        if (sqlite3_column_type(row, 7) != SQLITE_NULL) {
            text_add(&page->out, column_text(row, 7)); /* drawn by picture.c from numbers */
            text_add(&page->out, "<div class=\"key\"><b>expected</b> · <b>yours (dashed)</b></div>");
        }
    }
    text_add(&page->out, "</li>\n");
}

static void add_error(struct page *page, const char *ename, const char *evalue, const char *traceback) {
    char *plain = without_colours(traceback);
    text_add(&page->out, "<p class=\"error\"><b>");
    escape_html(&page->out, ename);
    text_add(&page->out, "</b> ");
    escape_html(&page->out, evalue);
    text_add(&page->out, "</p>\n");
    if (*plain) {
        text_add(&page->out, "<pre>");
        escape_html(&page->out, plain);
        text_add(&page->out, "</pre>\n");
    }
    free(plain);
}

static void add_heading(struct page *page, sqlite3_stmt *row) {
    char *score = sqlite3_column_type(row, 4) == SQLITE_NULL
                      ? must_format("%.4g points, graded by a person", sqlite3_column_double(row, 3))
                      : must_format("%.4g of %.4g", sqlite3_column_double(row, 4), sqlite3_column_double(row, 3));
    text_add(&page->out, "<h2><span>");
    escape_html(&page->out, column_text(row, 1));
    text_format(&page->out, "</span><span>%s</span></h2>\n", score);
    free(score);
}

/* position, grade_id, role, points, score, substituted, ename, evalue, traceback, comment */
static void on_cell(void *context, sqlite3_stmt *row) {
    struct page *page = context;
    bool failed = sqlite3_column_type(row, 6) != SQLITE_NULL, answer = strcmp(column_text(row, 2), "answer") == 0;
    snprintf(page->position, sizeof page->position, "%lld", sqlite3_column_int64(row, 0));
    if (answer && !failed) return;
    if (answer) {
        text_add(&page->out, "<h2><span>Your answer ");
        escape_html(&page->out, column_text(row, 1));
        text_add(&page->out, " did not run</span></h2>\n");
    } else {
        add_heading(page, row);
    }
    if (sqlite3_column_int(row, 5))
        text_add(&page->out, "<p class=\"note\">An earlier answer of yours does not run. So that this part is not lost "
                             "with it, it was run with "
                             "the instructor's version of that answer; values are not shown.</p>\n");
    if (*column_text(row, 9)) element(&page->out, "p", "note", column_text(row, 9));
    if (failed) add_error(page, column_text(row, 6), column_text(row, 7), column_text(row, 8));
    text_add(&page->out, "<ul>\n");
    char *error = NULL;
    if (!gradebook_query(page->book,
                         "SELECT name, weight, earned, passed, hidden, hint, message, picture FROM oto_check"
                         " WHERE student = ? AND assignment = ? AND position = ? ORDER BY number",
                         (const char *const[]){page->student, page->assignment, page->position}, on_check, page,
                         &error))
        page->error = error;
    text_add(&page->out, "</ul>\n");
}

static void add_lines(struct text *out, const char *lines) {
    for (const char *at = lines; *at;) {
        size_t length = strcspn(at, "\n");
        char *line = must_copy_n(at, length);
        element(out, "p", "note", line);
        free(line);
        at += length + (at[length] == '\n');
    }
}

struct feedback {
    struct gradebook *book;
    const char *course;
    size_t pages;
    char *error;
};

/* student, assignment, title, verdict, message, notes, score, points, days_late, penalty */
static void on_submission(void *context, sqlite3_stmt *row) {
    struct feedback *feedback = context;
    struct page page = {.book = feedback->book, .student = column_text(row, 0), .assignment = column_text(row, 1)};
    const char *title = column_text(row, 2);
    bool graded = strcmp(column_text(row, 3), "graded") == 0;
    if (feedback->error) return;
    text_add(&page.out, head);
    text_add(&page.out, "<title>");
    escape_html(&page.out, title);
    text_add(&page.out, "</title></head><body>\n<h1>");
    escape_html(&page.out, title);
    text_add(&page.out, "</h1>\n<p>");
    escape_html(&page.out, page.student);
    if (graded)
        text_format(&page.out, ": <b>%.4g of %.4g points</b>", sqlite3_column_double(row, 6),
                    sqlite3_column_double(row, 7));
    text_add(&page.out, "</p>\n");
    if (sqlite3_column_double(row, 8) > 0)
        text_format(&page.out, "<p class=\"note\">Handed in %g days late: %g %% less.</p>\n",
                    sqlite3_column_double(row, 8), 100 * sqlite3_column_double(row, 9));
    if (!graded) {
        text_add(&page.out, "<p class=\"error\">This notebook was not graded; a person will look at it.</p>\n<p>");
        escape_html(&page.out, column_text(row, 4));
        text_add(&page.out, "</p>\n");
    }
    add_lines(&page.out, column_text(row, 5));
    char *error = NULL;
    if (!gradebook_query(page.book,
                         "SELECT position, grade_id, role, points, final, substituted, ename, evalue, traceback, "
                         "comment FROM oto_graded_cell"
                         " WHERE student = ? AND assignment = ? ORDER BY position",
                         (const char *const[]){page.student, page.assignment}, on_cell, &page, &error))
        page.error = error;
    text_add(&page.out, "</body></html>\n");
    char *path = must_format("%s/feedback/%s/%s/%s.html", feedback->course, page.student, page.assignment, title);
    if (!page.error && file_write(path, page.out.data, page.out.length, &page.error)) feedback->pages++;
    feedback->error = page.error;
    free(path);
    text_free(&page.out);
}

int command_feedback(int count, char **words) {
    struct options options;
    struct gradebook book;
    char *error = NULL;
    if (!options_read_course(&options, count, words)) return 2;
    if (!gradebook_open_course(&book, options.course, &error)) return complain_and_free(error);
    struct feedback feedback = {.book = &book, .course = options.course};
    if (!gradebook_query(
            &book,
            "SELECT student, assignment, title, verdict, message, notes, score, points, days_late, penalty FROM "
            "oto_score"
            " WHERE (?1 IS NULL OR assignment = ?1) AND (?2 IS NULL OR student = ?2) ORDER BY student, assignment",
            (const char *const[]){options.assignment, options.student}, on_submission, &feedback, &error))
        feedback.error = error;
    if (!feedback.error && !gradebook_hand_out(&book, options.assignment, options.student, &error))
        feedback.error = error;
    gradebook_close(&book);
    if (feedback.error) return complain_and_free(feedback.error);
    printf("%zu feedback page%s in %s/feedback\n", feedback.pages, feedback.pages == 1 ? "" : "s", options.course);
    return 0;
}
