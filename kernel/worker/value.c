#include "kernel/worker/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/worker/memory.h"
#include "kernel/worker/number.h"
#include "kernel/worker/worker.h"
#include "lib/record/record.h"

enum { WHOLE_ARRAY = 100, SHOWN_AT_EACH_END = 10, LONGEST_TEXT = 20000, DEEPEST = 60 };

static const char unreadable[] = "<unreadable>";

/* The text so far and the description still to be read. */
struct formatting {
    char *text;
    size_t size, capacity;
    const char *type;
    bool silent; /* the description is only skipped */
    bool failed; /* malformed, or no memory */
    int depth;
};

static void put(struct formatting *f, const char *bytes, size_t size) {
    if (f->silent || f->failed) return;
    if (f->size + size + 1 > f->capacity) {
        size_t capacity = (f->size + size) * 2 + 64;
        char *grown = realloc(f->text, capacity);
        if (!grown) {
            f->failed = true;
            return;
        }
        f->text = grown;
        f->capacity = capacity;
    }
    memcpy(f->text + f->size, bytes, size);
    f->size += size;
    f->text[f->size] = '\0';
}

static void put_text(struct formatting *f, const char *text) { put(f, text, strlen(text)); }

[[gnu::format(printf, 2, 3)]] static void put_format(struct formatting *f, const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_text(f, text);
}

/* Reads a value's bytes; says so in the text when they are not there. */
static bool fetch(struct formatting *f, void *to, uintptr_t address, size_t size) {
    if (f->silent) {
        memset(to, 0, size);
        return true;
    }
    if (memory_read(to, address, size)) return true;
    put_text(f, unreadable);
    return false;
}

/* ---- reading the description ---- */

static bool expect(struct formatting *f, char c) {
    if (*f->type != c) f->failed = true;
    else f->type++;
    return !f->failed;
}

static uint64_t take_number(struct formatting *f) {
    char *end;
    if (*f->type < '0' || *f->type > '9') {
        f->failed = true;
        return 0;
    }
    errno = 0;
    unsigned long long value = strtoull(f->type, &end, 10);
    if (errno) f->failed = true;
    f->type = end;
    return value;
}

/* The bytes up to an unescaped stop character, which is not taken; put into the text when shown. */
static void take_escaped(struct formatting *f, const char *stops, bool shown) {
    while (*f->type && !strchr(stops, *f->type)) {
        if (*f->type == '\\' && f->type[1]) f->type++;
        if (shown) put(f, f->type, 1);
        f->type++;
    }
}

/* ---- characters and text ---- */

static void put_character(struct formatting *f, unsigned char c, char quote, bool digit_follows) {
    static const char plain[] = "\a\b\f\n\r\t\v\\", letters[] = "abfnrtv\\";
    const char *found = c ? strchr(plain, c) : NULL;
    if (found) put_format(f, "\\%c", letters[found - plain]);
    else if (c == (unsigned char)quote) put_format(f, "\\%c", c);
    else if (c == 0 && !digit_follows) put_text(f, "\\0");
    else if (c < 32 || c == 127) put_format(f, "\\%03o", c);
    else put(f, (const char *)&c, 1);
}

/* The length of the UTF-8 sequence that starts here, or 0 when it is none. */
static size_t utf8_length(const unsigned char *at, size_t left) {
    size_t length = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
                    : at[0] >= 0xf0 && at[0] < 0xf5                  ? 4
                                                                     : 0;
    if (!length || length > left) return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80) return 0;
    if (length == 3 && ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f))) return 0;
    if (length == 4 && ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))) return 0;
    return length;
}

static void put_quoted(struct formatting *f, const unsigned char *bytes, size_t size) {
    put_text(f, "\"");
    for (size_t i = 0; i < size;) {
        size_t length = utf8_length(bytes + i, size - i);
        bool digit = i + 1 < size && bytes[i + 1] >= '0' && bytes[i + 1] <= '7';
        if (length == 1) put_character(f, bytes[i], '"', digit);
        else if (length) put(f, (const char *)bytes + i, length);
        else put_format(f, "\\%03o", bytes[i]);
        i += length ? length : 1;
    }
    put_text(f, "\"");
}

/* As much of the text at address as can be read, in steps that never cross into a page that is not there. */
static void put_string(struct formatting *f, uintptr_t address) {
    unsigned char text[LONGEST_TEXT];
    size_t size = 0;
    while (size < sizeof text) {
        size_t step = 256 - (address + size) % 256;
        if (step > sizeof text - size) step = sizeof text - size;
        if (!memory_read(text + size, address + size, step)) {
            put_text(f, unreadable);
            return;
        }
        const unsigned char *end = memchr(text + size, 0, step);
        if (end) {
            put_quoted(f, text, (size_t)(end - text));
            return;
        }
        size += step;
    }
    put_quoted(f, text, size);
    put_text(f, "...");
}

/* ---- scalars ---- */

static void put_integer(struct formatting *f, unsigned __int128 value, bool negative) {
    char digits[48], *at = digits + sizeof digits;
    *--at = '\0';
    do *--at = (char)('0' + (int)(value % 10));
    while (value /= 10);
    if (negative) *--at = '-';
    put_text(f, at);
}

/* Bits [shift, shift + width) of an integer at address; bytes is the size of its type. */
static void format_integer(struct formatting *f, uintptr_t address, size_t bytes, bool is_signed, size_t shift,
                           size_t width) {
    unsigned __int128 value = 0;
    size_t needed = (shift + width + 7) / 8;
    if (bytes == 0 || bytes > 16 || (bytes & (bytes - 1)) || needed > 16 || width > bytes * 8) {
        f->failed = true;
        return;
    }
    if (width == 0 || !fetch(f, &value, address, needed)) return;
    value >>= shift;
    if (width < 128) value &= ((unsigned __int128)1 << width) - 1;
    bool negative = is_signed && (value >> (width - 1)) & 1;
    if (negative) {
        if (width < 128) value |= ~(unsigned __int128)0 << width;
        value = -value;
    }
    put_integer(f, value, negative);
}

static long double real_at(const unsigned char *bytes, size_t size) {
    float single;
    double twice;
    long double longest;
    if (size == 4) return memcpy(&single, bytes, 4), single;
    if (size == 8) return memcpy(&twice, bytes, 8), twice;
    return memcpy(&longest, bytes, sizeof longest), longest;
}

static void format_real(struct formatting *f, uintptr_t address, bool with_imaginary) {
    char text[NUMBER_TEXT];
    unsigned char bytes[32];
    size_t size = take_number(f);
    if (size != 4 && size != 8 && size != 16) f->failed = true;
    if (f->failed || !fetch(f, bytes, address, with_imaginary ? 2 * size : size)) return;
    number_format(text, real_at(bytes, size), (int)size);
    put_text(f, text);
    if (!with_imaginary) return;
    long double imaginary = real_at(bytes + size, size);
    number_format(text, imaginary, (int)size);
    put_format(f, " %c %si", text[0] == '-' ? '-' : '+', text + (text[0] == '-'));
}

/* e4{RED=0,BLUE=6}: the name of the value, or the number when none has it. */
static void format_enum(struct formatting *f, uintptr_t address) {
    size_t bytes = take_number(f);
    int64_t value = 0;
    if (f->failed || bytes == 0 || bytes > 8 || !expect(f, '{')) {
        f->failed = true;
        return;
    }
    bool readable = fetch(f, &value, address, bytes);
    if (bytes < 8 && value >> (bytes * 8 - 1) & 1) value |= (int64_t)(~0ull << bytes * 8);
    bool found = !readable;
    while (*f->type && *f->type != '}') {
        const char *name = f->type;
        take_escaped(f, "=}", false);
        if (!expect(f, '=')) return;
        char *end;
        long long is = strtoll(f->type, &end, 10);
        if (end == f->type) f->failed = true;
        f->type = end;
        if (!found && is == value) {
            found = true;
            const char *after = f->type;
            f->type = name;
            take_escaped(f, "=", true);
            f->type = after;
        }
        if (*f->type == ',') f->type++;
    }
    if (!found) put_format(f, "%lld", (long long)value);
    expect(f, '}');
}

/* p{int *}, with the pointer at address. */
static void format_pointer(struct formatting *f, uintptr_t address) {
    uintptr_t pointer = 0;
    if (!expect(f, '{')) return;
    bool readable = fetch(f, &pointer, address, sizeof pointer);
    if (readable && pointer) put_text(f, "(");
    take_escaped(f, "}", readable && pointer);
    if (readable && pointer) put_format(f, ") 0x%llx", (unsigned long long)pointer);
    else if (readable) put_text(f, "NULL");
    expect(f, '}');
}

/* ---- compounds ---- */

static void format(struct formatting *f, uintptr_t address, int array_depth);

/* The size in bytes of the type that is described next, which is not taken. */
static size_t size_of_next(struct formatting *f) {
    const char *at = f->type, kind = *at;
    switch (kind) {
    case 'c':
    case 'b': return 1;
    case 's':
    case 'p':
    case 'F': return sizeof(void *);
    case 'z': f->type++; break;
    case 'a': {
        f->type++;
        size_t count = take_number(f), total = 0;
        if (!expect(f, '[') || __builtin_mul_overflow(count, size_of_next(f), &total)) f->failed = true;
        f->type = at;
        return total;
    }
    case '\0': f->failed = true; return 0;
    default: f->type++;
    }
    size_t size = take_number(f);
    f->type = at;
    return kind == 'z' ? 2 * size : size;
}

static void skip_type(struct formatting *f) {
    bool silent = f->silent;
    f->silent = true;
    format(f, 0, -1);
    f->silent = silent;
}

/* A char array that holds a NUL is text. False: it holds none, or cannot be read. */
static bool format_characters(struct formatting *f, uintptr_t address, size_t count) {
    unsigned char text[LONGEST_TEXT];
    size_t size = count < sizeof text ? count : sizeof text;
    if (!size || f->silent || !memory_read(text, address, size)) return false;
    const unsigned char *end = memchr(text, 0, size);
    if (!end && size == count) return false;
    put_quoted(f, text, end ? (size_t)(end - text) : size);
    if (!end) put_text(f, "...");
    return true;
}

static void format_array(struct formatting *f, uintptr_t address, int array_depth) {
    size_t count = take_number(f);
    if (f->failed || !expect(f, '[')) return;
    const char *element = f->type;
    size_t size = size_of_next(f);
    bool done = *element == 'c' && format_characters(f, address, count), cut = count > WHOLE_ARRAY;
    if (f->failed) return;
    if (!done) put_text(f, "{");
    for (size_t i = 0; i < count && !done && !f->failed && !f->silent; i++) {
        if (cut && i == SHOWN_AT_EACH_END) {
            put_text(f, ", ...");
            i = count - SHOWN_AT_EACH_END;
        }
        if (i) put_text(f, ",");
        if (i && *element == 'a' && array_depth >= 0) { /* rows of a matrix stand below each other */
            put_text(f, "\n");
            for (int space = 0; space <= array_depth; space++) put_text(f, " ");
        } else if (i) {
            put_text(f, " ");
        }
        f->type = element;
        format(f, address + i * size, array_depth < 0 ? -1 : array_depth + 1);
    }
    if (!done) put_text(f, "}");
    if (!done && cut) put_format(f, " (%zu elements)", count);
    f->type = element;
    skip_type(f);
    expect(f, ']');
}

/* One member of r24{x@0:f8;flags@12#3+5:u4}. */
static void format_member(struct formatting *f, uintptr_t address) {
    bool named = *f->type != '@';
    if (named) put_text(f, ".");
    take_escaped(f, "@", true);
    if (named) put_text(f, " = ");
    if (!expect(f, '@')) return;
    address += take_number(f);
    if (*f->type != '#') {
        if (expect(f, ':')) format(f, address, -1);
        return;
    }
    f->type++;
    size_t bit = take_number(f);
    if (!expect(f, '+')) return;
    size_t width = take_number(f);
    if (!expect(f, ':')) return;
    char kind = *f->type;
    if (kind == 'b') {
        unsigned char byte = 0;
        f->type++;
        if (fetch(f, &byte, address + bit / 8, 1)) put_text(f, byte >> bit % 8 & 1 ? "true" : "false");
    } else if (kind == 'i' || kind == 'u') {
        f->type++;
        size_t bytes = take_number(f);
        if (!f->failed) format_integer(f, address + bit / 8, bytes, kind == 'i', bit % 8, width);
    } else if (kind == 'e') { /* its names are not looked up: a bit-field rarely holds them all */
        const char *type = f->type++;
        size_t bytes = take_number(f);
        if (!f->failed) format_integer(f, address + bit / 8, bytes, true, bit % 8, width);
        f->type = type;
        skip_type(f);
    } else {
        f->failed = true;
    }
}

static void format_record(struct formatting *f, uintptr_t address) {
    take_number(f);
    if (f->failed || !expect(f, '{')) return;
    put_text(f, "{");
    for (bool first = true; !f->failed && *f->type && *f->type != '}'; first = false) {
        if (!first) put_text(f, ", ");
        format_member(f, address);
        if (*f->type == ';') f->type++;
        else if (*f->type != '}') f->failed = true;
    }
    put_text(f, "}");
    expect(f, '}');
}

/* array_depth: how many arrays enclose this value when nothing but arrays does; otherwise -1. */
static void format(struct formatting *f, uintptr_t address, int array_depth) {
    unsigned char byte = 0;
    uintptr_t pointer = 0;
    char kind = *f->type;
    if (f->failed || !kind || ++f->depth > DEEPEST) {
        f->failed = true;
        return;
    }
    f->type++;
    switch (kind) {
    case 'i':
    case 'u': {
        size_t bytes = take_number(f);
        if (!f->failed) format_integer(f, address, bytes, kind == 'i', 0, bytes * 8);
        break;
    }
    case 'c':
        if (!fetch(f, &byte, address, 1)) break;
        put_text(f, "'");
        if (byte < 0x80) put_character(f, byte, '\'', false);
        else put_format(f, "\\%03o", byte);
        put_text(f, "'");
        break;
    case 'b':
        if (fetch(f, &byte, address, 1)) put_text(f, byte ? "true" : "false");
        break;
    case 'f':
    case 'z': format_real(f, address, kind == 'z'); break;
    case 's':
        if (!fetch(f, &pointer, address, sizeof pointer) || f->silent) break;
        if (pointer) put_string(f, pointer);
        else put_text(f, "NULL");
        break;
    case 'p': format_pointer(f, address); break;
    case 'F':
        if (!expect(f, '{')) break;
        take_escaped(f, "}", true);
        expect(f, '}');
        break;
    case 'v': break;
    case 'a': format_array(f, address, array_depth); break;
    case 'e': format_enum(f, address); break;
    case 'r': format_record(f, address); break;
    default: f->failed = true;
    }
    f->depth--;
}

char *value_format(const void *address, const char *type) {
    struct formatting f = {.type = type};
    format(&f, (uintptr_t)address, 0);
    put(&f, "", 0);
    if (!f.failed && *f.type == '\0') return f.text;
    free(f.text);
    return NULL;
}

void oto_cell_result(const void *address, const char *type) {
    struct oto_record record;
    if (worker_is_forked_child() || !strcmp(type, "v")) return;
    char *text = value_format(address, type);
    oto_record_begin(&record, OTO_RECORD_RESULT);
    oto_record_text(&record, "text/plain", text ? text : "<a value that cannot be shown>");
    free(text);
    oto_record_send(worker.records, &record);
    oto_record_free(&record);
}
