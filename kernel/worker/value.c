#include "kernel/worker/value.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/worker/formatting.h"
#include "kernel/worker/memory.h"
#include "kernel/worker/number.h"
#include "lib/record/record.h"

enum { WHOLE_ARRAY = 100, SHOWN_AT_EACH_END = 10, DEEPEST = 60 };

/* ---- scalars ---- */

static void put_integer(struct formatting *f, unsigned __int128 value, bool negative) {
    char digits[48], *at = digits + sizeof digits;
    *--at = '\0';
    do *--at = (char)('0' + (int)(value % 10));
    while (value /= 10);
    if (negative) *--at = '-';
    formatting_text(f, at);
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
    if (width == 0 || !formatting_fetch(f, &value, address, needed)) return;
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
    size_t size = formatting_number(f);
    if (size != 4 && size != 8 && size != 16) f->failed = true;
    if (f->failed || !formatting_fetch(f, bytes, address, with_imaginary ? 2 * size : size)) return;
    number_format(text, real_at(bytes, size), (int)size);
    formatting_text(f, text);
    if (!with_imaginary) return;
    long double imaginary = real_at(bytes + size, size);
    number_format(text, imaginary, (int)size);
    formatting_print(f, " %c %si", text[0] == '-' ? '-' : '+', text + (text[0] == '-'));
}

/* e4{RED=0,BLUE=6}: the name of the value, or the number when none has it. */
static void format_enum(struct formatting *f, uintptr_t address) {
    size_t bytes = formatting_number(f);
    int64_t value = 0;
    if (f->failed || bytes == 0 || bytes > 8 || !formatting_expect(f, '{')) {
        f->failed = true;
        return;
    }
    bool readable = formatting_fetch(f, &value, address, bytes);
    if (bytes < 8 && value >> (bytes * 8 - 1) & 1) value |= (int64_t)(~0ull << bytes * 8);
    bool found = !readable;
    while (*f->type && *f->type != '}') {
        const char *name = f->type;
        formatting_escaped(f, "=}", false);
        if (!formatting_expect(f, '=')) return;
        char *end;
        long long is = strtoll(f->type, &end, 10);
        if (end == f->type) f->failed = true;
        f->type = end;
        if (!found && is == value) {
            found = true;
            const char *after = f->type;
            f->type = name;
            formatting_escaped(f, "=", true);
            f->type = after;
        }
        if (*f->type == ',') f->type++;
    }
    if (!found) formatting_print(f, "%lld", (long long)value);
    formatting_expect(f, '}');
}

/* p{int *}, with the pointer at address. */
static void format_pointer(struct formatting *f, uintptr_t address) {
    uintptr_t pointer = 0;
    if (!formatting_expect(f, '{')) return;
    bool readable = formatting_fetch(f, &pointer, address, sizeof pointer);
    if (readable && pointer) formatting_text(f, "(");
    formatting_escaped(f, "}", readable && pointer);
    if (readable && pointer)
        formatting_print(f, ") 0x%llx", (unsigned long long)pointer);
    else if (readable)
        formatting_text(f, "NULL");
    formatting_expect(f, '}');
}

/* ---- compounds ---- */

static void format(struct formatting *f, uintptr_t address, int array_depth);

/* The size in bytes of the type that is described next, which is not taken. */
static size_t size_of_next(struct formatting *f) {
    const char *at = f->type, kind = *at;
    switch (kind) {
    case 'c':
    case 'b':
        return 1;
    case 's':
    case 'p':
    case 'F':
        return sizeof(void *);
    case 'z':
        f->type++;
        break;
    case 'a': {
        f->type++;
        size_t count = formatting_number(f), total = 0;
        if (!formatting_expect(f, '[') || __builtin_mul_overflow(count, size_of_next(f), &total)) f->failed = true;
        f->type = at;
        return total;
    }
    case '\0':
        f->failed = true;
        return 0;
    default:
        f->type++;
    }
    size_t size = formatting_number(f);
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
    quoted_bytes(f, text, end ? (size_t)(end - text) : size);
    if (!end) formatting_text(f, "...");
    return true;
}

static void format_array(struct formatting *f, uintptr_t address, int array_depth) {
    size_t count = formatting_number(f);
    if (f->failed || !formatting_expect(f, '[')) return;
    const char *element = f->type;
    size_t size = size_of_next(f);
    bool done = *element == 'c' && format_characters(f, address, count), cut = count > WHOLE_ARRAY;
    if (f->failed) return;
    if (!done) formatting_text(f, "{");
    for (size_t i = 0; i < count && !done && !f->failed && !f->silent; i++) {
        if (cut && i == SHOWN_AT_EACH_END) {
            formatting_text(f, ", ...");
            i = count - SHOWN_AT_EACH_END;
        }
        if (i) formatting_text(f, ",");
        if (i && *element == 'a' && array_depth >= 0) { /* rows of a matrix stand below each other */
            formatting_text(f, "\n");
            for (int space = 0; space <= array_depth; space++) formatting_text(f, " ");
        } else if (i) {
            formatting_text(f, " ");
        }
        f->type = element;
        format(f, address + i * size, array_depth < 0 ? -1 : array_depth + 1);
    }
    if (!done) formatting_text(f, "}");
    if (!done && cut) formatting_print(f, " (%zu elements)", count);
    f->type = element;
    skip_type(f);
    formatting_expect(f, ']');
}

/* One member of r24{x@0:f8;flags@12#3+5:u4}. */
static void format_member(struct formatting *f, uintptr_t address) {
    bool named = *f->type != '@';
    if (named) formatting_text(f, ".");
    formatting_escaped(f, "@", true);
    if (named) formatting_text(f, " = ");
    if (!formatting_expect(f, '@')) return;
    address += formatting_number(f);
    if (*f->type != '#') {
        if (formatting_expect(f, ':')) format(f, address, -1);
        return;
    }
    f->type++;
    size_t bit = formatting_number(f);
    if (!formatting_expect(f, '+')) return;
    size_t width = formatting_number(f);
    if (!formatting_expect(f, ':')) return;
    char kind = *f->type;
    if (kind == 'b') {
        unsigned char byte = 0;
        f->type++;
        if (formatting_fetch(f, &byte, address + bit / 8, 1))
            formatting_text(f, byte >> bit % 8 & 1 ? "true" : "false");
    } else if (kind == 'i' || kind == 'u') {
        f->type++;
        size_t bytes = formatting_number(f);
        if (!f->failed) format_integer(f, address + bit / 8, bytes, kind == 'i', bit % 8, width);
    } else if (kind == 'e') { /* its names are not looked up: a bit-field rarely holds them all */
        const char *type = f->type++;
        size_t bytes = formatting_number(f);
        if (!f->failed) format_integer(f, address + bit / 8, bytes, true, bit % 8, width);
        f->type = type;
        skip_type(f);
    } else {
        f->failed = true;
    }
}

static void format_record(struct formatting *f, uintptr_t address) {
    formatting_number(f);
    if (f->failed || !formatting_expect(f, '{')) return;
    formatting_text(f, "{");
    for (bool first = true; !f->failed && *f->type && *f->type != '}'; first = false) {
        if (!first) formatting_text(f, ", ");
        format_member(f, address);
        if (*f->type == ';')
            f->type++;
        else if (*f->type != '}')
            f->failed = true;
    }
    formatting_text(f, "}");
    formatting_expect(f, '}');
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
        size_t bytes = formatting_number(f);
        if (!f->failed) format_integer(f, address, bytes, kind == 'i', 0, bytes * 8);
        break;
    }
    case 'c':
        if (!formatting_fetch(f, &byte, address, 1)) break;
        formatting_text(f, "'");
        if (byte < 0x80)
            quoted_character(f, byte, '\'', false);
        else
            formatting_print(f, "\\%03o", byte);
        formatting_text(f, "'");
        break;
    case 'b':
        if (formatting_fetch(f, &byte, address, 1)) formatting_text(f, byte ? "true" : "false");
        break;
    case 'f':
    case 'z':
        format_real(f, address, kind == 'z');
        break;
    case 's':
        if (!formatting_fetch(f, &pointer, address, sizeof pointer) || f->silent) break;
        if (pointer)
            quoted_string(f, pointer);
        else
            formatting_text(f, "NULL");
        break;
    case 'p':
        format_pointer(f, address);
        break;
    case 'F':
        if (!formatting_expect(f, '{')) break;
        formatting_escaped(f, "}", true);
        formatting_expect(f, '}');
        break;
    case 'v':
        break;
    case 'a':
        format_array(f, address, array_depth);
        break;
    case 'e':
        format_enum(f, address);
        break;
    case 'r':
        format_record(f, address);
        break;
    default:
        f->failed = true;
    }
    f->depth--;
}

char *value_format(const void *address, const char *type) {
    struct formatting f = {.type = type};
    format(&f, (uintptr_t)address, 0);
    formatting_put(&f, "", 0);
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
