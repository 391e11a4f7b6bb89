#include "kernel/engine/unit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/token.h"

char *unit_normalised(const char *text, size_t length) {
    struct text out = {};
    struct lexer lexer;
    lexer_start(&lexer, text, length);
    for (struct token token; (token = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_DIRECTIVE) {
            /* words of a directive, blanks folded; a blank before ( matters there */
            const char *at = text + token.start, *end = text + token.end;
            bool blank = false;
            for (; at < end; at++) {
                bool white = isspace((unsigned char)*at) || (*at == '\\' && at + 1 < end && at[1] == '\n');
                if (!white && blank) text_add(&out, " ");
                if (!white) text_add_n(&out, at, 1);
                blank = white;
            }
        } else {
            text_add_n(&out, text + token.start, token.end - token.start);
        }
        text_add(&out, " ");
    }
    return text_take(&out);
}

/* The name that a #define or #undef is about, or an empty span. */
static struct span directive_name(const char *text, size_t length, const char *word) {
    size_t i = 1;
    while (i < length && (text[i] == ' ' || text[i] == '\t')) i++;
    size_t word_length = strlen(word);
    if (length < i + word_length + 1 || memcmp(text + i, word, word_length) ||
        !isspace((unsigned char)text[i + word_length]))
        return (struct span){};
    i += word_length;
    while (i < length && isspace((unsigned char)text[i])) i++;
    size_t start = i;
    while (i < length && (isalnum((unsigned char)text[i]) || text[i] == '_' || (text[i] & 0x80))) i++;
    return (struct span){start, i};
}

struct span item_directive_name(const struct plan *plan, const struct item *item, const char *word) {
    return directive_name(plan->source + item->start, item->end - item->start, word);
}

bool plan_owns(const struct plan *plan, char space, const char *name, size_t length) {
    return names_find_n(&plan->own, space, name, length);
}

static bool owns_key_of(const struct plan *plan, const struct definition *definition) {
    for (size_t i = 0; i < definition->key_count; i++) {
        const char *key = definition->keys[i];
        if (plan_owns(plan, key[0], key + 2, strlen(key + 2))) return true;
    }
    return false;
}

static bool same_as(const struct plan *plan, const struct definition *definition, const char *text, size_t length) {
    if (!definition || !definition->source || names_outdated(plan->names, definition)) return false;
    for (size_t i = 0; i < definition->need_count; i++) {
        /* the same words may say another thing: struct line { char text[N]; } after a new N */
        const struct definition *need = plan->names->list[definition->needs[i]];
        if (!need->live || owns_key_of(plan, need)) return false;
    }
    char *old = unit_normalised(definition->source, strlen(definition->source));
    char *new = unit_normalised(text, length);
    bool same = !strcmp(old, new);
    free(old);
    free(new);
    return same;
}

static void plan_declaration(struct plan *plan, struct item *item, struct planned *planned) {
    const char *text = plan->source + item->start;
    declaration_scan(text, item->end - item->start, &planned->declaration);
    struct declaration *d = &planned->declaration;
    planned->variables = must_allocate(d->count * sizeof *planned->variables);
    bool has_aggregate = d->aggregate.end > d->aggregate.start;
    bool tagged = d->aggregate_tag.end > d->aggregate_tag.start;
    if (has_aggregate && tagged && !d->is_typedef) {
        const struct definition *old = names_find_n(plan->names, 't', text + d->aggregate_tag.start,
                                                    d->aggregate_tag.end - d->aggregate_tag.start);
        bool same = same_as(plan, old, text + d->aggregate.start, d->aggregate.end - d->aggregate.start);
        if (d->count == 0)
            planned->kept = same;
        else
            planned->aggregate_kept = same;
    }
    if (d->is_typedef || d->is_constexpr || (has_aggregate && !tagged && d->count == 0)) {
        struct span name = d->count              ? d->declarators[0].name
                           : d->enumerator_count ? d->enumerators[0]
                                                 : (struct span){};
        const struct definition *old = names_find_n(plan->names, 'o', text + name.start, name.end - name.start);
        planned->kept = same_as(plan, old, text, item->end - item->start);
    }
    if (has_aggregate && !tagged && d->count && !d->is_typedef && !d->aggregate_is_enum) {
        char *body = unit_normalised(text + d->aggregate.start, d->aggregate.end - d->aggregate.start);
        unsigned long long hash = 14695981039346656037u;
        for (const char *c = body; *c; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211u;
        planned->anonymous_tag = must_format("oto_unnamed_%llx", hash);
        free(body);
        const struct definition *old =
            names_find_n(plan->names, 't', planned->anonymous_tag, strlen(planned->anonymous_tag));
        planned->aggregate_kept = old && !names_outdated(plan->names, old);
    }
}

static struct definition in_set; /* what the keys of a set mean */

static void set_add(struct names *set, char space, const char *name, size_t length) {
    char *key = must_format("%c %.*s", space, (int)length, name);
    if (length) names_set(set, key, &in_set);
    free(key);
}

static void own(struct plan *plan, char space, const char *name, size_t length) {
    set_add(&plan->own, space, name, length);
}

static void own_span(struct plan *plan, const char *text, char space, struct span span) {
    own(plan, space, text + span.start, span.end - span.start);
}

/* The names that an item defines (not only declares). */
static void own_item(struct plan *plan, size_t i) {
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = plan->source + item->start;
    if (planned->kept) return;
    if (item->kind == ITEM_DIRECTIVE) own_span(plan, text, 'o', item_directive_name(plan, item, "define"));
    if (item->kind == ITEM_FUNCTION && d->count) own_span(plan, text, 'o', d->declarators[0].name);
    if (item->kind != ITEM_DECLARATION) return;
    if (!planned->aggregate_kept && d->aggregate.end > d->aggregate.start) {
        own_span(plan, text, 't', d->aggregate_tag);
        if (planned->anonymous_tag) own(plan, 't', planned->anonymous_tag, strlen(planned->anonymous_tag));
        for (size_t k = 0; k < d->enumerator_count; k++) own_span(plan, text, 'o', d->enumerators[k]);
    }
    for (size_t k = 0; k < d->count; k++)
        if ((!d->declarators[k].is_function || d->is_typedef) && !(d->is_extern && !d->declarators[k].initialiser.end))
            own_span(plan, text, 'o', d->declarators[k].name);
}

static void note_use(void *used, const char *word, size_t length, enum word_place place) {
    if (place != WORD_MEMBER) set_add(used, place == WORD_TAG ? 't' : 'o', word, length);
}

/* Whether an item gives a key a new meaning that some earlier item has used. */
static bool renews_used(const struct plan *plan, size_t i, const struct names *used) {
    struct plan alone = {.source = plan->source, .items = plan->items, .planned = plan->planned, .names = plan->names};
    bool renews = false;
    own_item(&alone, i);
    for (size_t k = 0; k < alone.own.table_size && !renews; k++) {
        const char *key = alone.own.table[k].text;
        const struct definition *old = key ? names_find(plan->names, key) : NULL;
        renews = old && old->kind != DEFINED_FUNCTION && old->kind != DEFINED_PROTOTYPE && names_find(used, key);
    }
    names_clear(&alone.own);
    return renews;
}

size_t plan_redefined_after_use(const struct plan *plan) {
    struct names used = {};
    size_t found = 0;
    for (size_t i = 0; i < plan->items.count && !found; i++) {
        const struct item *item = &plan->items.list[i];
        bool defines = item->kind == ITEM_DECLARATION || item->kind == ITEM_DIRECTIVE;
        if (defines && !plan->planned[i].kept && renews_used(plan, i, &used)) found = i;
        each_word(plan->source + item->start, item->end - item->start, note_use, &used);
    }
    names_clear(&used);
    return found;
}

static bool is_among(const struct definition *const *list, size_t count, const struct definition *definition) {
    for (size_t i = 0; i < count; i++)
        if (list[i] == definition) return true;
    return false;
}

/* Names that the unit does not take from earlier cells: those the cell defines, and those said again with new types. */
static bool owns_or_renews(void *context, char space, const char *name, size_t length) {
    const struct plan *plan = context;
    if (plan_owns(plan, space, name, length)) return true;
    const struct definition *d = names_find_n(plan->names, space, name, length);
    return d &&
           (is_among(plan->rebuilt, plan->rebuilt_count, d) || is_among(plan->refreshed, plan->refreshed_count, d));
}

static bool contains(const int *list, size_t count, const bool *marked) {
    for (size_t i = 0; i < count; i++)
        if (marked[list[i]]) return true;
    return false;
}

/* A function that uses a variable of a changed type goes with it: it is built again when the variable is. */
static bool uses_lost_variable(const struct plan *plan, const struct definition *function, const bool *changed) {
    for (size_t i = 0; i < function->use_count; i++) {
        const struct definition *use = plan->names->list[function->uses[i]];
        if (use->kind == DEFINED_VARIABLE && use->live && !owns_key_of(plan, use) &&
            contains(use->needs, use->need_count, changed))
            return true;
    }
    return false;
}

/* Types that the cell defines anew, the types that stand on them, and the functions that use either. */
static void find_changed_types(struct plan *plan) {
    const struct names *names = plan->names;
    bool *changed = must_allocate(names->count), any = false;
    for (size_t i = 0; i < names->count; i++) {
        struct definition *d = names->list[i];
        if (d->live && d->kind == DEFINED_TYPE && owns_key_of(plan, d)) changed[i] = any = true;
    }
    for (size_t i = 0; any && i < names->count; i++) {
        struct definition *d = names->list[i];
        if (!d->live || changed[i] || owns_key_of(plan, d)) continue;
        if (d->kind == DEFINED_TYPE && contains(d->needs, d->need_count, changed)) {
            changed[i] = true;
            ARRAY_ADD(plan->refreshed, plan->refreshed_count, plan->refreshed_capacity) = d;
        } else if (d->kind == DEFINED_FUNCTION && !uses_lost_variable(plan, d, changed) &&
                   (contains(d->needs, d->need_count, changed) || contains(d->uses, d->use_count, changed))) {
            ARRAY_ADD(plan->rebuilt, plan->rebuilt_count, plan->rebuilt_capacity) = d;
        }
    }
    free(changed);
}

void plan_make(struct plan *plan) {
    plan->planned = must_allocate(plan->items.count * sizeof *plan->planned);
    bool own_types = false;
    for (size_t i = 0; i < plan->items.count; i++) {
        struct item *item = &plan->items.list[i];
        struct planned *planned = &plan->planned[i];
        const char *text = plan->source + item->start;
        if (item->kind == ITEM_DECLARATION) {
            plan_declaration(plan, item, planned);
            own_types |= !planned->kept && (planned->declaration.is_typedef || planned->declaration.is_constexpr ||
                                            planned->declaration.aggregate.end > planned->declaration.aggregate.start);
        } else if (item->kind == ITEM_FUNCTION) {
            declaration_scan(text, item->body - item->start, &planned->declaration);
        } else if (item->kind == ITEM_DIRECTIVE) {
            struct span name = item_directive_name(plan, item, "define");
            const struct definition *old = names_find_n(plan->names, 'o', text + name.start, name.end - name.start);
            planned->kept = old && old->kind == DEFINED_MACRO && same_as(plan, old, text, item->end - item->start);
        }
        own_item(plan, i);
    }
    if (own_types) find_changed_types(plan);
    for (size_t i = 0; i < plan->names->count; i++)
        if (plan->names->list[i]->kind == DEFINED_INCLUDE)
            closure_add(&plan->closure, plan->names, plan->names->list[i]);
    closure_add_text(&plan->closure, plan->names, plan->source, plan->length, owns_or_renews, plan);
    if (plan->time_prologue)
        closure_add_text(&plan->closure, plan->names, plan->time_prologue, strlen(plan->time_prologue), owns_or_renews,
                         plan);
    for (size_t i = 0; i < plan->refreshed_count; i++)
        closure_add_text(&plan->closure, plan->names, plan->refreshed[i]->text, strlen(plan->refreshed[i]->text),
                         owns_or_renews, plan);
    for (size_t i = 0; i < plan->rebuilt_count; i++)
        closure_add_text(&plan->closure, plan->names, plan->rebuilt[i]->source, strlen(plan->rebuilt[i]->source),
                         owns_or_renews, plan);
}

void plan_free(struct plan *plan) {
    for (size_t i = 0; i < plan->items.count && plan->planned; i++) {
        struct planned *planned = &plan->planned[i];
        for (size_t k = 0; k < planned->declaration.count && planned->variables; k++) free(planned->variables[k].type);
        declaration_free(&planned->declaration);
        free(planned->variables);
        free(planned->anonymous_tag);
    }
    free(plan->planned);
    free(plan->rebuilt);
    free(plan->refreshed);
    items_free(&plan->items);
    closure_free(&plan->closure);
    names_clear(&plan->own);
    *plan = (struct plan){};
}
