#include "kernel/worker/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reads_back(const char *text, long double value, int bytes) {
    if (bytes == 4) return strtof(text, NULL) == (float)value;
    if (bytes == 8) return strtod(text, NULL) == (double)value;
    return strtold(text, NULL) == value;
}

/* Beyond these powers of ten the exponent is written (as Python does). */
enum { SMALLEST_POSITIONAL = -4, LARGEST_POSITIONAL = 15, MOST_DIGITS = 36 };

void number_format(char text[NUMBER_TEXT], long double value, int bytes) {
    char scientific[NUMBER_TEXT], digits[NUMBER_TEXT];
    if (isnan(value) || isinf(value)) {
        snprintf(text, NUMBER_TEXT, "%s", isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    int precision = 0;
    do snprintf(scientific, sizeof scientific, "%.*Le", precision, value);
    while (!reads_back(scientific, value, bytes) && ++precision < MOST_DIGITS);
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
