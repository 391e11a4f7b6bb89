#include "kernel/worker/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
typedef __float128 quad;
#else
typedef long double quad;
#endif

bool number_kind_of(char letter, size_t size, enum number_kind *kind) {
    static const struct {
        char letter;
        size_t size;
        enum number_kind kind;
    } kinds[] = {{'f', 2, NUMBER_HALF},   {'h', 2, NUMBER_BRAIN},        {'f', 4, NUMBER_FLOAT},
                 {'f', 8, NUMBER_DOUBLE}, {'f', 16, NUMBER_LONG_DOUBLE}, {'q', 16, NUMBER_QUAD}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].letter != letter || kinds[i].size != size) continue;
        *kind = kinds[i].kind;
        return true;
    }
    return false;
}

/* The value of 16 bits: a sign, an exponent of so many bits, and the rest a fraction. */
static double short_value(unsigned bits, int exponent_bits) {
    int fraction_bits = 15 - exponent_bits, most = (1 << exponent_bits) - 1, bias = most / 2;
    int exponent = (int)(bits >> fraction_bits) & most, fraction = (int)bits & ((1 << fraction_bits) - 1);
    double sign = bits >> 15 & 1 ? -1 : 1;
    if (exponent == most) return fraction ? NAN : sign * INFINITY;
    if (exponent == 0) return sign * ldexp(fraction, 1 - bias - fraction_bits);
    return sign * ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
}

struct number {
    enum number_kind kind;
    long double value;
    double below, above; /* of the 16-bit kinds: what lies between reads as the value */
};

static struct number number_of(const void *bytes, enum number_kind kind) {
    struct number number = {.kind = kind};
    uint16_t bits;
    float single;
    double twice;
    quad widest;
    switch (kind) {
    case NUMBER_HALF:
    case NUMBER_BRAIN: {
        memcpy(&bits, bytes, sizeof bits);
        int exponent_bits = kind == NUMBER_HALF ? 5 : 8;
        unsigned magnitude = bits & 0x7fff;
        double value = short_value(magnitude, exponent_bits);
        double next = short_value(magnitude + 1, exponent_bits),
               before = magnitude ? short_value(magnitude - 1, exponent_bits) : -next;
        number.value = bits >> 15 ? -value : value;
        number.below = (value + before) / 2;
        number.above = isinf(next) ? value + (value - before) / 2 : (value + next) / 2;
        break;
    }
    case NUMBER_FLOAT:
        memcpy(&single, bytes, sizeof single);
        number.value = single;
        break;
    case NUMBER_DOUBLE:
        memcpy(&twice, bytes, sizeof twice);
        number.value = twice;
        break;
    case NUMBER_LONG_DOUBLE:
        memcpy(&number.value, bytes, sizeof number.value);
        break;
    case NUMBER_QUAD:
        memcpy(&widest, bytes, sizeof widest);
        number.value = (long double)widest;
        break;
    }
    return number;
}

static bool reads_back(const char *text, const struct number *number) {
    if (number->kind == NUMBER_FLOAT) return strtof(text, NULL) == (float)number->value;
    if (number->kind == NUMBER_DOUBLE) return strtod(text, NULL) == (double)number->value;
    if (number->kind == NUMBER_LONG_DOUBLE || number->kind == NUMBER_QUAD) return strtold(text, NULL) == number->value;
    double read = fabs(strtod(text, NULL));
    return (read > number->below && read < number->above) || read == fabsl(number->value);
}

/* Beyond these powers of ten the exponent is written (as Python does). */
enum { SMALLEST_POSITIONAL = -4, LARGEST_POSITIONAL = 15, MOST_DIGITS = 36 };

void number_format(char text[NUMBER_TEXT], const void *bytes, enum number_kind kind) {
    char scientific[NUMBER_TEXT], digits[NUMBER_TEXT];
    const struct number number = number_of(bytes, kind);
    long double value = number.value;
    if (isnan(value) || isinf(value)) {
        snprintf(text, NUMBER_TEXT, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    int precision = 0;
    do snprintf(scientific, sizeof scientific, "%.*Le", precision, value);
    while (!reads_back(scientific, &number) && ++precision < MOST_DIGITS);
    const char *mark = strchr(scientific, 'e');
    int exponent = mark ? atoi(mark + 1) : 0, count = 0;
    for (const char *c = scientific; c < mark; c++)
        if (*c >= '0' && *c <= '9') digits[count++] = *c;
    char *at = text;
    if (signbit(value)) *at++ = '-';
    if (exponent < SMALLEST_POSITIONAL || exponent > LARGEST_POSITIONAL) {
        *at++ = digits[0];
        if (count > 1) *at++ = '.';
        memcpy(at, digits + 1, (size_t)count - 1);
        snprintf(at + count - 1, NUMBER_TEXT - (size_t)(at + count - 1 - text), "e%+03d", exponent);
        return;
    }
    if (exponent < 0) {
        *at++ = '0';
        *at++ = '.';
        for (int i = -1; i > exponent; i--) *at++ = '0';
        memcpy(at, digits, (size_t)count);
        at += count;
    } else {
        for (int i = 0; i < count || i <= exponent; i++) {
            *at++ = i < count ? digits[i] : '0';
            if (i == exponent) *at++ = '.';
        }
        if (at[-1] == '.') *at++ = '0';
    }
    *at = '\0';
}
