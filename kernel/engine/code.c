#include "kernel/engine/code.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/define.h"
#include "kernel/engine/report.h"
#include "kernel/engine/token.h"
#include "kernel/engine/unit.h"

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

/* The source with what #if leaves out, and the conditionals themselves, blanked; NULL when it has none. */
static char *without_conditionals(struct session *session, const struct flavour *flavour, const char *source,
                                  size_t length) {
    struct lexer lexer;
    bool any = false;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        any |= t.kind == TOKEN_DIRECTIVE && is_conditional(source, t);
    if (!any) return NULL;
    struct closure closure = {};
    struct text text = {};
    struct facts facts;
    closure_add_text(&closure, &session->names, source, length, NULL, NULL);
    for (size_t i = 0; i < closure.count; i++)
        if (session->names.list[closure.list[i]]->kind == DEFINED_MACRO)
            text_format(&text, "%s\n", session->names.list[closure.list[i]]->text);
    closure_free(&closure);
    size_t from = text.length;
    text_add_n(&text, source, length);
    text_add(&text, "\n");
    parse_text(session->parser, (const char *const *)flavour->parse_flags, text_c(&text), text.length, from, UNIT_PART,
               &facts);
    char *result = must_copy_n(source, length);
    for (size_t i = 0; i < facts.skipped_count; i++) {
        if (facts.skipped[i].start < from || facts.skipped[i].end > from + length) continue;
        blank(result, facts.skipped[i].start - from, facts.skipped[i].end - from);
    }
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        if (t.kind == TOKEN_DIRECTIVE && is_conditional(source, t)) blank(result, t.start, t.end);
    facts_free(&facts);
    text_free(&text);
    return result;
}

/* ---- from a draft's facts to the plan ---- */

/* The item of a place in the draft, or -1. */
static long item_at(const struct plan *plan, size_t offset) {
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

static size_t error_count(const struct facts *facts) {
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

/* Names of the prelude's headers that the cell defines as its own. */
static bool take_header_names(struct session *session, const struct plan *plan, char **error, bool *taken) {
    const char *names[64];
    size_t count = 0;
    for (size_t i = 0; i < plan->own.table_size && count < 64; i++) {
        const struct key *key = &plan->own.table[i];
        if (!key->text || key->text[0] != 'o' || !key->definition) continue;
        bool declared = names_find(&session->headers, key->text) ||
                        names_find_n(&session->headers, 't', key->text + 2, strlen(key->text + 2));
        for (size_t k = 0; declared && k < plan->items.count; k++) { /* a macro hides a header's name by itself */
            struct span name = plan->items.list[k].kind == ITEM_DIRECTIVE
                                   ? item_directive_name(plan, &plan->items.list[k], "define")
                                   : (struct span){};
            if (name.end > name.start && span_is(plan->source + plan->items.list[k].start, name, key->text + 2))
                declared = false;
        }
        if (declared && strncmp(key->text + 2, "oto_", 4)) names[count++] = key->text + 2;
    }
    *taken = count > 0;
    return !count || session_override(session, names, count, error);
}

/* ---- running a unit ---- */

static void remember_unit(struct session *session, int number, int cell, struct object *object,
                          const struct oto_record *loaded) {
    struct loaded_unit *unit = &ARRAY_ADD(session->units, session->unit_count, session->unit_capacity);
    *unit = (struct loaded_unit){.number = number, .cell = cell, .object = object->bytes, .size = object->size};
    unit->sections = must_allocate(loaded->count * sizeof *unit->sections);
    for (size_t i = 0; i < loaded->count; i++) {
        const struct oto_field *f = &loaded->fields[i];
        const unsigned char *bytes = f->data;
        if (f->type != 'b' || f->size != 20 || strcmp(f->name, "section")) continue;
        typeof(&unit->sections[0]) section = &unit->sections[unit->section_count++];
        memcpy(&section->index, bytes, 4);
        memcpy(&section->address, bytes + 4, 8);
        memcpy(&section->size, bytes + 12, 8);
    }
    object->bytes = NULL;
}

/* Looks while the process dies: its code must be known by then, though LOADED came only a moment before. */
struct look {
    struct session *session;
    struct run_result *result;
    struct object *object;
    struct sighting *sighting;
    int unit, cell;
    bool remembered;
};

static void remember_loaded(struct look *look) {
    if (look->remembered || !look->result->loaded.kind) return;
    remember_unit(look->session, look->unit, look->cell, look->object, &look->result->loaded);
    look->remembered = true;
}

static void look_at_fault(void *context, const struct oto_record *fault, pid_t pid) {
    struct look *look = context;
    remember_loaded(look);
    sighting_look(look->sighting, fault, pid);
}

enum code_end object_run(struct session *session, const struct code *code, struct object *object,
                         struct run_request *request, const struct cell_host *host, bool *begun,
                         struct cell_outcome *outcome) {
    struct run_result result = {};
    struct sighting sighting = {.session = session, .number = code->number, .fast = code->mode == MODE_FAST};
    struct look look = {session, &result, object, &sighting, request->unit, code->number, false};
    if (!*begun && !process_begin(session->process)) {
        outcome_fail(
            outcome, "Signal",
            must_copy(
                "the process that held the session was killed: its names and values are gone, run the cells again"));
        return CODE_FAILED;
    }
    *begun = true;
    request->object = object->bytes;
    request->size = object->size;
    if (!request->libraries) request->libraries = session->libraries;
    request->time_limit = session->time_limit;
    result.look = look_at_fault;
    result.look_context = &look;
    process_run(session->process, request, host, &result);
    remember_loaded(&look);
    enum code_end end = CODE_DONE;
    if (result.end != RUN_RETURNED && result.end != RUN_EXITED) {
        report_run(session, &result, &sighting, code->number, outcome);
        end = result.end == RUN_INTERRUPTED ? CODE_STOPPED : CODE_FAILED;
    }
    if (result.threads > 0 && host && host->record) {
        struct oto_record warning;
        char *text = must_format(
            "warning: %d thread%s still ran when the cell ended and %s stopped: join threads before the cell ends",
            result.threads, result.threads == 1 ? "" : "s", result.threads == 1 ? "was" : "were");
        oto_record_begin(&warning, OTO_RECORD_DISPLAY);
        oto_record_text(&warning, "text/plain", text);
        host->record(host->context, &warning);
        oto_record_free(&warning);
        free(text);
    }
    sighting_free(&sighting);
    run_result_free(&result);
    return end;
}

void show_warnings(struct session *session, const struct facts *facts, int number, const struct cell_host *host) {
    if (!host || !host->record) return;
    char *warnings = report_warnings(session, facts->diagnostics, facts->diagnostic_count, number);
    if (!warnings) return;
    struct oto_record display;
    oto_record_begin(&display, OTO_RECORD_DISPLAY);
    oto_record_text(&display, "text/plain", warnings);
    host->record(host->context, &display);
    oto_record_free(&display);
    free(warnings);
}

static bool fail_here(struct session *session, const struct code *code, struct cell_outcome *outcome, char *message) {
    report_refusal(session, code->number, code->first_line, message, NULL, outcome);
    return false;
}

/* A variable that the cell uses but whose type has changed since (or changes in this very cell). */
static bool check_stale(struct session *session, const struct code *code, const struct plan *plan,
                        struct cell_outcome *outcome) {
    const struct definition *stale = plan->closure.stale, *type = plan->closure.stale_type;
    for (size_t i = 0; !stale && i < plan->closure.count; i++) {
        const struct definition *d = session->names.list[plan->closure.list[i]];
        if (d->kind != DEFINED_VARIABLE) continue;
        for (size_t k = 0; !stale && k < d->need_count; k++) {
            const struct definition *need = session->names.list[d->needs[k]];
            if (need->kind != DEFINED_TYPE) continue;
            for (size_t n = 0; n < need->key_count; n++)
                if (plan_owns(plan, need->keys[n][0], need->keys[n] + 2, strlen(need->keys[n] + 2)))
                    stale = d, type = need;
        }
    }
    if (!stale) return true;
    int line = code->first_line;
    size_t length = strlen(stale->name);
    for (const char *at = code->source; at < code->source + code->length; at++) { /* the first line that has the word */
        bool before = at == code->source || !(isalnum((unsigned char)at[-1]) || at[-1] == '_');
        if (before && !strncmp(at, stale->name, length) && !isalnum((unsigned char)at[length]) && at[length] != '_')
            break;
        if (*at == '\n') line++;
    }
    report_refusal(session, code->number, line,
                   must_format("%s still has the old %s of cell [%d]: run cell [%d] again, which made %s", stale->name,
                               type->name, type->cell, stale->cell, stale->name),
                   NULL, outcome);
    return false;
}

static bool check_returns(struct session *session, const struct code *code, const struct plan *plan,
                          const struct facts *facts, struct cell_outcome *outcome) {
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->list[i].kind != FACT_RETURN) continue;
        long at = item_at(plan, facts->list[i].start);
        if (at < 0) continue;
        const struct item *item = &plan->items.list[at];
        int line = item->line;
        const char *word = strstr(plan->source + item->start, "return");
        for (const char *c = plan->source + item->start; word && c < word; c++) line += *c == '\n';
        report_refusal(session, code->number, line + plan->first_line - 1,
                       must_copy("return stands outside a function: a cell has nothing to return to"),
                       "To show a value, write it as the cell's last line without a semicolon.", outcome);
        return false;
    }
    return true;
}

/* ---- arrays whose length is known only when the cell runs ---- */

static enum code_end code_run_from(struct session *session, const struct code *code, const struct cell_host *host,
                                   bool *begun, struct cell_outcome *outcome);

/* Runs what stands before the declaration, asks for the lengths, and goes on with them written as numbers. */
static enum code_end run_in_two(struct session *session, const struct code *code, const struct plan *plan, size_t item,
                                const struct cell_host *host, bool *begun, struct cell_outcome *outcome) {
    const struct item *it = &plan->items.list[item];
    const struct declaration *d = &plan->planned[item].declaration;
    const char *text = plan->source + it->start;
    struct text first = {}, rest = {}, names = {};
    const char *symbols[64], *shapes[64];
    char *values[64] = {};
    size_t count = 0;
    int unit = 0;
    text_add_n(&first, plan->source, it->start);
    for (size_t k = 0; k < d->count; k++)
        for (size_t n = 0; n < d->declarators[k].length_count && count < 64; n++) {
            struct span s = d->declarators[k].lengths[n];
            if (s.end > s.start)
                text_format(&first, "\nlong long oto_length_%zu = (%.*s);", count++, (int)(s.end - s.start),
                            text + s.start);
        }
    struct code before = *code;
    before.source = text_c(&first);
    before.length = first.length;
    before.quiet = true;
    enum code_end end = code_run_from(session, &before, host, begun, outcome);
    unit = session->next_unit - 1;
    for (size_t i = 0; i < count; i++) {
        char *symbol = must_format("oto_length_%zu.%d", i, unit), *key = must_format("o oto_length_%zu", i);
        symbols[i] = symbol;
        shapes[i] = "i8";
        names_forget(&session->names, key);
        free(key);
    }
    if (end == CODE_DONE && !process_format(session->process, symbols, shapes, count, values)) end = CODE_FAILED;
    if (end == CODE_DONE) {
        /* blank what has run, keeping its lines; put the numbers in place of the expressions */
        for (size_t i = 0; i < it->start; i++) text_add_n(&rest, plan->source[i] == '\n' ? "\n" : " ", 1);
        size_t at = 0, value = 0;
        for (size_t k = 0; k < d->count && end == CODE_DONE; k++)
            for (size_t n = 0; n < d->declarators[k].length_count && value < count; n++) {
                struct span s = d->declarators[k].lengths[n];
                if (s.end == s.start) continue;
                long long length = strtoll(values[value], NULL, 10);
                if (length <= 0) {
                    report_refusal(session, code->number, it->line + code->first_line - 1,
                                   must_format("an array cannot have %lld elements: the length %.*s must be at least 1",
                                               length, (int)(s.end - s.start), text + s.start),
                                   NULL, outcome);
                    end = CODE_FAILED;
                    break;
                }
                text_add_n(&rest, text + at, s.start - at);
                text_add(&rest, values[value++]);
                at = s.end;
            }
        text_add(&rest, text + at);
        struct code after = *code;
        after.source = text_c(&rest);
        after.length = rest.length;
        if (end == CODE_DONE) end = code_run_from(session, &after, host, begun, outcome);
    }
    for (size_t i = 0; i < count; i++) {
        free((char *)symbols[i]);
        free(values[i]);
    }
    text_free(&first);
    text_free(&rest);
    text_free(&names);
    return end;
}

/* ---- the stretch itself ---- */

struct attempt {
    struct plan plan;
    struct facts facts;
    struct text draft;
};

static void attempt_free(struct attempt *a) {
    plan_free(&a->plan);
    facts_free(&a->facts);
    text_free(&a->draft);
}

/* Plans, drafts and parses until every item is known for what it is. */
static bool understand(struct session *session, const struct code *code, struct attempt *a, struct flavour **flavour,
                       struct cell_outcome *outcome) {
    char *error = NULL;
    enum item_kind *kinds = NULL;
    size_t kind_count = 0;
    for (int round = 0; round < 6; round++) {
        a->plan = (struct plan){.source = code->source,
                                .length = code->length,
                                .first_line = code->first_line,
                                .names = &session->names,
                                .time_prologue = code->prologue,
                                .time_epilogue = code->epilogue};
        session_split(session, code->source, code->length, &a->plan.items);
        for (size_t i = 0; i < kind_count && i < a->plan.items.count; i++) a->plan.items.list[i].kind = kinds[i];
        plan_make(&a->plan);
        bool taken;
        if (!take_header_names(session, &a->plan, &error, &taken)) return fail_here(session, code, outcome, error);
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
    return true;
}

/* What the compiler says though the parser was content, as a compile error. Only lines about the cell are for the user.
 */
static void report_compiler(const struct code *code, const char *errors, struct cell_outcome *outcome) {
    int line = code->first_line;
    char *message = NULL;
    struct text trace = {};
    for (const char *at = errors; *at;) {
        size_t length = strcspn(at, "\n");
        const char *error = memmem(at, length, "error: ", 7);
        if (error && !message) {
            message = must_copy_n(error + 7, length - (size_t)(error + 7 - at));
            if (!strncmp(at, UNIT_FILE ":", sizeof UNIT_FILE)) line = (int)strtol(at + sizeof UNIT_FILE, NULL, 10);
        }
        if (!strncmp(at, UNIT_FILE ":", sizeof UNIT_FILE)) text_format(&trace, "%.*s\n", (int)length, at);
        at += length + (at[length] == '\n');
    }
    outcome_fail(outcome, "CompileError",
                 must_format("line %d: %s", line, message ? message : "the compiler could not build the cell"));
    outcome_trace(outcome, text_c(&trace));
    text_free(&trace);
    free(message);
}

/* The final text when functions of earlier cells are built again: do they still compile? */
static bool check_rebuilt(struct session *session, const struct code *code, const struct flavour *flavour,
                          const struct text *text, struct cell_outcome *outcome) {
    struct facts facts;
    parse_text(session->parser, (const char *const *)flavour->parse_flags, text_c(text), text->length, text->length,
               UNIT_PART, &facts);
    bool ok = error_count(&facts) == 0;
    if (!ok) {
        report_compile_error(session, facts.diagnostics, facts.diagnostic_count, code->number, outcome);
        struct text names = {};
        for (size_t i = 0; i < facts.diagnostic_count; i++) {
            const struct diagnostic *d = &facts.diagnostics[i];
            if (d->severity != SEVERITY_ERROR || strncmp(d->file, UNIT_FILE ":", sizeof UNIT_FILE)) continue;
            int cell = (int)strtol(d->file + sizeof UNIT_FILE, NULL, 10);
            const struct definition *function = NULL;
            for (size_t k = 0; k < session->names.count; k++) {
                const struct definition *f = session->names.list[k];
                if (f->kind == DEFINED_FUNCTION && f->live && f->cell == cell && f->line <= d->line &&
                    (!function || f->line >= function->line))
                    function = f;
            }
            if (function)
                text_format(&names, "%s%s (cell [%d] line %d)", names.length ? ", " : "", function->name, cell,
                            d->line);
        }
        if (names.length) {
            free(outcome->evalue);
            outcome->evalue = must_format(
                "no longer compiles with this definition: %s; change it in the same cell, or keep the old definition",
                text_c(&names));
            outcome_trace(outcome, outcome->evalue);
        }
        text_free(&names);
    }
    facts_free(&facts);
    return ok;
}

static enum code_end compile_and_run(struct session *session, const struct code *code, struct attempt *a,
                                     struct flavour *flavour, const struct cell_host *host, bool *begun,
                                     struct cell_outcome *outcome) {
    struct text final = {}, rebind = {}, keep = {};
    struct object object = {};
    char *errors = NULL;
    int unit = session->next_unit;
    define_find_rebuilt(&a->plan, code->mode == MODE_FAST);
    unit_final(&a->plan, &final);
    if (getenv("OTO_SHOW_UNITS")) fprintf(stderr, "---- unit %d\n%s\n", unit, text_c(&final));
    bool ok = !a->plan.rebuilt_count || check_rebuilt(session, code, flavour, &final, outcome);
    if (ok && !builder_compile(session->builder, flavour, text_c(&final), final.length, &object, &errors)) {
        report_compiler(code, errors, outcome);
        free(errors);
        ok = false;
    }
    text_free(&final);
    if (!ok) return CODE_FAILED;
    session->next_unit++;
    define_all(session, &a->plan, &a->facts, code->number, unit, code->mode == MODE_FAST, &object, &rebind, &keep);
    struct run_request request = {.unit = unit,
                                  .rebind = rebind.length ? text_c(&rebind) : NULL,
                                  .keep = keep.length ? text_c(&keep) : NULL,
                                  .entry = "oto_cell.new"};
    enum code_end end = object_run(session, code, &object, &request, host, begun, outcome);
    builder_warm(session->builder, flavour);
    free(object.bytes);
    text_free(&rebind);
    text_free(&keep);
    return end;
}

static bool nothing_to_do(const struct plan *plan, const struct code *code) {
    if (code->prologue) return false;
    for (size_t i = 0; i < plan->items.count; i++)
        if (plan->items.list[i].kind != ITEM_EMPTY && !plan->planned[i].kept) return false;
    return true;
}

static enum code_end code_run_from(struct session *session, const struct code *code, const struct cell_host *host,
                                   bool *begun, struct cell_outcome *outcome) {
    struct attempt a = {};
    struct flavour *flavour;
    enum code_end end = CODE_FAILED;
    if (understand(session, code, &a, &flavour, outcome) && check_stale(session, code, &a.plan, outcome)) {
        long in_two = -1;
        for (size_t i = a.plan.items.count; i-- > 0;)
            for (size_t k = 0; k < a.plan.planned[i].declaration.count && a.plan.planned[i].variables; k++)
                if (a.plan.planned[i].variables[k].lengths_at_runtime) in_two = (long)i;
        if (error_count(&a.facts)) {
            report_compile_error(session, a.facts.diagnostics, a.facts.diagnostic_count, code->number, outcome);
        } else if (check_returns(session, code, &a.plan, &a.facts, outcome)) {
            if (!code->quiet) show_warnings(session, &a.facts, code->number, host);
            struct code quiet = *code;
            quiet.quiet = true;
            if (in_two >= 0)
                end = run_in_two(session, &quiet, &a.plan, (size_t)in_two, host, begun, outcome);
            else if (nothing_to_do(&a.plan, code))
                end = CODE_DONE;
            else
                end = compile_and_run(session, code, &a, flavour, host, begun, outcome);
        }
    }
    attempt_free(&a);
    return end;
}

enum code_end code_run(struct session *session, const struct code *code, const struct cell_host *host, bool *begun,
                       struct cell_outcome *outcome) {
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, code->mode, &error);
    if (!flavour) {
        fail_here(session, code, outcome, error);
        return CODE_FAILED;
    }
    char *active = without_conditionals(session, flavour, code->source, code->length);
    struct code own = *code;
    if (active) own.source = active;
    enum code_end end = code_run_from(session, &own, host, begun, outcome);
    free(active);
    return end;
}
