#include "kernel/engine/parse.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

static void diagnostic_free(struct diagnostic *diagnostic) {
    free(diagnostic->file);
    free(diagnostic->message);
    free(diagnostic->option);
    for (size_t i = 0; i < diagnostic->fix_count; i++) free(diagnostic->fixes[i].replacement);
    free(diagnostic->fixes);
    for (size_t i = 0; i < diagnostic->note_count; i++) diagnostic_free(&diagnostic->notes[i]);
    free(diagnostic->notes);
}

void facts_free(struct facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->list[i].name);
        free(facts->list[i].declaration);
        for (size_t k = 0; k < facts->list[i].refer_count; k++) free(facts->list[i].refers[k]);
        free(facts->list[i].refers);
        type_free(&facts->list[i].type);
    }
    for (size_t i = 0; i < facts->diagnostic_count; i++) diagnostic_free(&facts->diagnostics[i]);
    free(facts->list);
    free(facts->diagnostics);
    free(facts->skipped);
    *facts = (struct facts){};
}

static char *copy_or_null(const char *string) {
    return string ? must_copy(string) : NULL;
}

static void *copy_array(const void *array, size_t bytes) {
    void *copy = must_allocate(bytes);
    if (bytes) memcpy(copy, array, bytes);
    return copy;
}

static struct diagnostic diagnostic_copy(const struct diagnostic *from) {
    struct diagnostic copy = *from;
    copy.file = copy_or_null(from->file);
    copy.message = copy_or_null(from->message);
    copy.option = copy_or_null(from->option);
    copy.fixes = copy_array(from->fixes, from->fix_count * sizeof *from->fixes);
    for (size_t i = 0; i < from->fix_count; i++) copy.fixes[i].replacement = copy_or_null(from->fixes[i].replacement);
    copy.notes = must_allocate(from->note_count * sizeof *from->notes);
    for (size_t i = 0; i < from->note_count; i++) copy.notes[i] = diagnostic_copy(&from->notes[i]);
    return copy;
}

void facts_copy(const struct facts *from, struct facts *copy) {
    *copy = *from;
    copy->list = copy_array(from->list, from->count * sizeof *from->list);
    copy->capacity = from->count;
    for (size_t i = 0; i < from->count; i++) {
        copy->list[i].name = copy_or_null(from->list[i].name);
        copy->list[i].declaration = copy_or_null(from->list[i].declaration);
        copy->list[i].type = type_copy(&from->list[i].type);
        copy->list[i].refers = copy_array(from->list[i].refers, from->list[i].refer_count * sizeof(char *));
        copy->list[i].refer_capacity = from->list[i].refer_count;
        for (size_t k = 0; k < from->list[i].refer_count; k++)
            copy->list[i].refers[k] = must_copy(from->list[i].refers[k]);
    }
    copy->diagnostics = must_allocate(from->diagnostic_count * sizeof *from->diagnostics);
    copy->diagnostic_capacity = from->diagnostic_count;
    for (size_t i = 0; i < from->diagnostic_count; i++) copy->diagnostics[i] = diagnostic_copy(&from->diagnostics[i]);
    copy->skipped = copy_array(from->skipped, from->skipped_count * sizeof *from->skipped);
}
