#include "kernel/dap.h"

#include <string.h>

bool dap_has(const json_t *object, const char *member, const char *text) {
    const char *value = json_string_value(json_object_get(object, member));
    return value != NULL && strcmp(value, text) == 0;
}

bool dap_begins(const json_t *object, const char *member, const char *text) {
    const char *value = json_string_value(json_object_get(object, member));
    return value != NULL && strncmp(value, text, strlen(text)) == 0;
}

bool dap_is(const json_t *message, const char *type) {
    return dap_has(message, "type", type);
}

bool dap_is_response_to(const json_t *message, json_int_t sequence) {
    return dap_is(message, "response") && json_integer_value(json_object_get(message, "request_seq")) == sequence;
}

static json_t *answer(const json_t *request, bool success, json_t *body) {
    const json_t *sequence = json_object_get(request, "seq"), *command = json_object_get(request, "command");
    return json_pack("{s:I, s:s, s:I, s:b, s:s, s:o}", "seq", json_integer_value(sequence), "type", "response",
                     "request_seq", json_integer_value(sequence), "success", (int)success, "command",
                     json_is_string(command) ? json_string_value(command) : "", "body",
                     body == NULL ? json_object() : body);
}

json_t *dap_success(const json_t *request, json_t *body) {
    return answer(request, true, body);
}

json_t *dap_failure(const json_t *request, const char *reason) {
    json_t *failure = answer(request, false, NULL);
    json_object_set_new(failure, "message", json_string(reason));
    return failure;
}

json_t *dap_as_answer(json_t *from_adapter, const json_t *request) {
    const json_t *sequence = json_object_get(request, "seq");
    json_object_set_new(from_adapter, "seq", json_integer(json_integer_value(sequence)));
    json_object_set_new(from_adapter, "request_seq", json_integer(json_integer_value(sequence)));
    if (json_object_get(from_adapter, "body") == NULL) json_object_set_new(from_adapter, "body", json_object());
    return from_adapter;
}

json_t *dap_continued(json_int_t thread) {
    return json_pack("{s:i, s:s, s:s, s:{s:I, s:b}}", "seq", 0, "type", "event", "event", "continued", "body",
                     "threadId", thread, "allThreadsContinued", 1);
}

static bool is_part(const json_t *frame) {
    return dap_begins(frame, "name", "oto_part_");
}

static bool calls_parts(const json_t *frame) {
    return dap_begins(frame, "name", "oto_cell");
}

const char *dap_between_parts(const json_t *frame) {
    return is_part(frame) ? "next" : calls_parts(frame) ? "stepIn" : NULL;
}

void dap_plain_name(json_t *frame) {
    static const char own[] = "oto_own_", suffix[] = ".new";
    const char *name = json_string_value(json_object_get(frame, "name"));
    if (name == NULL) return;
    if (is_part(frame) || calls_parts(frame)) {
        json_object_set_new(frame, "name", json_string("cell"));
        return;
    }
    if (strncmp(name, own, sizeof own - 1) == 0) name += sizeof own - 1;
    const char *end = strstr(name, suffix);
    json_object_set_new(frame, "name", end == NULL ? json_string(name) : json_stringn(name, (size_t)(end - name)));
}
