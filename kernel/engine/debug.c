#include "kernel/engine/debug.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/unit.h"

bool debug_is_on(const struct session *session) {
    const struct cell_debugger *debugger = session->options.debugger;
    return debugger && debugger->is_on(debugger->context);
}

static char *file_of_cell(const struct session *session, int cell) {
    const struct cell_debugger *debugger = session->options.debugger;
    const char *source = session_cell_source(session, cell);
    return source ? debugger->file(debugger->context, source) : NULL;
}

/* The cell that a #line directive names, 0 when it is none of ours; *name and *end enclose the name in its quotes. */
static int named_cell(const char *line, size_t length, int cell, const char **name, const char **end) {
    static const char directive[] = "#line ", file[] = UNIT_FILE;
    if (strncmp(line, directive, sizeof directive - 1)) return 0;
    *name = memchr(line, '"', length);
    *end = *name ? memchr(*name + 1, '"', length - (size_t)(*name + 1 - line)) : NULL;
    if (!*end || strncmp(++*name, file, sizeof file - 1)) return 0;
    const char *rest = *name + sizeof file - 1;
    return rest == *end ? cell : *rest == ':' ? (int)strtol(rest + 1, NULL, 10) : 0;
}

char *debug_text(const struct session *session, const char *text, int cell) {
    struct text out = {};
    for (const char *line = text; *line;) {
        const char *stop = strchr(line, '\n'), *name, *end;
        size_t length = stop ? (size_t)(stop - line) + 1 : strlen(line);
        int named = named_cell(line, length, cell, &name, &end);
        char *file = named ? file_of_cell(session, named) : NULL;
        if (file) {
            text_format(&out, "%.*s%s", (int)(name - line), line, file);
            text_add_n(&out, end, length - (size_t)(end - line));
        } else {
            text_add_n(&out, line, length);
        }
        free(file);
        line += length;
    }
    return text_take(&out);
}

static bool is_file_of(const struct session *session, const char *file, int cell) {
    char *known = file_of_cell(session, cell);
    bool same = known && !strcmp(known, file);
    free(known);
    return same;
}

int debug_cell_of_file(const struct session *session, const char *file, int likely) {
    if (!session->options.debugger) return 0;
    if (is_file_of(session, file, likely)) return likely;
    for (size_t i = session->cell_count; i-- > 0;)
        if (is_file_of(session, file, session->cells[i].number)) return session->cells[i].number;
    return 0;
}

void debug_attach(struct session *session) {
    const struct cell_debugger *debugger = session->options.debugger;
    if (session->debugged || !debug_is_on(session)) return;
    struct session_variable *variables;
    size_t count = debug_variables(session, false, &variables);
    session->debugged = debugger->attach(debugger->context, process_pid(session->process), variables, count);
    variables_free(variables, count);
}

void debug_detach(struct session *session) {
    const struct cell_debugger *debugger = session->options.debugger;
    if (session->debugged) debugger->detach(debugger->context);
    session->debugged = false;
}

/* ---- variables ---- */

static bool has_place(const struct names *names, const struct definition *d) {
    return d->kind == DEFINED_VARIABLE && d->live && d->symbol && d->shape && strncmp(d->name, "oto_", 4) &&
           !names_outdated(names, d);
}

size_t debug_variables(struct session *session, bool with_values, struct session_variable **list) {
    const struct names *names = &session->names;
    size_t count = 0, capacity = 0;
    const char **symbols = must_allocate(2 * names->count * sizeof *symbols),
               **shapes = must_allocate(2 * names->count * sizeof *shapes);
    *list = NULL;
    for (size_t i = 0; i < names->count; i++) {
        const struct definition *d = names->list[i];
        if (!has_place(names, d)) continue;
        symbols[2 * count] = symbols[2 * count + 1] = d->symbol;
        shapes[2 * count] = "&";
        shapes[2 * count + 1] = d->shape;
        ARRAY_ADD(*list, count, capacity) =
            (struct session_variable){.name = must_copy(d->name), .type = must_copy(d->canonical)};
    }
    char **texts = must_allocate(2 * count * sizeof *texts);
    bool answered = count && process_format(session->process, symbols, shapes, 2 * count, texts);
    for (size_t i = 0; answered && i < count; i++) {
        (*list)[i].address = strtoull(texts[2 * i], NULL, 16);
        free(texts[2 * i]);
        if (with_values)
            (*list)[i].value = texts[2 * i + 1];
        else
            free(texts[2 * i + 1]);
    }
    free(texts);
    free(symbols);
    free(shapes);
    return count;
}

void variables_free(struct session_variable *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(list[i].name);
        free(list[i].type);
        free(list[i].value);
    }
    free(list);
}
