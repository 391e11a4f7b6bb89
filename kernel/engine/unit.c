#include "kernel/engine/unit.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/token.h"

/* ---- text of earlier cells ---- */

static bool is_rebuilt(const struct plan *plan, const struct definition *definition) {
    for (size_t i = 0; i < plan->rebuilt_count; i++)
        if (plan->rebuilt[i] == definition) return true;
    for (size_t i = 0; i < plan->refreshed_count; i++)
        if (plan->refreshed[i] == definition) return true;
    return false;
}

static bool same_key(const struct definition *a, const struct definition *b) {
    return !strcmp(a->keys[0], b->keys[0]);
}

/* A name of a header (time, index, log) that the cell or what it needs has as its own: the headers keep theirs. */
static void add_own_name(const struct plan *plan, struct text *out, const char *name) {
    size_t length = strlen(name);
    bool declared = names_find_n(plan->headers, 'o', name, length) || names_find_n(plan->headers, 't', name, length);
    text_format(out, "#undef %s\n", name); /* no header's macro (I, M_PI) any more */
    if (declared) text_format(out, "#define %s " UNIT_OWN "%s\n", name, name);
}

static void add_own_names(const struct plan *plan, struct text *out) {
    for (size_t i = 0; i < plan->own.table_size; i++) {
        const struct key *key = &plan->own.table[i];
        if (key->text && key->text[0] == 'o') add_own_name(plan, out, key->text + 2);
    }
    for (size_t i = 0; i < plan->closure.count; i++) {
        const struct definition *d = plan->names->list[plan->closure.list[i]];
        for (size_t k = 0; k < d->key_count && d->kind != DEFINED_MACRO && d->kind != DEFINED_PROTOTYPE; k++)
            if (d->keys[k][0] == 'o') add_own_name(plan, out, d->keys[k] + 2);
    }
}

/* Declares what the cell needs of earlier cells. Old versions of a macro come before newer ones, as they were made. */
static void add_preamble(const struct plan *plan, struct text *out) {
    const struct names *names = plan->names;
    add_own_names(plan, out);
    for (size_t i = 0; i < plan->closure.count; i++) {
        const struct definition *d = names->list[plan->closure.list[i]];
        if (is_rebuilt(plan, d) || !d->text) continue;
        if (d->kind == DEFINED_MACRO) {
            for (size_t k = 0; k < i; k++) {
                const struct definition *before = names->list[plan->closure.list[k]];
                if (before->kind == DEFINED_MACRO && same_key(before, d)) {
                    text_format(out, "#undef %s\n", d->name);
                    break;
                }
            }
        }
        text_add(out, d->text);
        text_add(out, "\n");
    }
    for (size_t i = 0; i < plan->closure.count; i++) {
        const struct definition *d = names->list[plan->closure.list[i]];
        if (d->kind == DEFINED_MACRO && !names_find(names, d->keys[0])) text_format(out, "#undef %s\n", d->name);
    }
}

/* ---- pieces of the cell, at their lines and columns ---- */

/* Begins a line that the compiler takes for `line` of the file, `column` bytes in. */
static void at_line(struct text *out, const char *file, int line, int column) {
    if (out->length && out->data[out->length - 1] != '\n') text_add(out, "\n");
    enum { WIDEST = 2000 }; /* past that, columns are not worth the text */
    text_format(out, "#line %d \"%s\"\n%*s", line, file, column <= WIDEST ? column : 0, "");
}

static void at_offset(const struct plan *plan, struct text *out, const struct item *item, size_t offset) {
    int line = item->line, column = item->column;
    for (size_t i = item->start; i < offset; i++) {
        column++;
        if (plan->source[i] == '\n') line++, column = 0;
    }
    at_line(out, UNIT_FILE, line + plan->first_line - 1, column);
}

/* An item's text with some spans blanked, so that columns hold. */
static void add_blanked(struct text *out, const char *text, size_t length, const struct span *spans, size_t count) {
    size_t start = out->length;
    text_add_n(out, text, length);
    for (size_t i = 0; i < count; i++) memset(out->data + start + spans[i].start, ' ', spans[i].end - spans[i].start);
}

/* A piece said early: the prototype of a function, or a type that must be said again. */
struct early {
    char *text;
    size_t before; /* index of the item before which it must have been said at the latest */
    bool said;
};

struct word_check {
    const struct plan *plan;
    size_t item;
    bool found;
};

static void check_word(void *context, const char *word, size_t length, enum word_place place) {
    struct word_check *check = context;
    const struct item *item = &check->plan->items.list[check->item];
    const struct planned *planned = &check->plan->planned[check->item];
    const struct declaration *d = &planned->declaration;
    const char *text = check->plan->source + item->start;
    struct span names[3] = {d->aggregate_tag, d->count ? d->declarators[0].name : (struct span){},
                            item->kind == ITEM_DIRECTIVE ? item_directive_name(check->plan, item, "define")
                                                         : (struct span){}};
    if (item->kind == ITEM_DECLARATION && !d->is_typedef && !d->is_constexpr) names[1] = (struct span){};
    for (int i = 0; i < 3; i++)
        if (names[i].end - names[i].start == length && !memcmp(text + names[i].start, word, length))
            check->found = true;
    for (size_t i = 0; i < d->enumerator_count; i++)
        if (d->enumerators[i].end - d->enumerators[i].start == length &&
            !memcmp(text + d->enumerators[i].start, word, length))
            check->found = true;
}

/* Whether a text has a word that an item of the cell defines as a type, a constant or a macro. */
static bool text_needs_item(const struct plan *plan, const char *text, size_t item) {
    const struct item *it = &plan->items.list[item];
    const struct declaration *d = &plan->planned[item].declaration;
    if (it->kind == ITEM_DIRECTIVE) {
        const char *word = plan->source + it->start + 1;
        while (*word == ' ' || *word == '\t') word++;
        if (!strncmp(word, "include", 7)) return true;
        if (strncmp(word, "define", 6)) return false;
    } else if (it->kind != ITEM_DECLARATION ||
               (!d->is_typedef && !d->is_constexpr && d->aggregate.end == d->aggregate.start)) {
        return false;
    }
    struct word_check check = {.plan = plan, .item = item};
    each_word(text, strlen(text), check_word, &check);
    return check.found;
}

struct earlies {
    struct early *list;
    size_t count, capacity;
};

/* Says every early piece whose words are all there before item `next`. */
static void say_early(const struct plan *plan, struct earlies *earlies, size_t next, struct text *out) {
    for (size_t i = 0; i < earlies->count; i++) {
        struct early *early = &earlies->list[i];
        if (early->said) continue;
        bool wait = false;
        for (size_t item = next; item < early->before && !wait; item++) wait = text_needs_item(plan, early->text, item);
        if (wait) continue;
        early->said = true;
        at_line(out, "oto", 1, 0); /* what is wrong in it is told where the cell says it */
        text_add(out, early->text);
        text_add(out, "\n");
    }
}

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
    add_blanked(&out, head, list_end, declaration->storage_words, declaration->storage_count);
    if (label) text_format(&out, " __asm__(\"%s\")", label);
    text_add_n(&out, head + list_end, length - list_end);
    for (size_t i = 0; i < out.length; i++)
        if (out.data[i] == '\n') out.data[i] = ' ';
    while (out.length && (out.data[out.length - 1] == ' ' || out.data[out.length - 1] == '\t'))
        out.data[--out.length] = '\0';
    text_add(&out, ";");
    return text_take(&out);
}

static size_t function_body(const char *source) {
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

static char *prototype_of_text(const char *source, size_t body, const char *label) {
    char *head = on_one_line(source, body);
    struct declaration d;
    declaration_scan(head, strlen(head), &d);
    char *result = prototype(head, strlen(head), &d, label);
    declaration_free(&d);
    free(head);
    return result;
}

static struct earlies early_pieces(const struct plan *plan, bool final) {
    struct earlies earlies = {};
    for (size_t i = 0; i < plan->refreshed_count; i++)
        ARRAY_ADD(earlies.list, earlies.count, earlies.capacity) =
            (struct early){must_copy(plan->refreshed[i]->text), plan->items.count, false};
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        if (item->kind != ITEM_FUNCTION || !plan->planned[i].declaration.count) continue;
        const char *text = plan->source + item->start;
        struct span name = plan->planned[i].declaration.declarators[0].name;
        char *label = final ? must_format("%.*s.new", (int)(name.end - name.start), text + name.start) : NULL;
        ARRAY_ADD(earlies.list, earlies.count, earlies.capacity) =
            (struct early){prototype_of_text(text, item->body - item->start, label), i, false};
        free(label);
    }
    for (size_t i = 0; i < plan->rebuilt_count; i++) {
        const struct definition *d = plan->rebuilt[i];
        char *label = final ? must_format("%s.new", d->name) : NULL;
        ARRAY_ADD(earlies.list, earlies.count, earlies.capacity) =
            (struct early){prototype_of_text(d->source, function_body(d->source), label), plan->items.count, false};
        free(label);
    }
    return earlies;
}

static void earlies_free(struct earlies *earlies) {
    for (size_t i = 0; i < earlies->count; i++) free(earlies->list[i].text);
    free(earlies->list);
}

/* A function's definition: what makes it local to a file is blanked, for its name belongs to the session. */
static void add_function(const struct plan *plan, struct text *out, size_t i) {
    const struct item *item = &plan->items.list[i];
    const struct declaration *d = &plan->planned[i].declaration;
    at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
    add_blanked(out, plan->source + item->start, item->end - item->start, d->storage_words, d->storage_count);
    text_add(out, "\n");
}

/* ---- the draft ---- */

static void add_draft_declaration(const struct plan *plan, struct text *out, size_t i) {
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = plan->source + item->start;
    at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
    struct span blank[64];
    size_t count = 0;
    for (size_t k = 0; k < d->storage_count && count < 63; k++)
        if (span_is(text, d->storage_words[k], "static")) blank[count++] = d->storage_words[k];
    if (planned->aggregate_kept) blank[count++] = (struct span){d->aggregate_body, d->aggregate.end};
    size_t start = out->length;
    add_blanked(out, text, item->end - item->start, blank, count);
    for (size_t k = start; planned->aggregate_kept && k < out->length; k++) { /* blanked lines stay lines */
        if (text[k - start] == '\n') out->data[k] = '\n';
    }
    if (planned->anonymous_tag) {
        /* behind the word struct or union, before its body */
        char *rest = must_copy(out->data + start + d->aggregate_body);
        out->length = start + d->aggregate_body;
        text_format(out, " %s %s", planned->anonymous_tag, rest);
        free(rest);
    }
    for (size_t k = 0; k < d->count && planned->variables; k++) {
        if (!planned->variables[k].lengths_at_runtime) continue;
        /* an array whose length is not known yet: any constant will do for the parser */
        for (size_t n = d->declarators[k].length_count; n-- > 0;) {
            struct span length = d->declarators[k].lengths[n];
            if (planned->anonymous_tag || length.end == length.start) continue;
            memset(out->data + start + length.start, ' ', length.end - length.start);
            memcpy(out->data + start + length.start, "1", 1);
        }
    }
    text_add(out, "\n");
}

void unit_draft(struct plan *plan, struct text *out, size_t *cell_start) {
    struct earlies earlies = early_pieces(plan, false);
    bool in_part = false;
    int parts = 0;
    add_preamble(plan, out);
    *cell_start = out->length;
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        struct planned *planned = &plan->planned[i];
        bool runs = item->kind == ITEM_STATEMENT || item->kind == ITEM_EXPRESSION || item->kind == ITEM_EMPTY;
        if (in_part && !runs) text_add(out, "\n}\n"), in_part = false;
        if (!in_part) say_early(plan, &earlies, i, out);
        if (!in_part && runs) text_format(out, "\nvoid " UNIT_PART "%d(void) {\n", parts++), in_part = true;
        planned->draft_start = out->length;
        if (planned->kept) continue;
        switch (item->kind) {
        case ITEM_FUNCTION:
            add_function(plan, out, i);
            break;
        case ITEM_DECLARATION:
            add_draft_declaration(plan, out, i);
            break;
        case ITEM_EXPRESSION:
            text_add(out, "\n#pragma clang diagnostic push\n#pragma clang diagnostic ignored \"-Wunused-value\"\n"
                          "#pragma clang diagnostic ignored \"-Wunused-comparison\"\n"
                          "#pragma clang diagnostic ignored \"-Wunused-result\"\n");
            at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n;\n#pragma clang diagnostic pop\n");
            break;
        case ITEM_EMPTY:
            break;
        case ITEM_DIRECTIVE:
        case ITEM_STATEMENT:
            at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->kind == ITEM_DIRECTIVE ? 0 : item->column);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n");
            break;
        }
        planned->draft_end = out->length;
    }
    if (in_part) text_add(out, "\n}\n");
    say_early(plan, &earlies, plan->items.count, out);
    earlies_free(&earlies);
}

/* ---- the final text ---- */

struct writer {
    struct plan *plan;
    struct text *out;
    int parts;
    bool in_part;
};

static void close_part(struct writer *w) {
    if (w->in_part) text_add(w->out, "\n}\n");
    w->in_part = false;
}

static void open_part(struct writer *w) {
    if (!w->in_part) text_format(w->out, "\nstatic void " UNIT_PART "%d(void) {\n", w->parts++);
    w->in_part = true;
}

/* One variable: its storage under a symbol of its own, then its initialiser, constant or run. */
static void add_variable(struct writer *w, size_t i, size_t k) {
    const struct plan *plan = w->plan;
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const struct declarator *declarator = &d->declarators[k];
    const struct planned_variable *variable = &planned->variables[k];
    const char *text = plan->source + item->start;
    int name_length = (int)(declarator->name.end - declarator->name.start);
    const char *name = text + declarator->name.start;
    const char *type = variable->type ? variable->type : variable->fact ? variable->fact->type.spelling : NULL;
    if (!type) return;
    bool initialised = declarator->initialiser.end > declarator->initialiser.start;
    if (declarator->is_function || (d->is_extern && !initialised)) {
        char *key = must_format("o %.*s", name_length, name);
        if (!plan_owns(plan, 'o', name, (size_t)name_length) && !names_find(plan->names, key))
            text_format(w->out, "extern typeof(%s) %.*s;\n", type, name_length, name);
        free(key);
        return;
    }
    const char *thread = d->is_thread_local ? "_Thread_local " : "";
    int alignment_length = (int)(d->alignment.end - d->alignment.start);
    const char *alignment = text + d->alignment.start;
    close_part(w);
    if (!variable->runtime) {
        text_format(w->out, "%s%.*s typeof(%s) %.*s __asm__(\"%.*s.new\")", thread, alignment_length, alignment, type,
                    name_length, name, name_length, name);
        if (initialised) {
            text_add(w->out, " =");
            at_offset(plan, w->out, item, item->start + declarator->initialiser.start);
            text_add_n(w->out, text + declarator->initialiser.start,
                       declarator->initialiser.end - declarator->initialiser.start);
        }
        text_add(w->out, ";\n");
        return;
    }
    /* declared as the user said, stored without const, so that the cell can fill it when its turn comes */
    text_format(w->out, "extern %s%.*s typeof(%s) %.*s __asm__(\"%.*s.new\");\n", thread, alignment_length, alignment,
                type, name_length, name, name_length, name);
    text_format(w->out, "%s%.*s typeof_unqual(%s) oto_store_%.*s __asm__(\"%.*s.new\");\n", thread, alignment_length,
                alignment, type, name_length, name, name_length, name);
    open_part(w);
    text_format(w->out, "{ typeof_unqual(%s) oto_value_ =", type);
    at_offset(plan, w->out, item, item->start + declarator->initialiser.start);
    text_add_n(w->out, text + declarator->initialiser.start,
               declarator->initialiser.end - declarator->initialiser.start);
    text_format(w->out, "; __builtin_memcpy(&oto_store_%.*s, &oto_value_, sizeof oto_value_); }\n", name_length, name);
}

static void add_final_declaration(struct writer *w, size_t i) {
    const struct plan *plan = w->plan;
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = plan->source + item->start;
    bool only_types = d->is_typedef || d->is_constexpr || d->is_assert || d->count == 0;
    if (only_types) {
        close_part(w);
        at_line(w->out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
        add_blanked(w->out, text, item->end - item->start, NULL, 0);
        text_add(w->out, "\n");
        return;
    }
    if (d->aggregate.end > d->aggregate.start && !planned->aggregate_kept) {
        close_part(w);
        at_line(w->out, UNIT_FILE, item->line + plan->first_line - 1, 0);
        text_add_n(w->out, text + d->aggregate.start, d->aggregate_body - d->aggregate.start);
        if (planned->anonymous_tag) text_format(w->out, " %s ", planned->anonymous_tag);
        text_add_n(w->out, text + d->aggregate_body, d->aggregate.end - d->aggregate_body);
        text_add(w->out, ";\n");
    }
    for (size_t k = 0; k < d->count; k++) add_variable(w, i, k);
}

/* A shape as a C string literal. */
static void add_literal(struct text *out, const char *text) {
    text_add(out, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\') text_add(out, "\\");
        if (*text == '?') text_add(out, "\\");
        text_add_n(out, text, 1);
    }
    text_add(out, "\"");
}

/* A function of an earlier cell is shown by the head that the user wrote, with its parameters' names. NULL: it is none.
 */
static char *function_shape(const struct plan *plan, const char *name, size_t length) {
    const struct definition *d = names_find_n(plan->names, 'o', name, length);
    bool plain = d && d->kind == DEFINED_FUNCTION && d->spelling && !strpbrk(d->spelling, "{}\\");
    return plain && !plan_owns(plan, 'o', name, length) ? must_format("F{%s}", d->spelling) : NULL;
}

/* The value of the last expression: kept as _, and shown. */
static void add_result(struct writer *w, size_t i) {
    const struct plan *plan = w->plan;
    const struct item *item = &plan->items.list[i];
    const struct fact *fact = plan->planned[i].fact;
    const char *text = plan->source + item->start;
    int length = (int)(item->end - item->start);
    int line = item->line + plan->first_line - 1;
    if (!fact || fact->type.is_void || fact->type.is_error || !fact->type.shape) {
        open_part(w);
        at_line(w->out, UNIT_FILE, line, item->column);
        text_format(w->out, "%.*s\n;\n", length, text);
        return;
    }
    if (fact->type.is_array) { /* _ points at its first element */
        close_part(w);
        text_format(w->out, "typeof(%s) *oto_result_ __asm__(\"_.new\");\n", fact->type.element);
        w->plan->has_own_result = true;
    }
    if (fact->type.is_function || fact->type.is_array) {
        open_part(w);
        if (fact->type.is_array) text_format(w->out, "oto_result_ = (void *)(%.*s\n);\n", length, text);
        text_add(w->out, "oto_cell_result((const void *)&(");
        at_line(w->out, UNIT_FILE, line, item->column);
        text_format(w->out, "%.*s\n), ", length, text);
        char *shape = function_shape(plan, text, item->end - item->start);
        add_literal(w->out, shape ? shape : fact->type.shape);
        free(shape);
        text_add(w->out, ");\n");
        return;
    }
    close_part(w);
    if (fact->type.is_anonymous) {
        text_format(w->out, "typeof_unqual((%.*s\n)) oto_result_ __asm__(\"_.new\");\n", length, text);
    } else {
        text_format(w->out, "typeof_unqual(%s) oto_result_ __asm__(\"_.new\");\n", fact->type.unqualified);
    }
    open_part(w);
    text_add(w->out, "{ __auto_type oto_value_ = (");
    at_line(w->out, UNIT_FILE, line, item->column);
    text_format(w->out, "%.*s\n); __builtin_memcpy((void *)&oto_result_, &oto_value_, sizeof oto_result_);", length,
                text);
    if (fact->type.is_library) {
        text_add(w->out, " oto_show_result(oto_result_); }\n");
    } else {
        text_add(w->out, " oto_cell_result((const void *)&oto_result_, ");
        add_literal(w->out, fact->type.shape);
        text_add(w->out, "); }\n");
    }
    w->plan->has_own_result = true;
}

/* Functions of earlier cells that follow a redefinition, each with the macros it was written with. */
static void add_rebuilt(struct writer *w) {
    const struct plan *plan = w->plan;
    for (size_t i = 0; i < plan->rebuilt_count; i++) {
        const struct definition *d = plan->rebuilt[i];
        for (size_t k = 0; k < d->use_count; k++) {
            const struct definition *macro = plan->names->list[d->uses[k]];
            if (macro->kind != DEFINED_MACRO) continue;
            text_format(w->out, "\n#undef %s\n%s\n", macro->name, macro->text);
        }
        struct declaration head;
        declaration_scan(d->source, function_body(d->source), &head);
        char *file = must_format("%s:%d", UNIT_FILE, d->cell);
        at_line(w->out, file, d->line, d->column);
        add_blanked(w->out, d->source, strlen(d->source), head.storage_words, head.storage_count);
        text_add(w->out, "\n");
        declaration_free(&head);
        free(file);
    }
}

void unit_final(struct plan *plan, struct text *out) {
    struct writer w = {.plan = plan, .out = out};
    struct earlies earlies = early_pieces(plan, true);
    add_preamble(plan, out);
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        bool runs = item->kind == ITEM_STATEMENT || item->kind == ITEM_EMPTY || item->kind == ITEM_EXPRESSION;
        if (plan->planned[i].kept) continue;
        if (!runs) close_part(&w);
        if (!w.in_part) say_early(plan, &earlies, i, out);
        switch (item->kind) {
        case ITEM_FUNCTION:
            add_function(plan, out, i);
            break;
        case ITEM_DECLARATION:
            add_final_declaration(&w, i);
            break;
        case ITEM_EXPRESSION:
            add_result(&w, i);
            break;
        case ITEM_DIRECTIVE:
            at_line(out, UNIT_FILE, item->line + plan->first_line - 1, 0);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n");
            break;
        case ITEM_EMPTY:
            break;
        case ITEM_STATEMENT:
            open_part(&w);
            at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n");
            break;
        }
    }
    close_part(&w);
    say_early(plan, &earlies, plan->items.count, out);
    earlies_free(&earlies);
    add_rebuilt(&w);
    text_add(out, "\n#line 1 \"oto\"\nvoid oto_cell(void) __asm__(\"oto_cell.new\");\nvoid oto_cell(void) {\n");
    if (plan->time_prologue) text_add(out, plan->time_prologue);
    for (int i = 0; i < w.parts; i++) text_format(out, UNIT_PART "%d();\n", i);
    if (plan->time_epilogue) text_add(out, plan->time_epilogue);
    text_add(out, "}\n");
}
