#include "kernel/worker/linking.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool linking_refuse(struct linking *linking, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = NULL;
    if (linking->loaded->problem == NULL && vasprintf(&text, format, arguments) >= 0) linking->loaded->problem = text;
    va_end(arguments);
    return false;
}

bool linking_append(char ***list, size_t *count, const char *name) {
    char **grown = realloc(*list, (*count + 1) * sizeof *grown);
    if (!grown) return false;
    *list = grown;
    char *copy = strdup(name);
    if (!copy) return false;
    grown[(*count)++] = copy;
    return true;
}

enum area linking_area(const Elf64_Shdr *section) {
    if (section->sh_flags & SHF_EXECINSTR) return AREA_TEXT;
    return section->sh_flags & SHF_WRITE ? AREA_DATA : AREA_RODATA;
}

char *load_unit_name(const char *name, int64_t unit) {
    const char *found = NULL;
    for (const char *at = name; (at = strstr(at, ".new")); at += 4)
        if (at[4] == '\0' || at[4] == '.') found = at;
    if (!found) return strdup(name);
    char *result;
    int written = asprintf(&result, "%.*s.%lld%s", (int)(found - name), name, (long long)unit, found + 4);
    return written < 0 ? NULL : result;
}
