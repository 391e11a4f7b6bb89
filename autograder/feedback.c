/* oto-grade feedback: what a student gets to read, a page and a notebook for each submission. */
#include "autograder/feedback.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "autograder/commands.h"
#include "autograder/course.h"
#include "autograder/files.h"
#include "autograder/options.h"
#include "autograder/policy.h"

struct entry {
    char *student, *assignment;
};

struct entries {
    struct entry *all;
    size_t count, capacity;
};

static void on_entry(void *context, sqlite3_stmt *row) {
    struct entries *entries = context;
    ARRAY_ADD(entries->all, entries->count, entries->capacity) =
        (struct entry){must_copy(column_text(row, 0)), must_copy(column_text(row, 1))};
}

struct press {
    const struct options *options;
    enum language language;
    struct gradebook *book;
    struct course course; /* empty when its source folder cannot be read */
    struct submission *submissions;
    size_t submission_count;
    const char *assignment; /* whose exercise is open */
    struct notebook source;
    bool has_source, all_read;
    size_t pages;
};

/* Without the course's exercises the parts are called by their ids, and there are no notebooks. */
static void open_press(struct press *press) {
    char *error = NULL;
    if (course_open(&press->course, press->options->course, press->options->assignment, &error))
        press->submissions =
            course_submissions(&press->course, press->options->student, &press->submission_count, &press->all_read);
    else
        fprintf(stderr, "oto-grade: pages without titles of parts, and no notebooks: %s\n", error);
    free(error);
}

static void close_press(struct press *press) {
    if (press->has_source) notebook_free(&press->source);
    submissions_free(press->submissions, press->submission_count);
    course_close(&press->course);
}

/* The parts' titles stand in the source notebook. */
static void open_source(struct press *press, const char *assignment) {
    char *error = NULL;
    if (press->assignment && strcmp(press->assignment, assignment) == 0) return;
    if (press->has_source) notebook_free(&press->source);
    press->assignment = assignment;
    press->has_source = false;
    for (size_t i = 0; i < press->course.count && !press->has_source; i++)
        if (strcmp(press->course.assignments[i].name, assignment) == 0)
            press->has_source = notebook_read(&press->source, press->course.assignments[i].path, &error);
    free(error);
}

static bool write_notebook(const struct press *press, const struct outcome *outcome, const char *path, char **error) {
    struct notebook notebook;
    bool done = true;
    if (outcome->graded && submissions_read(&press->course, press->submissions, press->submission_count,
                                            outcome->student, outcome->assignment, &notebook)) {
        size_t size;
        char *bytes = feedback_notebook(press->language, outcome, &notebook, &size);
        done = file_write(path, bytes, size, error);
        free(bytes);
        notebook_free(&notebook);
    } else if (unlink(path) < 0 && errno != ENOENT) { /* an earlier one would no longer be true */
        *error = must_format("%s: %s", path, strerror(errno));
        done = false;
    }
    return done;
}

static bool write_one(struct press *press, const struct entry *entry, char **error) {
    struct outcome outcome;
    struct text page = {};
    open_source(press, entry->assignment);
    if (!outcome_read(&outcome, press->book, entry->student, entry->assignment,
                      press->has_source ? &press->source : NULL, error))
        return false;
    char *base =
        must_format("%s/feedback/%s/%s/%s", press->options->course, entry->student, entry->assignment, outcome.title);
    char *html = must_format("%s.html", base), *ipynb = must_format("%s.ipynb", base);
    feedback_page(&page, press->language, &outcome);
    bool done = file_write(html, page.data, page.length, error) && write_notebook(press, &outcome, ipynb, error);
    press->pages += done;
    free(base);
    free(html);
    free(ipynb);
    text_free(&page);
    outcome_free(&outcome);
    return done;
}

static bool write_all(struct press *press, char **error) {
    const struct options *options = press->options;
    struct entries entries = {};
    bool done =
        policy_language(press->book, options->language, &press->language, error) &&
        gradebook_query(press->book,
                        "SELECT student, assignment FROM oto_score WHERE (?1 IS NULL OR assignment = ?1)"
                        " AND (?2 IS NULL OR student = ?2) ORDER BY assignment, student",
                        (const char *const[]){options->assignment, options->student}, on_entry, &entries, error);
    for (size_t i = 0; i < entries.count && done; i++) done = write_one(press, &entries.all[i], error);
    for (size_t i = 0; i < entries.count; i++) {
        free(entries.all[i].student);
        free(entries.all[i].assignment);
    }
    free(entries.all);
    return done;
}

int command_feedback(int count, char **words) {
    struct options options;
    struct gradebook book;
    char *error = NULL;
    if (!options_read_course(&options, "--course --assignment --student --language", count, words)) return 2;
    if (!gradebook_open_course_for(&book, options.course, options.assignment, options.student, &error))
        return complain_and_free(error);
    struct press press = {.options = &options, .book = &book, .all_read = true};
    open_press(&press);
    bool done = write_all(&press, &error) && gradebook_hand_out(&book, options.assignment, options.student, &error);
    close_press(&press);
    gradebook_close(&book);
    if (!done) return complain_and_free(error);
    printf("%zu feedback page%s in %s/feedback\n", press.pages, press.pages == 1 ? "" : "s", options.course);
    return press.all_read ? 0 : 1;
}
