/* %who, %whos, %reset and %undo: what the session has. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/magic_group.h"
#include "kernel/engine/type.h"

static bool is_shown(const struct definition *d) {
    bool said = d->kind != DEFINED_INCLUDE && d->kind != DEFINED_HEADER_NAME;
    return d->live && said && strncmp(d->name, "oto_", 4) && strcmp(d->name, "_");
}

static const char *kind_name(const struct definition *d) {
    switch (d->kind) {
    case DEFINED_VARIABLE:
        return "variable";
    case DEFINED_FUNCTION:
        return "function";
    case DEFINED_PROTOTYPE:
        return "declared";
    case DEFINED_TYPE:
        return d->source && !strncmp(d->source, "union", 5) ? "union" : d->spelling ? d->spelling : "type";
    case DEFINED_MACRO:
        return "macro";
    case DEFINED_HEADER_NAME:
    case DEFINED_INCLUDE:
        return "include";
    }
    return "";
}

/* Whether a name is of the kind or type that was asked for; "" asks for all. */
static bool is_asked(const struct definition *d, const char *asked) {
    return !*asked || !strcmp(kind_name(d), asked) || (d->kind == DEFINED_VARIABLE && !strcmp(d->spelling, asked));
}

static int by_place(const void *a, const void *b) {
    const struct definition *const *x = a, *const *y = b;
    if ((*x)->cell != (*y)->cell) return (*x)->cell - (*y)->cell;
    if ((*x)->line != (*y)->line) return (*x)->line - (*y)->line;
    return (*x)->column != (*y)->column ? (*x)->column - (*y)->column : (*x)->number - (*y)->number;
}

/* What the user defined, in the order of the cells. Free the list. */
static const struct definition **shown_definitions(const struct names *names, const char *asked, size_t *count) {
    const struct definition **list = must_allocate((names->count + 1) * sizeof *list);
    *count = 0;
    for (size_t i = 0; i < names->count; i++)
        if (is_shown(names->list[i]) && is_asked(names->list[i], asked)) list[(*count)++] = names->list[i];
    qsort(list, *count, sizeof *list, by_place);
    return list;
}

static bool say_nothing_there(struct cell_run *run, const char *asked) {
    char *text = *asked ? must_format("nothing of the kind or type '%s' is defined\n", asked)
                        : must_copy("nothing is defined yet\n");
    magic_print(run, text);
    free(text);
    return true;
}

bool magic_who(struct cell_run *run, const struct magic_call *call) {
    size_t count;
    const struct definition **list = shown_definitions(&run->session->names, call->rest, &count);
    struct text out = {};
    for (size_t i = 0; i < count; i++) text_format(&out, "%s%s", i ? "  " : "", list[i]->name);
    text_add(&out, "\n");
    if (count)
        magic_print(run, text_c(&out));
    else
        say_nothing_there(run, call->rest);
    text_free(&out);
    free(list);
    return true;
}

/* ---- %whos ---- */

/* Values are asked for in one go, from the process that has them. */
static bool has_value(const struct names *names, const struct definition *d) {
    return d->kind == DEFINED_VARIABLE && d->shape && !names_outdated(names, d);
}

/* On one line, and not too long. */
static char *on_one_line(const char *text) {
    enum { LONGEST = 60 };
    struct text out = {};
    for (const char *at = text; *at && out.length < LONGEST;) {
        size_t blank = strspn(at, " \t\r\n");
        if (blank && out.length && at[blank]) text_add(&out, " ");
        at += blank;
        size_t word = strcspn(at, " \t\r\n");
        text_add_n(&out, at, word);
        at += word;
    }
    if (out.length > LONGEST) {
        size_t cut = LONGEST; /* not inside a character */
        while (cut && (out.data[cut] & 0xc0) == 0x80) cut--;
        out.data[out.length = cut] = '\0';
        text_add(&out, "...");
    }
    return text_take(&out);
}

/* A value, a signature, or the definition itself. */
static const char *substance(const struct names *names, const struct definition *d, const char *value) {
    switch (d->kind) {
    case DEFINED_VARIABLE:
        return names_outdated(names, d) ? "(of an old type: run its cell again)" : value;
    case DEFINED_TYPE:
        return d->source ? d->source : "";
    default:
        return d->spelling ? d->spelling : "";
    }
}

static void add_row(struct text *out, const struct names *names, const struct definition *d, const char *value) {
    bool variable = d->kind == DEFINED_VARIABLE;
    char *size = d->size >= 0 && variable ? must_format("%lld", d->size) : must_copy("");
    char *last = on_one_line(substance(names, d, value));
    text_format(out, "%-16s %-9s %-20s %-32s %8s %5d\n", d->name, kind_name(d), variable ? d->spelling : "", last, size,
                d->cell);
    free(last);
    free(size);
}

bool magic_whos(struct cell_run *run, const struct magic_call *call) {
    const struct names *names = &run->session->names;
    size_t count, asked = 0, next = 0;
    const struct definition **list = shown_definitions(names, call->rest, &count);
    const char **symbols = must_allocate((count + 1) * sizeof *symbols),
               **shapes = must_allocate((count + 1) * sizeof *shapes);
    char **values = must_allocate((count + 1) * sizeof *values);
    for (size_t i = 0; i < count; i++) {
        if (!has_value(names, list[i])) continue;
        symbols[asked] = list[i]->symbol;
        shapes[asked++] = list[i]->shape;
    }
    bool ok = !asked || process_format(run->session->process, symbols, shapes, asked, values);
    struct text out = {};
    text_format(&out, "%-16s %-9s %-20s %-32s %8s %5s\n", "name", "kind", "type", "value or signature", "bytes",
                "cell");
    for (size_t i = 0; i < count; i++)
        add_row(&out, names, list[i], ok && has_value(names, list[i]) ? values[next++] : "");
    if (ok && count)
        magic_print(run, text_c(&out));
    else if (ok)
        say_nothing_there(run, call->rest);
    text_free(&out);
    for (size_t i = 0; ok && i < asked; i++) free(values[i]);
    free(values);
    free(symbols);
    free(shapes);
    free(list);
    return ok || magic_refuse(run, call, must_copy("the session's process does not answer"));
}

/* ---- taking back ---- */

bool magic_reset(struct cell_run *run, const struct magic_call *call) {
    if (*call->rest && strcmp(call->rest, "-f"))
        return magic_refuse(run, call, must_format("%%reset forgets everything and takes no '%s'", call->rest));
    return run->reset = true;
}

bool magic_undo(struct cell_run *run, const struct magic_call *call) {
    if (*call->rest)
        return magic_refuse(run, call, must_format("%%undo takes back the last cell and takes no '%s'", call->rest));
    return cell_undo(run);
}
