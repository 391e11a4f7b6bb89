/* quoted: characters and strings as C writes them; UTF-8 stays as it is. */
#include "kernel/worker/formatting.h"

#include <sanitizer/asan_interface.h>
#include <string.h>
#include <uchar.h>

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

/* ---- text in memory ---- */

enum text_end { TEXT_ENDS, TEXT_GOES_ON, TEXT_UNREADABLE };

/* Bytes of a text whose characters have `unit` bytes, up to the NUL that ends it; *size is what was read. In steps that
 * never cross into a page that is not there, and never into memory that the checks know to be nobody's. */
static enum text_end read_text(unsigned char *text, size_t capacity, uintptr_t address, size_t unit, size_t *size) {
    const void *poisoned = __asan_region_is_poisoned((void *)address, capacity);
    size_t most = poisoned ? ((uintptr_t)poisoned - address) / unit * unit : capacity;
    for (*size = 0; *size < most;) {
        size_t step = 256 - (address + *size) % 256;
        if (step < unit) step = unit; /* a character that is not aligned */
        step -= step % unit;
        if (step > most - *size) step = most - *size;
        if (!memory_read(text + *size, address + *size, step)) return TEXT_UNREADABLE;
        for (size_t end = *size + step; *size < end; *size += unit) {
            static const unsigned char nul[4];
            if (!memcmp(text + *size, nul, unit)) return TEXT_ENDS;
        }
    }
    return *size ? TEXT_GOES_ON : TEXT_UNREADABLE;
}

void quoted_string(struct formatting *f, uintptr_t address) {
    unsigned char text[LONGEST_TEXT];
    size_t size;
    enum text_end end = read_text(text, sizeof text, address, 1, &size);
    if (end == TEXT_UNREADABLE)
        formatting_print(f, "(char *) 0x%llx %s", (unsigned long long)address, formatting_unreadable);
    else
        quoted_bytes(f, text, size);
    if (end == TEXT_GOES_ON) formatting_text(f, "...");
}

bool quoted_array(struct formatting *f, uintptr_t address, size_t count) {
    unsigned char text[LONGEST_TEXT];
    size_t size;
    enum text_end end = read_text(text, count < sizeof text ? count : sizeof text, address, 1, &size);
    if (end == TEXT_UNREADABLE || (end == TEXT_GOES_ON && size == count)) return false;
    quoted_bytes(f, text, size);
    if (end == TEXT_GOES_ON) formatting_text(f, "...");
    return true;
}

/* ---- wide text ---- */

static void put_code_point(struct formatting *f, uint32_t c, bool digit_follows) {
    if (c < 0x80) {
        quoted_character(f, (unsigned char)c, '"', digit_follows);
    } else if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
        formatting_print(f, "\\x%x", c);
    } else {
        unsigned char bytes[4];
        size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
        for (size_t i = length - 1; i > 0; i--, c >>= 6) bytes[i] = (unsigned char)(0x80 | (c & 0x3f));
        bytes[0] = (unsigned char)((0xf00 >> length & 0xff) | c);
        formatting_put(f, (const char *)bytes, length);
    }
}

static uint32_t unit_at(const unsigned char *text, size_t unit) {
    uint16_t half;
    uint32_t whole;
    if (unit == sizeof half) return memcpy(&half, text, sizeof half), half;
    return memcpy(&whole, text, sizeof whole), whole;
}

static void put_wide(struct formatting *f, const unsigned char *text, size_t size, size_t unit, char prefix) {
    formatting_print(f, "%c\"", prefix);
    for (size_t i = 0; i < size; i += unit) {
        uint32_t c = unit_at(text + i, unit), next = i + unit < size ? unit_at(text + i + unit, unit) : 0;
        if (unit == 2 && c >= 0xd800 && c < 0xdc00 && next >= 0xdc00 && next < 0xe000) { /* a surrogate pair */
            c = 0x10000 + ((c - 0xd800) << 10) + (next - 0xdc00);
            i += unit;
        }
        put_code_point(f, c, next >= '0' && next <= '7');
    }
    formatting_text(f, "\"");
}

static size_t unit_of(char prefix) {
    return prefix == 'u' ? sizeof(char16_t) : sizeof(char32_t);
}

void quoted_wide_string(struct formatting *f, uintptr_t address, char prefix) {
    unsigned char text[LONGEST_TEXT];
    size_t size;
    enum text_end end = read_text(text, sizeof text, address, unit_of(prefix), &size);
    if (end == TEXT_UNREADABLE)
        formatting_print(f, "0x%llx %s", (unsigned long long)address, formatting_unreadable);
    else
        put_wide(f, text, size, unit_of(prefix), prefix);
    if (end == TEXT_GOES_ON) formatting_text(f, "...");
}

bool quoted_wide_array(struct formatting *f, uintptr_t address, size_t count, char prefix) {
    unsigned char text[LONGEST_TEXT];
    size_t size, unit = unit_of(prefix), most = sizeof text / unit;
    enum text_end end = read_text(text, (count < most ? count : most) * unit, address, unit, &size);
    if (end == TEXT_UNREADABLE || (end == TEXT_GOES_ON && size == count * unit)) return false;
    put_wide(f, text, size, unit, prefix);
    if (end == TEXT_GOES_ON) formatting_text(f, "...");
    return true;
}
