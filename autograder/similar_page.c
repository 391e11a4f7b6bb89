/* The page of `oto-grade similar`: one file without scripts. A common stretch is a link to its counterpart, so the Tab
 * and Enter keys go through them. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/files.h"
#include "autograder/html_table.h"
#include "autograder/page.h"
#include "autograder/similar.h"
#include "kernel/engine/text.h"

enum { PAIRS_MAX = 100, COLOURS = 6 };

static void add_part(struct text *out, const char *source, size_t start, size_t end) {
    char *part = must_copy_n(source + start, end - start);
    escape_html(out, part);
    free(part);
}

/* A common stretch as it lies in one side's source. */
struct mark {
    size_t start, end, number;
};

static int by_start(const void *a, const void *b) {
    const struct mark *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* Those of one answer, sorted; *count of them. */
static struct mark *marks_of(const struct pair *pair, bool left, size_t answer, size_t *count) {
    const struct paper *paper = left ? &pair->a->paper : &pair->b->paper;
    struct mark *marks = must_allocate((pair->likeness.count + 1) * sizeof *marks);
    *count = 0;
    for (size_t i = 0; i < pair->likeness.count; i++) {
        const struct stretch *stretch = &pair->likeness.stretches[i];
        const struct paper_token *first = &paper->tokens[left ? stretch->a : stretch->b],
                                 *last = first + stretch->length - 1;
        if (first->answer == answer) marks[(*count)++] = (struct mark){first->start, last->end, i};
    }
    qsort(marks, *count, sizeof *marks, by_start);
    return marks;
}

static void add_mark(struct text *out, enum language language, size_t page, char own, char other, size_t number) {
    char *stretch = must_format("%zu", number + 1);
    text_format(out, "<a class=\"c%zu\" id=\"p%zu%c%zu\" href=\"#p%zu%c%zu\" title=\"", number % COLOURS, page, own,
                number, page, other, number);
    html_say(out, language, STRING_SIMILAR_STRETCH, (const char *const[]){stretch});
    text_add(out, "\">");
    free(stretch);
}

static void add_answer(struct text *out, const struct similar *similar, bool left, size_t answer, size_t page) {
    const struct pair *pair = &similar->pairs[page];
    const char *source = (left ? pair->a : pair->b)->answers[answer], own = left ? 'a' : 'b', other = left ? 'b' : 'a';
    size_t count, at = 0;
    struct mark *marks = marks_of(pair, left, answer, &count);
    if (count) {
        text_add(out, "<h3>");
        escape_html(out, similar->answers[answer]);
        text_add(out, "</h3>\n<pre>");
        for (size_t i = 0; i < count; i++) {
            add_part(out, source, at, marks[i].start);
            add_mark(out, similar->language, page, own, other, marks[i].number);
            add_part(out, source, marks[i].start, marks[i].end);
            text_add(out, "</a>");
            at = marks[i].end;
        }
        add_part(out, source, at, strlen(source));
        text_add(out, "</pre>\n");
    }
    free(marks);
}

static void add_pair(struct text *out, const struct similar *similar, size_t page) {
    const struct pair *pair = &similar->pairs[page];
    char *percent = must_format("%.0f", 100 * pair->likeness.similarity),
         *longest = must_format("%zu", pair->likeness.longest);
    text_format(out, "<details%s><summary>", page ? "" : " open");
    html_say(out, similar->language, STRING_SIMILAR_PAIR_HOW,
             (const char *const[]){pair->a->student, pair->b->student, percent, longest});
    /* The place that the overview links to lies inside: going there opens the pair. */
    text_format(out, "</summary>\n<div class=\"sides\" id=\"p%zu\">\n", page);
    free(percent);
    free(longest);
    for (int side = 0; side < 2; side++) {
        text_add(out, "<section><h2>");
        escape_html(out, (side ? pair->b : pair->a)->student);
        text_add(out, "</h2>\n");
        for (size_t i = 0; i < similar->answer_count; i++) add_answer(out, similar, side == 0, i, page);
        text_add(out, "</section>\n");
    }
    text_add(out, "</div></details>\n");
}

/* A paragraph about two numbers. */
static void add_counts(struct text *out, enum language language, enum string string, size_t first, size_t second) {
    char *one = must_format("%zu", first), *other = must_format("%zu", second);
    text_add(out, "<p>");
    html_say(out, language, string, (const char *const[]){one, other});
    text_add(out, "</p>\n");
    free(one);
    free(other);
}

static void add_overview(struct text *out, const struct similar *similar, size_t shown) {
    static const enum string headings[] = {STRING_SIMILAR_ALIKE, STRING_SIMILAR_LONGEST, STRING_SIMILAR_PAIRS};
    add_counts(out, similar->language, STRING_SIMILAR_OVERVIEW, similar->count, (size_t)lround(100 * similar->median));
    if (shown < similar->pair_count)
        add_counts(out, similar->language, STRING_SIMILAR_FIRST, shown, similar->pair_count);
    text_add(out, "<table><thead><tr>");
    for (size_t i = 0; i < sizeof headings / sizeof *headings; i++) {
        text_add(out, "<th scope=\"col\">");
        html_say(out, similar->language, headings[i], NULL);
        text_add(out, "</th>");
    }
    text_add(out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pair *pair = &similar->pairs[i];
        text_add(out, "<tr>");
        html_percent_cell(out, pair->likeness.similarity);
        html_count_cell(out, pair->likeness.longest);
        text_format(out, "<td><a href=\"#p%zu\">", i);
        html_say(out, similar->language, STRING_SIMILAR_PAIR,
                 (const char *const[]){pair->a->student, pair->b->student});
        text_add(out, "</a></td></tr>\n");
    }
    text_add(out, "</tbody></table>\n");
}

bool similar_page(const struct similar *similar, const char *path, char **error) {
    struct text out = {}, title = {};
    size_t shown = similar->pair_count < PAIRS_MAX ? similar->pair_count : PAIRS_MAX;
    html_say(&title, similar->language, STRING_SIMILAR_TITLE, (const char *const[]){similar->assignment});
    page_begin(&out, similar->language, title.data, PAGE_SIMILAR);
    text_format(&out, "<h1>%s</h1>\n", title.data);
    text_free(&title);
    add_overview(&out, similar, shown);
    for (size_t i = 0; i < shown; i++) add_pair(&out, similar, i);
    text_add(&out, "</body></html>\n");
    bool written = file_write(path, out.data, out.length, error);
    text_free(&out);
    return written;
}
