/* complete_request and is_complete_request: the engine's answers in the client's terms. */
#include <stdlib.h>
#include <string.h>

#include "kernel/request.h"
#include "kernel/unicode.h"

static json_t *complete_content(const char *source, const struct completions *found) {
    json_int_t start = (json_int_t)unicode_points(source, found->start),
               end = (json_int_t)unicode_points(source, found->end);
    json_t *matches = json_array(), *types = json_array();
    for (size_t i = 0; i < found->count; i++) {
        const struct completion *item = &found->items[i];
        json_t *match = item->text == NULL ? NULL : json_string(item->text);
        if (match == NULL) continue; /* a file name that is not UTF-8 cannot be sent */
        json_t *type = json_pack("{s:I, s:I, s:s, s:s}", "start", start, "end", end, "text", item->text, "type",
                                 item->type == NULL ? "" : item->type);
        if (item->signature != NULL) json_object_set_new(type, "signature", json_string(item->signature));
        json_array_append_new(matches, match);
        json_array_append_new(types, type);
    }
    return json_pack("{s:s, s:o, s:I, s:I, s:{s:o}}", "status", "ok", "matches", matches, "cursor_start", start,
                     "cursor_end", end, "metadata", "_jupyter_types_experimental", types);
}

json_t *complete_answer(struct request *request) {
    const char *source;
    size_t size;
    json_int_t cursor;
    if (!request_text(request, "code", &source, &size) || !request_integer(request, "cursor_pos", -1, &cursor))
        return NULL;
    size_t at = cursor < 0 ? size : unicode_offset(source, size, (size_t)cursor);
    struct completions found = {.start = at, .end = at};
    if (request->session != NULL) cell_complete(request->session, source, size, at, &found);
    if (found.start > size) found.start = size;
    if (found.end > size) found.end = size;
    json_t *content = complete_content(source, &found);
    if (request->session != NULL) completions_free(&found);
    return content;
}

json_t *is_complete_answer(struct request *request) {
    const char *source;
    size_t size;
    if (!request_text(request, "code", &source, &size)) return NULL;
    if (request->session == NULL) return json_pack("{s:s}", "status", "unknown");
    char *indent = NULL;
    enum completeness completeness = cell_is_complete(request->session, source, size, &indent);
    json_t *content = completeness == CELL_COMPLETE ? json_pack("{s:s}", "status", "complete")
                      : completeness == CELL_INVALID
                          ? json_pack("{s:s}", "status", "invalid")
                          : json_pack("{s:s, s:s}", "status", "incomplete", "indent", indent == NULL ? "" : indent);
    free(indent);
    return content;
}
