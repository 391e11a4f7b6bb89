#include "autograder/escape.h"

#include <openssl/evp.h>
#include <string.h>

#include "lib/record/utf8.h"

static bool is_control(const unsigned char *at, size_t length) {
    if (length == 1) return *at < 0x20 || *at == 0x7f;
    return length == 2 && at[0] == 0xc2 && at[1] < 0xa0; /* C1: some terminals obey these too */
}

void escape_html(struct text *out, const char *string) {
    const unsigned char *at = (const unsigned char *)string, *end = at + strlen(string);
    while (at < end) {
        size_t length = oto_utf8_length(at, (size_t)(end - at));
        if (*at == '&')
            text_add(out, "&amp;");
        else if (*at == '<')
            text_add(out, "&lt;");
        else if (*at == '>')
            text_add(out, "&gt;");
        else if (*at == '"')
            text_add(out, "&quot;");
        else if (*at == '\'')
            text_add(out, "&#39;");
        else if (!length || (is_control(at, length) && *at != '\n' && *at != '\t'))
            text_add(out, "\xef\xbf\xbd");
        else
            text_add_n(out, (const char *)at, length);
        at += length ? length : 1;
    }
}

void escape_base64(struct text *out, const void *bytes, size_t size) {
    enum { PIECE = 3 << 10 };
    unsigned char coded[PIECE / 3 * 4 + 1];
    for (const unsigned char *at = bytes; size;) {
        int piece = size < PIECE ? (int)size : PIECE;
        text_add_n(out, (const char *)coded, (size_t)EVP_EncodeBlock(coded, at, piece));
        at += piece;
        size -= (size_t)piece;
    }
}

static bool is_formula(char first) {
    return first && strchr("=+-@\t\r", first);
}

const char *unescape_csv(const char *field) {
    return field[0] == '\'' && is_formula(field[1]) ? field + 1 : field;
}

void escape_csv(struct text *out, const char *string) {
    text_add(out, "\"");
    if (is_formula(*string)) text_add(out, "'");
    for (; *string; string++) {
        if (*string == '"') text_add(out, "\"");
        text_add_n(out, string, 1);
    }
    text_add(out, "\"");
}

void escape_terminal(struct text *out, const char *string, bool lines) {
    const unsigned char *at = (const unsigned char *)string, *end = at + strlen(string);
    while (at < end) {
        size_t length = oto_utf8_length(at, (size_t)(end - at));
        if (!length || (is_control(at, length) && !(lines && *at == '\n')))
            text_add(out, "?");
        else
            text_add_n(out, (const char *)at, length);
        at += length ? length : 1;
    }
}

json_t *escape_json(const char *string) {
    const unsigned char *at = (const unsigned char *)string, *end = at + strlen(string);
    struct text out = {};
    while (at < end) {
        size_t length = oto_utf8_length(at, (size_t)(end - at));
        if (length)
            text_add_n(&out, (const char *)at, length);
        else
            text_add(&out, "\xef\xbf\xbd");
        at += length ? length : 1;
    }
    json_t *json = json_string(text_c(&out));
    text_free(&out);
    return json;
}
