#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/excerpt.h"
#include "autograder/feedback.h"
#include "autograder/page.h"

static void add_head(struct text *out, struct feedback_view view, const struct outcome *outcome) {
    struct text title = {};
    feedback_say(&title, view, STRING_TITLE, (const char *const[]){outcome->title});
    page_begin(out, view.language, title.data, PAGE_FEEDBACK);
    text_free(&title);
}

static void add_notes(struct text *out, struct feedback_view view, const char *notes) {
    if (!*notes) return;
    text_add(out, "<h2>");
    feedback_say(out, view, STRING_NOTES, NULL);
    text_add(out, "</h2>\n");
    for (const char *at = notes; *at;) {
        size_t length = strcspn(at, "\n");
        char *line = must_copy_n(at, length);
        text_add(out, "<p class=\"note\">");
        feedback_line(out, view, line);
        text_add(out, "</p>\n");
        free(line);
        at += length + (at[length] == '\n');
    }
}

static void add_paragraph(struct text *out, struct feedback_view view, const char *class, enum string string,
                          const char *const *values) {
    text_format(out, "<p class=\"%s\">", class);
    feedback_say(out, view, string, values);
    text_add(out, "</p>\n");
}

static void add_score(struct text *out, struct feedback_view view, const struct outcome *outcome) {
    text_add(out, "<p class=\"total\">");
    feedback_points(out, view, outcome->score, outcome->points, 0);
    text_add(out, "</p>\n");
    feedback_remarks(out, view, outcome);
}

static void add_header(struct text *out, struct feedback_view view, const struct outcome *outcome) {
    text_add(out, "<header id=\"top\">\n<h1>");
    feedback_say(out, view, STRING_TITLE, (const char *const[]){outcome->title});
    text_add(out, "</h1>\n");
    add_paragraph(out, view, "who", STRING_HANDED_IN_BY, (const char *const[]){outcome->student});
    if (outcome->graded) {
        add_score(out, view, outcome);
    } else {
        add_paragraph(out, view, "error", STRING_NOT_GRADED, NULL);
        text_add(out, "<p>");
        feedback_line(out, view, outcome->message);
        text_add(out, "</p>\n");
    }
    add_notes(out, view, outcome->notes);
    text_add(out, "</header>\n");
}

static void add_column(struct text *out, struct feedback_view view, enum string string) {
    text_add(out, "<th scope=\"col\">");
    feedback_say(out, view, string, NULL);
    text_add(out, "</th>");
}

static void add_part_score(struct text *out, struct feedback_view view, const struct outcome_part *part) {
    char *had = must_format("%.4g", part->score), *most = must_format("%.4g", part->points);
    feedback_say(out, view, part->waiting ? STRING_POINTS_SO_FAR : STRING_POINTS, (const char *const[]){had, most});
    free(had);
    free(most);
}

static void add_contents(struct text *out, struct feedback_view view, const struct outcome *outcome) {
    text_add(out, "<nav aria-label=\"");
    feedback_say(out, view, STRING_CONTENTS, NULL);
    text_add(out, "\">\n<table>\n<thead><tr>");
    add_column(out, view, STRING_SUMMARY_PART);
    add_column(out, view, STRING_SUMMARY_POINTS);
    add_column(out, view, STRING_SUMMARY_CHECKS);
    text_add(out, "</tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < outcome->part_count; i++) {
        const struct outcome_part *part = &outcome->parts[i];
        char *passed = must_format("%zu", part->passed), *checks = must_format("%zu", part->checks);
        text_format(out, "<tr><th scope=\"row\"><a href=\"#part-%zu\">", i + 1);
        escape_html(out, part->title);
        text_add(out, "</a></th><td>");
        add_part_score(out, view, part);
        text_add(out, "</td><td>");
        if (part->checks) feedback_say(out, view, STRING_CHECKS_PASSED, (const char *const[]){passed, checks});
        text_add(out, "</td></tr>\n");
        free(passed);
        free(checks);
    }
    text_add(out, "</tbody>\n</table>\n</nav>\n");
}

/* The answers themselves, folded: the page can be understood without the notebook. */
static void add_answer(struct text *out, struct feedback_view view, const struct outcome_cell *cell) {
    if (!*cell->answer) return;
    text_add(out, "<details><summary>");
    feedback_say(out, view, STRING_ANSWER, (const char *const[]){cell->grade_id});
    text_add(out, "</summary><pre>");
    char *excerpt = excerpt_of(view.language, cell->answer);
    escape_html(out, excerpt);
    free(excerpt);
    text_add(out, "</pre></details>\n");
}

static void add_part(struct text *out, struct feedback_view view, const struct outcome *outcome, size_t number) {
    const struct outcome_part *part = &outcome->parts[number - 1];
    text_format(out, "<section aria-labelledby=\"part-%zu\">\n<h2 id=\"part-%zu\">", number, number);
    escape_html(out, part->title);
    text_add(out, "</h2>\n");
    for (size_t i = part->first; i < part->first + part->count; i++) {
        const struct outcome_cell *cell = &outcome->cells[i];
        if (cell->points > 0) {
            text_add(out, "<h3>");
            escape_html(out, cell->grade_id);
            feedback_say(out, view, STRING_COLON, NULL);
            feedback_points(out, view, cell->score, cell->points, isnan(cell->score));
            text_add(out, "</h3>\n");
        }
        feedback_cell(out, view, outcome, cell, 4);
        text_add(out, "\n");
        add_answer(out, view, cell);
    }
    text_add(out, "<p class=\"top\"><a href=\"#top\">");
    feedback_say(out, view, STRING_BACK_TO_TOP, NULL);
    text_add(out, "</a></p>\n</section>\n");
}

void feedback_page(struct text *out, enum language language, const struct outcome *outcome) {
    struct feedback_view view = {.language = language};
    add_head(out, view, outcome);
    add_header(out, view, outcome);
    if (outcome->part_count) add_contents(out, view, outcome);
    text_add(out, "<main>\n");
    for (size_t i = 1; i <= outcome->part_count; i++) add_part(out, view, outcome, i);
    text_add(out, "</main>\n<footer>");
    feedback_say(out, view, STRING_HOW, NULL);
    text_add(out, "</footer>\n</body>\n</html>\n");
}
