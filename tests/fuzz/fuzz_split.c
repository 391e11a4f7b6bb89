/* Any bytes as a cell: the splitter and the scanner of declarations stay inside them, and items follow in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/declarator.h"
#include "kernel/engine/split.h"
#include "kernel/engine/unit.h"

static bool is_type(void *context, const char *name, size_t length) {
    return length == 1;
}
static bool is_macro(void *context, const char *name, size_t length) {
    return length == 2;
}

static bool ends_item(void *context, const char *name, size_t length) {
    return name[0] == 'E';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct name_oracle oracle = {NULL, is_type, is_macro, ends_item};
    char *source = must_copy_n((const char *)data, size);
    size_t length = strlen(source), before = 0;
    struct items items;
    split_cell(source, length, &oracle, &items);
    for (size_t i = 0; i < items.count; i++) {
        const struct item *item = &items.list[i];
        struct declaration declaration;
        if (item->start < before || item->end < item->start || item->end > length) abort();
        before = item->end;
        declaration_scan(source + item->start, item->end - item->start, &declaration);
        for (size_t k = 0; k < declaration.count; k++)
            if (declaration.declarators[k].whole.end > item->end - item->start) abort();
        declaration_free(&declaration);
        char *normalised = unit_normalised(source + item->start, item->end - item->start);
        free(normalised);
    }
    items_free(&items);
    free(source);
    return 0;
}
