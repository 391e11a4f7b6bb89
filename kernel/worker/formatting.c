#include "kernel/worker/formatting.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/worker/memory.h"

const char formatting_unreadable[] = "<unreadable>";

void formatting_put(struct formatting *f, const char *bytes, size_t size) {
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

void formatting_text(struct formatting *f, const char *text) {
    formatting_put(f, text, strlen(text));
}

void formatting_print(struct formatting *f, const char *format, ...) {
    char text[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    formatting_text(f, text);
}

bool formatting_fetch(struct formatting *f, void *to, uintptr_t address, size_t size) {
    if (f->silent) {
        memset(to, 0, size);
        return true;
    }
    if (memory_read(to, address, size)) return true;
    formatting_text(f, formatting_unreadable);
    return false;
}

bool formatting_expect(struct formatting *f, char c) {
    if (*f->type != c)
        f->failed = true;
    else
        f->type++;
    return !f->failed;
}

uint64_t formatting_number(struct formatting *f) {
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

void formatting_escaped(struct formatting *f, const char *stops, bool shown) {
    while (*f->type && !strchr(stops, *f->type)) {
        if (*f->type == '\\' && f->type[1]) f->type++;
        if (shown) formatting_put(f, f->type, 1);
        f->type++;
    }
}
