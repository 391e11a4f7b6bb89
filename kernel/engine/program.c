/* A cell that defines main is a program: built as it stands, run in the transaction's child, and forgotten. */
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/report.h"
#include "kernel/engine/settings.h"
#include "kernel/engine/token.h"
#include "kernel/engine/unit.h"

/* The dialects a program is tried in until one compiles it: the cells' own, but only with the names that its headers
 * give without being asked for more; C17, clang's default, in which `f()` takes any arguments, definitions may be
 * old-style, and bool, true or nullptr are free names; and with the C library's GNU names. */
static const char *const dialects[][3] = {{"-U_GNU_SOURCE"}, {"-std=gnu17", "-U_GNU_SOURCE"}, {"-std=gnu23"}};
enum { DIALECTS = sizeof dialects / sizeof *dialects };

/* What a terminal lets pass must pass here: after undefined behaviour the program goes on (the worker reports it), and
 * variables without a value hold what the stack held. */
static const char *const program_flags[] = {"-fsanitize-recover=undefined", "-ftrivial-auto-var-init=uninitialized"};

static bool parse_in(struct session *session, const struct code *code, const struct settings *settings,
                     const struct text *text, size_t from, int dialect, const struct flavour **flavour,
                     struct facts *facts, char **error) {
    struct words flags = {};
    char *folder = session_folder(session);
    words_take(&flags, must_format("-iquote%s", folder));
    for (size_t i = 0; i < sizeof program_flags / sizeof *program_flags; i++) words_add(&flags, program_flags[i]);
    words_add_all(&flags, dialects[dialect]);
    words_add_all(&flags, (const char *const *)settings->compiler.list);
    *flavour = session_program_flavour(session, code->mode, (const char *const *)flags.list, error);
    words_free(&flags);
    free(folder);
    if (*flavour)
        parse_text(session->parser, (const char *const *)(*flavour)->parse_flags, text_c(text), text->length, from,
                   UNIT_PART, facts);
    return *flavour;
}

static struct text program_text(const char *source, size_t length, int first_line) {
    struct text text = {};
    text_format(&text, "#line %d \"" UNIT_FILE "\"\n", first_line);
    text_add_n(&text, source, length);
    text_add(&text, "\n");
    return text;
}

/* ---- what a program is ---- */

/* Whether an item of the cell is a definition of main, as far as tokens tell. */
static bool defines_main(struct session *session, const char *source, size_t length) {
    struct items items;
    bool found = false;
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

static void note_main(void *named, const char *word, size_t length, enum word_place place) {
    *(bool *)named |= place == WORD_ORDINARY && length == 4 && !memcmp(word, "main", 4);
}

static bool has_conditional(const char *source, size_t length) {
    struct lexer lexer;
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.kind != TOKEN_DIRECTIVE) continue;
        const char *word = source + t.start + 1;
        word += strspn(word, " \t");
        if (!strncmp(word, "if", 2)) return true;
    }
    return false;
}

/* The source with lines that end in a backslash joined. */
static struct text spliced(const char *source, size_t length) {
    struct text text = {};
    for (size_t i = 0; i < length; i++)
        if (source[i] == '\\' && i + 1 < length && source[i + 1] == '\n')
            i++;
        else
            text_add_n(&text, source + i, 1);
    return text;
}

/* What the parser says. */
static bool parses_as_program(struct session *session, const char *source, size_t length) {
    struct code code = {.mode = session->mode};
    struct settings settings = settings_read(source, length);
    struct text text = program_text(source, length, 1);
    const struct flavour *flavour;
    bool found = false;
    for (int dialect = 0; dialect < DIALECTS && !found; dialect++) {
        struct facts facts = {};
        char *error = NULL;
        parse_in(session, &code, &settings, &text, 0, dialect, &flavour, &facts, &error);
        for (size_t i = 0; i < facts.count; i++)
            found |= facts.list[i].kind == FACT_FUNCTION && !strcmp(facts.list[i].name, "main");
        facts_free(&facts);
        free(error);
    }
    text_free(&text);
    settings_free(&settings);
    return found;
}

bool code_is_program(struct session *session, const char *source, size_t length) {
    bool named = false;
    struct text joined = spliced(source, length);
    if (memmem(text_c(&joined), joined.length, "main", 4)) each_word(text_c(&joined), joined.length, note_main, &named);
    text_free(&joined);
    bool found = named && defines_main(session, source, length);
    /* tokens do not tell when the preprocessor has a say: main in a conditional, or written by a macro */
    bool doubtful = named && (!found || has_conditional(source, length));
    return doubtful ? parses_as_program(session, source, length) : found;
}

/* ---- running it ---- */

static size_t count_errors(const struct facts *facts) {
    size_t errors = 0;
    for (size_t i = 0; i < facts->diagnostic_count; i++) errors += facts->diagnostics[i].severity == SEVERITY_ERROR;
    return errors;
}

/* From *dialect on, the first one without errors, or the one with the fewest, which *dialect then is; its facts are the
 * caller's. NULL with *error. */
static const struct flavour *choose_dialect(struct session *session, const struct code *code,
                                            const struct settings *settings, const struct text *text, int *dialect,
                                            struct facts *best, char **error) {
    const struct flavour *chosen = NULL, *flavour;
    for (int next = *dialect; next < DIALECTS && (!chosen || count_errors(best)); next++) {
        struct facts facts = {};
        if (!parse_in(session, code, settings, text, text->length, next, &flavour, &facts, error)) break;
        bool better = !chosen || count_errors(&facts) < count_errors(best);
        facts_free(better ? best : &facts);
        if (!better) continue;
        *best = facts;
        *dialect = next;
        chosen = flavour;
    }
    return chosen;
}

static char *argument_lines(const struct words *arguments) {
    struct text lines = {};
    text_add(&lines, "program");
    for (size_t i = 0; i < arguments->count; i++) text_format(&lines, "\n%s", arguments->list[i]);
    return text_take(&lines);
}

/* Parses and compiles in the first dialect that both accept. False: the outcome tells. */
static bool build(struct session *session, const struct code *code, const struct settings *settings,
                  const struct text *text, struct facts *facts, struct object *object, struct cell_outcome *outcome) {
    const struct stop_wish stop = interruption_wish(&session->interruption);
    enum compile_end built = COMPILE_REFUSED;
    for (int dialect = 0; built == COMPILE_REFUSED && dialect < DIALECTS; dialect++) {
        char *error = NULL;
        const struct flavour *flavour = choose_dialect(session, code, settings, text, &dialect, facts, &error);
        if (!flavour) {
            outcome_fail(outcome, "CompileError", error);
            return false;
        }
        free(error);
        if (count_errors(facts)) {
            report_compile_error(session, facts->diagnostics, facts->diagnostic_count, code->number, outcome);
            return false;
        }
        char *errors = NULL;
        built = builder_compile(session->builder, flavour, text_c(text), text->length, &stop, object, &errors);
        /* what only the code generator refuses in one dialect, as clang 19 does some constants in C23, may do in the
         * next */
        bool last = built != COMPILE_REFUSED || dialect == DIALECTS - 1;
        if (built != COMPILE_DONE && last) report_compiler(session, code, built, errors, outcome);
        free(errors);
    }
    return built == COMPILE_DONE;
}

static enum code_end run_object(struct session *session, const struct code *code, const struct settings *settings,
                                const struct object *object, const struct cell_host *host, bool *begun,
                                struct cell_outcome *outcome) {
    char *folder = session_folder(session);
    char *arguments = argument_lines(&settings->arguments), *libraries = settings_libraries(settings, folder);
    struct run_request request = {
        .unit = session->next_unit++, .entry = "main", .program = true, .arguments = arguments, .libraries = libraries};
    enum code_end end = object_run(session, code, object, &request, host, begun, outcome);
    free(folder);
    free(arguments);
    free(libraries);
    return end;
}

enum code_end program_run(struct session *session, const struct code *code, const struct cell_host *host, bool *begun,
                          struct cell_outcome *outcome) {
    struct settings settings = settings_read(code->source, code->length);
    struct text text = program_text(code->source, code->length, code->first_line);
    struct facts facts = {};
    struct object object = {};
    enum code_end end = CODE_FAILED;
    if (build(session, code, &settings, &text, &facts, &object, outcome)) {
        if (!code->quiet) show_warnings(session, &facts, code->number, host);
        end = run_object(session, code, &settings, &object, host, begun, outcome);
    }
    free(object.bytes);
    facts_free(&facts);
    settings_free(&settings);
    text_free(&text);
    return end;
}
