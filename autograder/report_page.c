#include "autograder/report_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/html_table.h"
#include "autograder/page.h"
#include "autograder/plot.h"

enum { MOST_FAILED = 10 };
static const double misleading = -0.1; /* a discrimination below this is more than chance in a class */

/* A section with its heading and what is to be known of it. */
static void begin_section(struct text *out, enum language language, const char *id, enum string title,
                          enum string how) {
    text_format(out, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">", id, id);
    html_say(out, language, title, NULL);
    text_add(out, "</h2>\n");
    html_say_in(out, language, "p", how);
}

/* ---- the class through the course ---- */

struct course {
    size_t count;
    const char **names;
    double *low, *median, *high, *own;
};

static struct course course_of(const struct analysis *analysis) {
    size_t count = analysis->assignment_count;
    struct course course = {.count = count, .names = must_allocate((count + 1) * sizeof *course.names)};
    double *numbers = must_allocate(4 * (count + 1) * sizeof *numbers);
    course.low = numbers;
    course.median = numbers + count;
    course.high = numbers + 2 * count;
    course.own = numbers + 3 * count;
    for (size_t i = 0; i < count; i++) {
        const struct graded_assignment *assignment = &analysis->assignments[i];
        course.names[i] = assignment->name;
        course.low[i] = assignment->low;
        course.median[i] = assignment->median;
        course.high[i] = assignment->high;
    }
    return course;
}

static void course_free(struct course *course) {
    free(course->names);
    free(course->low);
}

static struct course_line line_of(const struct course *course, bool own) {
    return (struct course_line){.count = course->count,
                                .names = course->names,
                                .low = course->low,
                                .median = course->median,
                                .high = course->high,
                                .own = own ? course->own : NULL};
}

static double share_of(const struct result *result) {
    return result->graded && result->points > 0 ? result->score / result->points : NAN;
}

/* Submissions in which a person has to look. */
static void add_ungraded(struct text *out, enum language language, const struct analysis *analysis) {
    size_t listed = 0;
    for (size_t i = 0; i < analysis->assignment_count; i++)
        for (size_t k = 0; k < analysis->student_count; k++) {
            const struct graded_assignment *assignment = &analysis->assignments[i];
            if (!assignment->results[k].handed_in || assignment->results[k].graded) continue;
            if (!listed++) {
                text_add(out, "<p class=\"remark\">");
                html_say(out, language, STRING_REPORT_UNGRADED_LIST, NULL);
            } else {
                text_add(out, ", ");
            }
            text_format(out, "<a href=\"#s%zu\">", k + 1);
            escape_html(out, analysis->students[k].shown);
            text_add(out, "</a> (");
            escape_html(out, assignment->name);
            text_add(out, ")");
        }
    if (listed) text_add(out, "</p>\n");
}

static void add_overview(struct text *out, enum language language, const struct analysis *analysis,
                         const struct course *course) {
    const struct course_line line = line_of(course, false);
    static const struct column columns[] = {
        {STRING_REPORT_NUMBER, true}, {STRING_REPORT_ASSIGNMENT, false}, {STRING_REPORT_HANDED_IN, true},
        {STRING_REPORT_GRADED, true}, {STRING_REPORT_UNGRADED, true},    {STRING_REPORT_WAITING, true},
        {STRING_REPORT_LOW, true},    {STRING_REPORT_MEDIAN, true},      {STRING_REPORT_HIGH, true}};
    begin_section(out, language, "overview", STRING_REPORT_CLASS, STRING_REPORT_CLASS_HOW);
    text_add(out, "<div class=\"wide\">");
    plot_course(out, language, &line);
    text_add(out, "</div>\n");
    HTML_BEGIN_TABLE(out, language, STRING_REPORT_ASSIGNMENTS, columns);
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        const struct graded_assignment *assignment = &analysis->assignments[i];
        size_t waiting = 0;
        for (size_t k = 0; k < analysis->student_count; k++) waiting += assignment->results[k].waiting > 0;
        text_format(out, "<tr><td class=\"number\">%zu</td><th scope=\"row\"><a href=\"#a%zu\">", i + 1, i + 1);
        escape_html(out, assignment->name);
        text_add(out, "</a></th>");
        html_of_cell(out, language, STRING_REPORT_OF_STUDENTS, assignment->handed_in, analysis->student_count);
        html_count_cell(out, assignment->graded);
        html_count_cell(out, assignment->ungraded);
        html_count_cell(out, waiting);
        html_percent_cell(out, assignment->low);
        html_percent_cell(out, assignment->median);
        html_percent_cell(out, assignment->high);
        text_add(out, "</tr>\n");
    }
    html_end_table(out);
    add_ungraded(out, language, analysis);
    text_add(out, "</section>\n");
}

/* ---- who needs somebody ---- */

static void add_own(struct course *course, const struct analysis *analysis, size_t student) {
    for (size_t i = 0; i < course->count; i++) course->own[i] = share_of(&analysis->assignments[i].results[student]);
}

static void add_weeks(struct text *out, enum language language, size_t weeks) {
    char *digits = must_format("%zu", weeks);
    text_add(out, "<td>");
    if (weeks)
        html_say(out, language, weeks > 1 ? STRING_REPORT_WEEKS : STRING_REPORT_ONE_WEEK,
                 (const char *const[]){digits});
    text_add(out, "</td>");
    free(digits);
}

static void add_who_needs_help(struct text *out, enum language language, const struct analysis *analysis,
                               struct course *course) {
    size_t most = 0, listed = 0;
    for (size_t i = 0; i < analysis->student_count; i++) {
        const struct student *student = &analysis->students[i];
        most = student->silent > most ? student->silent : most;
        most = student->stuck > most ? student->stuck : most;
    }
    static const struct column columns[] = {{STRING_REPORT_STUDENT, false},
                                            {STRING_REPORT_SILENT, false},
                                            {STRING_REPORT_STUCK, false},
                                            {STRING_REPORT_SHARES, false}};
    begin_section(out, language, "help", STRING_REPORT_HELP, STRING_REPORT_HELP_HOW);
    HTML_BEGIN_TABLE(out, language, STRING_REPORT_LONGEST_FIRST, columns);
    for (size_t weeks = most; weeks > 0; weeks--)
        for (size_t i = 0; i < analysis->student_count; i++) {
            const struct student *student = &analysis->students[i];
            if ((student->silent > student->stuck ? student->silent : student->stuck) != weeks) continue;
            text_format(out, "<tr><th scope=\"row\"><a href=\"#s%zu\">", i + 1);
            escape_html(out, student->shown);
            text_add(out, "</a></th>");
            add_weeks(out, language, student->silent);
            add_weeks(out, language, student->stuck);
            add_own(course, analysis, i);
            const struct course_line line = line_of(course, true);
            text_add(out, "<td>");
            plot_spark(out, language, &line);
            text_add(out, "</td></tr>\n");
            listed++;
        }
    if (!listed) html_empty_row(out, language, sizeof columns / sizeof *columns, STRING_REPORT_NOBODY);
    html_end_table(out);
    text_add(out, "</section>\n");
}

/* ---- an assignment ---- */

static void add_count(struct text *out, enum language language, enum string string, size_t count) {
    if (!count) return;
    char *digits = must_format("%zu", count);
    text_add(out, "<br><span class=\"remark\">");
    html_say(out, language, string, (const char *const[]){digits});
    text_add(out, "</span>");
    free(digits);
}

static void add_histogram(struct text *out, enum language language, const double *values, size_t count, double most,
                          const char *name, size_t errors, size_t waiting) {
    text_add(out, "<figure>");
    plot_histogram(out, language, values, count, most);
    text_add(out, "<figcaption>");
    escape_html(out, name);
    add_count(out, language, STRING_REPORT_ERRORS, errors);
    add_count(out, language, STRING_REPORT_PART_WAITS, waiting);
    text_add(out, "</figcaption></figure>\n");
}

static void add_distributions(struct text *out, enum language language, const struct analysis *analysis,
                              const struct graded_assignment *assignment) {
    double *scores = must_allocate((analysis->student_count + 1) * sizeof *scores), most = 0;
    for (size_t i = 0; i < analysis->student_count; i++) {
        const struct result *result = &assignment->results[i];
        scores[i] = result->graded ? result->score : NAN;
        if (result->graded && result->points > most) most = result->points;
    }
    html_say_in(out, language, "h3", STRING_REPORT_POINTS_HEADING);
    html_say_in(out, language, "p", STRING_REPORT_POINTS_HOW);
    text_add(out, "<div class=\"parts\">\n");
    add_histogram(out, language, scores, analysis->student_count, most, string_of(language, STRING_REPORT_ALL_PARTS), 0,
                  0);
    for (size_t i = 0; i < assignment->part_count; i++) {
        const struct part *part = &assignment->parts[i];
        add_histogram(out, language, part->earned, analysis->student_count, part->points, part->name, part->errors,
                      part->waiting);
    }
    text_add(out, "</div>\n");
    free(scores);
}

static void add_item_name(struct text *out, enum language language, const struct item *item) {
    text_add(out, "<th scope=\"row\">");
    escape_html(out, item->name);
    if (item->hidden || item->by_person) {
        text_add(out, " <small>(");
        html_say(out, language, item->hidden ? STRING_REPORT_HIDDEN : STRING_REPORT_BY_PERSON, NULL);
        text_add(out, ")</small>");
    }
    text_add(out, "</th>");
    html_cell(out, item->grade_id);
}

static int by_lost(const void *a, const void *b) {
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    if (x->difficulty != y->difficulty) return x->difficulty < y->difficulty ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void add_most_failed(struct text *out, enum language language, const struct graded_assignment *assignment) {
    const struct item **failed = must_allocate((assignment->item_count + 1) * sizeof *failed);
    size_t count = 0;
    for (size_t i = 0; i < assignment->item_count; i++)
        if (assignment->items[i].lost && !assignment->items[i].by_person) failed[count++] = &assignment->items[i];
    qsort(failed, count, sizeof *failed, by_lost);
    static const struct column columns[] = {{STRING_REPORT_CHECK, false},
                                            {STRING_REPORT_CELL, false},
                                            {STRING_REPORT_LOST_POINTS, true},
                                            {STRING_REPORT_SHARE, false},
                                            {STRING_REPORT_HINT, false}};
    html_say_in(out, language, "h3", STRING_REPORT_FAILED);
    HTML_BEGIN_TABLE(out, language, STRING_REPORT_FAILED_CAPTION, columns);
    for (size_t i = 0; i < count && i < MOST_FAILED; i++) {
        const struct item *item = failed[i];
        text_add(out, "<tr>");
        add_item_name(out, language, item);
        html_of_cell(out, language, STRING_REPORT_OF, item->lost, item->seen);
        text_add(out, "<td>");
        plot_share(out, (double)item->lost / (double)item->seen);
        text_add(out, "</td>");
        html_cell(out, item->hint);
        text_add(out, "</tr>\n");
    }
    if (!count) html_empty_row(out, language, sizeof columns / sizeof *columns, STRING_REPORT_NONE);
    html_end_table(out);
    free(failed);
}

/* “a”, “b”: the items that were earned and lost by the same students. */
static char *companions(enum language language, const struct graded_assignment *assignment, const struct item *item) {
    struct text names = {};
    for (size_t i = 0; item->group && i < assignment->item_count; i++) {
        const struct item *other = &assignment->items[i];
        if (other == item || other->group != item->group) continue;
        if (names.length) text_add(&names, ", ");
        string_add(&names, language, STRING_REPORT_QUOTED, (const char *const[]){other->name}, text_add);
    }
    return names.length ? text_take(&names) : NULL;
}

/* What an instructor should look at. */
static void add_remark(struct text *out, enum language language, const struct graded_assignment *assignment,
                       const struct item *item) {
    char *others = companions(language, assignment, item);
    bool hard = item->seen && item->lost && item->difficulty < 1e-9, misleads = item->discrimination < misleading;
    text_add(out, "<td>");
    if (item->seen && !item->lost) html_say(out, language, STRING_REPORT_NEVER_FAILS, NULL);
    if (hard || misleads) {
        text_add(out, "<span class=\"remark\">");
        html_say(out, language, hard ? STRING_REPORT_NOBODY_GETS : STRING_REPORT_MISLEADING, NULL);
        text_add(out, "</span>");
    }
    if (others && misleads) text_add(out, "<br>");
    if (others) html_say(out, language, STRING_REPORT_TOGETHER, (const char *const[]){others});
    text_add(out, "</td>");
    free(others);
}

static void add_items(struct text *out, enum language language, const struct graded_assignment *assignment) {
    static const struct column columns[] = {{STRING_REPORT_ITEM, false},      {STRING_REPORT_CELL, false},
                                            {STRING_REPORT_POINTS, true},     {STRING_REPORT_SUBMISSIONS, true},
                                            {STRING_REPORT_DIFFICULTY, true}, {STRING_REPORT_DISCRIMINATION, true},
                                            {STRING_REPORT_REMARK, false}};
    html_say_in(out, language, "h3", STRING_REPORT_ITEMS);
    html_say_in(out, language, "p", STRING_REPORT_ITEMS_HOW);
    text_add(out, "<details>");
    html_say_in(out, language, "summary", STRING_REPORT_ALL_ITEMS);
    HTML_BEGIN_TABLE(out, language, STRING_REPORT_ITEMS_CAPTION, columns);
    for (size_t i = 0; i < assignment->item_count; i++) {
        const struct item *item = &assignment->items[i];
        text_add(out, "<tr>");
        add_item_name(out, language, item);
        html_number_cell(out, item->points, 2, "");
        html_count_cell(out, item->seen);
        html_number_cell(out, item->difficulty, 2, "");
        html_number_cell(out, item->discrimination, 2, "");
        add_remark(out, language, assignment, item);
        text_add(out, "</tr>\n");
    }
    html_end_table(out);
    text_add(out, "</details>\n");
}

static void add_assignment(struct text *out, enum language language, const struct analysis *analysis, size_t index) {
    const struct graded_assignment *assignment = &analysis->assignments[index];
    text_format(out, "<section aria-labelledby=\"a%zu\"><h2 id=\"a%zu\">", index + 1, index + 1);
    escape_html(out, assignment->name);
    text_add(out, "</h2>\n");
    if (assignment->graded) {
        add_distributions(out, language, analysis, assignment);
        add_most_failed(out, language, assignment);
        add_items(out, language, assignment);
    } else {
        html_say_in(out, language, "p", STRING_REPORT_NOT_GRADED);
    }
    text_add(out, "</section>\n");
}

/* ---- a student ---- */

static void add_lost_items(struct text *out, enum language language, const struct graded_assignment *assignment,
                           size_t student) {
    const double penalty = assignment->results[student].penalty;
    bool first = true;
    text_add(out, "<td>");
    for (size_t i = 0; i < assignment->item_count; i++) {
        const struct item *item = &assignment->items[i];
        if (!isfinite(item->earned[student]) || item->earned[student] > 1 - 1e-9) continue;
        if (!first) text_add(out, "; ");
        escape_html(out, item->name);
        if (item->earned[student] > 0) text_format(out, " (−%.0f %%)", 100 * (1 - item->earned[student]));
        first = false;
    }
    if (penalty > 0) {
        char *percent = must_format("%.4g", 100 * penalty);
        if (!first) text_add(out, "; ");
        html_say(out, language, STRING_REPORT_LATE, (const char *const[]){percent});
        free(percent);
    }
    text_add(out, "</td>");
}

static void add_student(struct text *out, enum language language, const struct analysis *analysis,
                        struct course *course, size_t index) {
    static const struct column columns[] = {{STRING_REPORT_ASSIGNMENT, false},  {STRING_REPORT_POINTS, true},
                                            {STRING_REPORT_OUT_OF, true},       {STRING_REPORT_SHARE, true},
                                            {STRING_REPORT_CLASS_MEDIAN, true}, {STRING_REPORT_LOST_POINTS, false}};
    const struct student *student = &analysis->students[index];
    add_own(course, analysis, index);
    const struct course_line line = line_of(course, true);
    text_format(out, "<details id=\"s%zu\"><summary>", index + 1);
    escape_html(out, student->shown);
    text_add(out, " ");
    plot_spark(out, language, &line);
    text_add(out, "</summary>\n");
    HTML_BEGIN_TABLE(out, language, STRING_REPORT_STUDENT_CAPTION, columns);
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        const struct graded_assignment *assignment = &analysis->assignments[i];
        const struct result *result = &assignment->results[index];
        text_add(out, "<tr><th scope=\"row\">");
        escape_html(out, assignment->name);
        text_add(out, "</th>");
        html_number_cell(out, result->graded ? result->score : NAN, 2, result->waiting > 0 ? " + ?" : "");
        html_number_cell(out, result->graded ? result->points : NAN, 2, "");
        html_percent_cell(out, share_of(result));
        html_percent_cell(out, assignment->median);
        if (result->graded)
            add_lost_items(out, language, assignment, index);
        else
            html_say_in(out, language, "td",
                        result->handed_in ? STRING_REPORT_UNGRADED_ONE : STRING_REPORT_NOT_HANDED_IN);
        text_add(out, "</tr>\n");
    }
    html_end_table(out);
    text_add(out, "</details>\n");
}

static void add_link(struct text *out, enum language language, const char *id, enum string title) {
    text_format(out, "<a href=\"#%s\">", id);
    html_say(out, language, title, NULL);
    text_add(out, "</a>");
}

void report_page(struct text *out, enum language language, const struct analysis *analysis) {
    struct course course = course_of(analysis);
    page_begin(out, language, string_of(language, STRING_REPORT_TITLE), PAGE_REPORT);
    text_add(out, "<header>");
    html_say_in(out, language, "h1", STRING_REPORT_TITLE);
    text_add(out, "<nav aria-label=\"");
    html_say(out, language, STRING_REPORT_SECTIONS, NULL);
    text_add(out, "\">");
    add_link(out, language, "overview", STRING_REPORT_CLASS);
    text_add(out, " · ");
    add_link(out, language, "help", STRING_REPORT_HELP);
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        text_format(out, " · <a href=\"#a%zu\">", i + 1);
        escape_html(out, analysis->assignments[i].name);
        text_add(out, "</a>");
    }
    text_add(out, " · ");
    add_link(out, language, "students", STRING_REPORT_STUDENTS);
    text_add(out, "</nav></header>\n<main>\n");
    add_overview(out, language, analysis, &course);
    add_who_needs_help(out, language, analysis, &course);
    for (size_t i = 0; i < analysis->assignment_count; i++) add_assignment(out, language, analysis, i);
    text_add(out, "<section aria-labelledby=\"students\"><h2 id=\"students\">");
    html_say(out, language, STRING_REPORT_STUDENTS, NULL);
    text_add(out, "</h2>\n");
    for (size_t i = 0; i < analysis->student_count; i++) add_student(out, language, analysis, &course, i);
    text_add(out, "</section>\n</main></body></html>\n");
    course_free(&course);
}
