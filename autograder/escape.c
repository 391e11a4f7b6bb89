#include "autograder/escape.h"

#include <stdint.h>
#include <string.h>

/* Length of the well-formed UTF-8 sequence at text, or 0. */
static int utf8_length(const unsigned char *text) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    int length = 0;
    if (text[0] < 0x80)
        length = 1;
    else if ((text[0] & 0xe0) == 0xc0)
        length = 2;
    else if ((text[0] & 0xf0) == 0xe0)
        length = 3;
    else if ((text[0] & 0xf8) == 0xf0)
        length = 4;
    uint32_t code = length > 1 ? text[0] & (0x7fu >> length) : text[0];
    for (int i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        code = code << 6 | (text[i] & 0x3f);
    }
    if (!length || code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return 0;
    return length;
}

static bool is_control(const unsigned char *at, int length) {
    if (length == 1) return *at < 0x20 || *at == 0x7f;
    return length == 2 && at[0] == 0xc2 && at[1] < 0xa0; /* C1: some terminals obey these too */
}

void escape_html(struct text *out, const char *string) {
    for (const unsigned char *at = (const unsigned char *)string; *at;) {
        int length = utf8_length(at);
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
            text_add_n(out, (const char *)at, (size_t)length);
        at += length ? length : 1;
    }
}

void escape_csv(struct text *out, const char *string) {
    text_add(out, "\"");
    if (*string && strchr("=+-@\t\r", *string)) text_add(out, "'");
    for (; *string; string++) {
        if (*string == '"') text_add(out, "\"");
        text_add_n(out, string, 1);
    }
    text_add(out, "\"");
}

void escape_terminal(struct text *out, const char *string, bool lines) {
    for (const unsigned char *at = (const unsigned char *)string; *at;) {
        int length = utf8_length(at);
        if (!length || (is_control(at, length) && !(lines && *at == '\n')))
            text_add(out, "?");
        else
            text_add_n(out, (const char *)at, (size_t)length);
        at += length ? length : 1;
    }
}
