#include "kernel/engine/define.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/comment.h"
#include "kernel/engine/object_symbols.h"
#include "kernel/engine/token.h"

struct definer {
    struct session *session;
    struct plan *plan;
    int cell, unit;
    bool fast;
    const struct object *object;
    struct text *rebind, *keep;
    size_t first; /* of the unit's definitions */
};

struct open_tags {
    const struct session *session;
    struct definition *definition;
};

static void note_open_tag(void *context, const char *word, size_t length, enum word_place place) {
    struct open_tags *open = context;
    struct definition *d = open->definition;
    if (place != WORD_TAG || names_find_n(&open->session->names, 't', word, length) ||
        names_find_n(&open->session->headers, 't', word, length))
        return;
    d->open = must_grow(d->open, (d->open_count + 1) * sizeof *d->open);
    d->open[d->open_count++] = must_format("t %.*s", (int)length, word);
}

static void note_operator(void *found, const char *word, size_t length, enum word_place place) {
    static const char *const operators[] = {"sizeof", "typeof", "typeof_unqual", "__typeof__", "alignof", "_Alignof"};
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++)
        if (strlen(operators[i]) == length && !strncmp(operators[i], word, length)) *(bool *)found = true;
}

/* Whose words are looked at, and whether those of functions and variables count. */
struct reader {
    const struct names *names;
    const struct definition *definition;
    bool all, none;
};

/* A word that looks like a function or variable may be a parameter, a local variable or a member instead. */
static bool is_other_word(void *context, char space, const char *word, size_t length) {
    const struct reader *reader = context;
    const struct definition *d = space == 'o' ? names_find_n(reader->names, space, word, length) : NULL;
    bool holds = d && (d->kind == DEFINED_VARIABLE || d->kind == DEFINED_FUNCTION || d->kind == DEFINED_PROTOTYPE);
    if (!holds || reader->all) return false;
    for (size_t i = 0; !reader->none && i < reader->definition->refer_count; i++)
        if (!strcmp(reader->definition->refers[i], d->name)) return false;
    return true;
}

/* Finds what a definition needs and uses; true when it needs something else than was known. */
static bool find_needs(struct definer *r, struct definition *d) {
    struct closure needs = {}, uses = {};
    size_t before = d->need_count;
    struct reader declared = {.names = &r->session->names, .definition = d, .none = true},
                  body = {.names = &r->session->names, .definition = d};
    if (d->text && d->kind == DEFINED_TYPE) each_word(d->text, strlen(d->text), note_operator, &declared.all);
    if (d->text && d->kind != DEFINED_MACRO)
        closure_add_text(&needs, &r->session->names, d->text, strlen(d->text), is_other_word, &declared);
    if (d->kind == DEFINED_FUNCTION)
        closure_add_text(&uses, &r->session->names, d->source, strlen(d->source), is_other_word, &body);
    names_link(&r->session->names, d, &needs, &uses);
    closure_free(&needs);
    closure_free(&uses);
    return d->need_count != before;
}

/* Functions of one cell may call each other in any order, and structs may point at each other: what they need is known
 * only when all are there. */
static void find_all_needs(struct definer *r) {
    struct names *names = &r->session->names;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = r->first; i < names->count; i++)
            if (names->list[i]->kind != DEFINED_INCLUDE) again |= find_needs(r, names->list[i]);
    }
    for (size_t i = r->first; i < names->count; i++) {
        struct definition *d = names->list[i];
        struct open_tags open = {r->session, d};
        if (d->text && d->kind != DEFINED_MACRO && d->kind != DEFINED_INCLUDE)
            each_word(d->text, strlen(d->text), note_open_tag, &open);
    }
}

/* Binds all older symbols of that name which somebody may still use to the new one; so is the bare name of what was
 * only declared up to now. */
static void bind_older(struct definer *r, struct definition *d, const struct definition *old) {
    if (!old || !old->symbol || (old->kind != d->kind && old->kind != DEFINED_PROTOTYPE) ||
        names_outdated(&r->session->names, old) || strcmp(old->canonical, d->canonical))
        return;
    d->older = old->used ? old->number : old->older;
    for (int number = d->older; number >= 0; number = r->session->names.list[number]->older)
        text_format(r->rebind, "%s %s\n", r->session->names.list[number]->symbol, d->symbol);
}

/* A new struct, union, enum or typedef of a name takes all of the old one with it: its constants too. */
static void forget_replaced(struct names *names, const struct definition *d) {
    for (size_t i = 0; i < d->key_count && d->kind == DEFINED_TYPE; i++) {
        const struct definition *old = names_find(names, d->keys[i]);
        if (!old || !definition_is_named_type(old) || strcmp(old->keys[0], d->keys[i])) continue;
        for (size_t k = 0; k < old->key_count; k++)
            if (names_find(names, old->keys[k]) == old) names_forget(names, old->keys[k]);
    }
}

static struct definition *add(struct definer *r, struct definition *d, const struct item *item) {
    forget_replaced(&r->session->names, d);
    d->cell = r->cell;
    d->unit = r->unit;
    d->fast = r->fast;
    d->line = item->line + r->plan->first_line - 1;
    d->column = item->column;
    names_add(&r->session->names, d);
    for (size_t i = 0; i < d->key_count; i++) { /* a macro of that name would hide it */
        char *macro = must_format("m %s", d->keys[i] + 2);
        if (d->keys[i][0] == 'o') names_forget(&r->session->names, macro);
        free(macro);
    }
    return d;
}

static void copy_references(struct definition *d, char *const *refers, size_t count) {
    d->refers = must_allocate(count * sizeof *d->refers);
    for (; d->refer_count < count; d->refer_count++) d->refers[d->refer_count] = must_copy(refers[d->refer_count]);
}

static void define_symbol(struct definer *r, const char *name, size_t length, enum definition_kind kind,
                          const struct fact *fact, const struct item *item, const char *type, bool is_thread_local) {
    const struct definition *old = names_find_n(&r->session->names, 'o', name, length);
    char *own_name = must_copy_n(name, length);
    struct definition *d = definition_new(kind, own_name);
    if (type == fact->type.spelling && strstr(type, "typeof"))
        type = fact->type.canonical; /* its expression may mean something else later */
    definition_key(d, 'o', name, length);
    d->symbol = must_format("%s.%d", own_name, r->unit);
    d->text = must_format("extern %stypeof(%s) %s __asm__(\"%s\");", is_thread_local ? "_Thread_local " : "", type,
                          own_name, d->symbol);
    d->source = must_copy_n(r->plan->source + item->start, item->end - item->start);
    d->canonical = must_copy(fact->type.canonical);
    d->spelling = must_copy(fact->declaration ? fact->declaration : type);
    d->shape = fact->type.shape ? must_copy(fact->type.shape) : NULL;
    d->meaning = fact->meaning ? must_copy(fact->meaning) : NULL;
    d->comment = comment_above(r->plan->source, item->start);
    if (!d->comment) d->comment = comment_behind(r->plan->source, item->end);
    d->size = fact->type.size;
    copy_references(d, fact->refers, fact->refer_count);
    d->statements = fact->statements;
    free(own_name);
    bind_older(r, d, old);
    add(r, d, item);
}

/* The tags and constants of a struct, union or enum and of those inside it. */
static void add_inner_names(struct definition *d, const char *text, const struct declaration *declaration) {
    for (size_t i = 0; i < declaration->tag_count; i++)
        definition_key(d, 't', text + declaration->tags[i].name.start,
                       declaration->tags[i].name.end - declaration->tags[i].name.start);
    for (size_t i = 0; i < declaration->enumerator_count; i++)
        definition_key(d, 'o', text + declaration->enumerators[i].start,
                       declaration->enumerators[i].end - declaration->enumerators[i].start);
}

/* The #pragma pack lines of the cell that stand before an item; malloc'd, "" when there are none. */
static char *packing_before(const struct plan *plan, size_t item) {
    struct text lines = {};
    for (size_t i = 0; i < item; i++) {
        const struct item *it = &plan->items.list[i];
        if (it->kind != ITEM_DIRECTIVE) continue;
        char *line = unit_normalised(plan->source + it->start, it->end - it->start);
        const char *word = line + 1 + strspn(line + 1, " ");
        if (!strncmp(word, "pragma pack", 11)) text_format(&lines, "%s\n", line);
        free(line);
    }
    return text_take(&lines);
}

/* A type's text stands where the same packing holds as in its cell. */
static void pack_text(const struct plan *plan, size_t item, struct definition *type) {
    char *packing = packing_before(plan, item), *text = type->text;
    if (*packing) {
        type->text = must_format("#pragma pack(push, oto)\n%s%s\n#pragma pack(pop, oto)", packing, text);
        free(text);
    }
    free(packing);
}

/* The types of a declaration: a struct in front of variables alone, a typedef or constexpr whole. */
static void define_types(struct definer *r, size_t i) {
    const struct item *item = &r->plan->items.list[i];
    const struct planned *planned = &r->plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = r->plan->source + item->start;
    bool aggregate = d->aggregate.end > d->aggregate.start && !planned->aggregate_kept;
    bool whole = d->is_typedef || d->is_constexpr;
    if (planned->kept || (!aggregate && !whole)) return;
    struct definition *type = definition_new(DEFINED_TYPE, "");
    if (planned->anonymous_tag) definition_key(type, 't', planned->anonymous_tag, strlen(planned->anonymous_tag));
    if (whole)
        for (size_t k = 0; k < d->count; k++)
            definition_key(type, 'o', text + d->declarators[k].name.start,
                           d->declarators[k].name.end - d->declarators[k].name.start);
    if (aggregate) add_inner_names(type, text, d);
    if (!type->key_count) {
        definition_free(type);
        return;
    }
    free(type->name);
    type->name = must_copy(type->keys[0] + 2);
    size_t body = d->aggregate_body - d->aggregate.start;
    const char *start = text + d->aggregate.start;
    if (whole) {
        type->text = must_copy_n(text, item->end - item->start);
        type->source = must_copy(type->text);
    } else {
        type->text = must_format("%.*s%s%s %.*s;", (int)body, start, planned->anonymous_tag ? " " : "",
                                 planned->anonymous_tag ? planned->anonymous_tag : "",
                                 (int)(d->aggregate.end - d->aggregate.start - body), start + body);
        type->source = must_copy_n(start, d->aggregate.end - d->aggregate.start);
    }
    if (planned->meaning) type->meaning = must_copy(planned->meaning);
    pack_text(r->plan, i, type);
    type->spelling = must_copy(d->is_typedef          ? "typedef"
                               : d->is_constexpr      ? "constexpr"
                               : d->aggregate_is_enum ? "enum"
                                                      : "struct");
    add(r, type, item);
}

static bool is_prelude_header(const struct session *session, const char *text, size_t length) {
    const char *open = memchr(text, '<', length),
               *close = open ? memchr(open, '>', length - (size_t)(open - text)) : NULL;
    if (!close) return false;
    for (size_t i = 0; i < session->prelude_header_count; i++)
        if (strlen(session->prelude_headers[i]) == (size_t)(close - open) - 1 &&
            !memcmp(session->prelude_headers[i], open + 1, (size_t)(close - open) - 1))
            return true;
    return false;
}

static void define_directive(struct definer *r, size_t i) {
    const struct item *item = &r->plan->items.list[i];
    const char *text = r->plan->source + item->start;
    size_t length = item->end - item->start;
    struct names *names = &r->session->names;
    if (r->plan->planned[i].kept) return;
    struct span name = item_directive_name(r->plan, item, "define");
    if (name.end > name.start) {
        char *own_name = must_copy_n(text + name.start, name.end - name.start);
        struct definition *d = definition_new(DEFINED_MACRO, own_name);
        definition_key(d, 'm', own_name, strlen(own_name));
        d->text = must_copy_n(text, length);
        d->source = must_copy(d->text);
        d->spelling = must_copy(d->text);
        free(own_name);
        add(r, d, item);
        return;
    }
    name = item_directive_name(r->plan, item, "undef");
    if (name.end > name.start) {
        char *key = must_format("m %.*s", (int)(name.end - name.start), text + name.start);
        names_forget(names, key);
        free(key);
        return;
    }
    const char *word = text + 1;
    while (*word == ' ' || *word == '\t') word++;
    if (strncmp(word, "include", 7) || is_prelude_header(r->session, text, length)) return;
    char *own_text = must_copy_n(text, length);
    bool known = false;
    for (size_t k = 0; k < names->include_count; k++) known |= !strcmp(names->list[names->includes[k]]->text, own_text);
    if (known) {
        free(own_text);
        return;
    }
    struct definition *d = definition_new(DEFINED_INCLUDE, "");
    d->text = own_text;
    d->source = must_copy(own_text);
    add(r, d, item);
    /* macros that the cell defined before it may change what it means */
    struct closure macros = {};
    for (int k = (int)r->first; k < d->number; k++)
        if (names->list[k]->kind == DEFINED_MACRO) closure_insert(&macros, k);
    names_link(names, d, &macros, NULL);
    closure_free(&macros);
}

static void define_variables(struct definer *r, size_t i) {
    const struct item *item = &r->plan->items.list[i];
    const struct planned *planned = &r->plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = r->plan->source + item->start;
    if (planned->kept || d->is_typedef || d->is_constexpr || d->is_assert) return;
    for (size_t k = 0; k < d->count; k++) {
        const struct declarator *declarator = &d->declarators[k];
        const struct planned_variable *variable = &planned->variables[k];
        const char *name = text + declarator->name.start;
        size_t length = declarator->name.end - declarator->name.start;
        if (!variable->fact) continue;
        const char *type = variable->type ? variable->type : variable->fact->type.spelling;
        if (plan_owns(r->plan, 'o', name, length) && !declarator->is_function &&
            !(d->is_extern && !declarator->initialiser.end)) {
            define_symbol(r, name, length, DEFINED_VARIABLE, variable->fact, item, type, d->is_thread_local);
        } else if (!names_find_n(&r->session->names, 'o', name, length)) {
            char *own_name = must_copy_n(name, length);
            struct definition *p = definition_new(DEFINED_PROTOTYPE, own_name);
            definition_key(p, 'o', name, length);
            p->text = must_format("extern typeof(%s) %s;", type, own_name);
            p->source = must_copy_n(text, item->end - item->start);
            p->spelling = must_copy(variable->fact->declaration ? variable->fact->declaration : type);
            p->canonical = must_copy(variable->fact->type.canonical);
            if (!names_find_n(&r->session->headers, 'o', name, length)) p->symbol = must_copy(own_name);
            free(own_name);
            add(r, p, item);
        }
    }
}

/* A definition of an earlier cell said again in this unit. */
static struct definition *again(const struct definition *old) {
    struct definition *d = definition_new(old->kind, old->name);
    for (size_t k = 0; k < old->key_count; k++)
        definition_key(d, old->keys[k][0], old->keys[k] + 2, strlen(old->keys[k] + 2));
    d->text = must_copy(old->text);
    d->source = must_copy(old->source);
    d->comment = old->comment ? must_copy(old->comment) : NULL;
    d->canonical = old->canonical ? must_copy(old->canonical) : NULL;
    d->spelling = old->spelling ? must_copy(old->spelling) : NULL;
    d->shape = old->shape ? must_copy(old->shape) : NULL;
    d->meaning = old->meaning ? must_copy(old->meaning) : NULL;
    d->size = old->size;
    copy_references(d, old->refers, old->refer_count);
    d->statements = old->statements;
    d->cell = old->cell;
    d->line = old->line;
    d->column = old->column;
    return d;
}

struct keeping {
    const struct definer *r;
    const struct definition *old;
    const char *prefix;
};

static void keep_static_local(void *context, const struct object_symbol *symbol) {
    const struct keeping *k = context;
    size_t length = strlen(k->prefix);
    if (symbol->is_variable && !strncmp(symbol->name, k->prefix, length))
        text_format(k->r->keep, "%s %s.%s\n", symbol->name, k->old->symbol, symbol->name + length);
}

/* The static locals of a function that is built again live on where they are. */
static void keep_static_locals(const struct definer *r, const struct definition *old) {
    char *prefix = must_format("%s.new.", old->name);
    struct keeping keeping = {r, old, prefix};
    object_symbols(r->object, keep_static_local, &keeping);
    free(prefix);
}

static void replace(char **text, const char *with) {
    free(*text);
    *text = with ? must_copy(with) : NULL;
}

/* A typedef in its signature may stand for another type now. */
static void take_type(struct definition *d, const struct facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];
        if (fact->kind != FACT_FUNCTION || strcmp(fact->name, d->name)) continue;
        replace(&d->canonical, fact->type.canonical);
        replace(&d->spelling, fact->declaration ? fact->declaration : fact->type.spelling);
        replace(&d->shape, fact->type.shape);
        free(d->text);
        d->text = must_format("extern typeof(%s) %s __asm__(\"%s\");",
                              strstr(fact->type.spelling, "typeof") ? fact->type.canonical : fact->type.spelling,
                              d->name, d->symbol);
    }
}

static void define_rebuilt(struct definer *r, const struct definition *old, const struct facts *rebuilt) {
    struct definition *d = again(old);
    d->unit = r->unit;
    d->fast = r->fast;
    d->symbol = must_format("%s.%d", old->name, r->unit);
    free(d->text);
    d->text = must_format("extern typeof(%s) %s __asm__(\"%s\");", old->canonical, old->name, d->symbol);
    take_type(d, rebuilt);
    bind_older(r, d, old);
    keep_static_locals(r, old);
    names_add(&r->session->names, d);
}

/* The value of the last expression lives on as _. */
static void define_result(struct definer *r, size_t i) {
    const struct fact *fact = r->plan->planned[i].fact;
    struct fact named = *fact;
    bool array = fact->type.is_array;
    if (fact->type.is_anonymous) return;
    char *type = array ? must_format("typeof(%s) *", fact->type.element) : must_copy(fact->type.unqualified);
    named.declaration = NULL;
    bool text = array && !strcmp(fact->type.element, "char");
    char *pointer = array ? type_declares(fact->type.element, "*") : NULL;
    char *shape = text ? must_copy("s") : array ? must_format("p{%s}", strpbrk(pointer, "{}") ? "*" : pointer) : NULL;
    if (array) named.type.shape = shape;
    define_symbol(r, "_", 1, DEFINED_VARIABLE, &named, &r->plan->items.list[i], type, false);
    free(shape);
    free(pointer);
    free(type);
}

/* The types of the user's headers, so that it is known what stands on them. */
static void define_header_names(struct definer *r) {
    for (size_t i = 0; i < r->plan->header_name_count; i++) {
        const struct fact *fact = r->plan->header_names[i];
        struct definition *d = definition_new(DEFINED_HEADER_NAME, fact->name);
        definition_key(d, fact->space, fact->name, strlen(fact->name));
        d->meaning = must_copy(fact->meaning);
        d->cell = r->cell;
        d->unit = r->unit;
        names_add(&r->session->names, d);
    }
}

struct own_words {
    const struct plan *plan;
    const struct names *late; /* types said again that wait themselves */
    bool found;
};

static void note_own_word(void *context, const char *word, size_t length, enum word_place place) {
    struct own_words *own = context;
    own->found |=
        place == WORD_ORDINARY && (plan_owns(own->plan, 'o', word, length) || plan_owns(own->plan, 'm', word, length) ||
                                   names_find_n(own->late, 'o', word, length));
}

/* Says types again that stand on what the cell defines. One that does with the names of structs, as typedef struct node
 * node, comes before the cell's types, which may use it; the others behind them. */
static void define_refreshed(struct definer *r, bool first) {
    struct names late = {};
    static struct definition waits;
    for (size_t i = 0; i < r->plan->refreshed.count; i++) {
        const struct definition *old = r->plan->names->list[r->plan->refreshed.list[i]];
        struct own_words own = {r->plan, &late, strpbrk(old->text, "{[") != NULL};
        each_word(old->text, strlen(old->text), note_own_word, &own);
        for (size_t k = 0; own.found && k < old->key_count; k++) names_set(&late, old->keys[k], &waits);
        if (own.found == first) continue;
        struct definition *d = again(old);
        d->unit = r->unit;
        names_add(&r->session->names, d);
    }
    names_clear(&late);
}

void define_all(struct session *session, struct plan *plan, const struct facts *rebuilt, int cell, int unit, bool fast,
                const struct object *object, struct text *rebind, struct text *keep) {
    struct definer r = {session, plan, cell, unit, fast, object, rebind, keep, .first = session->names.count};
    define_header_names(&r);
    define_refreshed(&r, true);
    for (size_t i = 0; i < plan->items.count; i++) {
        if (plan->items.list[i].kind == ITEM_DIRECTIVE) define_directive(&r, i);
        if (plan->items.list[i].kind == ITEM_DECLARATION || plan->items.list[i].kind == ITEM_FUNCTION)
            define_types(&r, i);
    }
    define_refreshed(&r, false);
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        const struct planned *planned = &plan->planned[i];
        const struct declaration *d = &planned->declaration;
        if (item->kind == ITEM_DECLARATION) define_variables(&r, i);
        if (item->kind == ITEM_FUNCTION && planned->fact && d->count)
            define_symbol(&r, plan->source + item->start + d->declarators[0].name.start,
                          d->declarators[0].name.end - d->declarators[0].name.start, DEFINED_FUNCTION, planned->fact,
                          item, planned->fact->type.spelling, false);
        if (item->kind == ITEM_EXPRESSION && plan->has_own_result) define_result(&r, i);
    }
    for (size_t i = 0; i < plan->rebuilt.count; i++)
        define_rebuilt(&r, plan->names->list[plan->rebuilt.list[i]], rebuilt);
    find_all_needs(&r);
}
