#include "kernel/engine/cut.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/token.h"

/* ---- functions that do not depend on what stands behind the cut ---- */

struct key_search {
    const struct names *keys;
    bool found;
};

static void find_word(void *context, const char *word, size_t length, enum word_place place) {
    struct key_search *search = context;
    if (place == WORD_MEMBER) return;
    search->found |= names_find_n(search->keys, place == WORD_TAG ? 't' : 'o', word, length) ||
                     names_find_n(search->keys, 'm', word, length);
}

static bool mentions(const struct plan *plan, const struct item *item, const struct names *keys) {
    struct key_search search = {keys, false};
    each_word(plan->source + item->start, item->end - item->start, find_word, &search);
    return search.found;
}

/* Which items from `item` on are functions that need nothing else from there on: one flag an item, malloc'd. */
static bool *independent_functions(const struct plan *plan, size_t item) {
    size_t count = plan->items.count;
    bool *independent = must_allocate(count * sizeof *independent), again = true;
    struct names keys = {};
    for (size_t i = item; i < count; i++) {
        independent[i] = plan->items.list[i].kind == ITEM_FUNCTION;
        if (!independent[i]) plan_item_keys(plan, i, &keys);
    }
    while (again) {
        again = false;
        for (size_t i = item; i < count; i++) {
            if (!independent[i] || !mentions(plan, &plan->items.list[i], &keys)) continue;
            independent[i] = false;
            plan_item_keys(plan, i, &keys);
            again = true;
        }
    }
    names_clear(&keys);
    return independent;
}

/* ---- the two texts ---- */

static void add_blank(struct text *out, const char *text, size_t length) {
    for (size_t i = 0; i < length; i++) text_add_n(out, text[i] == '\n' ? "\n" : " ", 1);
}

static bool is_pragma(const struct plan *plan, const struct item *item) {
    if (item->kind != ITEM_DIRECTIVE) return false;
    struct lexer lexer;
    const char *text = plan->source + item->start + 1;
    lexer_start(&lexer, text, item->end - item->start - 1);
    lexer.line_start = false;
    return token_is(text, lexer_next(&lexer), "pragma");
}

/* The values of the lengths, and where they stand in `after`. */
static void add_lengths(const struct plan *plan, size_t item, struct cut *cut) {
    const struct item *it = &plan->items.list[item];
    const struct declaration *d = &plan->planned[item].declaration;
    const char *text = plan->source + it->start;
    for (size_t k = 0; k < d->count; k++)
        for (size_t n = 0; n < d->declarators[k].length_count; n++) {
            struct span s = d->declarators[k].lengths[n];
            if (s.end == s.start) continue;
            text_format(&cut->before, "long long " CUT_LENGTH "%zu = (", cut->length_count);
            for (size_t i = s.start; i < s.end; i++) text_add_n(&cut->before, text[i] == '\n' ? " " : text + i, 1);
            text_add(&cut->before, "); ");
            ARRAY_ADD(cut->lengths, cut->length_count, cut->length_capacity) =
                (struct span){it->start + s.start, it->start + s.end};
        }
}

void cut_make(const struct plan *plan, size_t item, bool lengths, struct cut *cut) {
    bool *independent = independent_functions(plan, item);
    *cut = (struct cut){};
    size_t at = 0;
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *it = &plan->items.list[i];
        add_blank(&cut->before, plan->source + at, it->start - at);
        if (i == item && lengths) add_lengths(plan, item, cut);
        add_blank(&cut->after, plan->source + at, it->start - at);
        bool first = i < item || independent[i], both = is_pragma(plan, it);
        if (first || both)
            text_add_n(&cut->before, plan->source + it->start, it->end - it->start);
        else
            add_blank(&cut->before, plan->source + it->start, it->end - it->start);
        if (!first || both)
            text_add_n(&cut->after, plan->source + it->start, it->end - it->start);
        else
            add_blank(&cut->after, plan->source + it->start, it->end - it->start);
        at = it->end;
    }
    free(independent);
}

char *cut_fill(const struct cut *cut, const long long *values) {
    struct text filled = {};
    size_t at = 0;
    for (size_t i = 0; i < cut->length_count; i++) {
        text_add_n(&filled, text_c(&cut->after) + at, cut->lengths[i].start - at);
        text_format(&filled, "%lld", values[i]);
        at = cut->lengths[i].end;
    }
    text_add(&filled, text_c(&cut->after) + at);
    return text_take(&filled);
}

void cut_free(struct cut *cut) {
    text_free(&cut->before);
    text_free(&cut->after);
    free(cut->lengths);
    *cut = (struct cut){};
}
