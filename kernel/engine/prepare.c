#include "kernel/engine/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/check.h"
#include "kernel/engine/debug.h"
#include "kernel/engine/define.h"
#include "kernel/engine/report.h"
#include "kernel/engine/stale.h"
#include "kernel/engine/understand.h"

struct preparation {
    struct session *session;
    const struct cell_host *host;
    struct prepared *prepared;
    struct cell_outcome *outcome;
    bool trial;                    /* from now on all is only checked */
    struct names_point real_names; /* before what was only checked */
    int real_unit;
};

void report_compiler(struct session *session, const struct code *code, enum compile_end end, const char *errors,
                     struct cell_outcome *outcome) {
    if (end == COMPILE_STOPPED)
        outcome_fail(outcome, "KeyboardInterrupt",
                     must_copy("interrupted while the cell was compiled; what ran before stays"));
    else
        report_compiler_output(session, errors, code->number, outcome);
}

/* ---- one unit ---- */

static bool defines_function(const struct names *names, int unit) {
    for (size_t i = names->count; i-- > names->mark;)
        if (names->list[i]->kind == DEFINED_FUNCTION && names->list[i]->unit == unit) return true;
    return false;
}

/* With the debugger on, first as it is to see the unit; what the compiler says is about the text as it was. */
static enum compile_end compile(struct session *session, const struct flavour *flavour, const struct text *final,
                                int cell, struct object *object, char **errors) {
    const struct stop_wish stop = interruption_wish(&session->interruption);
    if (debug_is_on(session)) {
        char *text = debug_text(session, text_c(final), cell);
        enum compile_end end = builder_compile(session->builder, flavour, text, strlen(text), &stop, object, errors);
        free(text);
        if (end == COMPILE_DONE) return end;
        free(*errors);
        *errors = NULL;
    }
    return builder_compile(session->builder, flavour, text_c(final), final->length, &stop, object, errors);
}

/* Lets every initialiser of the cell run; false when all do already. */
static bool run_initialisers(struct plan *plan) {
    bool changed = false;
    for (size_t i = 0; i < plan->items.count; i++) {
        struct planned *planned = &plan->planned[i];
        for (size_t k = 0; k < planned->declaration.count && planned->variables; k++) {
            struct span initialiser = planned->declaration.declarators[k].initialiser;
            if (planned->variables[k].runtime || initialiser.end == initialiser.start) continue;
            planned->variables[k].runtime = changed = true;
        }
    }
    return changed;
}

/* The compiler gives up on what the parser took for constants, as 0.0 / 0.0 or 1 << 40. */
static bool gave_up_on_constant(const char *errors) {
    return errors && strstr(errors, "cannot compile this static initializer yet");
}

/* Compiles what is understood and defines its names. */
static bool build(struct preparation *p, const struct code *code, struct attempt *a, struct flavour *flavour) {
    struct session *session = p->session;
    struct stage stage = {.unit = session->next_unit, .before = names_here(&session->names)};
    struct text final = {};
    struct facts rebuilt = {};
    char *errors = NULL;
    stale_find(&a->plan);
    unit_final(&a->plan, &final);
    if (getenv("OTO_SHOW_UNITS")) fprintf(stderr, "---- unit %d\n%s\n", stage.unit, text_c(&final));
    bool ok = !a->plan.rebuilt.count || check_rebuilt(session, code, flavour, &final, &rebuilt, p->outcome);
    if (ok && !p->trial) {
        enum compile_end end = compile(session, flavour, &final, code->number, &stage.object, &errors);
        if (end != COMPILE_DONE && gave_up_on_constant(errors) && run_initialisers(&a->plan)) {
            free(errors);
            errors = NULL;
            text_clear(&final);
            unit_final(&a->plan, &final);
            end = compile(session, flavour, &final, code->number, &stage.object, &errors);
        }
        ok = end == COMPILE_DONE;
        if (!ok) report_compiler(session, code, end, errors, p->outcome);
        free(errors);
    }
    text_free(&final);
    if (!ok) {
        facts_free(&rebuilt);
        return false;
    }
    session->next_unit++;
    define_all(session, &a->plan, &rebuilt, code->number, stage.unit, code->mode == MODE_FAST, &stage.object,
               &stage.rebind, &stage.keep);
    facts_free(&rebuilt);
    stage.transient = !defines_function(&session->names, stage.unit);
    if (p->trial) {
        text_free(&stage.rebind);
        text_free(&stage.keep);
    } else {
        ARRAY_ADD(p->prepared->stages, p->prepared->count, p->prepared->capacity) = stage;
    }
    return true;
}

static bool nothing_to_do(const struct plan *plan, const struct code *code) {
    if (code->prologue || plan->header_name_count) return false;
    for (size_t i = 0; i < plan->items.count; i++)
        if (plan->items.list[i].kind != ITEM_EMPTY && !plan->planned[i].kept) return false;
    return true;
}

/* ---- a stretch that takes several units ---- */

static bool prepare_code(struct preparation *p, const struct code *code);

static bool prepare_part(struct preparation *p, const struct code *whole, const char *source, size_t length) {
    struct code part = *whole;
    part.source = source;
    part.length = length;
    return prepare_code(p, &part);
}

static void add_pending(struct preparation *p, struct cut cut, int unit) {
    ARRAY_ADD(p->prepared->pending, p->prepared->pending_count, p->prepared->pending_capacity) =
        (struct pending){cut, unit};
}

/* What stands before an item that gives a name a new meaning is a unit of its own, with the old one. */
static bool prepare_old_then_new(struct preparation *p, const struct code *code, const struct plan *plan, size_t item) {
    struct cut cut;
    cut_make(plan, item, false, &cut);
    bool compiled = !p->trial;
    bool ok = prepare_part(p, code, text_c(&cut.before), cut.before.length);
    bool waits = compiled && p->trial; /* arrays in the part before: the one behind comes after them */
    ok = ok && prepare_part(p, code, text_c(&cut.after), cut.after.length);
    if (waits)
        add_pending(p, cut, 0);
    else
        cut_free(&cut);
    return ok;
}

/* From here on all is only checked. */
static void begin_trial(struct preparation *p) {
    p->trial = true;
    p->real_names = names_here(&p->session->names);
    p->real_unit = p->session->next_unit;
}

/* The lengths of an array are computed by a unit of their own; the rest waits for their values. Until then any will do
 * to see what is wrong with it: a large one, so that no index seems to be outside. */
static bool prepare_around_lengths(struct preparation *p, const struct code *code, const struct plan *plan,
                                   size_t item) {
    struct cut cut;
    cut_make(plan, item, true, &cut);
    long long *any = must_allocate(cut.length_count * sizeof *any);
    for (size_t i = 0; i < cut.length_count; i++) any[i] = cut.length_count == 1 ? 1 << 28 : 1 << 12;
    struct code before = *code;
    before.source = text_c(&cut.before);
    before.length = cut.before.length;
    before.quiet = true;
    bool ok = prepare_code(p, &before), waits = !p->trial;
    int unit = p->session->next_unit - 1;
    for (size_t i = 0; i < cut.length_count; i++) {
        char *key = must_format("o " CUT_LENGTH "%zu", i);
        names_forget(&p->session->names, key);
        free(key);
    }
    if (waits) begin_trial(p);
    char *rest = cut_fill(&cut, any);
    ok = ok && prepare_part(p, code, rest, strlen(rest));
    if (waits)
        add_pending(p, cut, unit);
    else
        cut_free(&cut);
    free(rest);
    free(any);
    return ok;
}

static long first_array(const struct plan *plan) {
    for (size_t i = 0; i < plan->items.count; i++)
        for (size_t k = 0; k < plan->planned[i].declaration.count && plan->planned[i].variables; k++)
            if (plan->planned[i].variables[k].lengths_at_runtime) return (long)i;
    return -1;
}

static bool prepare_understood(struct preparation *p, const struct code *code, struct attempt *a,
                               struct flavour *flavour) {
    if (!check_stale(p->session, code, &a->plan, &a->facts, p->outcome)) return false;
    if (error_count(&a->facts)) {
        report_compile_error(p->session, a->facts.diagnostics, a->facts.diagnostic_count, code->number, p->outcome);
        return false;
    }
    if (!check_returns(p->session, code, &a->plan, &a->facts, p->outcome)) return false;
    long array = first_array(&a->plan);
    if (array >= 0) return prepare_around_lengths(p, code, &a->plan, (size_t)array);
    if (!code->quiet) show_warnings(p->session, &a->facts, code->number, p->host);
    return nothing_to_do(&a->plan, code) || build(p, code, a, flavour);
}

static bool prepare_code(struct preparation *p, const struct code *code) {
    struct attempt a = {};
    struct flavour *flavour;
    bool ok = understand(p->session, code, &a, &flavour, p->outcome);
    if (ok)
        ok = a.renewing ? prepare_old_then_new(p, code, &a.plan, a.renewing) : prepare_understood(p, code, &a, flavour);
    attempt_free(&a);
    return ok;
}

bool prepare(struct session *session, const struct code *code, bool trial, const struct cell_host *host,
             struct prepared *prepared, struct cell_outcome *outcome) {
    struct preparation p = {session, host, prepared, outcome, .trial = trial};
    bool ok = prepare_code(&p, code);
    if (p.trial && !trial) {
        names_return_to(&session->names, p.real_names);
        session->next_unit = p.real_unit;
    }
    return ok;
}

void prepared_free(struct prepared *prepared) {
    for (size_t i = 0; i < prepared->count; i++) {
        free(prepared->stages[i].object.bytes);
        text_free(&prepared->stages[i].rebind);
        text_free(&prepared->stages[i].keep);
    }
    for (size_t i = 0; i < prepared->pending_count; i++) cut_free(&prepared->pending[i].cut);
    free(prepared->stages);
    free(prepared->pending);
    *prepared = (struct prepared){};
}
