/* quoted: characters and strings as C writes them; UTF-8 stays as it is. */
#include "kernel/worker/formatting.h"

#include <string.h>

#include "kernel/worker/memory.h"

void quoted_character(struct formatting *f, unsigned char c, char quote, bool digit_follows) {
    static const char plain[] = "\a\b\f\n\r\t\v\\", letters[] = "abfnrtv\\";
    const char *found = c ? strchr(plain, c) : NULL;
    if (found)
        formatting_print(f, "\\%c", letters[found - plain]);
    else if (c == (unsigned char)quote)
        formatting_print(f, "\\%c", c);
    else if (c == 0 && !digit_follows)
        formatting_text(f, "\\0");
    else if (c < 32 || c == 127)
        formatting_print(f, "\\%03o", c);
    else
        formatting_put(f, (const char *)&c, 1);
}

/* The length of the UTF-8 sequence that starts here, or 0 when it is none. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    size_t length = at[0] < 0x80                    ? 1
                    : at[0] >= 0xc2 && at[0] < 0xe0 ? 2
                    : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5 ? 4
                                                    : 0;
    if (!length || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if (length == 3 && ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f))) return 0;
    if (length == 4 && ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))) return 0;
    return length;
}

void quoted_bytes(struct formatting *f, const unsigned char *bytes, size_t size) {
    formatting_text(f, "\"");
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(bytes + i, size - i);
        bool digit = i + 1 < size && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        if (length == 1)
            quoted_character(f, bytes[i], '"', digit);
        else if (length)
            formatting_put(f, (const char *)bytes + i, length);
        else
            formatting_print(f, "\\%03o", bytes[i]);
        i += length ? length : 1;
    }
    formatting_text(f, "\"");
}

void quoted_string(struct formatting *f, uintptr_t address) {
    unsigned char text[LONGEST_TEXT];
    size_t size = 0;
    while (size < sizeof text) {
        size_t step = 256 - (address + size) % 256;
        if (step > sizeof text - size) step = sizeof text - size;
        if (!memory_read(text + size, address + size, step)) {
            formatting_text(f, formatting_unreadable);
            return;
        }
        const unsigned char *end = memchr(text + size, 0, step);
        if (end) {
            quoted_bytes(f, text, (size_t)(end - text));
            return;
        }
        size += step;
    }
    quoted_bytes(f, text, size);
    formatting_text(f, "...");
}
