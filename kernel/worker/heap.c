#include "kernel/worker/heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/record/record.h"

/* glibc's allocator under the names that nobody replaces. */
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void __libc_free(void *block);

void *heap_allocate(size_t size) {
    return __libc_calloc(1, size ? size : 1);
}

void *heap_resize(void *block, size_t size) {
    return __libc_realloc(block, size ? size : 1);
}

void heap_free(void *block) {
    __libc_free(block);
}

char *heap_copy_n(const char *text, size_t length) {
    char *copy = heap_allocate(length + 1);
    if (copy) memcpy(copy, text, length);
    return copy;
}

char *heap_copy(const char *text) {
    return heap_copy_n(text, strlen(text));
}

char *heap_format(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : heap_allocate((size_t)length + 1);
    if (text) vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void heap_serve_records(void) {
    oto_record_use_memory(&(struct oto_record_memory){.resize = heap_resize, .release = heap_free});
}
