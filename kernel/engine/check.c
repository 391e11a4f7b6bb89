#include "kernel/engine/check.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/report.h"

/* The name in quotes that a diagnostic speaks of. */
static struct span quoted_name(const char *message) {
    const char *open = strchr(message, '\''), *close = open ? strchr(open + 1, '\'') : NULL;
    return close ? (struct span){(size_t)(open + 1 - message), (size_t)(close - message)} : (struct span){};
}

bool check_stale(struct session *session, const struct code *code, const struct plan *plan, const struct facts *facts,
                 struct cell_outcome *outcome) {
    for (size_t i = 0; i < facts->diagnostic_count; i++) {
        const struct diagnostic *d = &facts->diagnostics[i];
        const char *as_type = strstr(d->message, "tag to refer to type "), *message = as_type ? as_type : d->message;
        if (d->severity != SEVERITY_ERROR || (!as_type && !strstr(message, "undeclared"))) continue;
        struct span name = quoted_name(message);
        const struct definition *stale =
            names_find_n(&session->names, 'o', message + name.start, name.end - name.start);
        const struct definition *type = stale ? plan_lost_type(plan, stale) : NULL;
        if (!type) continue;
        report_refusal(session, code->number, d->line,
                       must_format("%s still has the old %s of cell [%d]: run cell [%d] again, which made %s",
                                   stale->name, type->name, type->cell, stale->cell, stale->name),
                       NULL, outcome);
        return false;
    }
    return true;
}

bool check_returns(struct session *session, const struct code *code, const struct plan *plan, const struct facts *facts,
                   struct cell_outcome *outcome) {
    for (size_t i = 0; i < facts->count; i++) {
        if (facts->list[i].kind != FACT_RETURN) continue;
        long at = item_at(plan, facts->list[i].start);
        if (at < 0) continue;
        const struct item *item = &plan->items.list[at];
        int line = item->line;
        const char *word = strstr(plan->source + item->start, "return");
        for (const char *c = plan->source + item->start; word && c < word; c++) line += *c == '\n';
        report_refusal(session, code->number, line + plan->first_line > 1 ? line + plan->first_line - 1 : 1,
                       must_copy("return stands outside a function: a cell has nothing to return to"),
                       "to show a value, write it as the cell's last line without a semicolon", outcome);
        return false;
    }
    return true;
}

/* The final text when functions of earlier cells are built again: do they still compile? */
bool check_rebuilt(struct session *session, const struct code *code, const struct flavour *flavour,
                   const struct text *text, struct facts *facts, struct cell_outcome *outcome) {
    parse_text(session->parser, (const char *const *)flavour->parse_flags, text_c(text), text->length, 0, UNIT_PART,
               facts);
    bool ok = error_count(facts) == 0;
    if (!ok) {
        report_compile_error(session, facts->diagnostics, facts->diagnostic_count, code->number, outcome);
        struct text names = {};
        for (size_t i = 0; i < facts->diagnostic_count; i++) {
            const struct diagnostic *d = &facts->diagnostics[i];
            if (d->severity != SEVERITY_ERROR || strncmp(d->file, UNIT_FILE ":", sizeof UNIT_FILE)) continue;
            int cell = (int)strtol(d->file + sizeof UNIT_FILE, NULL, 10);
            const struct definition *function = NULL;
            for (size_t k = 0; k < session->names.count; k++) {
                const struct definition *f = session->names.list[k];
                if (f->kind == DEFINED_FUNCTION && f->live && f->cell == cell && f->line <= d->line &&
                    (!function || f->line >= function->line))
                    function = f;
            }
            char *name = function ? must_format("%s (cell [%d] line %d)", function->name, cell, d->line) : NULL;
            if (name && !strstr(text_c(&names), name)) text_format(&names, "%s%s", names.length ? ", " : "", name);
            free(name);
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
    return ok;
}
