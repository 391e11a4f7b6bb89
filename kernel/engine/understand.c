#include "kernel/engine/understand.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/report.h"
#include "kernel/engine/token.h"

/* ---- what names are, for the splitter ---- */

static bool oracle_is_type(void *context, const char *name, size_t length) {
    struct session *session = context;
    struct definition *d = names_find_n(&session->names, 'o', name, length);
    if (d) return d->kind == DEFINED_TYPE && d->spelling && !strcmp(d->spelling, "typedef");
    return names_find_n(&session->headers, 't', name, length) != NULL;
}

static bool oracle_is_macro(void *context, const char *name, size_t length) {
    struct session *session = context;
    struct definition *d = names_find_n(&session->names, 'o', name, length);
    return d && d->kind == DEFINED_MACRO;
}

/* Macros that the cell itself defines are macros too. */
struct oracle_context {
    struct session *session;
    struct names *own;
};

static bool own_is_type(void *context, const char *name, size_t length) {
    return oracle_is_type(((struct oracle_context *)context)->session, name, length);
}

static bool own_is_macro(void *context, const char *name, size_t length) {
    struct oracle_context *c = context;
    return names_find_n(c->own, 'o', name, length) || oracle_is_macro(c->session, name, length);
}

void session_split(struct session *session, const char *source, size_t length, struct items *items) {
    static struct definition a_macro;
    struct names own = {};
    struct lexer lexer;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.kind != TOKEN_DIRECTIVE) continue;
        const char *at = source + t.start + 1, *end = source + t.end;
        while (at < end && isspace((unsigned char)*at)) at++;
        if (end - at < 7 || strncmp(at, "define", 6)) continue;
        at += 6;
        while (at < end && isspace((unsigned char)*at)) at++;
        const char *name = at;
        while (at < end && (isalnum((unsigned char)*at) || *at == '_')) at++;
        char *key = must_format("o %.*s", (int)(at - name), name);
        names_set(&own, key, &a_macro);
        free(key);
    }
    struct oracle_context context = {session, &own};
    struct name_oracle oracle = {&context, own_is_type, own_is_macro};
    split_cell(source, length, &oracle, items);
    names_clear(&own);
}

/* ---- conditionals ---- */

static bool is_conditional(const char *source, struct token token) {
    static const char *const words[] = {"ifdef", "ifndef", "if", "elifdef", "elifndef", "elif", "else", "endif"};
    const char *at = source + token.start + 1;
    while (*at == ' ' || *at == '\t') at++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t length = strlen(words[i]);
        if (!strncmp(at, words[i], length) && !isalnum((unsigned char)at[length])) return true;
    }
    return false;
}

static void blank(char *text, size_t start, size_t end) {
    for (size_t i = start; i < end; i++)
        if (text[i] != '\n') text[i] = ' ';
}

/* The conditional directive that holds an offset of the source? */
static bool on_conditional(const char *source, size_t length, size_t offset) {
    struct lexer lexer;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END && t.start <= offset;)
        if (t.kind == TOKEN_DIRECTIVE && is_conditional(source, t) && offset <= t.end) return true;
    return false;
}

/* Reports what is wrong with the conditionals themselves; false when something is. */
static bool check_conditionals(struct session *session, const struct code *code, struct facts *facts, size_t from,
                               struct cell_outcome *outcome) {
    size_t count = 0;
    for (size_t i = 0; i < facts->diagnostic_count; i++) {
        struct diagnostic *d = &facts->diagnostics[i];
        bool theirs = d->severity == SEVERITY_ERROR && d->offset != (size_t)-1 && d->offset >= from &&
                      on_conditional(code->source, code->length, d->offset - from);
        if (theirs)
            count++;
        else
            d->severity = SEVERITY_NOTE;
    }
    if (count) report_compile_error(session, facts->diagnostics, facts->diagnostic_count, code->number, outcome);
    return count == 0;
}

bool resolve_conditionals(struct session *session, const struct code *code, const struct flavour *flavour,
                          char **resolved, struct cell_outcome *outcome) {
    struct lexer lexer;
    bool any = false;
    *resolved = NULL;
    lexer_start(&lexer, code->source, code->length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        any |= t.kind == TOKEN_DIRECTIVE && is_conditional(code->source, t);
    if (!any) return true;
    struct closure closure = {};
    struct text text = {};
    struct facts facts;
    closure_add_text(&closure, &session->names, code->source, code->length, NULL, NULL);
    for (size_t i = 0; i < closure.count; i++)
        if (session->names.list[closure.list[i]]->kind == DEFINED_MACRO)
            text_format(&text, "%s\n", session->names.list[closure.list[i]]->text);
    closure_free(&closure);
    text_format(&text, "#line %d \"" UNIT_FILE "\"\n", code->first_line);
    size_t from = text.length;
    text_add_n(&text, code->source, code->length);
    text_add(&text, "\n");
    parse_text(session->parser, (const char *const *)flavour->parse_flags, text_c(&text), text.length, from, UNIT_PART,
               &facts);
    bool sound = check_conditionals(session, code, &facts, from, outcome);
    char *result = must_copy_n(code->source, code->length);
    for (size_t i = 0; i < facts.skipped_count; i++) {
        if (facts.skipped[i].start < from || facts.skipped[i].end > from + code->length) continue;
        blank(result, facts.skipped[i].start - from, facts.skipped[i].end - from);
    }
    lexer_start(&lexer, code->source, code->length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        if (t.kind == TOKEN_DIRECTIVE && is_conditional(code->source, t)) blank(result, t.start, t.end);
    facts_free(&facts);
    text_free(&text);
    if (sound)
        *resolved = result;
    else
        free(result);
    return sound;
}

bool check_comments(struct session *session, const struct code *code, struct cell_outcome *outcome) {
    struct lexer lexer;
    struct token t;
    size_t end = 0;
    lexer_start(&lexer, code->source, code->length);
    for (; (t = lexer_next(&lexer)).kind != TOKEN_END;) end = t.kind == TOKEN_DIRECTIVE ? t.start : t.end;
    const char *comment = t.open ? memmem(code->source + end, code->length - end, "/*", 2) : NULL;
    if (!comment) return true;
    struct diagnostic d = {.severity = SEVERITY_ERROR,
                           .file = UNIT_FILE,
                           .line = code->first_line,
                           .column = 1,
                           .message = "unterminated /* comment",
                           .option = ""};
    for (const char *c = code->source; c < comment; c++) {
        d.column++;
        if (*c == '\n') d.line++, d.column = 1;
    }
    report_compile_error(session, &d, 1, code->number, outcome);
    return false;
}

/* ---- from a draft's facts to the plan ---- */

/* The item of a place in the draft, or -1. */
long item_at(const struct plan *plan, size_t offset) {
    size_t low = 0, high = plan->items.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (plan->planned[middle].draft_end <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < plan->items.count && plan->planned[low].draft_start <= offset ? (long)low : -1;
}

static struct planned_variable *variable_named(struct plan *plan, size_t item, const char *name) {
    struct planned *planned = &plan->planned[item];
    const char *text = plan->source + plan->items.list[item].start;
    for (size_t k = 0; k < planned->declaration.count && planned->variables; k++)
        if (span_is(text, planned->declaration.declarators[k].name, name)) return &planned->variables[k];
    return NULL;
}

/* Attaches each fact to its item. Returns true when an item turned out to be something else: the plan must be made
 * again. */
static bool attach_facts(struct plan *plan, const struct facts *facts) {
    bool again = false;
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];
        long at = item_at(plan, fact->offset);
        if (fact->kind == FACT_LOCAL || fact->kind == FACT_EXPRESSION || fact->kind == FACT_RETURN)
            at = item_at(plan, fact->start);
        if (at < 0) continue;
        struct item *item = &plan->items.list[at];
        struct planned *planned = &plan->planned[at];
        if (fact->kind == FACT_LOCAL && (item->kind == ITEM_STATEMENT || item->kind == ITEM_EXPRESSION)) {
            item->kind = ITEM_DECLARATION;
            again = true;
        } else if (fact->kind == FACT_EXPRESSION && item->kind == ITEM_EXPRESSION) {
            planned->fact = fact;
        } else if (fact->kind == FACT_FUNCTION && item->kind == ITEM_FUNCTION) {
            planned->fact = fact;
        } else if ((fact->kind == FACT_VARIABLE || fact->kind == FACT_PROTOTYPE) && item->kind == ITEM_DECLARATION) {
            struct planned_variable *variable = variable_named(plan, (size_t)at, fact->name);
            if (variable) variable->fact = fact;
        }
    }
    return again;
}

/* The declarator of an item whose initialiser or lengths contain a place of the draft. */
static struct planned_variable *variable_at(struct plan *plan, size_t item, int line, int column) {
    struct planned *planned = &plan->planned[item];
    const struct item *it = &plan->items.list[item];
    const char *text = plan->source + it->start;
    for (size_t k = 0; k < planned->declaration.count && planned->variables; k++) {
        struct span whole = planned->declaration.declarators[k].whole;
        int at_line = it->line + plan->first_line - 1, at_column = it->column + 1;
        bool after_start = false;
        for (size_t i = 0; i <= whole.end; i++) {
            if (i == whole.start) after_start = at_line < line || (at_line == line && at_column <= column);
            if (i == whole.end) {
                bool before_end = at_line > line || (at_line == line && at_column >= column);
                if (after_start && before_end) return &planned->variables[k];
                break;
            }
            at_column++;
            if (text[i] == '\n') at_line++, at_column = 1;
        }
    }
    return NULL;
}

/* Errors that only mean that something happens at run time are taken off; true when one was. */
static bool forgive(struct plan *plan, struct diagnostic *d) {
    bool runtime = strstr(d->message, "initializer element is not a compile-time constant") != NULL;
    bool lengths = strstr(d->message, "variable length array declaration not allowed at file scope") ||
                   strstr(d->message, "variably modified type declaration not allowed at file scope");
    if (!runtime && !lengths) return false;
    long at = d->offset == (size_t)-1 ? -1 : item_at(plan, d->offset);
    if (at < 0 || plan->items.list[at].kind != ITEM_DECLARATION) return false;
    struct planned_variable *variable = variable_at(plan, (size_t)at, d->line, d->column);
    if (!variable) return false;
    if (runtime)
        variable->runtime = true;
    else
        variable->lengths_at_runtime = true;
    d->severity = SEVERITY_NOTE;
    return true;
}

size_t error_count(const struct facts *facts) {
    size_t count = 0;
    for (size_t i = 0; i < facts->diagnostic_count; i++) count += facts->diagnostics[i].severity == SEVERITY_ERROR;
    return count;
}

/* An item that is a function after all: macros may expand to a whole definition. */
static bool misread_function(struct plan *plan, const struct facts *facts) {
    bool again = false;
    for (size_t i = 0; i < facts->diagnostic_count; i++) {
        const struct diagnostic *d = &facts->diagnostics[i];
        if (!strstr(d->message, "function definition is not allowed here") || d->offset == (size_t)-1) continue;
        long at = item_at(plan, d->offset);
        if (at < 0 || plan->items.list[at].kind != ITEM_STATEMENT) continue;
        plan->items.list[at].kind = ITEM_DECLARATION;
        again = true;
    }
    return again;
}

bool fail_here(struct session *session, const struct code *code, struct cell_outcome *outcome, char *message) {
    report_refusal(session, code->number, code->first_line, message, NULL, outcome);
    return false;
}

/* Warnings that the cell gives no reason for: about the length that the parser was given for an array whose length is
 * not known yet; and about a last value that a ; keeps from being shown, as notebooks do. */
static void drop_warnings(const struct plan *plan, struct facts *facts) {
    bool lengths = false;
    for (size_t i = 0; i < plan->items.count; i++)
        for (size_t k = 0; k < plan->planned[i].declaration.count && plan->planned[i].variables; k++)
            lengths |= plan->planned[i].variables[k].lengths_at_runtime;
    for (size_t i = 0; i < facts->diagnostic_count; i++) {
        struct diagnostic *d = &facts->diagnostics[i];
        if (d->severity != SEVERITY_WARNING) continue;
        long at = d->offset == (size_t)-1 ? -1 : item_at(plan, d->offset);
        bool last = at >= 0 && (size_t)at + 1 == plan->items.count && plan->items.list[at].kind == ITEM_STATEMENT;
        if ((lengths && !strcmp(d->option, "-Warray-bounds")) || (last && !strcmp(d->option, "-Wunused-value")))
            d->severity = SEVERITY_NOTE;
    }
}

/* ---- the whole ---- */

void attempt_free(struct attempt *a) {
    plan_free(&a->plan);
    facts_free(&a->facts);
    text_free(&a->draft);
}

/* Plans, drafts and parses until every item is known for what it is. */
bool understand(struct session *session, const struct code *code, struct attempt *a, struct flavour **flavour,
                struct cell_outcome *outcome) {
    char *error = NULL;
    enum item_kind *kinds = NULL;
    size_t kind_count = 0;
    for (int round = 0; round < 6; round++) {
        a->plan = (struct plan){.source = code->source,
                                .length = code->length,
                                .first_line = code->first_line,
                                .names = &session->names,
                                .headers = &session->headers,
                                .time_prologue = code->prologue,
                                .time_epilogue = code->epilogue};
        session_split(session, code->source, code->length, &a->plan.items);
        for (size_t i = 0; i < kind_count && i < a->plan.items.count; i++) a->plan.items.list[i].kind = kinds[i];
        plan_make(&a->plan);
        *flavour = session_flavour(session, code->mode, &error);
        if (!*flavour) return fail_here(session, code, outcome, error);
        size_t start;
        unit_draft(&a->plan, &a->draft, &start);
        parse_text(session->parser, (const char *const *)(*flavour)->parse_flags, text_c(&a->draft), a->draft.length,
                   start, UNIT_PART, &a->facts);
        if (a->facts.failed) return fail_here(session, code, outcome, must_copy("the parser gave no answer"));
        bool again = attach_facts(&a->plan, &a->facts);
        again = misread_function(&a->plan, &a->facts) || again;
        if (!again) {
            /* lengths first: until they are constants the parser knows little of the array */
            bool lengths = false;
            for (size_t i = 0; i < a->facts.diagnostic_count; i++)
                if (a->facts.diagnostics[i].severity == SEVERITY_ERROR)
                    lengths |= forgive(&a->plan, &a->facts.diagnostics[i]) &&
                               strstr(a->facts.diagnostics[i].message, "at file scope");
            if (!lengths) break;
            /* see whether the rest is sound with some constant length */
            text_clear(&a->draft);
            unit_draft(&a->plan, &a->draft, &start);
            facts_free(&a->facts);
            parse_text(session->parser, (const char *const *)(*flavour)->parse_flags, text_c(&a->draft),
                       a->draft.length, start, UNIT_PART, &a->facts);
            attach_facts(&a->plan, &a->facts);
            for (size_t i = 0; i < a->facts.diagnostic_count; i++)
                if (a->facts.diagnostics[i].severity == SEVERITY_ERROR) forgive(&a->plan, &a->facts.diagnostics[i]);
            break;
        }
        kind_count = a->plan.items.count;
        kinds = must_grow(kinds, kind_count * sizeof *kinds);
        for (size_t i = 0; i < kind_count; i++) kinds[i] = a->plan.items.list[i].kind;
        attempt_free(a);
        *a = (struct attempt){};
    }
    free(kinds);
    drop_warnings(&a->plan, &a->facts);
    return true;
}
