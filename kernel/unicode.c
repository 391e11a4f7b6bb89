#include "kernel/unicode.h"

#include <stdlib.h>
#include <string.h>

/* Length of the sequence that starts here when it is well formed; otherwise minus the length of its maximal ill-formed
 * part, with *open set when the end of the text cut it off (Unicode 15, table 3-7). */
static int sequence(const unsigned char *at, size_t left, int *open) {
    unsigned char first = at[0];
    *open = 0;
    if (first < 0x80) return 1;
    if (first < 0xC2 || first > 0xF4) return -1;
    int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (int i = 1; i < length; i++) {
        if ((size_t)i == left) {
            *open = 1;
            return -i;
        }
        if (at[i] < low || at[i] > high) return -i;
        low = 0x80, high = 0xBF;
    }
    return length;
}

char *unicode_repair(const char *bytes, size_t size, size_t *length, size_t *rest) {
    static const char replacement[] = "\xEF\xBF\xBD";
    char *text = malloc(3 * size + 1);
    if (text == NULL) return NULL;
    size_t written = 0;
    if (rest != NULL) *rest = 0;
    for (size_t i = 0; i < size;) {
        size_t ascii = i;
        while (ascii < size && (unsigned char)bytes[ascii] < 0x80) ascii++;
        memcpy(text + written, bytes + i, ascii - i);
        written += ascii - i;
        if ((i = ascii) == size) break;
        int open, step = sequence((const unsigned char *)bytes + i, size - i, &open);
        if (step > 0) {
            memcpy(text + written, bytes + i, (size_t)step);
            written += (size_t)step;
            i += (size_t)step;
        } else if (open && rest != NULL) {
            *rest = size - i;
            break;
        } else {
            memcpy(text + written, replacement, 3);
            written += 3;
            i += (size_t)-step;
        }
    }
    text[written] = '\0';
    *length = written;
    return text;
}

size_t unicode_points(const char *text, size_t size) {
    size_t points = 0;
    for (size_t i = 0; i < size; i++) points += ((unsigned char)text[i] & 0xC0) != 0x80;
    return points;
}

size_t unicode_offset(const char *text, size_t size, size_t points) {
    size_t i = 0;
    for (; i < size; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80 && points-- == 0) break;
    return i;
}
