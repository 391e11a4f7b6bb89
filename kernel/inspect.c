/* inspect_request: what the engine knows about a name, as text and as HTML. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/request.h"
#include "kernel/unicode.h"

/* The text as preformatted HTML. */
static json_t *as_html(const char *text, size_t size) {
    char *html = NULL;
    size_t length = 0;
    FILE *stream = open_memstream(&html, &length);
    if (stream == NULL) return NULL;
    fputs("<pre>", stream);
    for (size_t i = 0; i < size; i++) {
        const char *entity = text[i] == '<' ? "&lt;" : text[i] == '>' ? "&gt;" : text[i] == '&' ? "&amp;" : NULL;
        if (entity != NULL)
            fputs(entity, stream);
        else
            fputc(text[i], stream);
    }
    fputs("</pre>", stream);
    bool good = fclose(stream) == 0;
    json_t *value = good ? json_stringn_nocheck(html, length) : NULL;
    free(html);
    return value;
}

json_t *inspect_answer(struct request *request) {
    const char *source;
    size_t size;
    json_int_t cursor, detail;
    if (!request_text(request, "code", &source, &size) || !request_integer(request, "cursor_pos", -1, &cursor) ||
        !request_integer(request, "detail_level", 0, &detail))
        return NULL;
    size_t at = cursor < 0 ? size : unicode_offset(source, size, (size_t)cursor);
    char *about = request->session == NULL ? NULL : cell_inspect(request->session, source, size, at, detail != 0);
    json_t *data = json_object();
    if (about != NULL) {
        size_t length;
        char *text = unicode_repair(about, strlen(about), &length, NULL);
        if (text != NULL) {
            json_object_set_new(data, "text/plain", json_stringn_nocheck(text, length));
            json_object_set_new(data, "text/html", as_html(text, length));
        }
        free(text);
    }
    json_t *content =
        json_pack("{s:s, s:b, s:o, s:{}}", "status", "ok", "found", (int)(about != NULL), "data", data, "metadata");
    free(about);
    return content;
}
