#include "lib/show/display.h"

#include <stdlib.h>
#include <string.h>

#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"

#undef oto_display_html
#undef oto_display_markdown
#undef oto_display_latex
#undef oto_display_svg
#undef oto_display_json
#undef oto_display_png

static void start(struct oto_record *record, const char *plain, const OtoDisplay *options) {
    oto_record_begin(record, OTO_RECORD_DISPLAY);
    oto_record_text(record, "text/plain", options->text ? options->text : plain);
    if (options->id) {
        oto_record_text(record, "display_id", options->id);
        oto_record_integer(record, "update", options->update);
    }
}

/* Text of a MIME type; plain is shown where that type cannot be. Without a host: a file of that ending, or, without an
 * ending, the plain text. */
static void display_text(const char *operation, const char *mime_type, const char *text, const char *plain,
                         const char *ending, const OtoDisplay *options) {
    oto_check_text(operation, "the text", text);
    if (options->update && !options->id) oto_refuse(operation, ".update needs the .id of the display that it replaces");
    if (oto_host() < 0) {
        if (!ending) {
            printf("%s\n", options->text ? options->text : plain);
            return;
        }
        oto_show_next_file();
        oto_show_write_file(ending, text, strlen(text));
        return;
    }
    struct oto_record record;
    start(&record, plain, options);
    if (strcmp(mime_type, "text/plain")) oto_record_text(&record, mime_type, text);
    oto_record_send(oto_host(), &record);
    oto_record_free(&record);
}

void oto_display_html(const char *html, OtoDisplay options) {
    display_text("oto_display_html", "text/html", html, "(HTML)", "html", &options);
}

void oto_display_markdown(const char *markdown, OtoDisplay options) {
    display_text("oto_display_markdown", "text/markdown", markdown, markdown, NULL, &options);
}

void oto_display_latex(const char *latex, OtoDisplay options) {
    display_text("oto_display_latex", "text/latex", latex, latex, NULL, &options);
}

void oto_display_svg(const char *svg, OtoDisplay options) {
    display_text("oto_display_svg", "image/svg+xml", svg, "(SVG picture)", "svg", &options);
}

void oto_display_json(const char *json, OtoDisplay options) {
    display_text("oto_display_json", "application/json", json, json, NULL, &options);
}

void oto_display_png(const void *png, size_t size, OtoDisplay options) {
    static const unsigned char signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
    oto_check_buffer("oto_display_png", "png", png, size);
    if (size < sizeof signature || memcmp(png, signature, sizeof signature))
        oto_refuse("oto_display_png", "these %zu bytes are not a PNG file", size);
    if (oto_host() < 0) {
        oto_show_next_file();
        oto_show_write_file("png", png, size);
        return;
    }
    struct oto_record record;
    start(&record, "(PNG picture)", &options);
    oto_record_bytes(&record, "image/png", png, size);
    oto_record_send(oto_host(), &record);
    oto_record_free(&record);
}

void oto_display_update(const char *id, const char *mime_type, const char *text) {
    oto_check_text("oto_display_update", "id", id);
    oto_check_text("oto_display_update", "mime_type", mime_type);
    OtoDisplay options = {.id = id, .update = true};
    display_text("oto_display_update", mime_type, text, text, NULL, &options);
}

void oto_clear_output(bool wait) {
    if (oto_host() < 0) return;
    struct oto_record record;
    oto_record_begin(&record, OTO_RECORD_CLEAR);
    oto_record_integer(&record, "wait", wait);
    oto_record_send(oto_host(), &record);
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
