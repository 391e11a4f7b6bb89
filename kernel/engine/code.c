#include "kernel/engine/code.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/define.h"
#include "kernel/engine/report.h"
#include "kernel/engine/understand.h"

/* ---- what a cell may not do ---- */

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
                       "to show a value, write it as the cell's last line without a semicolon", outcome);
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
    struct text first = {}, rest = {};
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
    return end;
}

/* ---- the stretch itself ---- */

void report_compiler(struct session *session, const struct code *code, enum compile_end end, const char *errors,
                     struct cell_outcome *outcome) {
    if (end == COMPILE_STOPPED)
        outcome_fail(outcome, "KeyboardInterrupt",
                     must_copy("interrupted while the cell was compiled; what ran before stays"));
    else
        report_compiler_output(session, errors, code->number, outcome);
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

static bool defines_function(const struct names *names, int unit) {
    for (size_t i = names->count; i-- > names->mark;)
        if (names->list[i]->kind == DEFINED_FUNCTION && names->list[i]->unit == unit) return true;
    return false;
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
    const struct stop_wish stop = process_stop_wish(session->process);
    enum compile_end built =
        ok ? builder_compile(session->builder, flavour, text_c(&final), final.length, &stop, &object, &errors)
           : COMPILE_REFUSED;
    if (ok && built != COMPILE_DONE) {
        report_compiler(session, code, built, errors, outcome);
        ok = false;
    }
    free(errors);
    text_free(&final);
    if (!ok) return CODE_FAILED;
    session->next_unit++;
    define_all(session, &a->plan, &a->facts, code->number, unit, code->mode == MODE_FAST, &object, &rebind, &keep);
    struct run_request request = {.unit = unit,
                                  .rebind = rebind.length ? text_c(&rebind) : NULL,
                                  .keep = keep.length ? text_c(&keep) : NULL,
                                  .entry = "oto_cell.new",
                                  .transient = !defines_function(&session->names, unit)};
    enum code_end end = object_run(session, code, &object, &request, host, begun, outcome);
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

/* Where a cell uses a name before it gives it a new meaning, as in `int b = a; int a = 5;`: the item that does. */
static size_t renewing_item(struct session *session, const struct code *code, size_t *start) {
    struct plan plan = {.source = code->source, .length = code->length, .names = &session->names};
    session_split(session, code->source, code->length, &plan.items);
    plan_make(&plan);
    size_t item = plan_redefined_after_use(&plan);
    if (item) *start = plan.items.list[item].start;
    plan_free(&plan);
    return item;
}

/* What stands before the new meaning runs first, with the old one. */
static enum code_end run_old_then_new(struct session *session, const struct code *code, size_t start,
                                      const struct cell_host *host, bool *begun, struct cell_outcome *outcome) {
    struct code before = *code, after = *code;
    struct text rest = {};
    char *first = must_copy_n(code->source, start);
    before.source = first;
    before.length = start;
    enum code_end end = code_run_from(session, &before, host, begun, outcome);
    for (size_t i = 0; i < start; i++) text_add_n(&rest, code->source[i] == '\n' ? "\n" : " ", 1);
    text_add_n(&rest, code->source + start, code->length - start);
    after.source = text_c(&rest);
    after.length = rest.length;
    if (end == CODE_DONE) end = code_run_from(session, &after, host, begun, outcome);
    text_free(&rest);
    free(first);
    return end;
}

static enum code_end code_run_from(struct session *session, const struct code *code, const struct cell_host *host,
                                   bool *begun, struct cell_outcome *outcome) {
    struct attempt a = {};
    struct flavour *flavour;
    enum code_end end = CODE_FAILED;
    size_t start;
    if (renewing_item(session, code, &start)) return run_old_then_new(session, code, start, host, begun, outcome);
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
    char *active = NULL;
    if (!check_comments(session, code, outcome)) return CODE_FAILED;
    if (!resolve_conditionals(session, code, flavour, &active, outcome)) return CODE_FAILED;
    struct code own = *code;
    if (active) own.source = active;
    enum code_end end = code_run_from(session, &own, host, begun, outcome);
    free(active);
    return end;
}
