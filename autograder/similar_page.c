/* The page of `oto-grade similar`: one file without scripts. A common stretch is a link to its counterpart, so the Tab
 * and Enter keys go through them. */
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/files.h"
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

static void add_answer(struct text *out, const struct pair *pair, bool left, size_t answer, const char *grade_id,
                       size_t page) {
    const char *source = (left ? pair->a : pair->b)->answers[answer], own = left ? 'a' : 'b', other = left ? 'b' : 'a';
    size_t count, at = 0;
    struct mark *marks = marks_of(pair, left, answer, &count);
    if (count) {
        text_add(out, "<h3>");
        escape_html(out, grade_id);
        text_add(out, "</h3>\n<pre>");
        for (size_t i = 0; i < count; i++) {
            add_part(out, source, at, marks[i].start);
            text_format(out, "<a class=\"c%zu\" id=\"p%zu%c%zu\" href=\"#p%zu%c%zu\" title=\"stretch %zu\">",
                        marks[i].number % COLOURS, page, own, marks[i].number, page, other, marks[i].number,
                        marks[i].number + 1);
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
    text_format(out, "<details%s><summary>", page ? "" : " open");
    escape_html(out, pair->a->student);
    text_add(out, " and ");
    escape_html(out, pair->b->student);
    /* The place that the overview links to lies inside: going there opens the pair. */
    text_format(out, ": %.0f %% alike, %zu tokens in a row</summary>\n<div class=\"sides\" id=\"p%zu\">\n",
                100 * pair->likeness.similarity, pair->likeness.longest, page);
    for (int side = 0; side < 2; side++) {
        text_add(out, "<section><h2>");
        escape_html(out, (side ? pair->b : pair->a)->student);
        text_add(out, "</h2>\n");
        for (size_t i = 0; i < similar->answer_count; i++)
            add_answer(out, pair, side == 0, i, similar->answers[i], page);
        text_add(out, "</section>\n");
    }
    text_add(out, "</div></details>\n");
}

static void add_overview(struct text *out, const struct similar *similar, size_t shown) {
    text_format(out,
                "<p>%zu submissions; half of all pairs are at most %.0f %% alike. Alike means: the same after names, "
                "numbers, comments and layout are taken away, without what was handed out and what more than a fifth "
                "of the class (and more than ten) have. It is a reason to look and proves nothing.</p>\n",
                similar->count, 100 * similar->median);
    if (shown < similar->pair_count)
        text_format(out, "<p>The first %zu of %zu pairs.</p>\n", shown, similar->pair_count);
    text_add(out, "<table><thead><tr><th scope=\"col\">alike</th><th scope=\"col\">longest</th><th scope=\"col\">pair"
                  "</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < shown; i++) {
        const struct pair *pair = &similar->pairs[i];
        text_format(out, "<tr><td class=\"number\">%.0f %%</td><td class=\"number\">%zu</td><td><a href=\"#p%zu\">",
                    100 * pair->likeness.similarity, pair->likeness.longest, i);
        escape_html(out, pair->a->student);
        text_add(out, " and ");
        escape_html(out, pair->b->student);
        text_add(out, "</a></td></tr>\n");
    }
    text_add(out, "</tbody></table>\n");
}

bool similar_page(const struct similar *similar, const char *path, char **error) {
    struct text out = {}, title = {};
    size_t shown = similar->pair_count < PAIRS_MAX ? similar->pair_count : PAIRS_MAX;
    text_add(&title, "Alike: ");
    escape_html(&title, similar->assignment);
    page_begin(&out, ENGLISH, title.data, PAGE_SIMILAR);
    text_format(&out, "<h1>%s</h1>\n", title.data);
    text_free(&title);
    add_overview(&out, similar, shown);
    for (size_t i = 0; i < shown; i++) add_pair(&out, similar, i);
    text_add(&out, "</body></html>\n");
    bool written = file_write(path, out.data, out.length, error);
    text_free(&out);
    return written;
}
