#include "kernel/engine/unit.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/early.h"
#include "kernel/engine/literals.h"
#include "kernel/engine/member_names.h"
#include "kernel/engine/token.h"

/* ---- text of earlier cells ---- */

static bool is_rebuilt(const struct plan *plan, const struct definition *definition) {
    return closure_has(&plan->rebuilt, definition->number) || closure_has(&plan->refreshed, definition->number);
}

static bool same_key(const struct definition *a, const struct definition *b) {
    return !strcmp(a->keys[0], b->keys[0]);
}

/* A name of a header (time, struct tm) that the cell or what it needs has as its own: the headers keep theirs. */
static void add_own_name(const struct plan *plan, struct text *out, const char *key) {
    const char *name = key + 2;
    text_format(out, "#undef %s\n", name); /* no header's macro (I, M_PI) any more */
    if (key[0] == 'm' || !names_find(plan->headers, key)) return;
    size_t members = member_names_count(plan->source, name);
    for (size_t i = 0; i < plan->rebuilt.count; i++)
        members += member_names_count(plan->names->list[plan->rebuilt.list[i]]->source, name);
    for (; members > 0; members--)
        text_format(out,
                    "#define %s " UNIT_OWN "%s\n#pragma push_macro(\"%s\")\n#undef %s\n#pragma push_macro(\"%s\")\n",
                    name, name, name, name, name);
    text_format(out, "#define %s " UNIT_OWN "%s\n", name, name);
}

static void add_own_names(const struct plan *plan, struct text *out) {
    for (size_t i = 0; i < plan->own.table_size; i++)
        if (plan->own.table[i].text) add_own_name(plan, out, plan->own.table[i].text);
    for (size_t i = 0; i < plan->closure.count; i++) {
        const struct definition *d = plan->names->list[plan->closure.list[i]];
        bool named = d->kind != DEFINED_MACRO && d->kind != DEFINED_PROTOTYPE && d->kind != DEFINED_HEADER_NAME;
        for (size_t k = 0; k < d->key_count && named; k++) add_own_name(plan, out, d->keys[k]);
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
    earlies_say_tags(plan, out);
}

/* ---- pieces of the cell, at their lines and columns ---- */

void unit_at_line(struct text *out, const char *file, int line, int column) {
    if (out->length && out->data[out->length - 1] != '\n') text_add(out, "\n");
    enum { WIDEST = 2000 }; /* past that, columns are not worth the text */
    text_format(out, "#line %d \"%s\"\n%*s", line > 0 ? line : 1, file, column <= WIDEST ? column : 0, "");
}

static void at_offset(const struct plan *plan, struct text *out, const struct item *item, size_t offset) {
    int line = item->line, column = item->column;
    for (size_t i = item->start; i < offset; i++) {
        column++;
        if (plan->source[i] == '\n') line++, column = 0;
    }
    unit_at_line(out, UNIT_FILE, line + plan->first_line - 1, column);
}

/* A macro may be defined again without an #undef. */
static void forget_macro(const struct plan *plan, struct text *out, const struct item *item) {
    struct span name = item_directive_name(plan, item, "define");
    if (name.end > name.start)
        text_format(out, "\n#undef %.*s\n", (int)(name.end - name.start), plan->source + item->start + name.start);
}

/* The struct, union or enum in front of an item, with the tag it is given when it has none. */
static void add_aggregate(const struct plan *plan, struct text *out, size_t i) {
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = plan->source + item->start;
    at_offset(plan, out, item, item->start + d->aggregate.start);
    text_add_n(out, text + d->aggregate.start, d->aggregate_body - d->aggregate.start);
    if (planned->anonymous_tag) {
        text_format(out, " %s", planned->anonymous_tag);
        at_offset(plan, out, item, item->start + d->aggregate_body);
    }
    text_add_n(out, text + d->aggregate_body, d->aggregate.end - d->aggregate_body);
    text_add(out, ";\n");
}

/* The spans of an item that its text in a unit does without. */
struct blanks {
    struct span *list;
    size_t count, capacity;
};

static void blank_span(struct blanks *blanks, struct span span) {
    ARRAY_ADD(blanks->list, blanks->count, blanks->capacity) = span;
}

/* A function's definition: what makes it local to a file is blanked, for its name belongs to the session; a struct in
 * its head is said before it. */
static void add_function(const struct plan *plan, struct text *out, size_t i, bool labelled) {
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    const char *text = plan->source + item->start;
    struct blanks blanks = {};
    for (size_t k = 0; k < d->storage_count; k++) blank_span(&blanks, d->storage_words[k]);
    if (d->aggregate.end > d->aggregate.start) {
        if (!planned->aggregate_kept) add_aggregate(plan, out, i);
        blank_span(&blanks, (struct span){d->aggregate_body, d->aggregate.end});
        struct span name = d->declarators[0].name;
        char *label = labelled ? must_format("%.*s.new", (int)(name.end - name.start), text + name.start) : NULL;
        char *head = must_copy_n(text, item->body - item->start);
        memset(head + d->aggregate_body, ' ', d->aggregate.end - d->aggregate_body);
        char *said = function_prototype(head, strlen(head), label);
        text_add(out, said);
        free(said);
        free(head);
        free(label);
    }
    unit_at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
    text_add_blanked(out, text, item->end - item->start, blanks.list, blanks.count);
    text_add(out, "\n");
    free(blanks.list);
}

/* An array takes the elements of a literal as its own: in int a[] = (int[]){x, y} how long the literal's head is. */
static size_t own_elements(const char *text, const struct declarator *declarator) {
    struct span initialiser = declarator->initialiser;
    const char *behind = text + declarator->name.end + strspn(text + declarator->name.end, " \t\n");
    return *behind == '[' ? literals_head(text + initialiser.start, initialiser.end - initialiser.start) : 0;
}

/* ---- the draft ---- */

/* An array's length that is not known yet: any constant will do for the parser. */
static void constant_lengths(char *text, const struct declarator *declarator) {
    for (size_t n = 0; n < declarator->length_count; n++) {
        struct span length = declarator->lengths[n];
        if (length.end == length.start) continue;
        memset(text + length.start, ' ', length.end - length.start);
        text[length.start] = '1';
    }
}

static void add_draft_declaration(const struct plan *plan, struct text *out, size_t i) {
    const struct item *item = &plan->items.list[i];
    const struct planned *planned = &plan->planned[i];
    const struct declaration *d = &planned->declaration;
    struct blanks blanks = {};
    for (size_t k = 0; k < d->storage_count; k++)
        if (!span_is(plan->source + item->start, d->storage_words[k], "extern") || planned->aggregate_kept)
            blank_span(&blanks, d->storage_words[k]);
    char *text = must_copy_n(plan->source + item->start, item->end - item->start);
    for (size_t k = 0; k < d->count && planned->variables; k++)
        if (planned->variables[k].lengths_at_runtime) constant_lengths(text, &d->declarators[k]);
    if (planned->aggregate_kept) blank_span(&blanks, (struct span){d->aggregate_body, d->aggregate.end});
    for (size_t k = 0; k < d->count && planned->variables; k++) {
        struct span s = d->declarators[k].initialiser;
        memset(text + s.start, ' ', own_elements(text, &d->declarators[k]));
        if (planned->variables[k].literals_at_runtime) literals_make_constant(text + s.start, s.end - s.start);
    }
    unit_at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
    size_t start = out->length;
    text_add_blanked(out, text, item->end - item->start, blanks.list, blanks.count);
    if (planned->anonymous_tag) { /* behind the word struct, before its body */
        char *rest = must_copy(out->data + start + d->aggregate_body);
        out->length = start + d->aggregate_body;
        text_format(out, " %s", planned->anonymous_tag);
        at_offset(plan, out, item, item->start + d->aggregate_body);
        text_add(out, rest);
        free(rest);
    }
    text_add(out, "\n");
    free(blanks.list);
    free(text);
}

void unit_draft(struct plan *plan, struct text *out, size_t *cell_start) {
    struct earlies earlies;
    earlies_make(plan, false, &earlies);
    bool in_part = false;
    int parts = 0;
    add_preamble(plan, out);
    *cell_start = out->length;
    for (size_t k = 0, stand = 0; k < plan->items.count; k++) {
        size_t i = earlies.order[k];
        const struct item *item = &plan->items.list[i];
        struct planned *planned = &plan->planned[i];
        bool runs = item->kind == ITEM_STATEMENT || item->kind == ITEM_EXPRESSION || item->kind == ITEM_EMPTY;
        if (in_part && (!runs || i + 1 < stand)) text_add(out, "\n}\n"), in_part = false;
        if (i + 1 > stand) stand = i + 1;
        if (!in_part) earlies_say(&earlies, i + 1 < stand ? stand : i, out);
        if (!in_part && runs) text_format(out, "\nvoid " UNIT_PART "%d(void) {\n", parts++), in_part = true;
        planned->draft_start = out->length;
        if (planned->kept) continue;
        switch (item->kind) {
        case ITEM_FUNCTION:
            add_function(plan, out, i, false);
            break;
        case ITEM_DECLARATION:
            add_draft_declaration(plan, out, i);
            break;
        case ITEM_EXPRESSION:
            text_add(out, "\n#pragma clang diagnostic push\n#pragma clang diagnostic ignored \"-Wunused-value\"\n"
                          "#pragma clang diagnostic ignored \"-Wunused-comparison\"\n"
                          "#pragma clang diagnostic ignored \"-Wunused-result\"\n");
            unit_at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n;\n#pragma clang diagnostic pop\n");
            break;
        case ITEM_EMPTY:
            break;
        case ITEM_DIRECTIVE:
            forget_macro(plan, out, item);
            [[fallthrough]];
        case ITEM_STATEMENT:
            unit_at_line(out, UNIT_FILE, item->line + plan->first_line - 1,
                         item->kind == ITEM_DIRECTIVE ? 0 : item->column);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n");
            break;
        }
        planned->draft_end = out->length;
    }
    if (in_part) text_add(out, "\n}\n");
    earlies_say(&earlies, plan->items.count, out);
    earlies_free(&earlies);
}

/* ---- the final text ---- */

struct writer {
    struct plan *plan;
    struct text *out;
    size_t item; /* that is written */
    struct part {
        size_t number, first, last; /* its items: first to last */
    } *parts;
    size_t part_count, part_capacity;
    bool in_part;
};

/* What stands around a cell's statements has lines of a file of its own, so that a breakpoint never means it. */
static void close_part(struct writer *w) {
    if (w->in_part) text_add(w->out, "\n#line 1 \"oto\"\n}\n");
    w->in_part = false;
}

static void open_part(struct writer *w) {
    /* an item that was written later than it stands has a part of its own, for parts run in the cell's order */
    if (w->in_part && w->item != w->parts[w->part_count - 1].last && w->item != w->parts[w->part_count - 1].last + 1)
        close_part(w);
    if (!w->in_part) {
        text_format(w->out, "\n#line 1 \"oto\"\nstatic void " UNIT_PART "%zu(void) {\n", w->part_count);
        struct part part = {.number = w->part_count, .first = w->item};
        ARRAY_ADD(w->parts, w->part_count, w->part_capacity) = part;
    }
    w->parts[w->part_count - 1].last = w->item;
    w->in_part = true;
}

static int by_item(const void *a, const void *b) {
    const struct part *x = a, *y = b;
    if (x->first != y->first) return x->first < y->first ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

/* Calls the parts in the order of their items. */
static void call_parts(struct writer *w) {
    if (w->part_count) qsort(w->parts, w->part_count, sizeof *w->parts, by_item);
    for (size_t i = 0; i < w->part_count; i++) text_format(w->out, UNIT_PART "%zu();\n", w->parts[i].number);
}

/* The attributes behind a declarator without those that its type says already: a vector of vectors is none. */
static char *attributes_of(const char *text, const struct declarator *declarator) {
    static const char *const of_types[] = {"vector_size", "__vector_size__", "ext_vector_type", "__ext_vector_type__"};
    char *attributes =
        must_copy_n(text + declarator->attributes.start, declarator->attributes.end - declarator->attributes.start);
    struct lexer lexer;
    int depth = -1; /* of the brackets behind such a name; -1 outside */
    lexer_start(&lexer, attributes, strlen(attributes));
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        for (size_t i = 0; depth < 0 && i < sizeof of_types / sizeof *of_types; i++)
            if (token_is(attributes, t, of_types[i])) depth = 0;
        if (depth < 0) continue;
        depth += attributes[t.start] == '(' ? 1 : attributes[t.start] == ')' ? -1 : 0;
        bool last = depth == 0 && attributes[t.start] == ')';
        memset(attributes + t.start, ' ', t.end - t.start);
        if (last) depth = -1;
    }
    return attributes;
}

/* Whether a variable of that type takes the value of a literal, and not its address. */
static bool is_copied(const struct type *type) {
    return type->is_array || !strchr(type->canonical, '*');
}

/* Whether a statement is no expression: what is inside it ends with it. */
static bool has_blocks(const char *text, size_t length) {
    static const char *const words[] = {"if", "for", "while", "do", "switch", "case", "default", "{"};
    struct lexer lexer;
    lexer_start(&lexer, text, length);
    struct token first = lexer_next(&lexer), second = lexer_next(&lexer);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (token_is(text, first, words[i])) return true;
    return token_is(text, second, ":");
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
    char *attributes = attributes_of(text, declarator);
    close_part(w);
    if (!variable->runtime) {
        text_format(w->out, "%s%.*s typeof(%s) %.*s __asm__(\"%.*s.new\")%s", thread, alignment_length, alignment, type,
                    name_length, name, name_length, name, attributes);
        if (initialised) {
            text_add(w->out, " =");
            size_t head = own_elements(text, declarator);
            at_offset(plan, w->out, item, item->start + declarator->initialiser.start + head);
            text_add_n(w->out, text + declarator->initialiser.start + head,
                       declarator->initialiser.end - declarator->initialiser.start - head);
        }
        text_add(w->out, ";\n");
        free(attributes);
        return;
    }
    /* declared as the user said, stored without const, so that the cell can fill it when its turn comes */
    text_format(w->out, "extern %s%.*s typeof(%s) %.*s __asm__(\"%.*s.new\");\n", thread, alignment_length, alignment,
                type, name_length, name, name_length, name);
    text_format(w->out, "%s%.*s __typeof_unqual__(%s) oto_store_%.*s __asm__(\"%.*s.new\")%s;\n", thread,
                alignment_length, alignment, type, name_length, name, name_length, name, attributes);
    free(attributes);
    open_part(w);
    /* what is around the value is of that line, too */
    unit_at_line(w->out, UNIT_FILE, item->line + plan->first_line - 1, 0);
    size_t head = own_elements(text, declarator);
    text_format(w->out, "{ __typeof_unqual__(%s) oto_value_ =", type);
    at_offset(plan, w->out, item, item->start + declarator->initialiser.start + head);
    literals_add_lasting(w->out, text + declarator->initialiser.start + head,
                         declarator->initialiser.end - declarator->initialiser.start - head,
                         variable->fact && is_copied(&variable->fact->type));
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
        unit_at_line(w->out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
        text_add_blanked(w->out, text, item->end - item->start, NULL, 0);
        text_add(w->out, "\n");
        return;
    }
    if (d->aggregate.end > d->aggregate.start && !planned->aggregate_kept) {
        close_part(w);
        add_aggregate(plan, w->out, i);
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
        unit_at_line(w->out, UNIT_FILE, line, item->column);
        text_format(w->out, "%.*s\n;\n", length, text);
        return;
    }
    if (fact->type.is_array) { /* _ points at its first element */
        close_part(w);
        text_format(w->out, "typeof(%s) *oto_result_ __asm__(\"_.new\");\n", fact->type.element);
        w->plan->has_own_result = true;
        open_part(w);
        text_add(w->out, "oto_cell_result((const void *)(oto_result_ = (void *)(");
        unit_at_line(w->out, UNIT_FILE, line, item->column);
        literals_add_lasting(w->out, text, item->end - item->start, false);
        text_add(w->out, "\n)), ");
        add_literal(w->out, fact->type.shape);
        text_add(w->out, ");\n");
        return;
    }
    if (fact->type.is_function) {
        open_part(w);
        text_add(w->out, "oto_cell_result((const void *)&(");
        unit_at_line(w->out, UNIT_FILE, line, item->column);
        text_format(w->out, "%.*s\n), ", length, text);
        char *shape = function_shape(plan, text, item->end - item->start);
        add_literal(w->out, shape ? shape : fact->type.shape);
        free(shape);
        text_add(w->out, ");\n");
        return;
    }
    close_part(w);
    if (fact->type.is_anonymous) {
        text_format(w->out, "__typeof_unqual__((%.*s\n)) oto_result_ __asm__(\"_.new\");\n", length, text);
    } else {
        text_format(w->out, "__typeof_unqual__(%s) oto_result_ __asm__(\"_.new\");\n", fact->type.unqualified);
    }
    open_part(w);
    /* no __auto_type of a bit-field, and each writing of a struct without a tag is a type of its own */
    text_format(w->out, "{ %s oto_value_ = (", fact->type.is_anonymous ? "__auto_type" : "typeof(oto_result_)");
    unit_at_line(w->out, UNIT_FILE, line, item->column);
    literals_add_lasting(w->out, text, item->end - item->start, is_copied(&fact->type));
    text_add(w->out, "\n); __builtin_memcpy((void *)&oto_result_, &oto_value_, sizeof oto_result_);");
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
    for (size_t i = 0; i < plan->rebuilt.count; i++) {
        const struct definition *d = plan->names->list[plan->rebuilt.list[i]];
        for (size_t k = 0; k < d->use_count; k++) {
            const struct definition *macro = plan->names->list[d->uses[k]];
            if (macro->kind != DEFINED_MACRO) continue;
            text_format(w->out, "\n#undef %s\n%s\n", macro->name, macro->text);
        }
        struct declaration head;
        declaration_scan(d->source, function_body(d->source), &head);
        char *file = must_format("%s:%d", UNIT_FILE, d->cell);
        unit_at_line(w->out, file, d->line, d->column);
        text_add_blanked(w->out, d->source, strlen(d->source), head.storage_words, head.storage_count);
        text_add(w->out, "\n");
        declaration_free(&head);
        free(file);
    }
}

void unit_final(struct plan *plan, struct text *out) {
    struct writer w = {.plan = plan, .out = out};
    struct earlies earlies;
    earlies_make(plan, true, &earlies);
    add_preamble(plan, out);
    for (size_t k = 0, stand = 0; k < plan->items.count; k++) {
        size_t i = earlies.order[k];
        const struct item *item = &plan->items.list[i];
        bool runs = item->kind == ITEM_STATEMENT || item->kind == ITEM_EMPTY || item->kind == ITEM_EXPRESSION;
        w.item = i;
        if (plan->planned[i].kept) continue;
        if (!runs || i + 1 < stand) close_part(&w);
        if (i + 1 > stand) stand = i + 1;
        if (!w.in_part) earlies_say(&earlies, i + 1 < stand ? stand : i, out);
        switch (item->kind) {
        case ITEM_FUNCTION:
            add_function(plan, out, i, true);
            break;
        case ITEM_DECLARATION:
            add_final_declaration(&w, i);
            break;
        case ITEM_EXPRESSION:
            add_result(&w, i);
            break;
        case ITEM_DIRECTIVE:
            forget_macro(plan, out, item);
            unit_at_line(out, UNIT_FILE, item->line + plan->first_line - 1, 0);
            text_add_n(out, plan->source + item->start, item->end - item->start);
            text_add(out, "\n");
            break;
        case ITEM_EMPTY:
            break;
        case ITEM_STATEMENT:
            open_part(&w);
            unit_at_line(out, UNIT_FILE, item->line + plan->first_line - 1, item->column);
            if (has_blocks(plan->source + item->start, item->end - item->start))
                text_add_n(out, plan->source + item->start, item->end - item->start);
            else
                literals_add_lasting(out, plan->source + item->start, item->end - item->start, false);
            text_add(out, "\n");
            break;
        }
    }
    close_part(&w);
    earlies_say(&earlies, plan->items.count, out);
    earlies_free(&earlies);
    add_rebuilt(&w);
    text_add(out, "\n#line 1 \"oto\"\nvoid oto_cell(void) __asm__(\"oto_cell.new\");\nvoid oto_cell(void) {\n");
    if (plan->time_prologue) text_add(out, plan->time_prologue);
    call_parts(&w);
    if (plan->time_epilogue) text_add(out, plan->time_epilogue);
    text_add(out, "}\n");
    free(w.parts);
}
