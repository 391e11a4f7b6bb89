#include "kernel/engine/text.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

[[noreturn]] static void exhausted(void) {
    fputs("oto: out of memory\n", stderr);
    abort();
}

void *must_allocate(size_t size) {
    void *block = calloc(1, size ? size : 1);
    if (!block) exhausted();
    return block;
}

void *must_grow(void *block, size_t size) {
    void *grown = realloc(block, size ? size : 1);
    if (!grown) exhausted();
    return grown;
}

char *must_copy_n(const char *bytes, size_t length) {
    char *copy = must_allocate(length + 1);
    if (length) memcpy(copy, bytes, length);
    return copy;
}

char *must_copy(const char *string) {
    return must_copy_n(string, strlen(string));
}

char *must_format(const char *format, ...) {
    va_list arguments;
    char *string;
    va_start(arguments, format);
    int length = vasprintf(&string, format, arguments);
    va_end(arguments);
    if (length < 0) exhausted();
    return string;
}

void *array_room(void **array, size_t *count, size_t *capacity, size_t size) {
    if (*count == *capacity) {
        *capacity = *capacity * 2 + 8;
        *array = must_grow(*array, *capacity * size);
    }
    char *room = (char *)*array + size * (*count)++;
    memset(room, 0, size);
    return room;
}

void text_add_n(struct text *text, const char *bytes, size_t length) {
    if (text->length + length + 1 > text->capacity) {
        text->capacity = (text->length + length + 1) * 2 + 32;
        text->data = must_grow(text->data, text->capacity);
    }
    if (length) memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string) {
    text_add_n(text, string, strlen(string));
}

void text_format(struct text *text, const char *format, ...) {
    va_list arguments;
    char *string;
    va_start(arguments, format);
    int length = vasprintf(&string, format, arguments);
    va_end(arguments);
    if (length < 0) exhausted();
    text_add_n(text, string, (size_t)length);
    free(string);
}

void text_clear(struct text *text) {
    text->length = 0;
    if (text->data) text->data[0] = '\0';
}

void text_free(struct text *text) {
    free(text->data);
    *text = (struct text){};
}

const char *text_c(const struct text *text) {
    return text->data ? text->data : "";
}

char *text_take(struct text *text) {
    char *string = text->data ? text->data : must_copy("");
    *text = (struct text){};
    return string;
}
