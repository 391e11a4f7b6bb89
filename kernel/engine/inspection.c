/* What is known of the name at the cursor. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/code.h"
#include "kernel/engine/cursor.h"
#include "kernel/engine/documentation.h"
#include "kernel/engine/editor.h"
#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"
#include "kernel/engine/type.h"
#include "kernel/engine/unit.h"

bool editor_is_question(const char *source, size_t length, size_t *end, int *detail) {
    while (length > 0 && isspace((unsigned char)source[length - 1])) length--;
    size_t marks = 0;
    while (marks < length && source[length - 1 - marks] == '?') marks++;
    size_t start = 0;
    *end = length - marks;
    *detail = marks == 2;
    while (start < *end && isspace((unsigned char)source[start])) start++;
    bool named = start < *end && !isdigit((unsigned char)source[start]);
    for (size_t i = start; i < *end; i++)
        named &= isalnum((unsigned char)source[i]) || source[i] == '_' || (source[i] & 0x80);
    return named && (marks == 1 || marks == 2);
}

static void add_comment(struct text *out, const char *raw) {
    char *plain = documentation_plain(raw);
    if (*plain) text_format(out, "\n%s", plain);
    free(plain);
}

/* ---- the session's ---- */

static void add_variable(struct session *session, const struct definition *d, struct text *out) {
    char *declared = type_declares(d->spelling, d->name);
    text_add(out, declared);
    free(declared);
    if (!d->shape || session->worker_busy || names_outdated(&session->names, d)) return;
    const char *symbols[] = {d->symbol}, *shapes[] = {d->shape};
    char *value = NULL;
    if (process_format(session->process, symbols, shapes, 1, &value)) text_format(out, " = %s", value);
    free(value);
}

static char *describe_definition(struct session *session, const struct definition *d, int detail) {
    struct text out = {};
    switch (d->kind) {
    case DEFINED_VARIABLE:
        add_variable(session, d, &out);
        break;
    case DEFINED_FUNCTION:
    case DEFINED_PROTOTYPE:
        text_add(&out, d->spelling);
        break;
    default:
        text_add(&out, d->source ? d->source : d->name);
        break;
    }
    if (d->comment) add_comment(&out, d->comment);
    text_format(&out, "\ndefined in cell [%d]", d->cell);
    if (detail > 0 && d->source && d->kind != DEFINED_TYPE && d->kind != DEFINED_MACRO)
        text_format(&out, "\n\n%s", d->source);
    return text_take(&out);
}

/* ---- C's ---- */

/* Keywords, and two macros whose definitions tell nothing. */
static char *describe_keyword(const char *word) {
    static const struct {
        const char *word, *text;
    } keywords[] = {
        {"if", "if (condition) statement else statement"},
        {"else", "if (condition) statement else statement"},
        {"for", "for (start; condition; step) statement"},
        {"while", "while (condition) statement"},
        {"do", "do statement while (condition);"},
        {"switch", "switch (integer) { case constant: ... break; default: ... }"},
        {"case", "switch (integer) { case constant: ... break; default: ... }"},
        {"default", "switch (integer) { case constant: ... break; default: ... }"},
        {"break", "break; leaves the innermost loop or switch"},
        {"continue", "continue; goes on with the next turn of the innermost loop"},
        {"return", "return value; ends the function with a value"},
        {"goto", "goto label; goes on at `label:` in the same function"},
        {"sizeof", "sizeof(type) or sizeof expression: its size in bytes, a size_t"},
        {"struct", "struct tag { type member; ... }: values side by side"},
        {"union", "union tag { type member; ... }: one place that is read in different ways"},
        {"enum", "enum tag { NAME = value, ... }: named integers"},
        {"typedef", "typedef type name; another name for a type"},
        {"static", "static: lives as long as the program, and is known in its file or function only"},
        {"extern", "extern: declared here, defined elsewhere"},
        {"const", "const: may not be changed through this name"},
        {"volatile", "volatile: may change without the program's doing; each access happens"},
        {"int", "int: a whole number, 32 bits here: -2147483648 to 2147483647"},
        {"char", "char: one byte, a character: 'a'"},
        {"short", "short: a whole number of 16 bits here: -32768 to 32767"},
        {"long", "long: a whole number, 64 bits here"},
        {"unsigned", "unsigned: without a sign, from 0 up; wraps around"},
        {"signed", "signed: with a sign"},
        {"float", "float: a floating-point number of 32 bits, about 7 digits"},
        {"double", "double: a floating-point number of 64 bits, about 16 digits"},
        {"void", "void: no value; void *: a pointer to anything"},
        {"bool", "bool: true or false"},
        {"NULL", "NULL: the pointer to nothing, ((void *)0)"},
        {"assert", "void assert(condition): ends the program with a message when the condition does not hold"},
    };
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (!strcmp(keywords[i].word, word)) return must_copy(keywords[i].text);
    return NULL;
}

/* How often the word stands in a text up to a place. */
static int occurrences(const char *text, size_t length, const char *word, size_t word_length, size_t *nth_at, int nth) {
    struct lexer lexer;
    int count = 0;
    lexer_start(&lexer, text, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (t.kind != TOKEN_WORD || t.end - t.start != word_length || memcmp(text + t.start, word, word_length))
            continue;
        if (count++ == nth) *nth_at = t.start;
    }
    return count;
}

/* Where the word of the cell that begins at `start` stands in the draft of the cell, or -1. */
static size_t place_in_draft(const struct plan *plan, const struct text *draft, size_t start, size_t end) {
    for (size_t i = 0; i < plan->items.count; i++) {
        const struct item *item = &plan->items.list[i];
        if (start < item->start || start >= item->end) continue;
        size_t from = plan->planned[i].draft_start, found = (size_t)-1, unused;
        int nth = occurrences(plan->source + item->start, start - item->start, plan->source + start, end - start,
                              &unused, -1);
        occurrences(draft->data + from, plan->planned[i].draft_end - from, plan->source + start, end - start, &found,
                    nth);
        return found == (size_t)-1 ? found : from + found;
    }
    return (size_t)-1;
}

/* Asks the parser, with the whole cell: locals, members, what the cell itself defines, and the headers. */
static char *describe_parsed(struct session *session, const struct cursor *cursor, size_t start, size_t end) {
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    free(error);
    if (!flavour) return NULL;
    struct plan plan = {.first_line = 1,
                        .names = &session->names,
                        .headers = &session->headers,
                        .source = cursor->view,
                        .length = cursor->length};
    struct text draft = {};
    size_t from;
    session_split(session, plan.source, plan.length, &plan.items);
    plan_make(&plan);
    unit_draft(&plan, &draft, &from);
    size_t at = draft.length ? place_in_draft(&plan, &draft, start, end) : (size_t)-1;
    char *comment = NULL, *text = NULL;
    char *declaration = at == (size_t)-1
                            ? NULL
                            : parse_declaration_at(session->parser, (const char *const *)flavour->parse_flags,
                                                   draft.data, draft.length, at, &comment);
    if (declaration) {
        struct text out = {};
        text_add(&out, declaration);
        if (comment) add_comment(&out, comment);
        text = text_take(&out);
    }
    free(declaration);
    free(comment);
    plan_free(&plan);
    text_free(&draft);
    return text;
}

/* ---- one word ---- */

static bool is_member(const struct cursor *cursor, size_t start) {
    while (start > 0 && isspace((unsigned char)cursor->view[start - 1])) start--;
    return start > 0 && (cursor->view[start - 1] == '.' ||
                         (start > 1 && cursor->view[start - 1] == '>' && cursor->view[start - 2] == '-'));
}

static bool is_tag(const struct cursor *cursor, size_t start) {
    struct lexer lexer;
    struct token last = {};
    lexer_start(&lexer, cursor->view, start);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) last = t;
    return token_is(cursor->view, last, "struct") || token_is(cursor->view, last, "union") ||
           token_is(cursor->view, last, "enum");
}

/* A name by itself, where the cell around it is no sound C (yet): as an expression or type alike. */
static char *describe_alone(struct session *session, const char *name, const char *tag) {
    struct cursor cursor = {.view = must_format("(void)sizeof(%s%s);", tag, name)};
    size_t start = strlen("(void)sizeof(") + strlen(tag);
    cursor.length = strlen(cursor.view);
    char *text = describe_parsed(session, &cursor, start, start + strlen(name));
    cursor_free(&cursor);
    return text;
}

/* A macro of a header: its definition, and what that comes to where it is an expression: __INT_MAX__ tells nobody. */
static char *describe_macro(struct session *session, const char *name) {
    static const char result[] = "oto_value_ = ";
    char *error = NULL, *definition = documentation_macro(name);
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    free(error);
    if (!flavour) return definition;
    char *unit = must_format("#ifdef %s\n__auto_type %s%s;\n#endif\n", name, result, name);
    char *printed =
        parse_print(session->parser, (const char *const *)flavour->parse_flags, unit, strlen(unit), 0, strlen(unit));
    const char *value = printed ? strstr(printed, result) : NULL;
    if (value) value += sizeof result - 1;
    int length = value ? (int)strcspn(value, ";\n") : 0;
    struct text out = {};
    if (definition)
        text_add(&out, definition);
    else if (length)
        text_format(&out, "#define %s", name);
    if (length) text_format(&out, "%s%.*s", definition ? "\n= " : " ", length, value);
    free(printed);
    free(unit);
    free(definition);
    return out.length ? text_take(&out) : NULL;
}

static char *describe_word(struct session *session, const struct cursor *cursor, size_t start, size_t end, int detail) {
    const char *word = cursor->view + start;
    size_t length = end - start;
    bool member = is_member(cursor, start), tag = !member && is_tag(cursor, start);
    struct definition *d = member || tag ? NULL : names_find_n(&session->names, 'm', word, length);
    if (!d && !member && !tag) d = names_find_n(&session->names, 'o', word, length);
    if (!d && !member) d = names_find_n(&session->names, 't', word, length);
    if (d) return describe_definition(session, d, detail);
    char *name = must_copy_n(word, length);
    char *text = member ? NULL : documentation_find(session->toolchain->root, name);
    if (!text && !member) text = describe_keyword(name);
    if (!text) text = describe_parsed(session, cursor, start, end);
    if (!text && !member) text = describe_alone(session, name, tag ? "struct " : "");
    if (!text && !member) text = describe_macro(session, name);
    free(name);
    return text;
}

char *editor_describe(struct session *session, const char *name, int detail) {
    if (!session_ready(session)) return NULL;
    struct cursor cursor = {.view = must_format("%s ", name), .length = strlen(name) + 1};
    size_t end = strlen(name);
    while (end > 0 && isspace((unsigned char)name[end - 1])) end--;
    size_t start = end;
    while (start > 0 && (isalnum((unsigned char)name[start - 1]) || name[start - 1] == '_')) start--;
    char *text = start < end ? describe_word(session, &cursor, start, end, detail) : NULL;
    cursor_free(&cursor);
    return text;
}

char *editor_inspect(struct session *session, const char *source, size_t length, size_t at, int detail) {
    if (!session_ready(session)) return NULL;
    if (at > length) at = length;
    size_t name, rest, start, end;
    const struct magic *magic = magic_at_cursor(session, source, length, at, &name, &rest);
    bool in_magic = name != (size_t)-1, in_name = in_magic && !memchr(source + name, ' ', at - name);
    if (in_magic && (!magic || magic->argument != ARGUMENT_CODE || in_name)) {
        if (!magic) return NULL;
        struct cursor cursor = cursor_find(session, source, length, at);
        char *word = !in_name && (magic->argument == ARGUMENT_NAME || magic->argument == ARGUMENT_FUNCTION)
                         ? must_copy_n(source + cursor.start, cursor.end - cursor.start)
                         : NULL;
        char *text = word && *word ? editor_describe(session, word, detail) : magic_describe(magic);
        free(word);
        cursor_free(&cursor);
        return text;
    }
    struct cursor cursor = cursor_find(session, source, length, at);
    char *text = NULL;
    bool word = cursor.start < cursor.end && (cursor.place == PLACE_NAME || cursor.place == PLACE_TAG ||
                                              cursor.place == PLACE_MEMBER || cursor.place == PLACE_CONDITION);
    bool digit = word && isdigit((unsigned char)cursor.view[cursor.start]);
    if (word && !digit) text = describe_word(session, &cursor, cursor.start, cursor.end, detail);
    bool commented = cursor.place == PLACE_NOTHING && !isdigit((unsigned char)cursor.view[cursor.start]);
    if (!text && !commented && cursor_call(&cursor, &start, &end))
        text = describe_word(session, &cursor, start, end, detail);
    cursor_free(&cursor);
    return text;
}
