#include "lib/show/display.h"

#include <pthread.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/show/flaw.h"
#include "lib/show/mime.h"
#include "lib/tensor/error.h"

#undef oto_display_html
#undef oto_display_markdown
#undef oto_display_latex
#undef oto_display_svg
#undef oto_display_json
#undef oto_display_png
#undef oto_display

/* One display on its way. */
struct output {
    const char *operation, *type;
    const struct oto_mime *mime;
    const char *data;
    size_t size;
    const OtoDisplay *options;
};

/* ---- displays that can be replaced ---- */

struct shown {
    char *id;
    int file; /* the number of its file; 0: none */
    const char *ending;
};

static pthread_mutex_t shown_lock = PTHREAD_MUTEX_INITIALIZER;
static void *shown_tree;

static int compare_ids(const void *a, const void *b) {
    return strcmp(((const struct shown *)a)->id, ((const struct shown *)b)->id);
}

static struct shown *find_shown(const char *id) {
    pthread_mutex_lock(&shown_lock);
    struct shown **found = tfind(&(struct shown){.id = (char *)id}, &shown_tree, compare_ids);
    pthread_mutex_unlock(&shown_lock);
    return found ? *found : NULL;
}

/* The display of this id, from now on known. */
static struct shown *remember(const char *operation, const char *id) {
    struct shown *shown = find_shown(id);
    if (shown) return shown;
    shown = calloc(1, sizeof *shown);
    bool kept = shown && (shown->id = strdup(id));
    pthread_mutex_lock(&shown_lock);
    kept = kept && tsearch(shown, &shown_tree, compare_ids);
    pthread_mutex_unlock(&shown_lock);
    if (kept) return shown;
    if (shown) free(shown->id);
    free(shown);
    oto_refuse(operation, "no memory is left to remember the display \"%s\"", id);
}

/* ---- what is refused ---- */

static void check_text(const char *operation, const char *argument, const char *text) {
    oto_check_text(operation, argument, text);
    char *flaw = oto_flaw_utf8(text, strlen(text)), why[300];
    if (!flaw) return;
    snprintf(why, sizeof why, "%s", flaw);
    free(flaw);
    oto_refuse(operation, "in %s %s", argument, why);
}

static void check_id(const char *operation, const OtoDisplay *options) {
    if (options->text) check_text(operation, ".text", options->text);
    if (!options->id && options->update) oto_refuse(operation, ".update needs the .id of the display that it replaces");
    if (!options->id) return;
    check_text(operation, "the id", options->id);
    if (!*options->id) oto_refuse(operation, "the id is empty; give the display a name, as in .id = \"loss\"");
    if (strlen(options->id) > 200)
        oto_refuse(operation, "the id has %zu bytes, and at most 200 are allowed", strlen(options->id));
    if (options->update && !find_shown(options->id))
        oto_refuse(operation,
                   "no display has the id \"%s\"; show one first, as in oto_display_html(\"...\", .id = \"%s\")",
                   options->id, options->id);
}

static void check_data(const struct output *output) {
    if (output->size > OTO_DISPLAY_MAX)
        oto_refuse(output->operation,
                   "%zu MB are too much for a page, which takes %d; show a part of it, or write it to a file and show "
                   "its name",
                   output->size >> 20, OTO_DISPLAY_MAX >> 20);
    char *flaw = output->mime->text ? oto_flaw_utf8(output->data, output->size) : NULL, why[500];
    if (!flaw && output->mime->flaw) flaw = output->mime->flaw(output->data, output->size);
    if (!flaw) return;
    snprintf(why, sizeof why, "%s", flaw);
    free(flaw);
    oto_refuse(output->operation, "%s", why);
}

/* ---- where it goes ---- */

static void write_file(const struct output *output) {
    const OtoDisplay *options = output->options;
    struct shown *shown = options->id ? remember(output->operation, options->id) : NULL;
    bool again = options->update && shown->file && !strcmp(shown->ending, output->mime->ending);
    int number = again ? shown->file : oto_show_next_file();
    if (options->text && !again) printf("%s\n", options->text);
    oto_show_write_file(number, output->mime->ending, output->data, output->size, !again);
    if (!shown) return;
    shown->file = number;
    shown->ending = output->mime->ending;
}

static void print(const struct output *output) {
    if (output->options->id) remember(output->operation, output->options->id);
    if (output->options->text)
        printf("%s\n", output->options->text);
    else
        printf("%.*s\n", (int)output->size, output->data);
}

static void send(const struct output *output) {
    const OtoDisplay *options = output->options;
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_DISPLAY);
    const char *word = options->text ? options->text : output->mime->word;
    bool plain = !strcmp(output->type, "text/plain");
    if (word && !plain)
        oto_record_text(&record, "text/plain", word);
    else
        oto_record_text_n(&record, "text/plain", output->data, output->size);
    if (!plain && output->mime->text)
        oto_record_text_n(&record, output->type, output->data, output->size);
    else if (!plain)
        oto_record_bytes(&record, output->type, output->data, output->size);
    if (options->id) {
        remember(output->operation, options->id);
        oto_record_text(&record, "display_id", options->id);
        oto_record_integer(&record, "update", options->update);
    }
    bool failed = record.failed;
    oto_record_send(oto_host(), &record);
    oto_record_settle(oto_host());
    oto_record_free(&record);
    if (failed) oto_refuse(output->operation, "no memory is left for %zu bytes", output->size);
}

static void display(const char *operation, const char *type, const void *data, const OtoDisplay *options) {
    struct output output = {
        .operation = operation, .type = type, .mime = oto_mime_of(type), .data = data, .options = options};
    if (options->size)
        oto_check_buffer(operation, "the data", data, options->size);
    else if (output.mime->text)
        oto_check_text(operation, "the text", data);
    else
        oto_refuse(operation, "%s is not text, so its length must be said: .size = bytes", type);
    output.size = options->size ? options->size : strlen(data);
    check_id(operation, options);
    check_data(&output);
    if (oto_host() >= 0)
        send(&output);
    else if (output.mime->ending)
        write_file(&output);
    else
        print(&output);
}

/* ---- the public names ---- */

void oto_display(const char *mime_type, const void *data, OtoDisplay options) {
    check_text("oto_display", "mime_type", mime_type);
    if (!oto_mime_is_type(mime_type))
        oto_refuse("oto_display", "\"%.100s\" is not a MIME type, which has two parts, as in \"text/html\"", mime_type);
    display("oto_display", mime_type, data, &options);
}

void oto_display_html(const char *html, OtoDisplay options) {
    display("oto_display_html", "text/html", html, &options);
}

void oto_display_markdown(const char *markdown, OtoDisplay options) {
    display("oto_display_markdown", "text/markdown", markdown, &options);
}

/* Clients look for formulas only between their marks. */
static bool marks_a_formula(const char *latex) {
    static const char *const marks[] = {"$", "\\(", "\\[", "\\begin"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strstr(latex, marks[i])) return true;
    return false;
}

void oto_display_latex(const char *latex, OtoDisplay options) {
    static const char operation[] = "oto_display_latex";
    if (options.size) oto_refuse(operation, "a text ends at its '\\0', so leave .size out");
    check_text(operation, "the text", latex);
    if (marks_a_formula(latex)) {
        display(operation, "text/latex", latex, &options);
        return;
    }
    size_t size = strlen(latex) + sizeof "$$$$";
    char *formula = malloc(size);
    if (!formula) oto_refuse(operation, "no memory is left for %zu bytes", size);
    snprintf(formula, size, "$$%s$$", latex);
    if (!options.text) options.text = latex;
    display(operation, "text/latex", formula, &options);
    free(formula);
}

void oto_display_svg(const char *svg, OtoDisplay options) {
    display("oto_display_svg", "image/svg+xml", svg, &options);
}

void oto_display_json(const char *json, OtoDisplay options) {
    display("oto_display_json", "application/json", json, &options);
}

void oto_display_png(const void *png, size_t size, OtoDisplay options) {
    oto_check_buffer("oto_display_png", "png", png, size);
    if (size == 0) oto_refuse("oto_display_png", "size is 0; give it the length of the PNG file in bytes");
    options.size = size;
    display("oto_display_png", "image/png", png, &options);
}

void oto_display_update(const char *id, const char *mime_type, const char *text) {
    static const char operation[] = "oto_display_update";
    check_text(operation, "id", id);
    check_text(operation, "mime_type", mime_type);
    if (!oto_mime_is_type(mime_type))
        oto_refuse(operation, "\"%.100s\" is not a MIME type, which has two parts, as in \"text/html\"", mime_type);
    display(operation, mime_type, text, &(OtoDisplay){.id = id, .update = true});
}

void oto_clear_output(bool wait) {
    if (oto_host() < 0) return;
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_CLEAR);
    oto_record_integer(&record, "wait", wait);
    oto_record_send(oto_host(), &record);
    oto_record_settle(oto_host());
    oto_record_free(&record);
}

char *oto_html_escape(const char *text) {
    oto_check_text("oto_html_escape", "text", text);
    char *escaped = NULL;
    size_t size;
    FILE *out = open_memstream(&escaped, &size);
    if (out) oto_html_write(out, text);
    if (!out || fclose(out)) oto_refuse("oto_html_escape", "no memory is left for %zu bytes", strlen(text));
    return escaped;
}
