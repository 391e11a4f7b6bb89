#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/escape.h"
#include "autograder/feedback.h"
#include "kernel/engine/text.h"

/* HTML in a Markdown cell stays HTML as long as no line of it is empty; $ and \ would begin a formula for the parser, `
 * code. MathJax looks for formulas once more in what became of it, but for elements of these classes. */
static char *markdown_of(const struct text *html) {
    static const struct {
        char sign;
        const char *entity;
    } escaped[] = {{'\n', "&#10;"}, {'$', "&#36;"}, {'\\', "&#92;"}, {'`', "&#96;"}};
    struct text out = {};
    text_add(&out, "<div class=\"mathjax_ignore tex2jax_ignore\">");
    for (const char *at = text_c(html); *at;) {
        size_t length = strcspn(at, "\n$\\`");
        text_add_n(&out, at, length);
        at += length;
        for (size_t i = 0; *at && i < sizeof escaped / sizeof *escaped; i++)
            if (*at == escaped[i].sign) text_add(&out, escaped[i].entity);
        at += *at != '\0';
    }
    text_add(&out, "</div>");
    return text_take(&out);
}

struct writer {
    struct feedback_view view;
    json_t *cells;
    bool has_ids; /* the format asks for an id in each cell */
    size_t made;
};

static bool id_is_taken(json_t *cells, const char *id) {
    json_t *cell;
    size_t i;
    json_array_foreach(cells, i, cell) {
        const char *other = json_string_value(json_object_get(cell, "id"));
        if (other && strcmp(other, id) == 0) return true;
    }
    return false;
}

/* Empties html into a text cell that nobody can take for the student's. */
static json_t *cell_of(struct writer *writer, struct text *html) {
    char *markdown = markdown_of(html);
    json_t *cell = json_pack("{s:s, s:{s:{s:b}, s:b, s:b}, s:s}", "cell_type", "markdown", "metadata", "oto",
                             "feedback", true, "deletable", true, "editable", false, "source", markdown);
    char *id = NULL;
    do {
        free(id);
        id = must_format("oto-feedback-%zu", ++writer->made);
    } while (writer->has_ids && id_is_taken(writer->cells, id));
    if (writer->has_ids) json_object_set_new(cell, "id", json_string(id));
    free(id);
    free(markdown);
    text_free(html);
    return cell;
}

static json_t *summary(struct writer *writer, const struct outcome *outcome) {
    struct text html = {};
    text_add(&html, "<h2>");
    feedback_say(&html, writer->view, STRING_TITLE, (const char *const[]){outcome->title});
    text_add(&html, "</h2><p><b>");
    feedback_points(&html, writer->view, outcome->score, outcome->points, 0);
    text_add(&html, "</b></p>");
    feedback_remarks(&html, writer->view, outcome);
    text_add(&html, "<p>");
    feedback_say(&html, writer->view, STRING_HOW, NULL);
    text_add(&html, "</p>");
    return cell_of(writer, &html);
}

/* NULL where there is nothing to say of a cell. */
static json_t *feedback_on(struct writer *writer, const struct outcome *outcome, const struct outcome_cell *cell) {
    struct text html = {};
    if (cell->points > 0) {
        text_add(&html, "<h3>");
        escape_html(&html, cell->grade_id);
        feedback_say(&html, writer->view, STRING_COLON, NULL);
        feedback_points(&html, writer->view, cell->score, cell->points, isnan(cell->score));
        text_add(&html, "</h3>");
    }
    feedback_cell(&html, writer->view, outcome, cell, 4);
    return html.length ? cell_of(writer, &html) : NULL;
}

/* What was graded stands in the cell, also when the student has handed in another since. */
static void show_what_was_graded(struct cell *own, const struct outcome_cell *cell) {
    bool answer = strcmp(cell->role, "answer") == 0 || strcmp(cell->role, "written") == 0;
    if (answer && strcmp(own->source, cell->answer) != 0) cell_set_source(own, cell->answer, strlen(cell->answer));
}

/* What a student's cells have put out is nobody's word: it may look like a score, or hold a script. Of what is attached
 * to a text the pictures stay. */
static void drop_what_is_unchecked(struct cell *cell) {
    static const char image[] = "image/";
    json_t *attachments = json_object_get(cell->json, "attachments"), *attachment, *data;
    const char *name, *type;
    void *next;
    cell_clear_output(cell);
    json_object_foreach(attachments, name, attachment)
        json_object_foreach_safe(attachment, next, type, data) if (strncmp(type, image, strlen(image)) != 0)
            json_object_del(attachment, type);
}

/* With every < as \u003c, which only stands within texts: a browser that takes the file for a page finds no tag in it.
 */
static char *write_without_tags(const struct notebook *notebook, size_t *size) {
    struct text out = {};
    size_t length;
    char *bytes = notebook_write(notebook, &length);
    for (const char *at = bytes, *end = bytes + length; at < end;) {
        const char *tag = memchr(at, '<', (size_t)(end - at));
        text_add_n(&out, at, (size_t)((tag ? tag : end) - at));
        if (tag) text_add(&out, "\\u003c");
        at = tag ? tag + 1 : end;
    }
    free(bytes);
    *size = out.length;
    return text_take(&out);
}

char *feedback_notebook(enum language language, const struct outcome *outcome, struct notebook *notebook,
                        size_t *size) {
    struct writer writer = {.view = {.language = language, .notebook = true},
                            .cells = json_object_get(notebook->json, "cells")};
    json_t *minor = json_object_get(notebook->json, "nbformat_minor"), *in_order = json_array(), *json;
    const struct cell **places = must_allocate((outcome->count + 1) * sizeof(struct cell *));
    writer.has_ids = json_integer_value(minor) >= 5;
    for (size_t k = 0; k < notebook->count; k++) drop_what_is_unchecked(&notebook->cells[k]);
    for (size_t i = 0; i < outcome->count; i++) {
        struct cell *own = notebook_find(notebook, outcome->cells[i].grade_id);
        if (own) show_what_was_graded(own, &outcome->cells[i]);
        places[i] = own;
    }
    json_array_append_new(in_order, summary(&writer, outcome));
    for (size_t k = 0; k <= notebook->count; k++) {
        const struct cell *own = k < notebook->count ? &notebook->cells[k] : NULL; /* behind all: what has no place */
        if (own) json_array_append(in_order, own->json);
        for (size_t i = 0; i < outcome->count; i++)
            if (places[i] == own && (json = feedback_on(&writer, outcome, &outcome->cells[i])))
                json_array_append_new(in_order, json);
    }
    free(places);
    json_object_set_new(notebook->json, "cells", in_order);
    return write_without_tags(notebook, size);
}
