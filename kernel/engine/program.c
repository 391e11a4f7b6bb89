/* A cell that defines main is a program: built as it stands, run in the transaction's child, and forgotten. */
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/report.h"
#include "kernel/engine/unit.h"

bool code_is_program(struct session *session, const char *source, size_t length) {
    struct items items;
    bool found = false;
    if (!memmem(source, length, "main", 4)) return false;
    session_split(session, source, length, &items);
    for (size_t i = 0; i < items.count && !found; i++) {
        if (items.list[i].kind != ITEM_FUNCTION) continue;
        struct declaration head;
        const char *text = source + items.list[i].start;
        declaration_scan(text, items.list[i].body - items.list[i].start, &head);
        for (size_t k = 0; k < head.count; k++) found |= span_is(text, head.declarators[k].name, "main");
        declaration_free(&head);
        /* main() { ... } without a type is its own specifier */
        found |= !strncmp(text, "main", 4) && (text[4] == '(' || text[4] == ' ');
    }
    items_free(&items);
    return found;
}

/* The words behind //%cflags:, //%ldflags: or //%args: lines, in order. */
struct words {
    char **list;
    size_t count, capacity;
};

static void add_words(struct words *words, const char *text, size_t length) {
    for (size_t i = 0; i < length;) {
        while (i < length && (text[i] == ' ' || text[i] == '\t' || text[i] == '\r')) i++;
        char quote = i < length && (text[i] == '"' || text[i] == '\'') ? text[i++] : 0;
        size_t start = i;
        while (i < length && (quote ? text[i] != quote : text[i] != ' ' && text[i] != '\t' && text[i] != '\r')) i++;
        if (i > start || quote)
            ARRAY_ADD(words->list, words->count, words->capacity) = must_copy_n(text + start, i - start);
        i += quote != 0;
    }
}

static void read_settings(const char *source, size_t length, const char *key, struct words *words) {
    const char *end = source + length;
    for (const char *line = source; line < end;) {
        size_t size = strcspn(line, "\n"), key_length = strlen(key);
        const char *at = line + strspn(line, " \t");
        if (!strncmp(at, key, key_length)) add_words(words, at + key_length, (size_t)(line + size - at) - key_length);
        line += size + (line[size] == '\n');
    }
}

static void words_free(struct words *words) {
    for (size_t i = 0; i < words->count; i++) free(words->list[i]);
    free(words->list);
}

/* -lX of the linker's words, one a line; -lm and the like are in the worker already. */
static char *libraries_of(const struct words *words) {
    struct text out = {};
    for (size_t i = 0; i < words->count; i++)
        if (!strncmp(words->list[i], "-l", 2)) text_format(&out, "%s\n", words->list[i] + 2);
    return out.length ? text_take(&out) : NULL;
}

enum code_end program_run(struct session *session, const struct code *code, const struct cell_host *host, bool *begun,
                          struct cell_outcome *outcome) {
    struct words cflags = {}, ldflags = {}, arguments = {};
    struct text text = {}, argument_lines = {};
    struct facts facts = {};
    struct flavour flavour = {};
    struct object object = {};
    char *error = NULL;
    enum code_end end = CODE_FAILED;
    read_settings(code->source, code->length, "//%cflags:", &cflags);
    read_settings(code->source, code->length, "//%ldflags:", &ldflags);
    read_settings(code->source, code->length, "//%args:", &arguments);
    text_add(&argument_lines, "program");
    for (size_t i = 0; i < arguments.count; i++) text_format(&argument_lines, "\n%s", arguments.list[i]);
    text_format(&text, "#line %d \"" UNIT_FILE "\"\n", code->first_line);
    text_add_n(&text, code->source, code->length);
    text_add(&text, "\n");
    /* a program's output does not depend on a filling that other compilers do not know */
    ARRAY_ADD(cflags.list, cflags.count, cflags.capacity) = must_copy("-ftrivial-auto-var-init=uninitialized");
    ARRAY_ADD(cflags.list, cflags.count, cflags.capacity) =
        must_format("-iquote%s", session->working_directory ? session->working_directory : ".");
    ARRAY_ADD(cflags.list, cflags.count, cflags.capacity) = NULL;
    cflags.count--;
    bool ok = flavour_make(session->toolchain, code->mode, NULL, (const char *const *)cflags.list, &flavour, &error);
    if (ok) {
        parse_text(session->parser, (const char *const *)flavour.parse_flags, text_c(&text), text.length, text.length,
                   UNIT_PART, &facts);
        for (size_t i = 0; i < facts.diagnostic_count; i++) ok &= facts.diagnostics[i].severity != SEVERITY_ERROR;
        if (!ok)
            report_compile_error(session, facts.diagnostics, facts.diagnostic_count, code->number, outcome);
        else if (!code->quiet)
            show_warnings(session, &facts, code->number, host);
    }
    if (error) outcome_fail(outcome, "CompileError", error);
    if (ok) {
        const struct stop_wish stop = process_stop_wish(session->process);
        char *errors = NULL;
        enum compile_end built =
            builder_compile(session->builder, &flavour, text_c(&text), text.length, &stop, &object, &errors);
        ok = built == COMPILE_DONE;
        if (!ok) report_compiler(code, built, errors, outcome);
        free(errors);
    }
    if (ok) {
        int unit = session->next_unit++;
        struct run_request request = {.unit = unit,
                                      .entry = "main",
                                      .program = true,
                                      .arguments = text_c(&argument_lines),
                                      .libraries = libraries_of(&ldflags)};
        end = object_run(session, code, &object, &request, host, begun, outcome);
        free((char *)request.libraries);
    }
    free(object.bytes);
    facts_free(&facts);
    flavour_free(&flavour);
    words_free(&cflags);
    words_free(&ldflags);
    words_free(&arguments);
    text_free(&text);
    text_free(&argument_lines);
    return end;
}
