#include "kernel/worker/linking.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kernel/worker/heap.h"

bool linking_refuse(struct linking *linking, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    if (!linking->loaded->problem) linking->loaded->problem = heap_copy(text);
    va_end(arguments);
    return false;
}

bool linking_append(char ***list, size_t *count, const char *name) {
    char **grown = heap_resize(*list, (*count + 1) * sizeof *grown);
    if (!grown) return false;
    *list = grown;
    char *copy = heap_copy(name);
    if (!copy) return false;
    grown[(*count)++] = copy;
    return true;
}

enum area linking_area(const struct object *object, size_t index) {
    const Elf64_Shdr *section = &object->sections[index];
    /* frames describe code, and are given back with it */
    if ((section->sh_flags & SHF_EXECINSTR) || object_is_frames(object, index)) return AREA_TEXT;
    return section->sh_flags & SHF_WRITE ? AREA_DATA : AREA_RODATA;
}

char *load_unit_name(const char *name, int64_t unit) {
    const char *found = NULL;
    for (const char *at = name; (at = strstr(at, ".new")); at += 4)
        if (at[4] == '\0' || at[4] == '.') found = at;
    if (!found) return heap_copy(name);
    return heap_format("%.*s.%lld%s", (int)(found - name), name, (long long)unit, found + 4);
}
