#include "kernel/engine/understand.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/content.h"
#include "kernel/engine/member_names.h"
#include "kernel/engine/report.h"
#include "kernel/engine/token.h"

/* ---- what names are, for the splitter ---- */

static bool oracle_is_type(void *context, const char *name, size_t length) {
    struct session *session = context;
    struct definition *d = names_find_n(&session->names, 'o', name, length);
    if (d) return d->kind == DEFINED_TYPE && d->spelling && !strcmp(d->spelling, "typedef");
    return names_find_n(&session->headers, 'y', name, length) != NULL;
}

/* Macros that the cell itself defines are macros too. */
struct oracle_context {
    struct session *session;
    struct names own;
};

static bool own_is_type(void *context, const char *name, size_t length) {
    return oracle_is_type(((struct oracle_context *)context)->session, name, length);
}

static const struct definition *macro_named(const struct oracle_context *c, const char *name, size_t length) {
    const struct definition *own = names_find_n(&c->own, 'm', name, length);
    return own ? own : names_find_n(&c->session->names, 'm', name, length);
}

static bool own_is_macro(void *context, const char *name, size_t length) {
    return macro_named(context, name, length) != NULL;
}

/* Whether what a macro stands for ends as a statement or a definition does. */
static bool ends_item(void *context, const char *name, size_t length) {
    const struct oracle_context *c = context;
    const struct definition *macro = macro_named(c, name, length);
    for (int depth = 0; macro && depth < 10; depth++) {
        const char *body = strstr(macro->text, "define");
        struct lexer lexer;
        struct token last = {};
        if (!body) return false;
        lexer_start(&lexer, body, strlen(body));
        for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) last = t;
        if (token_is(body, last, ";") || token_is(body, last, "}")) return true;
        if (last.kind != TOKEN_WORD) return false;
        const struct definition *next = macro_named(c, body + last.start, last.end - last.start);
        macro = next == macro ? NULL : next;
    }
    return false;
}

void session_split(struct session *session, const char *source, size_t length, struct items *items) {
    struct oracle_context context = {.session = session};
    struct lexer lexer;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        struct span name =
            t.kind == TOKEN_DIRECTIVE ? directive_name(source + t.start, t.end - t.start, "define") : (struct span){};
        if (name.end == name.start) continue;
        char *own = must_copy_n(source + t.start + name.start, name.end - name.start);
        struct definition *macro = definition_new(DEFINED_MACRO, own);
        definition_key(macro, 'm', own, strlen(own));
        macro->text = must_copy_n(source + t.start, t.end - t.start);
        names_add(&context.own, macro);
        free(own);
    }
    struct name_oracle oracle = {&context, own_is_type, own_is_macro, ends_item};
    split_cell(source, length, &oracle, items);
    names_clear(&context.own);
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

/* Whether an error at the end of a conditional is about it, and not about the C that ends there. */
static bool is_about_condition(const struct diagnostic *d) {
    static const char *const words[] = {"expression", "macro name", "missing", "#"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(d->message, words[i])) return true;
    return false;
}

/* What is wrong with the conditionals themselves; false when nothing is. The text holds the source from `from` on. */
static bool report_conditionals(struct session *session, const struct code *code, const struct facts *facts,
                                size_t from, struct cell_outcome *outcome) {
    struct diagnostic *wrong = NULL;
    size_t count = 0, capacity = 0;
    struct lexer lexer;
    lexer_start(&lexer, code->source, code->length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.kind != TOKEN_DIRECTIVE || !is_conditional(code->source, t)) continue;
        for (size_t i = 0; i < facts->diagnostic_count; i++) {
            const struct diagnostic *d = &facts->diagnostics[i];
            if (d->severity != SEVERITY_ERROR || d->offset < from + t.start || d->offset > from + t.end) continue;
            if (d->offset < from + t.end || is_about_condition(d)) ARRAY_ADD(wrong, count, capacity) = *d;
        }
    }
    if (count) report_compile_error(session, wrong, count, code->number, outcome);
    free(wrong);
    return count > 0;
}

char *without_conditionals(struct session *session, const struct flavour *flavour, const struct code *code,
                           struct cell_outcome *outcome) {
    const char *source = code->source;
    size_t length = code->length;
    struct lexer lexer;
    bool any = false;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        any |= t.kind == TOKEN_DIRECTIVE && is_conditional(source, t);
    char *result = must_copy_n(source, length);
    if (!any) return result;
    struct closure closure = {};
    struct text text = {};
    struct facts facts;
    for (size_t i = 0; i < session->names.include_count; i++)
        closure_add(&closure, &session->names, session->names.list[session->names.includes[i]]);
    closure_add_text(&closure, &session->names, source, length, NULL, NULL);
    for (size_t i = 0; i < closure.count; i++) {
        const struct definition *d = session->names.list[closure.list[i]];
        if (d->kind == DEFINED_MACRO) text_format(&text, "#undef %s\n%s\n", d->name, d->text);
        if (d->kind == DEFINED_INCLUDE) text_format(&text, "%s\n", d->text);
    }
    closure_free(&closure);
    text_format(&text, "#line %d \"" UNIT_FILE "\"\n", code->first_line);
    size_t from = text.length;
    text_add_n(&text, source, length);
    text_add(&text, "\n");
    parse_text(session->parser, (const char *const *)flavour->parse_flags, text_c(&text), text.length, from, UNIT_PART,
               &facts);
    bool wrong = report_conditionals(session, code, &facts, from, outcome);
    for (size_t i = 0; i < facts.skipped_count; i++) {
        if (facts.skipped[i].start < from || facts.skipped[i].end > from + length) continue;
        blank(result, facts.skipped[i].start - from, facts.skipped[i].end - from);
    }
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        if (t.kind == TOKEN_DIRECTIVE && is_conditional(source, t)) blank(result, t.start, t.end);
    facts_free(&facts);
    text_free(&text);
    if (!wrong) return result;
    free(result);
    return NULL;
}

/* An error of the tokens themselves, at a place of the source. */
static bool refuse_tokens(struct session *session, const struct code *code, size_t at, char *message,
                          struct cell_outcome *outcome) {
    struct diagnostic d = {.severity = SEVERITY_ERROR,
                           .file = UNIT_FILE,
                           .line = code->first_line,
                           .column = 1,
                           .message = message,
                           .option = ""};
    for (size_t i = 0; i < at; i++) {
        d.column++;
        if (code->source[i] == '\n') d.line++, d.column = 1;
    }
    report_compile_error(session, &d, 1, code->number, outcome);
    return false;
}

bool check_tokens(struct session *session, const struct code *code, struct cell_outcome *outcome) {
    const char *source = code->source;
    struct lexer lexer;
    struct token t, before = {};
    size_t end = 0;
    lexer_start(&lexer, source, code->length);
    for (; (t = lexer_next(&lexer)).kind != TOKEN_END; before = t) {
        end = t.kind == TOKEN_DIRECTIVE ? t.start : t.end;
        /* clang's parser never comes back from ((:: */
        if (token_is(source, before, "(") && !strncmp(source + t.start, "::", 2))
            return refuse_tokens(session, code, t.start, "'::' is C++'s: C has no namespaces, so write the name alone",
                                 outcome);
    }
    const char *comment = t.open ? memmem(source + end, code->length - end, "/*", 2) : NULL;
    return !comment || refuse_tokens(session, code, (size_t)(comment - source), "unterminated /* comment", outcome);
}

/* ---- from a draft's facts to the plan ---- */

long item_at(const struct plan *plan, size_t offset) {
    for (size_t i = 0; i < plan->items.count; i++)
        if (plan->planned[i].draft_start <= offset && offset < plan->planned[i].draft_end) return (long)i;
    return -1;
}

static struct planned_variable *variable_named(struct plan *plan, size_t item, const char *name) {
    struct planned *planned = &plan->planned[item];
    const char *text = plan->source + plan->items.list[item].start;
    for (size_t k = 0; k < planned->declaration.count && planned->variables; k++)
        if (span_is(text, planned->declaration.declarators[k].name, name)) return &planned->variables[k];
    return NULL;
}

static void add_meaning(struct planned *planned, const struct fact *fact) {
    if (!fact->meaning) return;
    char *before = planned->meaning;
    planned->meaning = must_format("%s%s%s", before ? before : "", before ? " " : "", fact->meaning);
    free(before);
}

/* Attaches each fact to its item. Returns true when an item turned out to be something else: the plan must be made
 * again. */
static bool attach_facts(struct plan *plan, const struct facts *facts) {
    bool again = false;
    for (size_t i = 0; i < plan->items.count; i++) {
        free(plan->planned[i].meaning);
        plan->planned[i].meaning = NULL;
    }
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];
        long at = item_at(plan, fact->offset);
        if (fact->kind == FACT_LOCAL || fact->kind == FACT_EXPRESSION || fact->kind == FACT_RETURN)
            at = item_at(plan, fact->start);
        if (at < 0) continue;
        struct item *item = &plan->items.list[at];
        struct planned *planned = &plan->planned[at];
        if (fact->kind == FACT_TAG || fact->kind == FACT_TYPEDEF) add_meaning(planned, fact);
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

static bool is_about_length(const struct diagnostic *d) {
    return strstr(d->message, "variable length array declaration not allowed at file scope") ||
           strstr(d->message, "variably modified type declaration not allowed at file scope");
}

static bool is_uncounted(const struct planned_variable *variable) {
    return variable->fact && strstr(variable->fact->type.canonical, "[]");
}

/* An error that only means that something happens at run time is taken off; true when it was one. */
static bool forgive(struct plan *plan, struct diagnostic *d) {
    bool runtime = strstr(d->message, "initializer element is not a compile-time constant") ||
                   strstr(d->message, "statement expression not allowed at file scope");
    bool lengths = is_about_length(d);
    if (!runtime && !lengths) return false;
    long at = d->offset == (size_t)-1 ? -1 : item_at(plan, d->offset);
    if (at < 0 || plan->items.list[at].kind != ITEM_DECLARATION) return false;
    struct planned_variable *variable = variable_at(plan, (size_t)at, d->line, d->column);
    if (!variable) return false;
    if (runtime)
        variable->runtime = true;
    else
        variable->lengths_at_runtime = true;
    if (runtime && is_uncounted(variable)) variable->literals_at_runtime = true;
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

/* ---- declarations that macros make ---- */

/* The first item that declares names which its words do not show; -1: none. */
static long opaque_item(const struct plan *plan, const struct facts *facts) {
    for (size_t i = 0; i < facts->count; i++) {
        const struct fact *fact = &facts->list[i];
        bool tag = fact->kind == FACT_TAG, name = fact->kind == FACT_ENUMERATOR || fact->kind == FACT_TYPEDEF ||
                                                  fact->kind == FACT_FUNCTION ||
                                                  (fact->kind == FACT_VARIABLE && !fact->is_extern);
        long at = tag || name ? item_at(plan, fact->offset) : -1;
        if (at < 0 || !*fact->name || strpbrk(fact->name, " (")) continue;
        enum item_kind kind = plan->items.list[at].kind;
        if (kind != ITEM_DECLARATION && kind != ITEM_FUNCTION) continue;
        if (tag && !fact->is_definition) continue;
        struct names keys = {};
        plan_item_keys(plan, (size_t)at, &keys);
        /* a struct that only a typedef names is told by that name */
        bool shown = plan->planned[at].kept || names_find_n(&keys, 'o', fact->name, strlen(fact->name)) ||
                     (tag && names_find_n(&keys, 't', fact->name, strlen(fact->name))) ||
                     (plan->planned[at].aggregate_kept && (tag || fact->kind == FACT_ENUMERATOR));
        names_clear(&keys);
        if (!shown) return at;
    }
    return -1;
}

/* The source with that item written out as the parser understood it, on one line; malloc'd. */
static char *written_out(struct session *session, const struct flavour *flavour, const struct attempt *a, size_t item) {
    const struct item *it = &a->plan.items.list[item];
    const struct planned *planned = &a->plan.planned[item];
    char *declarations = parse_print(session->parser, (const char *const *)flavour->parse_flags, text_c(&a->draft),
                                     a->draft.length, planned->draft_start, planned->draft_end);
    struct text source = {};
    text_add_n(&source, a->plan.source, it->start);
    text_add(&source, declarations);
    for (size_t i = it->start; i < it->end; i++)
        if (a->plan.source[i] == '\n') text_add(&source, "\n");
    text_add(&source, a->plan.source + it->end);
    free(declarations);
    return text_take(&source);
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
    free(a->written);
    *a = (struct attempt){};
}

/* What one round learnt for the next. */
struct lesson {
    char *source;          /* with what macros declare written out, or NULL */
    enum item_kind *kinds; /* of the items; NULL: as the splitter takes them */
    size_t kind_count;
    struct names edited; /* a set of keys: names of headers that mean something else than they did */
    bool *same;          /* of the items; NULL, or whether its types are known to mean what the session's do */
};

static void plan_source(struct session *session, const struct code *code, const struct lesson *lesson,
                        struct attempt *a) {
    *a = (struct attempt){.written = lesson->source ? must_copy(lesson->source) : NULL};
    const char *source = a->written ? a->written : code->source;
    a->plan = (struct plan){.source = source,
                            .length = a->written ? strlen(a->written) : code->length,
                            .first_line = code->first_line,
                            .names = &session->names,
                            .headers = &session->headers,
                            .time_prologue = code->prologue,
                            .time_epilogue = code->epilogue};
    session_split(session, source, a->plan.length, &a->plan.items);
    for (size_t i = 0; i < lesson->kind_count && i < a->plan.items.count; i++)
        a->plan.items.list[i].kind = lesson->kinds[i];
    a->plan.same = lesson->same;
    a->plan.edited = lesson->edited.table_used ? &lesson->edited : NULL;
    plan_make(&a->plan);
    a->plan.same = NULL;
    a->plan.edited = NULL;
    a->renewing = plan_redefined_after_use(&a->plan);
}

static void parse_draft(struct session *session, const struct flavour *flavour, struct attempt *a) {
    size_t start;
    text_clear(&a->draft);
    facts_free(&a->facts);
    unit_draft(&a->plan, &a->draft, &start);
    parse_text(session->parser, (const char *const *)flavour->parse_flags, text_c(&a->draft), a->draft.length, start,
               UNIT_PART, &a->facts);
}

/* Takes errors off the facts that are none; true when the length of an array is still to be told. */
static bool forgive_all(struct attempt *a) {
    bool lengths = false;
    for (size_t i = 0; i < a->facts.diagnostic_count; i++) {
        struct diagnostic *d = &a->facts.diagnostics[i];
        if (d->severity == SEVERITY_ERROR) lengths |= forgive(&a->plan, d) && is_about_length(d);
    }
    for (size_t i = 0; i < a->plan.items.count; i++)
        for (size_t k = 0; k < a->plan.planned[i].declaration.count && a->plan.planned[i].variables; k++)
            lengths |= a->plan.planned[i].variables[k].literals_at_runtime;
    return lengths;
}

static void learn_kinds(struct lesson *lesson, const struct plan *plan) {
    lesson->kind_count = plan->items.count;
    lesson->kinds = must_grow(lesson->kinds, lesson->kind_count * sizeof *lesson->kinds);
    for (size_t i = 0; i < lesson->kind_count; i++) lesson->kinds[i] = plan->items.list[i].kind;
}

static bool has_error(const struct attempt *a, size_t item) {
    for (size_t i = 0; i < a->facts.diagnostic_count; i++) {
        const struct diagnostic *d = &a->facts.diagnostics[i];
        if (d->severity == SEVERITY_ERROR && d->offset != (size_t)-1 && item_at(&a->plan, d->offset) == (long)item)
            return true;
    }
    return false;
}

/* Types that are written in another way than the session's, and mean the same; true when there are new ones. */
static bool learn_same(struct lesson *lesson, const struct attempt *a) {
    bool learnt = false;
    for (size_t i = 0; i < a->plan.items.count; i++) {
        if ((lesson->same && lesson->same[i]) || !plan_means_the_same(&a->plan, i) || has_error(a, i)) continue;
        if (!lesson->same) lesson->same = must_allocate(a->plan.items.count * sizeof *lesson->same);
        lesson->same[i] = learnt = true;
    }
    return learnt;
}

static bool includes_files(const struct plan *plan) {
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        if (item->kind == ITEM_DIRECTIVE && content_reads_files(plan->source + item->start, item->end - item->start))
            return true;
    }
    return false;
}

/* Notes the names of the user's headers that the session does not know as they are now; true when the header of one was
 * edited, which the next round must know. A cell that neither includes a header nor needs the name leaves it as it was:
 * what no longer compiles with it is told where it matters. */
static bool learn_headers(struct session *session, struct attempt *a, struct lesson *lesson) {
    static struct definition edited;
    bool learnt = false, all = includes_files(&a->plan);
    a->plan.header_name_count = 0;
    for (size_t i = 0; i < a->facts.count; i++) {
        const struct fact *fact = &a->facts.list[i];
        if (fact->kind != FACT_HEADER_NAME || !*fact->name || strchr(fact->name, '(')) continue;
        char *key = plan_header_key(fact);
        const struct definition *old = names_find(&session->names, key);
        bool known = names_find(&lesson->edited, key), matters = all || known || !old;
        if (!matters) matters = closure_has(&a->plan.closure, old->number);
        if (matters && (!old || strcmp(old->meaning, fact->meaning)))
            ARRAY_ADD(a->plan.header_names, a->plan.header_name_count, a->plan.header_name_capacity) = fact;
        if (matters && old && strcmp(old->meaning, fact->meaning) && !known) {
            names_set(&lesson->edited, key, &edited);
            learnt = true;
        }
        free(key);
    }
    return learnt;
}

static void lesson_free(struct lesson *lesson) {
    names_clear(&lesson->edited);
    free(lesson->source);
    free(lesson->kinds);
    free(lesson->same);
    *lesson = (struct lesson){};
}

/* Whether the next round knows more than this one. */
static bool learn(struct session *session, const struct flavour *flavour, struct attempt *a, struct lesson *lesson) {
    bool again = attach_facts(&a->plan, &a->facts);
    if (misread_function(&a->plan, &a->facts) || again) {
        learn_kinds(lesson, &a->plan);
        return true;
    }
    if (learn_headers(session, a, lesson) || learn_same(lesson, a)) return true;
    char *marked = member_names_marked(&a->plan, &a->facts);
    if (marked) {
        lesson_free(lesson);
        lesson->source = marked;
        return true;
    }
    if (forgive_all(a)) { /* until lengths are constants the parser knows little of the array */
        parse_draft(session, flavour, a);
        attach_facts(&a->plan, &a->facts);
        forgive_all(a);
    }
    long opaque = error_count(&a->facts) ? -1 : opaque_item(&a->plan, &a->facts);
    if (opaque < 0) return false;
    char *source = written_out(session, flavour, a, (size_t)opaque);
    lesson_free(lesson);
    lesson->source = source;
    return true;
}

static bool fail_unparsed(struct session *session, const struct code *code, const struct facts *facts,
                          struct cell_outcome *outcome) {
    if (facts->end == PARSE_STOPPED) {
        outcome_fail(outcome, "KeyboardInterrupt",
                     must_copy("interrupted while the cell was compiled; what ran before stays"));
        return false;
    }
    return fail_here(session, code, outcome, must_copy(facts->why));
}

bool understand(struct session *session, const struct code *code, struct attempt *a, struct flavour **flavour,
                struct cell_outcome *outcome) {
    enum { ROUNDS = 40 }; /* each writes out one item at the most */
    char *error = NULL;
    struct lesson lesson = {};
    *flavour = session_flavour(session, code->mode, &error);
    if (!*flavour) return fail_here(session, code, outcome, error);
    for (int round = 0; round < ROUNDS; round++) {
        attempt_free(a);
        plan_source(session, code, &lesson, a);
        if (a->renewing) break;
        parse_draft(session, *flavour, a);
        if (a->facts.end != PARSED || !learn(session, *flavour, a, &lesson)) break;
    }
    lesson_free(&lesson);
    drop_warnings(&a->plan, &a->facts);
    return a->facts.end == PARSED || fail_unparsed(session, code, &a->facts, outcome);
}
