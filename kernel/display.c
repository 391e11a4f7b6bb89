#include "kernel/display.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/log.h"
#include "kernel/request.h"

/* Bytes as base64 text, or NULL. */
static json_t *base64(const void *data, size_t size) {
    if (size > INT32_MAX / 2) return NULL;
    unsigned char *text = malloc((size + 2) / 3 * 4 + 1);
    if (text == NULL) return NULL;
    int length = EVP_EncodeBlock(text, data, (int)size);
    json_t *value = json_stringn_nocheck((const char *)text, (size_t)length);
    free(text);
    return value;
}

static bool is_json_type(const char *mime) {
    size_t length = strlen(mime);
    return strcmp(mime, "application/json") == 0 || (length > 5 && strcmp(mime + length - 5, "+json") == 0);
}

/* The value of one MIME type. JSON travels as JSON, not as text that holds JSON; what is not JSON stays text. */
static json_t *bundle_value(const struct oto_field *field) {
    if (field->type == 'b') return base64(field->data, field->size);
    if (field->type != 's') return NULL;
    char why[80];
    if (is_json_type(field->name) && wire_json_is_modest(field->data, field->size, why, sizeof why)) {
        json_t *value = json_loadb(field->data, field->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (value != NULL) return value;
    }
    return wire_text(field->data, field->size);
}

json_t *display_bundle(const struct oto_record *record) {
    json_t *data = json_object();
    for (size_t i = 0; i < record->count; i++) {
        const struct oto_field *field = &record->fields[i];
        if (strchr(field->name, '/') == NULL) continue;
        json_t *value = bundle_value(field);
        /* Set checks that the name is UTF-8: it comes from the worker. */
        if (value == NULL || json_object_set_new(data, field->name, value) != 0)
            log_line("a display was sent without one of its forms: not a text, or too large");
    }
    return data;
}

void display_record(struct kernel *kernel, const struct message *parent, const struct oto_record *record) {
    json_t *content = NULL;
    const char *type = NULL;
    if (record->kind == OTO_RECORD_RESULT) {
        type = "execute_result";
        content = json_pack("{s:i, s:o, s:{}}", "execution_count", atomic_load(&kernel->execution_count), "data",
                            display_bundle(record), "metadata");
    } else if (record->kind == OTO_RECORD_DISPLAY) {
        const struct oto_field *id = oto_record_find(record, "display_id");
        json_t *display_id = id != NULL && id->type == 's' && id->size > 0 ? wire_text(id->data, id->size) : NULL;
        bool update = display_id != NULL && oto_record_get_integer(record, "update", 0) == 1;
        type = update ? "update_display_data" : "display_data";
        content = json_pack("{s:o, s:{}, s:o}", "data", display_bundle(record), "metadata", "transient",
                            display_id == NULL ? json_object() : json_pack("{s:o}", "display_id", display_id));
    } else if (record->kind == OTO_RECORD_CLEAR) {
        type = "clear_output";
        content = json_pack("{s:b}", "wait", (int)(oto_record_get_integer(record, "wait", 0) != 0));
    }
    if (type != NULL) kernel_publish(kernel, parent, type, content, NULL);
}
