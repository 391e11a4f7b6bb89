#include "autograder/report_page.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/page.h"
#include "autograder/plot.h"

enum { MOST_FAILED = 10 };
static const double misleading = -0.1; /* a discrimination below this is more than chance in a class */

/* ---- pieces ---- */

static void cell(struct text *out, const char *content) {
    text_add(out, "<td>");
    escape_html(out, content);
    text_add(out, "</td>");
}

static void count_cell(struct text *out, size_t count) {
    text_format(out, "<td class=\"number\">%zu</td>", count);
}

/* Where nobody knows the number, a dash. */
static void number_cell(struct text *out, double number, int decimals, const char *unit) {
    text_add(out, "<td class=\"number\">");
    if (isfinite(number))
        text_format(out, "%.*f%s", decimals, number, unit);
    else
        text_add(out, "–");
    text_add(out, "</td>");
}

static void percent_cell(struct text *out, double share) {
    number_cell(out, 100 * share, 0, " %");
}

/* Columns between |; one that begins with # holds numbers. */
static void begin_table(struct text *out, const char *caption, const char *columns) {
    text_format(out, "<div class=\"wide\"><table><caption>%s</caption><thead><tr>", caption);
    for (const char *at = columns; *at;) {
        size_t length = strcspn(at, "|");
        bool number = *at == '#';
        text_format(out, "<th scope=\"col\"%s>%.*s</th>", number ? " class=\"number\"" : "", (int)length - number,
                    at + number);
        at += length + (at[length] == '|');
    }
    text_add(out, "</tr></thead><tbody>\n");
}

static void end_table(struct text *out) {
    text_add(out, "</tbody></table></div>\n");
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

static void add_overview(struct text *out, const struct analysis *analysis, const struct course *course) {
    const struct course_line line = line_of(course, false);
    text_add(out, "<section aria-labelledby=\"overview\"><h2 id=\"overview\">The class</h2>\n<p>The line is the median "
                  "share of the points, the boxes are the middle half of the class.</p>\n<div class=\"wide\">");
    plot_course(out, &line);
    text_add(out, "</div>\n");
    begin_table(out, "Assignments",
                "##|Assignment|#Handed in|#Graded|#Nobody could grade|#Waiting for a person|#Lower "
                "quartile|#Median|#Upper quartile");
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        const struct graded_assignment *assignment = &analysis->assignments[i];
        size_t waiting = 0;
        for (size_t k = 0; k < analysis->student_count; k++) waiting += assignment->results[k].waiting > 0;
        text_format(out, "<tr><td class=\"number\">%zu</td><th scope=\"row\"><a href=\"#a%zu\">", i + 1, i + 1);
        escape_html(out, assignment->name);
        text_format(out, "</a></th><td class=\"number\">%zu of %zu</td>", assignment->handed_in,
                    analysis->student_count);
        count_cell(out, assignment->graded);
        count_cell(out, assignment->ungraded);
        count_cell(out, waiting);
        percent_cell(out, assignment->low);
        percent_cell(out, assignment->median);
        percent_cell(out, assignment->high);
        text_add(out, "</tr>\n");
    }
    end_table(out);
    text_add(out, "</section>\n");
}

/* ---- who needs somebody ---- */

static void add_own(struct course *course, const struct analysis *analysis, size_t student) {
    for (size_t i = 0; i < course->count; i++) course->own[i] = share_of(&analysis->assignments[i].results[student]);
}

static void add_weeks(struct text *out, size_t weeks) {
    if (weeks)
        text_format(out, "<td>%zu assignment%s</td>", weeks, weeks > 1 ? "s" : "");
    else
        text_add(out, "<td></td>");
}

static void add_who_needs_help(struct text *out, const struct analysis *analysis, struct course *course) {
    size_t most = 0, listed = 0;
    for (size_t i = 0; i < analysis->student_count; i++) {
        const struct student *student = &analysis->students[i];
        most = student->silent > most ? student->silent : most;
        most = student->stuck > most ? student->stuck : most;
    }
    text_add(out,
             "<section aria-labelledby=\"help\"><h2 id=\"help\">Who is silent or stuck</h2>\n<p>Silent: handed "
             "nothing in. Stuck: earned less than half of the points. Counted backwards from the newest assignment "
             "whose time is over, without a gap.</p>\n");
    begin_table(out, "The longest first", "Student|Silent for|Stuck for|Share of the points (thin: the class)");
    for (size_t weeks = most; weeks > 0; weeks--)
        for (size_t i = 0; i < analysis->student_count; i++) {
            const struct student *student = &analysis->students[i];
            if ((student->silent > student->stuck ? student->silent : student->stuck) != weeks) continue;
            text_format(out, "<tr><th scope=\"row\"><a href=\"#s%zu\">", i + 1);
            escape_html(out, student->shown);
            text_add(out, "</a></th>");
            add_weeks(out, student->silent);
            add_weeks(out, student->stuck);
            add_own(course, analysis, i);
            const struct course_line line = line_of(course, true);
            text_add(out, "<td>");
            plot_spark(out, &line);
            text_add(out, "</td></tr>\n");
            listed++;
        }
    if (!listed) text_add(out, "<tr><td colspan=\"4\">nobody</td></tr>\n");
    end_table(out);
    text_add(out, "</section>\n");
}

/* ---- an assignment ---- */

static void add_histogram(struct text *out, const double *values, size_t count, double most, const char *name,
                          const char *remark) {
    text_add(out, "<figure>");
    plot_histogram(out, values, count, most);
    text_add(out, "<figcaption>");
    escape_html(out, name);
    text_format(out, "%s</figcaption></figure>\n", remark);
}

static void add_distributions(struct text *out, const struct analysis *analysis,
                              const struct graded_assignment *assignment) {
    double *scores = must_allocate((analysis->student_count + 1) * sizeof *scores), most = 0;
    for (size_t i = 0; i < analysis->student_count; i++) {
        const struct result *result = &assignment->results[i];
        scores[i] = result->graded ? result->score : NAN;
        if (result->graded && result->points > most) most = result->points;
    }
    text_add(out, "<h3>Points, and points of each part</h3>\n<p>How many submissions; the dashed line is the "
                  "mean.</p>\n<div class=\"parts\">\n");
    add_histogram(out, scores, analysis->student_count, most, "all parts", "");
    for (size_t i = 0; i < assignment->part_count; i++) {
        const struct part *part = &assignment->parts[i];
        char *remark = part->errors
                           ? must_format("<br><span class=\"remark\">%zu ended in an error</span>", part->errors)
                           : must_copy("");
        add_histogram(out, part->earned, analysis->student_count, part->points, part->name, remark);
        free(remark);
    }
    text_add(out, "</div>\n");
    free(scores);
}

static void add_item_name(struct text *out, const struct item *item) {
    text_add(out, "<th scope=\"row\">");
    escape_html(out, item->name);
    if (item->hidden) text_add(out, " <small>(hidden)</small>");
    if (item->by_person) text_add(out, " <small>(graded by a person)</small>");
    text_add(out, "</th>");
    cell(out, item->grade_id);
}

static int by_lost(const void *a, const void *b) {
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    if (x->difficulty != y->difficulty) return x->difficulty < y->difficulty ? -1 : 1;
    return x < y ? -1 : x > y;
}

static void add_most_failed(struct text *out, const struct graded_assignment *assignment) {
    const struct item **failed = must_allocate((assignment->item_count + 1) * sizeof *failed);
    size_t count = 0;
    for (size_t i = 0; i < assignment->item_count; i++)
        if (assignment->items[i].lost && !assignment->items[i].by_person) failed[count++] = &assignment->items[i];
    qsort(failed, count, sizeof *failed, by_lost);
    text_add(out, "<h3>Checks that failed most</h3>\n");
    begin_table(out, "Submissions that lost points by a check, and the hint that they got",
                "Check|Cell|#Lost points|Share|Hint");
    for (size_t i = 0; i < count && i < MOST_FAILED; i++) {
        const struct item *item = failed[i];
        text_add(out, "<tr>");
        add_item_name(out, item);
        text_format(out, "<td class=\"number\">%zu of %zu</td><td>", item->lost, item->seen);
        plot_share(out, (double)item->lost / (double)item->seen);
        text_add(out, "</td>");
        cell(out, item->hint);
        text_add(out, "</tr>\n");
    }
    if (!count) text_add(out, "<tr><td colspan=\"5\">none</td></tr>\n");
    end_table(out);
    free(failed);
}

/* What an instructor should look at. */
static void add_remark(struct text *out, const struct graded_assignment *assignment, const struct item *item) {
    text_add(out, "<td>");
    if (item->seen && !item->lost)
        text_add(out, "never fails");
    else if (item->seen && item->difficulty < 1e-9)
        text_add(out, "<span class=\"remark\">nobody gets it</span>");
    else if (item->discrimination < misleading)
        text_add(out, "<span class=\"remark\">the better students lose it</span>");
    bool first = true;
    for (size_t i = 0; item->group && i < assignment->item_count; i++) {
        const struct item *other = &assignment->items[i];
        if (other == item || other->group != item->group) continue;
        text_add(out, first ? (item->discrimination < misleading ? "; fails together with " : "fails together with ")
                            : ", ");
        text_add(out, "“");
        escape_html(out, other->name);
        text_add(out, "”");
        first = false;
    }
    text_add(out, "</td>");
}

static void add_items(struct text *out, const struct graded_assignment *assignment) {
    text_add(out,
             "<h3>Item analysis</h3>\n<p>Difficulty is the mean share earned (1: everybody can). Discrimination is "
             "the correlation with the points of all other items: near 0, a check tells nothing about who knows the "
             "matter.</p>\n<details><summary>all items</summary>\n");
    begin_table(out, "Checks, and cells that a person grades",
                "Item|Cell|#Points|#Submissions|#Difficulty|#Discrimination|Remark");
    for (size_t i = 0; i < assignment->item_count; i++) {
        const struct item *item = &assignment->items[i];
        text_add(out, "<tr>");
        add_item_name(out, item);
        number_cell(out, item->points, 2, "");
        count_cell(out, item->seen);
        number_cell(out, item->difficulty, 2, "");
        number_cell(out, item->discrimination, 2, "");
        add_remark(out, assignment, item);
        text_add(out, "</tr>\n");
    }
    end_table(out);
    text_add(out, "</details>\n");
}

static void add_assignment(struct text *out, const struct analysis *analysis, size_t index) {
    const struct graded_assignment *assignment = &analysis->assignments[index];
    text_format(out, "<section aria-labelledby=\"a%zu\"><h2 id=\"a%zu\">", index + 1, index + 1);
    escape_html(out, assignment->name);
    text_add(out, "</h2>\n");
    if (assignment->graded) {
        add_distributions(out, analysis, assignment);
        add_most_failed(out, assignment);
        add_items(out, assignment);
    } else {
        text_add(out, "<p>No submission could be graded.</p>\n");
    }
    text_add(out, "</section>\n");
}

/* ---- a student ---- */

static void add_lost_items(struct text *out, const struct graded_assignment *assignment, size_t student) {
    bool first = true;
    text_add(out, "<td>");
    for (size_t i = 0; i < assignment->item_count; i++) {
        const struct item *item = &assignment->items[i];
        if (!isfinite(item->earned[student]) || item->earned[student] > 1 - 1e-9) continue;
        if (!first) text_add(out, "; ");
        escape_html(out, item->name);
        if (item->earned[student] > 0) text_format(out, " (%.0f %%)", 100 * item->earned[student]);
        first = false;
    }
    text_add(out, "</td>");
}

static void add_student(struct text *out, const struct analysis *analysis, struct course *course, size_t index) {
    const struct student *student = &analysis->students[index];
    add_own(course, analysis, index);
    const struct course_line line = line_of(course, true);
    text_format(out, "<details id=\"s%zu\"><summary>", index + 1);
    escape_html(out, student->shown);
    text_add(out, " ");
    plot_spark(out, &line);
    text_add(out, "</summary>\n");
    begin_table(out, "Points, the class's median, and what lost points",
                "Assignment|#Points|#Of|#Share|#Median of the class|Lost points");
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        const struct graded_assignment *assignment = &analysis->assignments[i];
        const struct result *result = &assignment->results[index];
        text_add(out, "<tr><th scope=\"row\">");
        escape_html(out, assignment->name);
        text_add(out, "</th>");
        number_cell(out, result->graded ? result->score : NAN, 2, result->waiting > 0 ? " + ?" : "");
        number_cell(out, result->graded ? result->points : NAN, 0, "");
        percent_cell(out, share_of(result));
        percent_cell(out, assignment->median);
        if (result->graded)
            add_lost_items(out, assignment, index);
        else
            cell(out, result->handed_in ? "nobody could grade it" : "nothing handed in");
        text_add(out, "</tr>\n");
    }
    end_table(out);
    text_add(out, "</details>\n");
}

void report_page(struct text *out, const struct analysis *analysis) {
    struct course course = course_of(analysis);
    page_begin(out, "en", "Class report", PAGE_REPORT);
    text_add(out,
             "<header><h1>Class report</h1>\n<nav aria-label=\"Sections\"><a href=\"#overview\">The class</a> · <a "
             "href=\"#help\">Who is silent or stuck</a>");
    for (size_t i = 0; i < analysis->assignment_count; i++) {
        text_format(out, " · <a href=\"#a%zu\">", i + 1);
        escape_html(out, analysis->assignments[i].name);
        text_add(out, "</a>");
    }
    text_add(out, " · <a href=\"#students\">Students</a></nav></header>\n<main>\n");
    add_overview(out, analysis, &course);
    add_who_needs_help(out, analysis, &course);
    for (size_t i = 0; i < analysis->assignment_count; i++) add_assignment(out, analysis, i);
    text_add(out, "<section aria-labelledby=\"students\"><h2 id=\"students\">Students</h2>\n");
    for (size_t i = 0; i < analysis->student_count; i++) add_student(out, analysis, &course, i);
    text_add(out, "</section>\n</main></body></html>\n");
    course_free(&course);
}
