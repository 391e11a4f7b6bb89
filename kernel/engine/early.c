#include "kernel/engine/early.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/token.h"

/* ---- prototypes ---- */

/* A function's prototype from its head, the label put behind the parameter list. */
static char *prototype(const char *head, size_t length, const struct declaration *declaration, const char *label) {
    size_t end = declaration->count ? declaration->declarators[0].whole.end : length;
    struct lexer lexer;
    struct token before = {};
    size_t list_end = end;
    int depth = 0;
    bool attribute = false;
    lexer_start(&lexer, head, end);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END; before = t) {
        if (t.kind == TOKEN_PUNCTUATOR && head[t.start] == '(' && depth++ == 0)
            attribute = token_is(head, before, "__attribute__") || token_is(head, before, "__asm__");
        if (t.kind == TOKEN_PUNCTUATOR && head[t.start] == ')' && --depth == 0 && !attribute) list_end = t.end;
    }
    struct text out = {};
    text_add_blanked(&out, head, list_end, declaration->storage_words, declaration->storage_count);
    if (label) text_format(&out, " __asm__(\"%s\")", label);
    text_add_n(&out, head + list_end, length - list_end);
    for (size_t i = 0; i < out.length; i++)
        if (out.data[i] == '\n') out.data[i] = ' ';
    while (out.length && (out.data[out.length - 1] == ' ' || out.data[out.length - 1] == '\t'))
        out.data[--out.length] = '\0';
    text_add(&out, ";");
    return text_take(&out);
}

size_t function_body(const char *source) {
    int depth = 0;
    struct lexer lexer;
    lexer_start(&lexer, source, strlen(source));
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        if (source[t.start] == '{' && depth == 0) return t.start;
        if (strchr("([{", source[t.start])) depth++;
        if (strchr(")]}", source[t.start])) depth--;
    }
    return strlen(source);
}

/* A head on one line: comments and newlines become blanks, tokens stay together where they were. */
static char *on_one_line(const char *text, size_t length) {
    struct text out = {};
    struct lexer lexer;
    size_t before = 0;
    lexer_start(&lexer, text, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END; before = t.end) {
        if (out.length && t.start > before) text_add(&out, " ");
        text_add_n(&out, text + t.start, t.end - t.start);
    }
    return text_take(&out);
}

char *function_prototype(const char *source, size_t body, const char *label) {
    char *head = on_one_line(source, body);
    struct declaration d;
    declaration_scan(head, strlen(head), &d);
    char *result = prototype(head, strlen(head), &d, label);
    declaration_free(&d);
    free(head);
    return result;
}

/* ---- what a piece waits for ---- */

/* How many items must stand before a key means what it does in this cell. */
struct due {
    struct definition key; /* what the set of keys holds */
    size_t items;
    bool declared; /* a struct or union, which is declared from the start on */
};

struct due_names {
    struct names keys;
    struct due **list;
    size_t count, capacity;
};

static void set_due(struct due_names *names, const struct names *keys, size_t items, bool declared) {
    struct due *due = ARRAY_ADD(names->list, names->count, names->capacity) = must_allocate(sizeof *due);
    *due = (struct due){.items = items, .declared = declared};
    for (size_t i = 0; i < keys->table_size; i++)
        if (keys->table[i].text && keys->table[i].definition) names_set(&names->keys, keys->table[i].text, &due->key);
}

/* The structs and unions of a declaration, which a prototype need not wait for. scanned: NULL to scan the text. */
static void set_declared(const char *text, size_t length, const struct declaration *scanned, struct due_names *names,
                         size_t items) {
    struct declaration own;
    struct names keys = {};
    static struct definition tag;
    if (!scanned) declaration_scan(text, length, &own);
    const struct declaration *d = scanned ? scanned : &own;
    for (size_t i = 0; i < d->tag_count; i++) {
        if (!strcmp(d->tags[i].kind, "enum")) continue;
        char *key =
            must_format("t %.*s", (int)(d->tags[i].name.end - d->tags[i].name.start), text + d->tags[i].name.start);
        names_set(&keys, key, &tag);
        free(key);
    }
    if (keys.table_used) set_due(names, &keys, items, true);
    names_clear(&keys);
    if (!scanned) declaration_free(&own);
}

static void free_due(struct due_names *names) {
    names_clear(&names->keys);
    for (size_t i = 0; i < names->count; i++) free(names->list[i]);
    free(names->list);
}

struct due_search {
    const struct names *keys;
    size_t items, before;
    bool tags;
};

static void find_due(void *context, const char *word, size_t length, enum word_place place) {
    struct due_search *search = context;
    if (place == WORD_MEMBER) return;
    for (const char *space = place == WORD_TAG ? "t" : "mo"; *space; space++) {
        const struct due *due = (const struct due *)names_find_n(search->keys, *space, word, length);
        if (!due || (due->declared && !search->tags)) continue;
        if (due->items <= search->before && due->items > search->items) search->items = due->items;
    }
}

/* How many items must stand before a text, counting only what the first `before` items define. tags: structs must be
 * complete, not only declared. */
static size_t due_of(const struct due_names *names, const char *text, size_t length, size_t before, bool tags) {
    struct due_search search = {&names->keys, 0, before, tags};
    each_word(text, length, find_due, &search);
    return search.items;
}

static bool is_include(const struct plan *plan, const struct item *item) {
    struct lexer lexer;
    const char *text = plan->source + item->start + 1;
    lexer_start(&lexer, text, item->end - item->start - 1);
    lexer.line_start = false;
    return token_is(text, lexer_next(&lexer), "include");
}

/* Items that define types, constants and macros; a header may define anything. */
static bool defines_words(const struct planned *planned, const struct item *item) {
    const struct declaration *d = &planned->declaration;
    if (planned->kept) return false;
    return item->kind == ITEM_DIRECTIVE || d->is_typedef || d->is_constexpr || d->tag_count || d->enumerator_count;
}

/* The keys of an item that a prototype may need: not those of variables and functions. */
static void add_words(const struct plan *plan, size_t i, struct names *keys) {
    const struct item *item = &plan->items.list[i];
    const struct declaration *d = &plan->planned[i].declaration;
    struct names all = {};
    plan_item_keys(plan, i, &all);
    bool variables = item->kind != ITEM_DIRECTIVE && !d->is_typedef && !d->is_constexpr;
    for (size_t k = 0; variables && k < d->count; k++) {
        struct span name = d->declarators[k].name;
        char *key = must_format("o %.*s", (int)(name.end - name.start), plan->source + item->start + name.start);
        names_forget(&all, key);
        free(key);
    }
    for (size_t k = 0; k < all.table_size; k++)
        if (all.table[k].text && all.table[k].definition) names_set(keys, all.table[k].text, all.table[k].definition);
    names_clear(&all);
}

/* ---- the pieces ---- */

static void add_piece(struct earlies *earlies, char *text, size_t due) {
    ARRAY_ADD(earlies->list, earlies->count, earlies->capacity) = (struct early){text, due, false};
}

/* Says a prototype as soon as its types are declared; returns when they are complete. */
static size_t add_prototype(struct earlies *earlies, const struct due_names *names, const char *source, size_t body,
                            const char *name, size_t name_length, bool labelled, size_t before, size_t least) {
    char *label = labelled ? must_format("%.*s.new", (int)name_length, name) : NULL;
    char *text = function_prototype(source, body, label);
    size_t said = due_of(names, text, strlen(text), before, false);
    size_t complete = due_of(names, text, strlen(text), before, true);
    add_piece(earlies, text, said > least ? said : least);
    free(label);
    return complete > least ? complete : least;
}

static void add_refreshed(const struct plan *plan, struct earlies *earlies, struct due_names *names) {
    for (size_t i = 0; i < plan->refreshed.count; i++) {
        const struct definition *d = plan->names->list[plan->refreshed.list[i]];
        bool tags = strchr(d->text, '{') != NULL; /* a typedef of a struct does with its tag */
        size_t due = due_of(names, d->text, strlen(d->text), plan->items.count, tags);
        struct names keys = {};
        static struct definition again;
        for (size_t k = 0; k < d->key_count; k++) names_set(&keys, d->keys[k], &again);
        set_due(names, &keys, due, false);
        names_clear(&keys);
        set_declared(d->text, strlen(d->text), NULL, names, due);
        add_piece(earlies, must_copy(d->text), due);
    }
}

/* waiting: the functions of the cell that cannot be called from its start on. */
static void add_prototypes(const struct plan *plan, struct earlies *earlies, const struct due_names *names,
                           struct due_names *waiting, bool labelled) {
    size_t include = 0; /* a header before a function may say what it needs */
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        const struct declaration *d = &plan->planned[i].declaration;
        if (item->kind == ITEM_DIRECTIVE && is_include(plan, item)) include = i + 1;
        if (item->kind != ITEM_FUNCTION || !d->count) continue;
        const char *text = plan->source + item->start;
        struct span name = d->declarators[0].name;
        size_t due = i + 1; /* with a type in its head nothing can be said before it */
        if (d->aggregate.end == d->aggregate.start)
            due = add_prototype(earlies, names, text, item->body - item->start, text + name.start,
                                name.end - name.start, labelled, i, include);
        if (!due) continue;
        static struct definition function;
        struct names keys = {};
        char *key = must_format("o %.*s", (int)(name.end - name.start), text + name.start);
        names_set(&keys, key, &function);
        set_due(waiting, &keys, due, false);
        names_clear(&keys);
        free(key);
    }
    for (size_t i = 0; i < plan->rebuilt.count; i++) {
        const struct definition *d = plan->names->list[plan->rebuilt.list[i]];
        add_prototype(earlies, names, d->source, function_body(d->source), d->name, strlen(d->name), labelled,
                      plan->items.count, include);
    }
}

/* Whether an item makes nothing but variables. */
static bool is_variables(const struct plan *plan, size_t i) {
    const struct declaration *d = &plan->planned[i].declaration;
    return plan->items.list[i].kind == ITEM_DECLARATION && d->count && !d->is_typedef && !d->is_constexpr &&
           !d->is_assert && !d->is_extern && d->aggregate.end == d->aggregate.start;
}

/* The items in the order in which they are written: what names a waiting function waits as well, and so does what names
 * a variable that waits. (They run in the order of the cell all the same.) */
static void find_order(const struct plan *plan, struct earlies *earlies, struct due_names *waiting) {
    size_t count = plan->items.count, written = 0;
    size_t *due = must_allocate((count + 1) * sizeof *due);
    earlies->order = must_allocate((count + 1) * sizeof *earlies->order);
    for (size_t i = 0; i < count && waiting->count; i++) {
        const struct item *item = &plan->items.list[i];
        bool variables = is_variables(plan, i);
        if (!variables && item->kind != ITEM_FUNCTION && item->kind != ITEM_STATEMENT && item->kind != ITEM_EXPRESSION)
            continue;
        due[i] = due_of(waiting, plan->source + item->start, item->end - item->start, count, true);
        if (!variables || due[i] <= i + 1) continue;
        struct names keys = {};
        plan_item_keys(plan, i, &keys);
        set_due(waiting, &keys, due[i], false);
        names_clear(&keys);
    }
    for (size_t i = 0; i < count; i++) {
        if (due[i] <= i + 1) earlies->order[written++] = i;
        for (size_t k = 0; k < i && waiting->count; k++)
            if (due[k] == i + 1 && due[k] > k + 1) earlies->order[written++] = k;
    }
    free(due);
}

void earlies_make(const struct plan *plan, bool labelled, struct earlies *earlies) {
    size_t count = plan->items.count;
    struct due_names names = {}, waiting = {};
    *earlies = (struct earlies){};
    for (size_t i = 0; i < count; i++) {
        struct names keys = {};
        if (defines_words(&plan->planned[i], &plan->items.list[i])) add_words(plan, i, &keys);
        if (keys.table_used) set_due(&names, &keys, i + 1, false);
        if (keys.table_used)
            set_declared(plan->source + plan->items.list[i].start, 0, &plan->planned[i].declaration, &names, i + 1);
        names_clear(&keys);
    }
    add_refreshed(plan, earlies, &names);
    add_prototypes(plan, earlies, &names, &waiting, labelled);
    find_order(plan, earlies, &waiting);
    free_due(&names);
    free_due(&waiting);
}

static void say_tags(const struct declaration *d, const char *text, struct text *out) {
    for (size_t i = 0; i < d->tag_count; i++)
        if (strcmp(d->tags[i].kind, "enum"))
            text_format(out, "%s %.*s;\n", d->tags[i].kind, (int)(d->tags[i].name.end - d->tags[i].name.start),
                        text + d->tags[i].name.start);
}

void earlies_say_tags(const struct plan *plan, struct text *out) {
    for (size_t i = 0; i < plan->items.count; i++)
        if (!plan->planned[i].kept && !plan->planned[i].aggregate_kept)
            say_tags(&plan->planned[i].declaration, plan->source + plan->items.list[i].start, out);
    for (size_t i = 0; i < plan->refreshed.count; i++) {
        struct declaration d;
        const char *text = plan->names->list[plan->refreshed.list[i]]->text;
        declaration_scan(text, strlen(text), &d);
        say_tags(&d, text, out);
        declaration_free(&d);
    }
}

void earlies_say(struct earlies *earlies, size_t items, struct text *out) {
    for (size_t i = 0; i < earlies->count; i++) {
        struct early *early = &earlies->list[i];
        if (early->said || early->due > items) continue;
        early->said = true;
        unit_at_line(out, "oto", 1, 0); /* what is wrong in it is told where the cell says it */
        text_add(out, early->text);
        text_add(out, "\n");
    }
}

void earlies_free(struct earlies *earlies) {
    for (size_t i = 0; i < earlies->count; i++) {
        free(earlies->list[i].text);
    }
    free(earlies->list);
    free(earlies->order);
    *earlies = (struct earlies){};
}
