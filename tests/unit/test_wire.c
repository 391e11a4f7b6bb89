/* What the kernel accepts as a message and what it sends; how bytes become text; what a connection file must say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kernel/connection.h"
#include "kernel/unicode.h"
#include "kernel/wire.h"

static struct frame text_frame(const char *text) {
    return (struct frame){text, strlen(text)};
}

/* HMAC-SHA256 with key "key" of: {"msg_id":"1","msg_type":"t"} {} {} {}, computed with Python's hmac module. */
static const char header[] = "{\"msg_id\":\"1\",\"msg_type\":\"t\"}";
static const char signature[] = "5a6c96f5a0f3230fbe86bfe303866f2d24973553340f47c2e875f41a4466863b";

static int read_parts(struct wire *wire, const char *sign, const char *first, const char *last, struct message *message,
                      char why[200]) {
    struct frame frames[] = {text_frame("peer"), text_frame("<IDS|MSG>"), text_frame(sign), text_frame(first),
                             text_frame("{}"),   text_frame("{}"),        text_frame(last)};
    return wire_read(wire, frames, 7, message, why, 200);
}

static void a_signed_message_is_read_once(void **state) {
    struct wire *wire = wire_new("key", 3, "SHA256", "session", "user");
    struct message message;
    char why[200];
    assert_int_equal(read_parts(wire, signature, header, "{}", &message, why), 0);
    assert_string_equal(message.type, "t");
    assert_string_equal(message.id, "1");
    assert_null(message.subshell);
    assert_int_equal(message.identity_count, 1);
    assert_memory_equal(message.identities[0].data, "peer", 4);
    message_free(&message);
    assert_int_equal(read_parts(wire, signature, header, "{}", &message, why), -1);
    assert_non_null(strstr(why, "replayed"));
    wire_free(wire);
}

static void other_signatures_are_refused(void **state) {
    struct wire *wire = wire_new("key", 3, "SHA256", "session", "user");
    struct message message;
    char why[200], other[65];
    strcpy(other, signature);
    other[63] ^= 1;
    const char *wrong[] = {other, "", "abc"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(read_parts(wire, wrong[i], header, "{}", &message, why), -1);
        assert_string_equal(why, "bad signature");
    }
    assert_int_equal(read_parts(wire, signature, header, "{ }", &message, why), -1);
    wire_free(wire);
}

static void many_signatures_are_remembered(void **state) {
    struct wire *wire = wire_new("key", 3, "SHA256", "session", "user");
    struct parcel *first = NULL;
    struct message message;
    char why[200];
    json_t *empty = json_object();
    for (int i = 0; i < 30000; i++) {
        struct parcel *parcel = wire_compose(wire, CHANNEL_SHELL, NULL, NULL, "t", empty, NULL);
        assert_int_equal(wire_read(wire, parcel->frames, parcel->count, &message, why, sizeof why), 0);
        message_free(&message);
        if (i == 25000)
            first = parcel;
        else
            free(parcel);
    }
    assert_int_equal(wire_read(wire, first->frames, first->count, &message, why, sizeof why), -1);
    free(first);
    json_decref(empty);
    wire_free(wire);
}

static void what_is_no_message_says_why(void **state) {
    static const struct {
        const char *header, *content, *why;
    } cases[] = {
        {"{", "{}", "header is not JSON"},
        {"[]", "{}", "header is not a JSON object"},
        {"{\"msg_type\":\"t\"}", "{}", "header.msg_id is not a string"},
        {"{\"msg_id\":\"1\",\"msg_type\":1}", "{}", "header.msg_type is not a string"},
        {header, "\"\\ud800\"", "content is not JSON"},
        {header, "{\"a\":1}}", "content is not JSON"},
    };
    struct wire *wire = wire_new("", 0, "SHA256", "session", "user");
    struct message message;
    char why[200];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(read_parts(wire, "", cases[i].header, cases[i].content, &message, why), -1);
        assert_ptr_equal(strstr(why, cases[i].why), why);
    }
    struct frame frames[] = {text_frame("<IDS|MSG>"), text_frame(""), text_frame(header), text_frame("{}")};
    assert_int_equal(wire_read(wire, frames, 4, &message, why, sizeof why), -1);
    assert_ptr_equal(strstr(why, "truncated"), why);
    assert_int_equal(wire_read(wire, frames + 1, 3, &message, why, sizeof why), -1);
    assert_non_null(strstr(why, "delimiter"));
    assert_int_equal(wire_read(wire, frames, 0, &message, why, sizeof why), -1);
    wire_free(wire);
}

static void an_answer_carries_the_header_as_it_came(void **state) {
    struct wire *wire = wire_new("key", 3, "SHA256", "session", "user"), *other = wire_new("key", 3, "SHA256", "session", "user");
    /* Spaces and a float that would be written otherwise: the client gets back its own bytes. */
    static const char odd[] = "{\"msg_id\":\"1\" ,\"msg_type\":\"t\", \"x\":1.50}";
    struct wire *open = wire_new("", 0, "SHA256", "session", "user");
    struct message message, answer;
    char why[200];
    assert_int_equal(read_parts(open, "", odd, "{}", &message, why), 0);
    message.channel = CHANNEL_SHELL;
    json_t *content = json_pack("{s:s}", "status", "ok");
    struct parcel *parcel = wire_compose(wire, CHANNEL_SHELL, NULL, &message, "t_reply", content, NULL);
    assert_non_null(parcel);
    assert_int_equal(parcel->count, 7);
    assert_memory_equal(parcel->frames[0].data, "peer", 4);
    assert_int_equal(parcel->frames[4].size, sizeof odd - 1);
    assert_memory_equal(parcel->frames[4].data, odd, sizeof odd - 1);
    assert_int_equal(wire_read(other, parcel->frames, parcel->count, &answer, why, sizeof why), 0);
    assert_string_equal(answer.type, "t_reply");
    assert_string_equal(json_string_value(json_object_get(answer.header, "version")), "5.5");
    message_free(&answer);
    free(parcel);
    parcel = wire_compose(wire, CHANNEL_IOPUB, "kernel.status", &message, "status", content, NULL);
    assert_int_equal(parcel->count, 7);
    assert_memory_equal(parcel->frames[0].data, "kernel.status", 13);
    free(parcel);
    json_decref(content);
    message_free(&message);
    wire_free(open);
    wire_free(other);
    wire_free(wire);
}

static void printed_text_is_the_json_that_jansson_reads(void **state) {
    char bytes[256];
    for (int i = 0; i < 128; i++) bytes[i] = (char)i;
    memcpy(bytes + 128, "é音\"\\", 7);
    struct frame content = wire_stream_content("stdout", bytes, 135);
    json_t *value = json_loadb(content.data, content.size, JSON_ALLOW_NUL, NULL);
    assert_non_null(value);
    assert_string_equal(json_string_value(json_object_get(value, "name")), "stdout");
    assert_int_equal(json_string_length(json_object_get(value, "text")), 135);
    assert_memory_equal(json_string_value(json_object_get(value, "text")), bytes, 135);
    json_decref(value);
    free((void *)content.data);
}

static void json_has_limits(void **state) {
    char why[80];
    size_t size = (size_t)2 * WIRE_JSON_VALUES_MAX + 16;
    char *text = malloc(size);
    memset(text, '[', size);
    assert_true(wire_json_is_modest(text, WIRE_JSON_DEPTH_MAX, why, sizeof why));
    assert_false(wire_json_is_modest(text, WIRE_JSON_DEPTH_MAX + 1, why, sizeof why));
    assert_non_null(strstr(why, "deeper"));
    memset(text, ',', size);
    assert_true(wire_json_is_modest(text, WIRE_JSON_VALUES_MAX, why, sizeof why));
    assert_false(wire_json_is_modest(text, size, why, sizeof why));
    assert_non_null(strstr(why, "values"));
    text[0] = '"'; /* inside a string nothing counts */
    memset(text + 1, '[', size - 2);
    text[size / 2] = '\\', text[size / 2 + 1] = '"';
    assert_true(wire_json_is_modest(text, size, why, sizeof why));
    free(text);
}

static void bytes_become_utf8(void **state) {
    static const struct {
        const char *bytes, *text;
        size_t rest; /* bytes left for the next part */
    } cases[] = {
        {"", "", 0},
        {"caf\xC3\xA9", "caf\xC3\xA9", 0},
        {"\xFF", "\xEF\xBF\xBD", 0},
        {"a\x80z", "a\xEF\xBF\xBDz", 0},
        {"\xC0\xAF", "\xEF\xBF\xBD\xEF\xBF\xBD", 0},                                 /* overlong */
        {"\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 0},                 /* surrogate */
        {"\xF4\x90\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD", 0}, /* beyond U+10FFFF */
        {"\xE9\x9F", "", 2},
        {"ab\xF0\x9F\x8E", "ab", 3},
        {"\xE9\x9Fz", "\xEF\xBF\xBDz", 0},
        {"\xF0\x9F\x8E\xB5", "\xF0\x9F\x8E\xB5", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t length, rest;
        char *text = unicode_repair(cases[i].bytes, strlen(cases[i].bytes), &length, &rest);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(length, strlen(cases[i].text));
        assert_int_equal(rest, cases[i].rest);
        free(text);
        text = unicode_repair(cases[i].bytes, strlen(cases[i].bytes), &length, NULL);
        if (cases[i].rest > 0) assert_string_equal(text + length - 3, "\xEF\xBF\xBD");
        free(text);
    }
    size_t length;
    char *text = unicode_repair("a\0b", 3, &length, NULL);
    assert_int_equal(length, 3);
    assert_memory_equal(text, "a\0b", 4);
    free(text);
}

static void positions_count_characters(void **state) {
    static const char text[] = "é音a";
    assert_int_equal(unicode_points(text, sizeof text - 1), 3);
    assert_int_equal(unicode_points(text, 2), 1);
    assert_int_equal(unicode_offset(text, sizeof text - 1, 0), 0);
    assert_int_equal(unicode_offset(text, sizeof text - 1, 1), 2);
    assert_int_equal(unicode_offset(text, sizeof text - 1, 2), 5);
    assert_int_equal(unicode_offset(text, sizeof text - 1, 3), 6);
    assert_int_equal(unicode_offset(text, sizeof text - 1, 99), 6);
}

static void connection_files(void **state) {
#define PORTS "\"shell_port\":1,\"iopub_port\":2,\"stdin_port\":3,\"control_port\":4"
    static const struct {
        const char *text, *problem; /* NULL: fine */
    } cases[] = {
        {"{" PORTS ",\"hb_port\":5}", NULL},
        {"{" PORTS ",\"hb_port\":5,\"key\":\"k\",\"unknown\":[1]}", NULL},
        {"{" PORTS "}", "hb_port is missing"},
        {"{" PORTS ",\"hb_port\":65536}", "hb_port is not a port"},
        {"{" PORTS ",\"hb_port\":5,\"key\":null}", "key is not a string"},
        {"{" PORTS ",\"hb_port\":5,\"transport\":\"ipc\"}", "ip is missing"},
        {"{" PORTS ",\"hb_port\":5", "not JSON"},
        {"\"text\"", "not JSON"},
        {"[]", "not a JSON object"},
    };
    char path[] = "/tmp/oto-connection-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct connection connection;
        char *problem = NULL;
        assert_int_equal(ftruncate(file, 0), 0);
        assert_int_equal(pwrite(file, cases[i].text, strlen(cases[i].text), 0), strlen(cases[i].text));
        assert_int_equal(connection_read(path, &connection, &problem), cases[i].problem == NULL);
        if (cases[i].problem == NULL) {
            assert_int_equal(connection.ports[PORT_HEARTBEAT], 5);
            assert_string_equal(connection.ip, "127.0.0.1");
            connection_free(&connection);
        } else {
            assert_non_null(strstr(problem, path));
            assert_non_null(strstr(problem, cases[i].problem));
        }
        free(problem);
    }
    close(file);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_signed_message_is_read_once),
        cmocka_unit_test(other_signatures_are_refused),
        cmocka_unit_test(many_signatures_are_remembered),
        cmocka_unit_test(what_is_no_message_says_why),
        cmocka_unit_test(an_answer_carries_the_header_as_it_came),
        cmocka_unit_test(printed_text_is_the_json_that_jansson_reads),
        cmocka_unit_test(json_has_limits),
        cmocka_unit_test(bytes_become_utf8),
        cmocka_unit_test(positions_count_characters),
        cmocka_unit_test(connection_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
