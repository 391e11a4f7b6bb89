/* Any bytes as a cell, from its plain form to the text of its units: nothing leaves its bounds, every line stays where
 * it was, and a cut at any item gives two texts as long as the whole. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/bracket_macros.h"
#include "kernel/engine/cut.h"
#include "kernel/engine/plain.h"
#include "kernel/engine/unit.h"

static bool is_type(void *context, const char *name, size_t length) {
    return length == 1 && name[0] < 'c';
}
static bool is_macro(void *context, const char *name, size_t length) {
    return length == 2;
}
static bool ends_item(void *context, const char *name, size_t length) {
    return name[0] == 'E';
}
static const struct name_oracle oracle = {NULL, is_type, is_macro, ends_item};
static const struct names nothing;

static size_t newlines(const char *text, size_t length) {
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += text[i] == '\n';
    return count;
}

static struct definition *define(struct names *names, enum definition_kind kind, char space, const char *name,
                                 const char *text) {
    struct definition *d = definition_new(kind, name);
    struct closure closure = {};
    definition_key(d, space, name, strlen(name));
    d->text = must_copy(text);
    d->source = must_copy(text);
    if (kind != DEFINED_MACRO) closure_add_text(&closure, names, text, strlen(text), NULL, NULL);
    names_add(names, d);
    names_link(names, d, &closure, &closure);
    closure_free(&closure);
    return d;
}

/* A session in which the words that the fuzzer likes mean something. */
static void fill(struct names *names) {
    define(names, DEFINED_MACRO, 'm', "N", "#define N 3");
    define(names, DEFINED_TYPE, 't', "s", "struct s { int x[N]; };");
    define(names, DEFINED_TYPE, 'o', "a", "typedef struct s a;")->spelling = must_copy("typedef");
    define(names, DEFINED_VARIABLE, 'o', "v", "extern typeof(a) v;");
    define(names, DEFINED_FUNCTION, 'o', "f", "int f(struct s *p) { return v.x[0]; }");
}

static void cut(const struct plan *plan) {
    for (size_t i = 0; i < plan->items.count && i < 8; i++) {
        struct cut cut;
        cut_make(plan, i, false, &cut);
        if (cut.before.length != cut.after.length ||
            newlines(text_c(&cut.before), cut.before.length) != newlines(text_c(&cut.after), cut.after.length))
            abort();
        cut_free(&cut);
        cut_make(plan, i, true, &cut);
        long long *lengths = must_allocate(cut.length_count * sizeof *lengths);
        free(cut_fill(&cut, lengths));
        free(lengths);
        cut_free(&cut);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *given = must_copy_n((const char *)data, size);
    size_t length = strlen(given), start;
    char *source = plain_source(given, length);
    if (strlen(source) != length || newlines(source, length) != newlines(given, length)) abort();
    struct names names = {};
    struct text draft = {}, final = {};
    fill(&names);
    char *written_out = bracket_macros_written_out(&names, source, length);
    if (newlines(written_out, strlen(written_out)) < newlines(source, length)) abort();
    free(written_out);
    struct plan plan = {.source = source, .length = length, .first_line = 1, .names = &names, .headers = &nothing};
    split_cell(source, length, &oracle, &plan.items);
    plan_make(&plan);
    if (plan_redefined_after_use(&plan) > plan.items.count) abort();
    cut(&plan);
    unit_draft(&plan, &draft, &start);
    if (start > draft.length) abort();
    unit_final(&plan, &final);
    text_free(&draft);
    text_free(&final);
    plan_free(&plan);
    names_clear(&names);
    free(source);
    free(given);
    return 0;
}
