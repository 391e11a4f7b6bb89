#include "kernel/engine/stale.h"

#include <stdlib.h>
#include <string.h>

static void rebuild(struct plan *plan, const struct definition *function) {
    if (plan_owns(plan, 'o', function->name, strlen(function->name))) return;
    if (!closure_insert(&plan->rebuilt, function->number)) return;
    plan_add_text(plan, function->source, strlen(function->source));
}

static bool is_always_inline(const struct definition *d) {
    return d->kind == DEFINED_FUNCTION && d->source && strstr(d->source, "always_inline");
}

/* What the compiler folds into the functions of its unit, in either mode. */
static bool is_constant(const struct definition *d) {
    return d->kind == DEFINED_VARIABLE && strstr(d->canonical, "const");
}

/* Every live function that uses `old`, or an older version of it that gave its symbol to this one; or only those that
 * may have it inlined (a constant: folded in), and those that inlined these. */
static void rebuild_users(struct plan *plan, const struct definition *old, bool inlined) {
    for (const struct definition *d = old; d; d = d->older >= 0 ? plan->names->list[d->older] : NULL)
        for (size_t i = 0; i < d->user_count; i++) {
            struct definition *f = plan->names->list[d->users[i]];
            if (!f->live || f->kind != DEFINED_FUNCTION || f == old || !definition_uses(f, d->number)) continue;
            if (inlined && (f->unit != old->unit || !(f->fast || is_always_inline(old) || is_constant(old)))) continue;
            bool known = closure_has(&plan->rebuilt, f->number);
            rebuild(plan, f);
            if (inlined && !known) rebuild_users(plan, f, true);
        }
}

static bool same_type(const struct definition *old, enum definition_kind kind, const struct type *type) {
    return (old->kind == kind || old->kind == DEFINED_PROTOTYPE) && old->canonical &&
           !strcmp(old->canonical, type->canonical);
}

static void check_redefinition(struct plan *plan, const char *name, size_t length, enum definition_kind kind,
                               const struct type *type) {
    struct definition *old = names_find_n(plan->names, 'o', name, length);
    if (!old || old->kind == DEFINED_MACRO) return;
    if (!same_type(old, kind, type) || names_outdated(plan->names, old))
        rebuild_users(plan, old, false);
    else if (is_always_inline(old) || is_constant(old) || (old->fast && kind == DEFINED_FUNCTION))
        rebuild_users(plan, old, true);
}

void stale_find(struct plan *plan) {
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        const struct planned *planned = &plan->planned[i];
        const struct declaration *d = &planned->declaration;
        const char *text = plan->source + item->start;
        if (item->kind == ITEM_FUNCTION && planned->fact && d->count)
            check_redefinition(plan, text + d->declarators[0].name.start,
                               d->declarators[0].name.end - d->declarators[0].name.start, DEFINED_FUNCTION,
                               &planned->fact->type);
        if (item->kind != ITEM_DECLARATION || d->is_typedef || planned->kept) continue;
        for (size_t k = 0; k < d->count; k++) {
            const struct declarator *declarator = &d->declarators[k];
            const char *name = text + declarator->name.start;
            size_t length = declarator->name.end - declarator->name.start;
            if (planned->variables[k].fact && plan_owns(plan, 'o', name, length))
                check_redefinition(plan, name, length, DEFINED_VARIABLE, &planned->variables[k].fact->type);
        }
    }
}
