/* What a cell's code refers to: the parser's word for its functions, the linker's for all of it. */
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/facts.h"
#include "kernel/engine/object_symbols.h"
#include "kernel/engine/session.h"
#include "kernel/engine/text.h"

struct asking {
    struct session *session;
    int cell;
    void (*use)(void *context, const char *name, int cell);
    void *context;
};

static void tell_statements(const struct asking *asking, unsigned statements) {
    static const struct {
        enum statement statement;
        const char *name;
    } names[] = {
        {STATEMENT_FOR, "for"},   {STATEMENT_WHILE, "while"},   {STATEMENT_DO, "do"},
        {STATEMENT_GOTO, "goto"}, {STATEMENT_SWITCH, "switch"}, {STATEMENT_ASM, "asm"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (statements & names[i].statement) asking->use(asking->context, names[i].name, 0);
}

/* Can calls that begin in the function come back to it, by itself or through others of the session? reached holds, by
 * number, the function that came there last. */
static bool is_recursive(const struct names *names, const struct definition *function, int *reached, int *ahead) {
    size_t count = 1;
    ahead[0] = function->number;
    while (count) {
        const struct definition *d = names->list[ahead[--count]];
        for (size_t k = 0; k < d->refer_count; k++) {
            const struct definition *meant = names_find_n(names, 'o', d->refers[k], strlen(d->refers[k]));
            if (!meant || meant->kind != DEFINED_FUNCTION) continue;
            if (!strcmp(meant->name, function->name)) return true;
            if (reached[meant->number] == function->number) continue;
            reached[meant->number] = function->number;
            ahead[count++] = meant->number;
        }
    }
    return false;
}

static void tell_recursion(const struct asking *asking) {
    const struct names *names = &asking->session->names;
    int *reached = must_allocate((names->count + 1) * sizeof *reached),
        *ahead = must_allocate((names->count + 1) * sizeof *ahead);
    bool found = false;
    for (size_t i = 0; i < names->count; i++) reached[i] = -1;
    for (size_t i = 0; i < names->count && !found; i++) {
        const struct definition *d = names->list[i];
        found = d->cell == asking->cell && d->kind == DEFINED_FUNCTION && is_recursive(names, d, reached, ahead);
    }
    if (found) asking->use(asking->context, "recursion", 0);
    free(reached);
    free(ahead);
}

/* What the parser saw. A name that the session has defined is told by the objects, which know whose it is. */
static void tell_functions(const struct asking *asking) {
    const struct names *names = &asking->session->names;
    for (size_t i = 0; i < names->count; i++) {
        const struct definition *d = names->list[i];
        if (d->cell != asking->cell || d->kind != DEFINED_FUNCTION) continue;
        tell_statements(asking, d->statements);
        for (size_t k = 0; k < d->refer_count; k++) {
            const struct definition *meant = names_find_n(names, 'o', d->refers[k], strlen(d->refers[k]));
            bool own = meant && (meant->kind == DEFINED_FUNCTION || meant->kind == DEFINED_VARIABLE);
            if (!own) asking->use(asking->context, d->refers[k], 0);
        }
    }
}

static bool is_macro(const struct definition *d) {
    bool in_header = d->kind == DEFINED_HEADER_NAME && d->key_count && d->keys[0][0] == 'M';
    return d->kind == DEFINED_MACRO || in_header;
}

static bool is_value(const struct definition *d) {
    return d->kind == DEFINED_VARIABLE || d->kind == DEFINED_FUNCTION || is_macro(d);
}

static bool is_same(const char *a, const char *b) {
    return a && b && !strcmp(a, b);
}

/* The function or macro that another cell had defined by the name, in other words, or NULL. A variable that is called
 * as an old one is common, and mostly chance. */
static const struct definition *taken_from(const struct names *names, const struct definition *d) {
    for (int i = d->number; i-- > 0;) {
        const struct definition *old = names->list[i];
        if (old->cell == d->cell || !is_value(old) || strcmp(old->name, d->name) != 0) continue;
        if (old->kind == DEFINED_VARIABLE) return NULL;
        bool same =
            d->kind == DEFINED_HEADER_NAME ? is_same(old->meaning, d->meaning) : is_same(old->source, d->source);
        return same ? NULL : old;
    }
    return NULL;
}

/* Who used the name before may get the cell's now. */
static void tell_taken_names(const struct asking *asking) {
    const struct names *names = &asking->session->names;
    for (size_t i = 0; i < names->count; i++) {
        const struct definition *d = names->list[i];
        if (d->cell != asking->cell || !is_value(d)) continue;
        const struct definition *old = taken_from(names, d);
        if (!old && strncmp(d->name, "oto_", 4) != 0) continue;
        char *name = must_format("=%s", d->name);
        asking->use(asking->context, name, old ? old->cell : 0);
        free(name);
    }
}

/* A macro works where it is used, in the cells after it, too. */
static void tell_macros(const struct asking *asking) {
    const struct names *names = &asking->session->names;
    for (size_t i = 0; i < names->count; i++) {
        const struct definition *d = names->list[i];
        if (d->cell != asking->cell || !is_macro(d) || !d->live) continue;
        char *name = must_format("#%s", d->name);
        asking->use(asking->context, name, 0);
        free(name);
    }
}

/* "x.7" is the session's, made by unit 7; its own names end in ".new"; all others are a header's or library's. */
static void tell_symbol(void *context, const struct object_symbol *symbol) {
    const struct asking *asking = context;
    const char *dot = strrchr(symbol->name, '.');
    char *end = NULL;
    long unit = dot ? strtol(dot + 1, &end, 10) : 0;
    if (!symbol->is_undefined) return;
    if (!dot || end == dot + 1 || *end) {
        asking->use(asking->context, symbol->name, 0);
        return;
    }
    const struct loaded_unit *made = loaded_find(&asking->session->units, (int)unit);
    char *name = must_copy_n(symbol->name, (size_t)(dot - symbol->name));
    if (!made || made->cell != asking->cell) asking->use(asking->context, name, made ? made->cell : 0);
    free(name);
}

void session_uses(struct session *session, int cell, void (*use)(void *context, const char *name, int cell),
                  void *context) {
    struct asking asking = {session, cell, use, context};
    session_enter(session);
    tell_functions(&asking);
    tell_recursion(&asking);
    tell_taken_names(&asking);
    tell_macros(&asking);
    for (size_t i = 0; i < session->units.count; i++) {
        const struct loaded_unit *unit = &session->units.list[i];
        struct object object;
        if (unit->cell != cell || !loaded_object(&session->units, unit, &object)) continue;
        object_symbols(&object, tell_symbol, &asking);
        free(object.bytes);
    }
    session_leave(session);
}
