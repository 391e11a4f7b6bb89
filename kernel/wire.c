#include "kernel/wire.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/unicode.h"

static const char delimiter[] = "<IDS|MSG>";

enum { DIGEST_MAX = 64, SIGNATURE_MAX = 2 * DIGEST_MAX, MARK_SIZE = 32, SEEN_SLOTS = 1 << 14 };

/* Signatures that were accepted, so that a message cannot be sent a second time by someone who only listened. Two
 * generations: when the younger is half full, the older is forgotten. */
struct seen {
    unsigned char (*marks)[MARK_SIZE];
    size_t count;
};

struct wire {
    EVP_MAC_CTX *keyed; /* the HMAC with its key, duplicated for each message; NULL: unsigned */
    size_t signature_size;
    struct seen young, old;
    char *session, *username;
    atomic_uint_fast64_t messages;
};

/* ---- signatures ---- */

struct wire *wire_new(const char *key, size_t key_size, const char *digest, const char *session, const char *username) {
    struct wire *wire = calloc(1, sizeof *wire);
    if (wire == NULL) return NULL;
    wire->session = strdup(session);
    wire->username = strdup(username);
    bool good = wire->session != NULL && wire->username != NULL;
    if (good && key_size > 0) {
        wire->young.marks = calloc(SEEN_SLOTS, MARK_SIZE);
        wire->old.marks = calloc(SEEN_SLOTS, MARK_SIZE);
        EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
        wire->keyed = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);
        EVP_MAC_free(mac); /* the context holds a reference of its own */
        OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest, 0),
                                   OSSL_PARAM_construct_end()};
        good = wire->young.marks != NULL && wire->old.marks != NULL && wire->keyed != NULL &&
               EVP_MAC_init(wire->keyed, (const unsigned char *)key, key_size, parameters) == 1;
        wire->signature_size = good ? 2 * EVP_MAC_CTX_get_mac_size(wire->keyed) : 0;
        good = good && wire->signature_size >= MARK_SIZE && wire->signature_size <= SIGNATURE_MAX;
    }
    if (good) return wire;
    wire_free(wire);
    return NULL;
}

void wire_free(struct wire *wire) {
    if (wire == NULL) return;
    EVP_MAC_CTX_free(wire->keyed);
    free(wire->young.marks);
    free(wire->old.marks);
    free(wire->session);
    free(wire->username);
    free(wire);
}

/* Writes the signature of four frames in hexadecimal (no NUL). False when OpenSSL fails. */
static bool sign(const struct wire *wire, const struct frame parts[4], char hexadecimal[SIGNATURE_MAX]) {
    unsigned char digest[DIGEST_MAX];
    size_t size = 0;
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(wire->keyed);
    bool good = mac != NULL;
    for (int i = 0; good && i < 4; i++) good = EVP_MAC_update(mac, parts[i].data, parts[i].size) == 1;
    good = good && EVP_MAC_final(mac, digest, &size, sizeof digest) == 1 && 2 * size == wire->signature_size;
    EVP_MAC_CTX_free(mac);
    for (size_t i = 0; good && i < size; i++) {
        hexadecimal[2 * i] = "0123456789abcdef"[digest[i] >> 4];
        hexadecimal[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
    }
    return good;
}

/* The slot that holds the mark, or the free one where it belongs. */
static unsigned char *seen_slot(const struct seen *seen, const char mark[MARK_SIZE]) {
    static const unsigned char nothing[MARK_SIZE];
    uint64_t start;
    memcpy(&start, mark, sizeof start);
    start *= 0x9E3779B97F4A7C15; /* digits of hexadecimal differ in few bits: spread them */
    for (uint64_t i = start >> 32;; i++) {
        unsigned char *slot = seen->marks[i % SEEN_SLOTS];
        if (memcmp(slot, mark, MARK_SIZE) == 0 || memcmp(slot, nothing, MARK_SIZE) == 0) return slot;
    }
}

/* Notes the beginning of the signature (16 bytes of the digest: two messages never share them); false when it had been
 * noted before. */
static bool note_signature(struct wire *wire, const char *mark) {
    if (memcmp(seen_slot(&wire->old, mark), mark, MARK_SIZE) == 0) return false;
    unsigned char *slot = seen_slot(&wire->young, mark);
    if (memcmp(slot, mark, MARK_SIZE) == 0) return false;
    memcpy(slot, mark, MARK_SIZE);
    if (++wire->young.count == SEEN_SLOTS / 2) {
        struct seen oldest = wire->old;
        wire->old = wire->young;
        memset(oldest.marks, 0, (size_t)SEEN_SLOTS * MARK_SIZE);
        oldest.count = 0;
        wire->young = oldest;
    }
    return true;
}

/* ---- reading ---- */

__attribute__((format(printf, 3, 4))) static int refuse(char *why, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, size, format, arguments);
    va_end(arguments);
    return -1;
}

bool wire_json_is_modest(const char *text, size_t size, char *why, size_t why_size) {
    size_t depth = 0, values = 0;
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == '"') quoted = true;
        if (c == '[' || c == '{') {
            depth++, values++;
            if (depth > WIRE_JSON_DEPTH_MAX) {
                refuse(why, why_size, "nested deeper than %d levels", WIRE_JSON_DEPTH_MAX);
                return false;
            }
        }
        if ((c == ']' || c == '}') && depth > 0) depth--;
        if (c == ',' && ++values > WIRE_JSON_VALUES_MAX) {
            refuse(why, why_size, "more than %d values", WIRE_JSON_VALUES_MAX);
            return false;
        }
    }
    return true;
}

static json_t *read_object(const char *part, struct frame frame, char *why, size_t size) {
    char reason[80];
    if (!wire_json_is_modest(frame.data, frame.size, reason, sizeof reason)) {
        refuse(why, size, "%s is JSON %s", part, reason);
        return NULL;
    }
    json_error_t error;
    json_t *value = json_loadb(frame.data, frame.size, JSON_ALLOW_NUL, &error);
    if (value == NULL)
        refuse(why, size, "%s is not JSON: %s (byte %d)", part, error.text, error.position);
    else if (!json_is_object(value)) {
        refuse(why, size, "%s is not a JSON object", part);
        json_decref(value);
        value = NULL;
    }
    return value;
}

static bool copy_frame(struct frame *to, struct frame from) {
    void *data = malloc(from.size + 1);
    if (data == NULL) return false;
    memcpy(data, from.data, from.size);
    *to = (struct frame){data, from.size};
    return true;
}

static int find_delimiter(const struct frame *frames, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (frames[i].size == sizeof delimiter - 1 && memcmp(frames[i].data, delimiter, sizeof delimiter - 1) == 0)
            return (int)i;
    return -1;
}

/* Everything that can be refused before the signature says who speaks. */
static int check_frames(const struct frame *frames, size_t count, char *why, size_t size) {
    if (count > WIRE_FRAMES_MAX) return refuse(why, size, "more than %d frames", WIRE_FRAMES_MAX);
    for (size_t i = 0; i < count; i++)
        if (frames[i].size > WIRE_FRAME_MAX)
            return refuse(why, size, "frame %zu has %zu bytes, more than %d", i, frames[i].size, WIRE_FRAME_MAX);
    int at = find_delimiter(frames, count);
    if (at < 0) return refuse(why, size, "no %s delimiter in its %zu frames", delimiter, count);
    if (count - (size_t)at < 6)
        return refuse(why, size, "truncated: %zu frames after the delimiter, at least 5 needed",
                      count - (size_t)at - 1);
    return at;
}

int wire_read(struct wire *wire, const struct frame *frames, size_t count, struct message *message, char *why,
              size_t size) {
    memset(message, 0, sizeof *message);
    int at = check_frames(frames, count, why, size);
    if (at < 0) return -1;
    const struct frame *parts = frames + at + 2;
    if (wire->keyed != NULL) {
        char signature[SIGNATURE_MAX];
        const struct frame *claim = &frames[at + 1];
        if (!sign(wire, parts, signature)) return refuse(why, size, "OpenSSL could not compute the signature");
        if (claim->size != wire->signature_size || CRYPTO_memcmp(claim->data, signature, claim->size) != 0)
            return refuse(why, size, "bad signature");
        if (!note_signature(wire, signature)) return refuse(why, size, "replayed: this signature was used before");
    }

    static const char *const names[] = {"header", "parent_header", "metadata", "content"};
    json_t **objects[] = {&message->header, &message->parent, &message->metadata, &message->content};
    bool good = true;
    for (int i = 0; good && i < 4; i++) good = (*objects[i] = read_object(names[i], parts[i], why, size)) != NULL;
    if (good) {
        message->id = json_string_value(json_object_get(message->header, "msg_id"));
        message->type = json_string_value(json_object_get(message->header, "msg_type"));
        message->subshell = json_string_value(json_object_get(message->header, "subshell_id"));
        const json_t *subshell = json_object_get(message->header, "subshell_id");
        bool odd = subshell != NULL && !json_is_null(subshell) && message->subshell == NULL;
        const char *lacks = message->id == NULL     ? "msg_id"
                            : message->type == NULL ? "msg_type"
                            : odd                   ? "subshell_id"
                                                    : NULL;
        good = lacks == NULL;
        if (!good) refuse(why, size, "header.%s is not a string", lacks);
    }
    if (good) {
        good = copy_frame(&message->header_text, parts[0]);
        for (int i = 0; good && i < at; i++) {
            good = copy_frame(&message->identities[i], frames[i]);
            if (good) message->identity_count++;
        }
        if (!good) refuse(why, size, "out of memory");
    }
    if (good) return 0;
    message_free(message);
    return -1;
}

void message_free(struct message *message) {
    for (size_t i = 0; i < message->identity_count; i++) free((void *)message->identities[i].data);
    free((void *)message->header_text.data);
    json_decref(message->header);
    json_decref(message->parent);
    json_decref(message->metadata);
    json_decref(message->content);
    memset(message, 0, sizeof *message);
}

bool message_as_parent(const struct message *message, struct message *parent) {
    memset(parent, 0, sizeof *parent);
    return copy_frame(&parent->header_text, message->header_text);
}

/* ---- writing ---- */

void wire_date(char date[WIRE_DATE_SIZE]) {
    struct timespec now;
    struct tm calendar;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &calendar);
    size_t length = strftime(date, WIRE_DATE_SIZE, "%Y-%m-%dT%H:%M:%S", &calendar);
    snprintf(date + length, WIRE_DATE_SIZE - length, ".%06ldZ", now.tv_nsec / 1000);
}

static json_t *new_header(struct wire *wire, const char *type) {
    char date[WIRE_DATE_SIZE], id[64];
    wire_date(date);
    snprintf(id, sizeof id, "%.36s_%" PRIuFAST64, wire->session, atomic_fetch_add(&wire->messages, 1));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "msg_id", id, "msg_type", type, "session", wire->session,
                     "username", wire->username, "date", date, "version", "5.5");
}

static struct parcel *pack_frames(enum channel channel, const struct frame *frames, size_t count) {
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += frames[i].size;
    struct parcel *parcel = malloc(sizeof *parcel + count * sizeof *frames + size);
    if (parcel == NULL) return NULL;
    *parcel = (struct parcel){.channel = channel, .count = count, .size = size};
    char *place = (char *)(parcel->frames + count);
    for (size_t i = 0; i < count; i++) {
        if (frames[i].size > 0) memcpy(place, frames[i].data, frames[i].size);
        parcel->frames[i] = (struct frame){place, frames[i].size};
        place += frames[i].size;
    }
    return parcel;
}

static struct frame dump(json_t *value) {
    char *text = value == NULL ? NULL : json_dumps(value, JSON_COMPACT);
    return (struct frame){text, text == NULL ? 0 : strlen(text)};
}

struct parcel *wire_compose_text(struct wire *wire, enum channel channel, const char *topic,
                                 const struct message *parent, const char *type, struct frame content,
                                 json_t *metadata) {
    struct frame frames[WIRE_FRAMES_MAX + 6];
    size_t count = 0;
    if (channel == CHANNEL_IOPUB)
        frames[count++] = (struct frame){topic, strlen(topic)};
    else
        for (size_t i = 0; parent != NULL && i < parent->identity_count; i++) frames[count++] = parent->identities[i];
    frames[count++] = (struct frame){delimiter, sizeof delimiter - 1};

    static const struct frame empty = {"{}", 2};
    json_t *header = new_header(wire, type);
    struct frame header_text = dump(header), metadata_text = metadata == NULL ? empty : dump(metadata);
    struct frame parts[4] = {header_text, parent == NULL ? empty : parent->header_text, metadata_text, content};
    char signature[SIGNATURE_MAX];
    bool good = header_text.data != NULL && metadata_text.data != NULL && content.data != NULL &&
                (wire->keyed == NULL || sign(wire, parts, signature));
    struct parcel *parcel = NULL;
    if (good) {
        frames[count++] = (struct frame){signature, wire->signature_size};
        memcpy(frames + count, parts, sizeof parts);
        parcel = pack_frames(channel, frames, count + 4);
    }
    json_decref(header);
    free((void *)header_text.data);
    if (metadata != NULL) free((void *)metadata_text.data);
    return parcel;
}

struct parcel *wire_compose(struct wire *wire, enum channel channel, const char *topic, const struct message *parent,
                            const char *type, json_t *content, json_t *metadata) {
    struct frame text = dump(content);
    struct parcel *parcel = wire_compose_text(wire, channel, topic, parent, type, text, metadata);
    free((void *)text.data);
    return parcel;
}

json_t *wire_text(const char *bytes, size_t size) {
    size_t length;
    char *text = unicode_repair(bytes, size, &length, NULL);
    json_t *value = text == NULL ? NULL : json_stringn_nocheck(text, length);
    free(text);
    return value;
}

static bool is_plain(char c) {
    return (unsigned char)c >= 0x20 && c != '"' && c != '\\';
}

struct frame wire_stream_content(const char *name, const char *text, size_t size) {
    size_t special = 0;
    for (size_t i = 0; i < size; i++) special += !is_plain(text[i]);
    size_t capacity = strlen(name) + size + 5 * special + sizeof "{\"name\":\"\",\"text\":\"\"}";
    char *content = malloc(capacity);
    if (content == NULL) return (struct frame){NULL, 0};
    char *at = content + sprintf(content, "{\"name\":\"%s\",\"text\":\"", name);
    for (size_t i = 0; i < size;) {
        size_t end = i;
        while (end < size && is_plain(text[end])) end++;
        memcpy(at, text + i, end - i);
        at += end - i;
        if ((i = end) == size) break;
        char c = text[i++];
        if (c == '\n')
            at = stpcpy(at, "\\n");
        else if (c == '"' || c == '\\')
            *at++ = '\\', *at++ = c;
        else
            at += sprintf(at, "\\u%04x", (unsigned)c);
    }
    at = stpcpy(at, "\"}");
    return (struct frame){content, (size_t)(at - content)};
}
