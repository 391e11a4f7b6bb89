#include "kernel/display.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/log.h"
#include "kernel/request.h"

enum { UNFINISHED_MAX = 64 }; /* displays of one cell that are remembered: a worker may send any number */

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
static json_t *bundle_value(const struct oto_field *field, const char *mime) {
    if (field->type == 'b') return base64(field->data, field->size);
    if (field->type != 's') return NULL;
    char why[80];
    if (is_json_type(mime) && wire_json_is_modest(field->data, field->size, why, sizeof why)) {
        json_t *value = json_loadb(field->data, field->size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        if (value != NULL) return value;
    }
    return wire_text(field->data, field->size);
}

/* The fields whose names begin with prefix and go on with a MIME type. */
static json_t *bundle_of(const struct oto_record *record, const char *prefix) {
    json_t *data = json_object();
    for (size_t i = 0; i < record->count; i++) {
        const struct oto_field *field = &record->fields[i];
        if (strncmp(field->name, prefix, strlen(prefix)) != 0) continue;
        const char *mime = field->name + strlen(prefix);
        if (strchr(mime, '/') == NULL || strchr(mime, ':') != NULL) continue;
        json_t *value = bundle_value(field, mime);
        /* Set checks that the name is UTF-8: it comes from the worker. */
        if (value == NULL || json_object_set_new(data, mime, value) != 0)
            log_line("a display was sent without one of its forms: not a text, or too large");
    }
    return data;
}

json_t *display_bundle(const struct oto_record *record) {
    return bundle_of(record, "");
}

/* The record's display_id, or NULL. */
static json_t *id_of(const struct oto_record *record) {
    const struct oto_field *id = oto_record_find(record, "display_id");
    return id != NULL && id->type == 's' && id->size > 0 ? wire_text(id->data, id->size) : NULL;
}

/* Takes data and id (which may be NULL) over. */
static json_t *display_content(json_t *data, json_t *id) {
    return json_pack("{s:o, s:{}, s:o}", "data", data, "metadata", "transient",
                     id == NULL ? json_object() : json_pack("{s:o}", "display_id", id));
}

void display_record(struct kernel *kernel, const struct message *parent, const struct oto_record *record) {
    json_t *content = NULL;
    const char *type = NULL;
    if (record->kind == OTO_RECORD_RESULT) {
        type = "execute_result";
        content = json_pack("{s:i, s:o, s:{}}", "execution_count", atomic_load(&kernel->execution_count), "data",
                            display_bundle(record), "metadata");
    } else if (record->kind == OTO_RECORD_DISPLAY) {
        json_t *id = id_of(record);
        bool update = id != NULL && oto_record_get_integer(record, "update", 0) == 1;
        type = update ? "update_display_data" : "display_data";
        content = display_content(display_bundle(record), id);
    } else if (record->kind == OTO_RECORD_CLEAR) {
        type = "clear_output";
        content = json_pack("{s:b}", "wait", (int)(oto_record_get_integer(record, "wait", 0) != 0));
    }
    if (type != NULL) kernel_publish(kernel, parent, type, content, NULL);
}

void display_note_unfinished(json_t *unfinished, const struct oto_record *record) {
    json_t *id = record->kind == OTO_RECORD_DISPLAY ? id_of(record) : NULL;
    if (id == NULL) return;
    json_t *stopped = bundle_of(record, OTO_RECORD_STOPPED);
    const char *name = json_string_value(id);
    if (json_object_size(stopped) > 0 &&
        (json_object_get(unfinished, name) != NULL || json_object_size(unfinished) < UNFINISHED_MAX))
        json_object_set(unfinished, name, stopped);
    else
        json_object_del(unfinished, name);
    json_decref(stopped);
    json_decref(id);
}

void display_stop_unfinished(struct kernel *kernel, const struct message *parent, json_t *unfinished) {
    const char *id;
    json_t *stopped;
    json_object_foreach(unfinished, id, stopped) kernel_publish(
        kernel, parent, "update_display_data", display_content(json_incref(stopped), json_string(id)), NULL);
    json_object_clear(unfinished);
}
