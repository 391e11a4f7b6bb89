#include "lib/show/bundle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/tensor/error.h"

bool oto_show_is_blind(void) {
    const char *grading = getenv("OTO_GRADING");
    return grading && *grading && strcmp(grading, "0") != 0;
}

void oto_html_write(FILE *out, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        case '\'':
            fputs("&#39;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

void oto_base64_write(FILE *out, const unsigned char *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char block[4096];
    size_t filled = 0;
    for (size_t i = 0; i < size; i += 3) {
        unsigned left = size - i < 3 ? (unsigned)(size - i) : 3;
        unsigned word = (unsigned)bytes[i] << 16 | (left > 1 ? (unsigned)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? (unsigned)bytes[i + 2] : 0);
        block[filled++] = digits[word >> 18];
        block[filled++] = digits[word >> 12 & 63];
        block[filled++] = left > 1 ? digits[word >> 6 & 63] : '=';
        block[filled++] = left > 2 ? digits[word & 63] : '=';
        if (filled == sizeof block || i + 3 >= size) {
            fwrite(block, 1, filled, out);
            filled = 0;
        }
    }
}

int oto_show_next_file(void) {
    static int number;
    return ++number;
}

void oto_show_write_file(int number, const char *ending, const void *data, size_t size, bool say) {
    char name[64];
    snprintf(name, sizeof name, "oto_show_%03d.%.20s", number, ending);
    FILE *file = fopen(name, "wbe");
    bool written = file && fwrite(data, 1, size, file) == size;
    if (file && fclose(file)) written = false;
    if (!written) oto_refuse("oto_show", "%s cannot be written: %s", name, strerror(errno));
    if (say) printf("oto_show: wrote %s\n", name);
}

static void send_to_host(const struct oto_bundle *bundle, int kind) {
    struct oto_record record;
    oto_record_begin(&record, kind);
    oto_record_text(&record, "text/plain", bundle->text);
    if (bundle->html) oto_record_text(&record, "text/html", bundle->html);
    if (bundle->png) oto_record_bytes(&record, "image/png", bundle->png, bundle->png_size);
    if (bundle->id) {
        oto_record_text(&record, "display_id", bundle->id);
        oto_record_integer(&record, "update", bundle->update);
    }
    if (bundle->stopped_text) oto_record_text(&record, OTO_RECORD_STOPPED "text/plain", bundle->stopped_text);
    if (bundle->stopped_html) oto_record_text(&record, OTO_RECORD_STOPPED "text/html", bundle->stopped_html);
    oto_record_send(oto_host(), &record); /* a host that is gone has no use for an error either */
    oto_record_settle(oto_host());
    oto_record_free(&record);
}

/* What stands in an output, as a file that a browser opens. */
static void write_page(int number, const char *html) {
    char *page = NULL;
    int length = asprintf(&page, "<!DOCTYPE html><meta charset=\"utf-8\"><title>oto_show_%03d</title>%s", number, html);
    if (length < 0) oto_refuse("oto_show", "no memory is left for a page");
    oto_show_write_file(number, "html", page, (size_t)length, true);
    free(page);
}

static void write_files(const struct oto_bundle *bundle) {
    printf("%s\n", bundle->text);
    if (!bundle->wav && !bundle->png && !bundle->html) return;
    int number = oto_show_next_file();
    if (bundle->wav) oto_show_write_file(number, "wav", bundle->wav, bundle->wav_size, true);
    if (bundle->png) oto_show_write_file(number, "png", bundle->png, bundle->png_size, true);
    if (bundle->html && (bundle->page || (!bundle->wav && !bundle->png))) write_page(number, bundle->html);
}

void oto_bundle_send(struct oto_bundle *bundle, int kind) {
    struct oto_bundle sent = *bundle;
    *bundle = (struct oto_bundle){0};
    if (!sent.text) sent.text = strdup("");
    if (!sent.text) oto_refuse("oto_show", "no memory is left to show this");
    if (oto_host() >= 0)
        send_to_host(&sent, kind);
    else
        write_files(&sent);
    free(sent.text);
    free(sent.html);
    free(sent.png);
    free(sent.wav);
    free(sent.stopped_text);
    free(sent.stopped_html);
}
