#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/feedback.h"
#include "autograder/sentences.h"

void feedback_say(struct text *out, struct feedback_view view, enum string string, const char *const *values) {
    string_add(out, view.language, string, values, escape_html);
}

void feedback_line(struct text *out, struct feedback_view view, const char *english) {
    char *said = sentence_in(view.language, english);
    if (!said) text_add(out, "<span lang=\"en\">");
    escape_html(out, said ? said : english);
    if (!said) text_add(out, "</span>");
    free(said);
}

void feedback_points(struct text *out, struct feedback_view view, double score, double points, size_t waiting) {
    char *had = must_format("%.4g", score), *most = must_format("%.4g", points);
    if (waiting)
        feedback_say(out, view, STRING_POINTS_WAITING, (const char *const[]){most});
    else
        feedback_say(out, view, STRING_POINTS, (const char *const[]){had, most});
    free(had);
    free(most);
}

static void add_remark(struct text *out, struct feedback_view view, enum string string, const char *const *values) {
    text_add(out, "<p class=\"note\">");
    feedback_say(out, view, string, values);
    text_add(out, "</p>");
}

void feedback_remarks(struct text *out, struct feedback_view view, const struct outcome *outcome) {
    if (outcome->waiting) {
        char *waiting = must_format("%zu", outcome->waiting);
        add_remark(out, view, STRING_SOME_WAITING, (const char *const[]){waiting});
        free(waiting);
    }
    if (outcome->days_late > 0) {
        char *days = must_format("%g", outcome->days_late), *percent = must_format("%g", 100 * outcome->penalty),
             *free_days = must_format("%g", outcome->free_days);
        add_remark(out, view, outcome->free_days > 0 ? STRING_LATE_AND_FREE : STRING_LATE,
                   (const char *const[]){days, percent, free_days});
        free(days);
        free(percent);
        free(free_days);
    }
}

/* ---- checks ---- */

static void add_failure(struct text *out, struct feedback_view view, const struct outcome_check *check, bool hinted) {
    if (check->message) {
        text_add(out, "<p class=\"message\">");
        feedback_line(out, view, check->message);
        text_add(out, "</p>");
    }
    if (check->hint && hinted) {
        text_add(out, "<p class=\"hint\"><b>");
        feedback_say(out, view, STRING_HINT, NULL);
        text_add(out, "</b>");
        escape_html(out, check->hint);
        text_add(out, "</p>");
    }
    feedback_shown(out, view, check);
}

static void add_check(struct text *out, struct feedback_view view, const struct outcome_check *check, bool hinted) {
    text_format(out, "<li class=\"%s\"><p><b class=\"mark\"><span aria-hidden=\"true\">%s</span> ",
                check->passed ? "good" : "bad", check->passed ? "✓" : "✗");
    feedback_say(out, view, check->passed ? STRING_PASSED : STRING_FAILED, NULL);
    text_add(out, "</b> ");
    escape_html(out, check->name);
    if (check->hidden) {
        text_add(out, "<small>");
        feedback_say(out, view, STRING_HIDDEN, NULL);
        text_add(out, "</small>");
    }
    if (check->earned > 0 && check->earned < 1) {
        char *percent = must_format("%.3g", 100 * check->earned);
        text_add(out, "<small>");
        feedback_say(out, view, STRING_PARTLY, (const char *const[]){percent});
        text_add(out, "</small>");
        free(percent);
    }
    text_add(out, "</p>");
    if (!check->passed && !check->hidden) add_failure(out, view, check, hinted);
    text_add(out, "</li>");
}

/* ---- errors ---- */

/* The answer that does not run and without which a test does not compile: what the compiler says of the test would lead
 * away from it. NULL when the test fails by itself. */
static const struct outcome_cell *answer_lacking(const struct outcome *outcome, const struct outcome_cell *test) {
    if (test->substituted || strcmp(test->ename, "CompileError") != 0) return NULL;
    for (size_t i = (size_t)(test - outcome->cells); i-- > 0;)
        if (outcome->cells[i].failed && strcmp(outcome->cells[i].role, "answer") == 0) return &outcome->cells[i];
    return NULL;
}

static void add_line(struct text *out, struct feedback_view view, const struct outcome *outcome,
                     const struct outcome_cell *cell) {
    const struct outcome_cell *answer;
    size_t number = 0;
    char *line;
    if (!outcome_line(outcome, cell, &answer, &number, &line)) return;
    char *digits = must_format("%zu", number);
    text_add(out, "<p>");
    feedback_say(out, view, STRING_YOUR_LINE, (const char *const[]){answer->grade_id, digits});
    text_add(out, "</p><pre>");
    escape_html(out, line);
    text_add(out, "</pre>");
    free(digits);
    free(line);
}

/* Did it end at the assert that a release puts in the place of a solution? */
static bool is_unwritten(const struct outcome_cell *cell) {
    return strcmp(cell->ename, "Abort") == 0 && strstr(cell->evalue, "this part is not written yet");
}

static enum string heading_of(const struct outcome_cell *cell, const struct outcome_cell *lacking) {
    if (strcmp(cell->role, "answer") == 0) return STRING_ANSWER_FAILED;
    if (lacking) return STRING_TEST_LACKS;
    return is_unwritten(cell) ? STRING_TEST_UNWRITTEN : STRING_TEST_FAILED;
}

static void add_error(struct text *out, struct feedback_view view, const struct outcome *outcome,
                      const struct outcome_cell *cell, int level) {
    bool answer = strcmp(cell->role, "answer") == 0;
    const struct outcome_cell *lacking = answer ? NULL : answer_lacking(outcome, cell);
    if (answer) level--; /* it has no heading with points above it */
    text_format(out, "<h%d>", level);
    enum string heading = heading_of(cell, lacking);
    feedback_say(out, view, heading, (const char *const[]){lacking ? lacking->grade_id : cell->grade_id});
    text_format(out, "</h%d>", level);
    if (heading == STRING_TEST_UNWRITTEN) return;
    if (!lacking) {
        text_add(out, "<p class=\"error\"><b>");
        escape_html(out, cell->ename);
        text_add(out, "</b>");
        const char *meaning = error_meaning(view.language, cell->ename);
        feedback_say(out, view, meaning ? STRING_MEANING : STRING_COLON, (const char *const[]){meaning});
        feedback_line(out, view, cell->evalue);
        text_add(out, "</p>");
        add_line(out, view, outcome, cell);
    }
    if (!*cell->traceback) return;
    text_add(out, "<details><summary>");
    feedback_say(out, view, STRING_WHOLE_ERROR, NULL);
    text_add(out, "</summary><pre lang=\"en\">");
    escape_html(out, cell->traceback);
    text_add(out, "</pre></details>");
}

void feedback_cell(struct text *out, struct feedback_view view, const struct outcome *outcome,
                   const struct outcome_cell *cell, int level) {
    if (cell->substituted) {
        text_add(out, "<p class=\"note\">");
        feedback_say(out, view, STRING_SUBSTITUTED, NULL);
        text_add(out, "</p>");
    }
    if (cell->unanswered) {
        text_add(out, "<p class=\"note\">");
        feedback_say(out, view, STRING_UNANSWERED, NULL);
        text_add(out, "</p>");
    }
    if (cell->failed) add_error(out, view, outcome, cell, level);
    if (cell->count) {
        /* Where the answer does not even compile, hints at what its values lack would lead away from that. */
        bool hinted = !cell->failed || !answer_lacking(outcome, cell);
        text_add(out, "<ul class=\"checks\" aria-label=\"");
        feedback_say(out, view, STRING_CHECKS, NULL);
        text_add(out, "\">");
        for (size_t i = 0; i < cell->count; i++) add_check(out, view, &cell->checks[i], hinted);
        text_add(out, "</ul>");
    }
    if (*cell->comment) {
        text_format(out, "<h%d>", level);
        feedback_say(out, view, STRING_COMMENT, NULL);
        text_format(out, "</h%d><p class=\"note comment\">", level);
        escape_html(out, cell->comment);
        text_add(out, "</p>");
    }
}
