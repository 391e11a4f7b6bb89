#include "kernel/worker/scalar.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/worker/memory.h"
#include "kernel/worker/number.h"

/* ---- integers ---- */

static void put_integer(struct formatting *f, unsigned __int128 value, bool negative) {
    char digits[48], *at = digits + sizeof digits;
    *--at = '\0';
    do *--at = (char)('0' + (int)(value % 10));
    while (value /= 10);
    if (negative) *--at = '-';
    formatting_text(f, at);
}

/* Bits [shift, shift + width) at address, with the sign spread; false, and said so, when they cannot be read. */
static bool fetch_bits(struct formatting *f, uintptr_t address, bool is_signed, size_t shift, size_t width,
                       __int128 *value) {
    unsigned __int128 bits = 0;
    size_t needed = (shift + width + 7) / 8;
    if (width == 0 || needed > sizeof bits) {
        f->failed = true;
        return false;
    }
    if (!formatting_fetch(f, &bits, address, needed)) return false;
    bits >>= shift;
    if (width < 128) bits &= ((unsigned __int128)1 << width) - 1;
    if (is_signed && width < 128 && bits >> (width - 1) & 1) bits |= ~(unsigned __int128)0 << width;
    *value = (__int128)bits;
    return true;
}

static void format_integer(struct formatting *f, uintptr_t address, bool is_signed, size_t shift, size_t width) {
    __int128 value = 0;
    if (!fetch_bits(f, address, is_signed, shift, width, &value)) return;
    bool negative = is_signed && value < 0;
    put_integer(f, negative ? -(unsigned __int128)value : (unsigned __int128)value, negative);
}

/* A _BitInt wider than any other integer: long division by a billion, nine digits at a time. */
static void format_wide_integer(struct formatting *f, uintptr_t address, bool is_signed, size_t width) {
    enum { BILLION = 1000000000, WIDEST = 1 << 16 };
    size_t words = (width + 31) / 32, pieces = 0;
    if (f->silent) return;
    if (width > WIDEST) {
        formatting_print(f, "<an integer of %zu bits>", width);
        return;
    }
    uint32_t *value = calloc(words, sizeof *value), *digits = calloc(words * 32 / 29 + 1, sizeof *digits);
    if (!value || !digits) f->failed = true;
    if (!f->failed && formatting_fetch(f, value, address, (width + 7) / 8)) {
        if (width % 32) value[words - 1] &= (1u << width % 32) - 1;
        bool negative = is_signed && value[words - 1] >> (width - 1) % 32 & 1;
        if (negative) { /* two's complement */
            uint64_t carry = 1;
            for (size_t i = 0; i < words; i++, carry >>= 32) value[i] = (uint32_t)(carry += (uint32_t)~value[i]);
            if (width % 32) value[words - 1] &= (1u << width % 32) - 1;
        }
        for (size_t left = words; left;) {
            uint64_t remainder = 0;
            for (size_t i = left; i-- > 0; remainder %= BILLION) {
                remainder = remainder << 32 | value[i];
                value[i] = (uint32_t)(remainder / BILLION);
            }
            digits[pieces++] = (uint32_t)remainder;
            while (left && !value[left - 1]) left--;
        }
        formatting_print(f, "%s%u", negative ? "-" : "", digits[pieces - 1]);
        while (--pieces) formatting_print(f, "%09u", digits[pieces - 1]);
    }
    free(value);
    free(digits);
}

/* n17+4: bits and bytes. */
static void format_bit_int(struct formatting *f, uintptr_t address, bool is_signed) {
    size_t width = formatting_number(f);
    if (!formatting_expect(f, '+')) return;
    formatting_number(f);
    if (f->failed) return;
    if (width > 128)
        format_wide_integer(f, address, is_signed, width);
    else
        format_integer(f, address, is_signed, 0, width);
}

/* ---- floating point ---- */

static void format_real(struct formatting *f, uintptr_t address, char letter) {
    char text[NUMBER_TEXT];
    unsigned char bytes[NUMBER_SIZE_MOST];
    enum number_kind kind;
    size_t size = formatting_number(f);
    if (f->failed || !number_kind_of(letter, size, &kind)) {
        f->failed = true;
    } else if (formatting_fetch(f, bytes, address, size)) {
        number_format(text, bytes, kind);
        formatting_text(f, text);
    }
}

/* A part of a complex number: 2 rather than 2.0; the sign of the second stands apart. */
static void put_part(struct formatting *f, const char *text, size_t length, bool second) {
    if (length > 2 && !strncmp(text + length - 2, ".0", 2)) length -= 2;
    bool negative = *text == '-';
    if (negative) text++, length--;
    if (second)
        formatting_print(f, " %c ", negative ? '-' : '+');
    else if (negative)
        formatting_text(f, "-");
    formatting_put(f, text, length);
}

/* zf8: the parts are formatted one after the other, then written again as 1 + 2i. */
static void format_complex(struct formatting *f, uintptr_t address) {
    struct formatting real = {.type = f->type, .silent = f->silent}, imaginary = real;
    size_t size = *f->type ? strtoul(f->type + 1, NULL, 10) : 0;
    bool good = *f->type != 'z' && scalar_format(&real, address) && scalar_format(&imaginary, address + size);
    f->failed |= !good || real.failed || imaginary.failed;
    if (!f->failed && !f->silent) {
        put_part(f, real.text, real.size, false);
        put_part(f, imaginary.text, imaginary.size, true);
        formatting_text(f, "i");
    }
    f->type = real.type;
    free(real.text);
    free(imaginary.text);
}

/* ---- enums ---- */

/* {RED=0,BLUE=6}: the name of the value, or the number when none has it. */
static void format_enumerators(struct formatting *f, __int128 value, bool readable) {
    if (!formatting_expect(f, '{')) return;
    bool found = !readable;
    while (*f->type && *f->type != '}') {
        const char *name = f->type;
        formatting_escaped(f, "=}", false);
        if (!formatting_expect(f, '=')) return;
        char *end;
        bool negative = *f->type == '-';
        unsigned long long is = strtoull(f->type + negative, &end, 10);
        if (end == f->type + negative) f->failed = true;
        f->type = end;
        if (!found && (negative ? -(__int128)is : (__int128)is) == value) {
            found = true;
            const char *after = f->type;
            f->type = name;
            formatting_escaped(f, "=", true);
            f->type = after;
        }
        if (*f->type == ',') f->type++;
    }
    if (!found) put_integer(f, value < 0 ? -(unsigned __int128)value : (unsigned __int128)value, value < 0);
    formatting_expect(f, '}');
}

static void format_enum(struct formatting *f, uintptr_t address, bool is_signed, size_t bit, size_t width) {
    size_t bytes = formatting_number(f);
    __int128 value = 0;
    if (f->failed || bytes == 0 || bytes > 8) {
        f->failed = true;
        return;
    }
    bool readable = fetch_bits(f, address, is_signed, bit, width ? width : bytes * 8, &value);
    if (!f->failed) format_enumerators(f, value, readable);
}

/* ---- all of them ---- */

static void format_bool(struct formatting *f, uintptr_t address) {
    unsigned char byte = 0;
    if (formatting_fetch(f, &byte, address, 1)) formatting_text(f, byte ? "true" : "false");
}

static void format_character(struct formatting *f, uintptr_t address) {
    unsigned char byte = 0;
    if (!formatting_fetch(f, &byte, address, 1)) return;
    formatting_text(f, "'");
    if (byte < 0x80)
        quoted_character(f, byte, '\'', false);
    else
        formatting_print(f, "\\%03o", byte);
    formatting_text(f, "'");
}

bool scalar_format(struct formatting *f, uintptr_t address) {
    char kind = *f->type;
    if (!kind || !strchr("iunNcbfhqzkeE", kind)) return false;
    f->type++;
    switch (kind) {
    case 'k': /* the prefix, then the integer */
        if (*f->type) f->type++;
        return scalar_format(f, address);
    case 'i':
    case 'u': {
        size_t bytes = formatting_number(f);
        if (bytes == 0 || bytes > 16 || (bytes & (bytes - 1))) f->failed = true;
        if (!f->failed) format_integer(f, address, kind == 'i', 0, bytes * 8);
        break;
    }
    case 'n':
    case 'N':
        format_bit_int(f, address, kind == 'n');
        break;
    case 'c':
        format_character(f, address);
        break;
    case 'b':
        format_bool(f, address);
        break;
    case 'z':
        format_complex(f, address);
        break;
    case 'e':
    case 'E':
        format_enum(f, address, kind == 'e', 0, 0);
        break;
    default:
        format_real(f, address, kind);
    }
    return true;
}

void scalar_format_bits(struct formatting *f, uintptr_t address, size_t bit, size_t width) {
    char kind = *f->type;
    address += bit / 8;
    bit %= 8;
    if (kind) f->type++;
    switch (kind) {
    case 'b': {
        __int128 value = 0;
        if (fetch_bits(f, address, false, bit, 1, &value)) formatting_text(f, value ? "true" : "false");
        break;
    }
    case 'i':
    case 'u':
        formatting_number(f);
        if (!f->failed) format_integer(f, address, kind == 'i', bit, width);
        break;
    case 'n':
    case 'N':
        formatting_number(f);
        if (!formatting_expect(f, '+')) return;
        formatting_number(f);
        if (!f->failed) format_integer(f, address, kind == 'n', bit, width);
        break;
    case 'c': /* a char bit-field is a small number */
        format_integer(f, address, true, bit, width);
        break;
    case 'e':
    case 'E':
        format_enum(f, address, kind == 'e', bit, width);
        break;
    default:
        f->failed = true;
    }
}
