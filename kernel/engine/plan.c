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

struct span directive_name(const char *text, size_t length, const char *word) {
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

/* Whether all that a definition stands on is what it was: the same words may say another thing, as struct line
 * { char text[N]; } after a new N. */
static bool stands(const struct plan *plan, const struct definition *definition) {
    if (names_outdated(plan->names, definition)) return false;
    for (size_t i = 0; i < definition->need_count; i++) {
        const struct definition *need = plan->names->list[definition->needs[i]];
        if (!need->live || owns_key_of(plan, need)) return false;
    }
    return true;
}

static bool same_as(const struct plan *plan, const struct definition *definition, const char *text, size_t length) {
    if (!definition || !definition->source || !stands(plan, definition)) return false;
    char *old = unit_normalised(definition->source, strlen(definition->source));
    char *new = unit_normalised(text, length);
    bool same = !strcmp(old, new);
    free(old);
    free(new);
    return same;
}

/* The tag given to a struct or enum without one whose variable must live on: the same for the same body, so that a cell
 * that is run again means the same type. */
static char *anonymous_tag(const struct plan *plan, size_t item, const char *body, size_t length) {
    char *normal = unit_normalised(body, length);
    unsigned long long hash = 14695981039346656037u;
    for (const char *c = normal; *c; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    free(normal);
    char *tag = must_format("oto_unnamed_%llx", hash);
    for (size_t i = 0, twins = 0; i < item; i++) { /* each that stands in the cell is a type of its own */
        const char *other = plan->planned[i].anonymous_tag;
        if (!other || strncmp(other, tag, strlen(tag))) continue;
        char *next = must_format("oto_unnamed_%llx_%zu", hash, ++twins);
        if (strcmp(other, tag) && strcmp(other, next)) {
            free(next);
            continue;
        }
        free(tag);
        tag = next;
    }
    return tag;
}

/* Whether an item says a type as a whole: a typedef, or a struct or enum that has no name. */
static bool says_whole_type(const struct declaration *d) {
    bool alone = d->aggregate.end > d->aggregate.start && d->aggregate_tag.end == d->aggregate_tag.start && !d->count;
    return d->is_typedef || d->is_constexpr || alone;
}

/* The session's definition of the type that an item defines, or NULL. */
static const struct definition *old_type(const struct plan *plan, size_t i) {
    const char *text = plan->source + plan->items.list[i].start;
    const struct declaration *d = &plan->planned[i].declaration;
    struct span name = d->aggregate_tag;
    if (says_whole_type(d))
        name = d->count ? d->declarators[0].name : d->enumerator_count ? d->enumerators[0] : (struct span){};
    return names_find_n(plan->names, says_whole_type(d) ? 'o' : 't', text + name.start, name.end - name.start);
}

bool plan_means_the_same(const struct plan *plan, size_t i) {
    const struct planned *planned = &plan->planned[i];
    const struct definition *old = old_type(plan, i);
    return !planned->kept && !planned->aggregate_kept && planned->meaning && old && old->kind == DEFINED_TYPE &&
           old->meaning && !strcmp(old->meaning, planned->meaning) && stands(plan, old);
}

/* What a struct, union or enum in front of variables, of a function, or alone is to the session. */
static void plan_aggregate(struct plan *plan, size_t i) {
    const char *text = plan->source + plan->items.list[i].start;
    struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    struct span tag = d->aggregate_tag;
    const struct definition *old;
    if (d->aggregate.end == d->aggregate.start || d->is_typedef) return;
    if (tag.end > tag.start) {
        bool same = (plan->same && plan->same[i]) ||
                    same_as(plan, old_type(plan, i), text + d->aggregate.start, d->aggregate.end - d->aggregate.start);
        if (d->count == 0)
            planned->kept = same;
        else
            planned->aggregate_kept = same;
    } else if (d->count) {
        planned->anonymous_tag =
            anonymous_tag(plan, i, text + d->aggregate.start, d->aggregate.end - d->aggregate.start);
        old = names_find_n(plan->names, 't', planned->anonymous_tag, strlen(planned->anonymous_tag));
        planned->aggregate_kept = old && !names_outdated(plan->names, old);
    }
}

static void plan_declaration(struct plan *plan, size_t i) {
    const struct item *item = &plan->items.list[i];
    struct planned *planned = &plan->planned[i];
    const char *text = plan->source + item->start;
    declaration_scan(text, item->end - item->start, &planned->declaration);
    struct declaration *d = &planned->declaration;
    planned->variables = must_allocate(d->count * sizeof *planned->variables);
    if (says_whole_type(d))
        planned->kept =
            (plan->same && plan->same[i]) || same_as(plan, old_type(plan, i), text, item->end - item->start);
    plan_aggregate(plan, i);
}

static struct definition in_set; /* what the keys of a set mean */

static void set_add(struct names *set, char space, const char *name, size_t length) {
    char *key = must_format("%c %.*s", space, (int)length, name);
    if (length) names_set(set, key, &in_set);
    free(key);
}

static void set_add_span(struct names *set, const char *text, char space, struct span span) {
    set_add(set, space, text + span.start, span.end - span.start);
}

void plan_item_keys(const struct plan *plan, size_t i, struct names *keys) {
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = plan->source + item->start;
    if (planned->kept) return;
    if (item->kind == ITEM_DIRECTIVE) set_add_span(keys, text, 'm', item_directive_name(plan, item, "define"));
    if (item->kind == ITEM_FUNCTION && d->count) set_add_span(keys, text, 'o', d->declarators[0].name);
    if (!planned->aggregate_kept && d->aggregate.end > d->aggregate.start) {
        if (planned->anonymous_tag) set_add(keys, 't', planned->anonymous_tag, strlen(planned->anonymous_tag));
        for (size_t k = 0; k < d->tag_count; k++) set_add_span(keys, text, 't', d->tags[k].name);
        for (size_t k = 0; k < d->enumerator_count; k++) set_add_span(keys, text, 'o', d->enumerators[k]);
    }
    if (item->kind != ITEM_DECLARATION) return;
    for (size_t k = 0; k < d->count; k++)
        if ((!d->declarators[k].is_function || d->is_typedef) && !(d->is_extern && !d->declarators[k].initialiser.end))
            set_add_span(keys, text, 'o', d->declarators[k].name);
}

/* The keys that the items up to here use: their words, and what stands behind these. */
struct used_keys {
    const struct plan *plan;
    struct names keys;
};

static void note_use(void *context, const char *word, size_t length, enum word_place place) {
    struct used_keys *used = context;
    char space = place == WORD_TAG ? 't' : 'o';
    if (place == WORD_MEMBER || names_find_n(&used->keys, space, word, length)) return;
    set_add(&used->keys, space, word, length);
    const struct definition *d = names_find_n(used->plan->names, space, word, length);
    for (size_t i = 0; d && d->kind == DEFINED_VARIABLE && i < d->need_count; i++) {
        const struct definition *need = used->plan->names->list[d->needs[i]];
        for (size_t k = 0; k < need->key_count; k++) names_set(&used->keys, need->keys[k], &in_set);
    }
}

/* Whether a key means something that the cell may want to use before it gives the key a new meaning. A macro that the
 * cell defines again needs no care: its text says where. */
static bool has_old_meaning(const struct plan *plan, const char *key) {
    const struct definition *old = names_find(plan->names, key);
    if (key[0] == 'o' && names_find_n(plan->names, 'm', key + 2, strlen(key + 2))) return true;
    return key[0] != 'm' && old && old->kind != DEFINED_FUNCTION && old->kind != DEFINED_PROTOTYPE;
}

/* Whether an item gives a key a new meaning that some earlier item has used. */
static bool renews_used(const struct plan *plan, size_t i, const struct names *used) {
    struct names keys = {};
    bool renews = false;
    plan_item_keys(plan, i, &keys);
    for (size_t k = 0; k < keys.table_size && !renews; k++) {
        const char *key = keys.table[k].text;
        renews = key && has_old_meaning(plan, key) && names_find(used, key);
    }
    names_clear(&keys);
    return renews;
}

size_t plan_redefined_after_use(const struct plan *plan) {
    bool any = false;
    for (size_t k = 0; k < plan->own.table_size && !any; k++)
        any = plan->own.table[k].text && has_old_meaning(plan, plan->own.table[k].text);
    if (!any) return 0;
    struct used_keys used = {.plan = plan};
    size_t found = 0;
    for (size_t i = 0; i < plan->items.count && !found; i++) {
        const struct item *item = &plan->items.list[i];
        bool defines = item->kind == ITEM_DECLARATION || item->kind == ITEM_DIRECTIVE;
        if (defines && !plan->planned[i].kept && renews_used(plan, i, &used.keys)) found = i;
        each_word(plan->source + item->start, item->end - item->start, note_use, &used);
    }
    names_clear(&used.keys);
    return found;
}

static bool meets(const int *list, size_t count, const struct closure *numbers) {
    for (size_t i = 0; i < count; i++)
        if (closure_has(numbers, list[i])) return true;
    return false;
}

/* A function that uses a variable of a changed type goes with it: it is built again when the variable is. */
static bool uses_lost_variable(const struct plan *plan, const struct definition *function,
                               const struct closure *changed) {
    for (size_t i = 0; i < function->use_count; i++) {
        const struct definition *use = plan->names->list[function->uses[i]];
        if (use->kind == DEFINED_VARIABLE && use->live && !owns_key_of(plan, use) &&
            meets(use->needs, use->need_count, changed))
            return true;
    }
    return false;
}

const struct definition *plan_lost_type(const struct plan *plan, const struct definition *d) {
    if (d->kind != DEFINED_VARIABLE && d->kind != DEFINED_FUNCTION) return NULL;
    const struct definition *gone = names_lost_need(plan->names, d); /* the cell may make variables anew */
    for (size_t i = 0; !gone && i < d->need_count; i++)
        if (closure_has(&plan->changed, d->needs[i])) gone = plan->names->list[d->needs[i]];
    for (size_t i = 0; !gone && d->kind == DEFINED_FUNCTION && i < d->use_count; i++) {
        const struct definition *use = plan->names->list[d->uses[i]];
        if (use->kind == DEFINED_VARIABLE && use->live && !owns_key_of(plan, use)) gone = plan_lost_type(plan, use);
    }
    return gone;
}

/* A type that the cell defines anew goes whole, with the constants and inner types that the new one does not have. */
static bool is_replaced_type(const struct plan *plan, const struct definition *d) {
    return definition_is_named_type(d) && plan_owns(plan, d->keys[0][0], d->keys[0] + 2, strlen(d->keys[0] + 2));
}

/* Meanings that the unit does not take from earlier cells: what the cell defines, what is said again with new types,
 * and what stands on types that are gone. */
static bool is_not_declared(void *context, char space, const char *name, size_t length) {
    const struct plan *plan = context;
    if (space == 'm') return plan_owns(plan, 'o', name, length);
    if (plan_owns(plan, space, name, length)) return true;
    const struct definition *d = names_find_n(plan->names, space, name, length);
    return d && (is_replaced_type(plan, d) || closure_has(&plan->rebuilt, d->number) ||
                 closure_has(&plan->refreshed, d->number) || plan_lost_type(plan, d));
}

void plan_add_text(struct plan *plan, const char *text, size_t length) {
    closure_add_text(&plan->closure, plan->names, text, length, is_not_declared, plan);
}

char *plan_header_key(const struct fact *fact) {
    return must_format("%c %s", fact->space, fact->name);
}

/* Types that the cell defines anew, the types that stand on them, and the functions that use either. */
static void find_changed_types(struct plan *plan) {
    const struct names *names = plan->names;
    const struct definition **work = NULL;
    size_t count = 0, capacity = 0;
    for (size_t i = 0; i < plan->own.table_size; i++) {
        const char *key = plan->own.table[i].text;
        const struct definition *d = key ? names_find(names, key) : NULL;
        if (d && d->kind == DEFINED_TYPE && closure_insert(&plan->changed, d->number))
            ARRAY_ADD(work, count, capacity) = d;
    }
    for (size_t i = 0; plan->edited && i < plan->edited->table_size; i++) {
        const char *key = plan->edited->table[i].text;
        const struct definition *d = key ? names_find(names, key) : NULL;
        if (d && closure_insert(&plan->changed, d->number)) ARRAY_ADD(work, count, capacity) = d;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < work[i]->user_count; k++) {
            const struct definition *d = names->list[work[i]->users[k]];
            if (!d->live || d->kind != DEFINED_TYPE || owns_key_of(plan, d) ||
                !closure_insert(&plan->changed, d->number))
                continue;
            closure_insert(&plan->refreshed, d->number);
            ARRAY_ADD(work, count, capacity) = d;
        }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < work[i]->user_count; k++) {
            const struct definition *d = names->list[work[i]->users[k]];
            if (d->live && d->kind == DEFINED_FUNCTION && !owns_key_of(plan, d) &&
                !uses_lost_variable(plan, d, &plan->changed))
                closure_insert(&plan->rebuilt, d->number);
        }
    free(work);
}

/* A header that every unit reads afresh already is not read twice, unless the cell's own macros may steer it. */
static bool is_known_include(const struct plan *plan, size_t i) {
    const struct item *item = &plan->items.list[i];
    size_t length = item->end - item->start;
    for (size_t k = 0; k < i; k++) {
        const struct item *before = &plan->items.list[k];
        if (before->kind != ITEM_DIRECTIVE || plan->planned[k].kept) continue;
        struct span set = item_directive_name(plan, before, "define"),
                    gone = item_directive_name(plan, before, "undef");
        if (set.end > set.start || gone.end > gone.start) return false;
    }
    for (size_t k = 0; k < plan->names->include_count; k++) {
        const char *known = plan->names->list[plan->names->includes[k]]->text;
        if (strlen(known) == length && !memcmp(known, plan->source + item->start, length)) return true;
    }
    return false;
}

void plan_make(struct plan *plan) {
    plan->planned = must_allocate(plan->items.count * sizeof *plan->planned);
    bool own_types = false;
    for (size_t i = 0; i < plan->items.count; i++) {
        struct item *item = &plan->items.list[i];
        struct planned *planned = &plan->planned[i];
        const char *text = plan->source + item->start;
        if (item->kind == ITEM_DECLARATION) {
            plan_declaration(plan, i);
        } else if (item->kind == ITEM_FUNCTION) {
            declaration_scan(text, item->body - item->start, &planned->declaration);
            plan_aggregate(plan, i);
        } else if (item->kind == ITEM_DIRECTIVE) {
            struct span name = item_directive_name(plan, item, "define");
            const struct definition *old = names_find_n(plan->names, 'm', text + name.start, name.end - name.start);
            planned->kept = (old && same_as(plan, old, text, item->end - item->start)) || is_known_include(plan, i);
        }
        own_types |= !planned->kept && (planned->declaration.is_typedef || planned->declaration.is_constexpr ||
                                        planned->declaration.aggregate.end > planned->declaration.aggregate.start);
        plan_item_keys(plan, i, &plan->own);
    }
    if (own_types || plan->edited) find_changed_types(plan);
    for (size_t i = 0; i < plan->names->include_count; i++)
        closure_add(&plan->closure, plan->names, plan->names->list[plan->names->includes[i]]);
    plan_add_text(plan, plan->source, plan->length);
    if (plan->time_prologue) plan_add_text(plan, plan->time_prologue, strlen(plan->time_prologue));
    for (size_t i = 0; i < plan->refreshed.count; i++) {
        const char *type = plan->names->list[plan->refreshed.list[i]]->text;
        plan_add_text(plan, type, strlen(type));
    }
    for (size_t i = 0; i < plan->rebuilt.count; i++) {
        const char *function = plan->names->list[plan->rebuilt.list[i]]->source;
        plan_add_text(plan, function, strlen(function));
    }
}

void plan_free(struct plan *plan) {
    for (size_t i = 0; i < plan->items.count && plan->planned; i++) {
        struct planned *planned = &plan->planned[i];
        for (size_t k = 0; k < planned->declaration.count && planned->variables; k++) free(planned->variables[k].type);
        declaration_free(&planned->declaration);
        free(planned->variables);
        free(planned->anonymous_tag);
        free(planned->meaning);
    }
    free(plan->planned);
    closure_free(&plan->rebuilt);
    closure_free(&plan->refreshed);
    free(plan->header_names);
    items_free(&plan->items);
    closure_free(&plan->closure);
    closure_free(&plan->changed);
    names_clear(&plan->own);
    *plan = (struct plan){};
}
