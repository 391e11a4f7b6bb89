#include "kernel/engine/editor.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/engine/code.h"
#include "kernel/engine/documentation.h"
#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"
#include "kernel/engine/unit.h"

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

/* ---- is it complete ---- */

/* Brackets that are open at the end, and whether the last token asks for more. */
struct ending {
    int depth;
    bool wants_more, crossed; /* crossed: ( closed by ] */
};

static struct ending ending_of(const char *source, size_t length) {
    enum { DEEPEST = 256 };
    char open[DEEPEST];
    struct lexer lexer;
    struct ending end = {};
    lexer_start(&lexer, source, length);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        end.wants_more = false;
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        char c = source[t.start];
        if (strchr("([{", c)) {
            if (end.depth >= 0 && end.depth < DEEPEST) open[end.depth] = c;
            end.depth++;
        } else if (strchr(")]}", c)) {
            end.depth--;
            char wanted = c == ')' ? '(' : c == ']' ? '[' : '{';
            end.crossed |= end.depth >= 0 && end.depth < DEEPEST && open[end.depth] != wanted;
        } else if (strchr("+-*/%&|^<>=,?:.!~", c)) {
            end.wants_more = true;
        }
        bool doubled = t.start > 0 && source[t.start - 1] == c && (c == '+' || c == '-');
        if (doubled) end.wants_more = false; /* x++ is whole */
    }
    return end;
}

/* The last item asks for more: if (x), else, do { } while (x), struct s { }, return, #define X with a backslash. */
static bool item_wants_more(const char *source, const struct item *last) {
    size_t length = last->end - last->start;
    const char *text = source + last->start;
    static const char *const heads[] = {"if", "for", "while", "switch", "do"};
    char end = length ? text[length - 1] : 0;
    if (last->kind == ITEM_DIRECTIVE) return end == '\\';
    bool tail = length >= 4 && !strncmp(text + length - 4, "else", 4);
    if (last->kind == ITEM_STATEMENT && end == ')')
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            if (!strncmp(text, heads[i], strlen(heads[i])) && !is_word(text[strlen(heads[i])])) return true;
    if (last->kind == ITEM_DECLARATION && end != ';') return true;
    bool returns = length == 6 && !strncmp(text, "return", 6);
    return tail || returns;
}

bool editor_is_question(const char *source, size_t length, size_t *end, int *detail) {
    while (length > 0 && isspace((unsigned char)source[length - 1])) length--;
    size_t marks = 0;
    while (marks < length && source[length - 1 - marks] == '?') marks++;
    size_t start = 0;
    *end = length - marks;
    *detail = marks == 2;
    while (start < *end && isspace((unsigned char)source[start])) start++;
    bool named = start < *end && !isdigit((unsigned char)source[start]);
    for (size_t i = start; i < *end; i++) named &= is_word(source[i]);
    return named && (marks == 1 || marks == 2);
}

enum completeness editor_is_complete(struct session *session, const char *source, size_t length, char **indent) {
    *indent = NULL;
    if (!session_ready(session)) return CELL_COMPLETE;
    const char *first = source + strspn(source, " \t\n");
    size_t name_end;
    int detail;
    if (*first == '%' || *first == '!' || editor_is_question(source, length, &name_end, &detail)) return CELL_COMPLETE;
    struct items items;
    session_split(session, source, length, &items);
    bool open = items.open, stray = items.stray;
    bool wants_more = items.count && item_wants_more(source, &items.list[items.count - 1]);
    items_free(&items);
    struct ending end = ending_of(source, length);
    if (stray || end.crossed) return CELL_INVALID;
    if (open || end.depth > 0 || end.wants_more || wants_more) {
        *indent = must_format("%*s", end.depth > 0 ? 4 * end.depth : 0, "");
        return CELL_INCOMPLETE;
    }
    return CELL_COMPLETE;
}

/* ---- completion ---- */

struct collector {
    struct completions *out;
    size_t capacity;
    const char *prefix;
    size_t prefix_length;
};

static void collect(void *context, const char *name, const char *type, const char *signature) {
    struct collector *c = context;
    if (strncmp(name, c->prefix, c->prefix_length) || !*name) return;
    if (!strncmp(name, "oto_part_", 9) || !strncmp(name, "oto_header_", 11) ||
        (!strncmp(name, "__", 2) && c->prefix_length < 2))
        return;
    for (size_t i = 0; i < c->out->count; i++)
        if (!strcmp(c->out->items[i].text, name)) return;
    ARRAY_ADD(c->out->items, c->out->count, c->capacity) =
        (struct completion){must_copy(name), must_copy(type), must_copy(signature)};
}

static const char *definition_type(const struct definition *d) {
    switch (d->kind) {
    case DEFINED_FUNCTION:
    case DEFINED_PROTOTYPE:
        return "function";
    case DEFINED_MACRO:
        return "macro";
    case DEFINED_TYPE:
        return "type";
    default:
        return "variable";
    }
}

static void collect_session(struct session *session, struct collector *c) {
    for (size_t i = 0; i < session->names.table_size; i++) {
        const struct key *key = &session->names.table[i];
        if (!key->text || !key->definition || !strncmp(key->text + 2, "oto_", 4)) continue;
        collect(c, key->text + 2, definition_type(key->definition),
                key->definition->spelling ? key->definition->spelling : "");
    }
}

static void collect_keywords(struct collector *c) {
    static const char *const keywords[] = {
        "alignas",  "alignof", "auto",   "bool",   "break",    "case",          "char",     "const",    "constexpr",
        "continue", "default", "do",     "double", "else",     "enum",          "extern",   "false",    "float",
        "for",      "goto",    "if",     "inline", "int",      "long",          "nullptr",  "register", "restrict",
        "return",   "short",   "signed", "sizeof", "static",   "static_assert", "struct",   "switch",   "thread_local",
        "true",     "typedef", "typeof", "union",  "unsigned", "void",          "volatile", "while"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) collect(c, keywords[i], "keyword", "");
}

static void collect_files(struct session *session, struct collector *c, const char *typed, size_t typed_length) {
    const char *slash = memrchr(typed, '/', typed_length);
    char *folder = must_format("/proc/%d/cwd/%.*s", (int)process_pid(session->process),
                               slash ? (int)(slash - typed) + 1 : 0, typed);
    if (slash && typed[0] == '/') {
        free(folder);
        folder = must_copy_n(typed, (size_t)(slash - typed) + 1);
    }
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.') continue;
        char *path = must_format("%s/%s", folder, entry->d_name);
        struct stat status;
        bool is_folder = !stat(path, &status) && S_ISDIR(status.st_mode);
        char *name = must_format("%s%s", entry->d_name, is_folder ? "/" : "");
        collect(c, name, "path", "");
        free(name);
        free(path);
    }
    if (directory) closedir(directory);
    free(folder);
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const struct completion *)a)->text, ((const struct completion *)b)->text);
}

/* The start of a string that is open at the cursor, or NULL. */
static const char *open_string(const char *source, size_t cursor) {
    struct lexer lexer;
    lexer_start(&lexer, source, cursor);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;)
        if (t.kind == TOKEN_STRING && t.open && t.end == cursor) return source + t.start + 1;
    return NULL;
}

/* Asks the parser, with the cell up to the cursor as a draft. */
static void collect_parsed(struct session *session, const char *source, size_t start, struct collector *c) {
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    if (!flavour) {
        free(error);
        return;
    }
    struct plan plan = {.first_line = 1, .names = &session->names, .headers = &session->headers};
    struct text draft = {};
    size_t from;
    /* a dot at the end would make the last item swallow nothing: give the parser a word to end on */
    char *text = must_format("%.*soto_x", (int)start, source);
    plan.source = text;
    plan.length = strlen(text);
    session_split(session, plan.source, plan.length, &plan.items);
    plan_make(&plan);
    unit_draft(&plan, &draft, &from);
    char *at = draft.data ? draft.data + from : NULL, *last = NULL;
    while (at && (at = strstr(at, "oto_x"))) last = at++;
    if (last)
        parse_complete(session->parser, (const char *const *)flavour->parse_flags, draft.data, draft.length,
                       (size_t)(last - draft.data), collect, c);
    plan_free(&plan);
    text_free(&draft);
    free(text);
}

void editor_complete(struct session *session, const char *source, size_t length, size_t cursor,
                     struct completions *out) {
    *out = (struct completions){};
    if (cursor > length) cursor = length;
    size_t start = cursor;
    while (start > 0 && is_word(source[start - 1])) start--;
    out->start = start;
    out->end = cursor;
    if (!session_ready(session)) return;
    struct collector c = {.out = out};
    const char *string = open_string(source, cursor);
    size_t line = start;
    while (line > 0 && source[line - 1] != '\n') line--;
    bool percent = start > line && source[start - 1] == '%' && strspn(source + line, " \t%") >= start - line;
    if (string) {
        const char *typed_end = source + cursor, *slash = memrchr(string, '/', (size_t)(typed_end - string));
        out->start = (size_t)((slash ? slash + 1 : string) - source);
        c.prefix = source + out->start;
        c.prefix_length = cursor - out->start;
        collect_files(session, &c, string, (size_t)(typed_end - string));
    } else if (percent) {
        while (out->start > line && source[out->start - 1] == '%') out->start--;
        c.prefix = source + out->start;
        c.prefix_length = cursor - out->start;
        for (const char *const *name = magic_names(); *name; name++) collect(&c, *name, "magic", "");
    } else {
        c.prefix = source + start;
        c.prefix_length = cursor - start;
        size_t before = start;
        while (before > 0 && (source[before - 1] == ' ' || source[before - 1] == '\t')) before--;
        bool member = before > 0 && (source[before - 1] == '.' ||
                                     (before > 1 && source[before - 1] == '>' && source[before - 2] == '-'));
        if (!member) collect_session(session, &c);
        if (!member) collect_keywords(&c);
        collect_parsed(session, source, start, &c);
    }
    if (out->count) qsort(out->items, out->count, sizeof *out->items, by_text);
}

void completions_free(struct completions *completions) {
    for (size_t i = 0; i < completions->count; i++) {
        free(completions->items[i].text);
        free(completions->items[i].type);
        free(completions->items[i].signature);
    }
    free(completions->items);
    *completions = (struct completions){};
}

/* ---- inspection ---- */

static void add_comment(struct text *out, const char *raw) {
    char *plain = documentation_plain(raw);
    if (*plain) text_format(out, "\n%s", plain);
    free(plain);
}

static char *describe_definition(struct session *session, const struct definition *d, int detail) {
    struct text out = {};
    switch (d->kind) {
    case DEFINED_VARIABLE:
        text_format(&out, "%s %s", d->spelling, d->name);
        break;
    case DEFINED_FUNCTION:
    case DEFINED_PROTOTYPE:
        text_format(&out, "%s", d->spelling);
        break;
    default:
        text_format(&out, "%s", d->source ? d->source : d->name);
        break;
    }
    if (d->kind == DEFINED_VARIABLE && d->shape && !session->worker_busy && !names_outdated(&session->names, d)) {
        const char *symbols[] = {d->symbol}, *shapes[] = {d->shape};
        char *value = NULL;
        if (process_format(session->process, symbols, shapes, 1, &value)) text_format(&out, " = %s", value);
        free(value);
    }
    if (d->comment) add_comment(&out, d->comment);
    text_format(&out, "\ndefined in cell [%d]", d->cell);
    if (detail > 0 && d->source && d->kind != DEFINED_TYPE && d->kind != DEFINED_MACRO)
        text_format(&out, "\n\n%s", d->source);
    return text_take(&out);
}

char *editor_inspect(struct session *session, const char *source, size_t length, size_t cursor, int detail) {
    if (cursor > length) cursor = length;
    size_t start = cursor, end = cursor;
    while (start > 0 && is_word(source[start - 1])) start--;
    while (end < length && is_word(source[end])) end++;
    if (start == end || !session_ready(session)) return NULL;
    struct definition *d = names_find_n(&session->names, 'm', source + start, end - start);
    if (!d) d = names_find_n(&session->names, 'o', source + start, end - start);
    if (!d) d = names_find_n(&session->names, 't', source + start, end - start);
    if (d) return describe_definition(session, d, detail);
    char *name = must_copy_n(source + start, end - start);
    char *text = documentation_find(session->toolchain->root, name);
    char *error = NULL;
    struct flavour *flavour = text ? NULL : session_flavour(session, MODE_CHECKED, &error);
    if (flavour) {
        char *unit = must_format("void oto_part_0(void) { (void)%s; }\n", name), *comment;
        char *declaration = parse_declaration_at(session->parser, (const char *const *)flavour->parse_flags, unit,
                                                 strlen(unit), strlen("void oto_part_0(void) { (void)"), &comment);
        if (declaration) {
            struct text out = {};
            text_add(&out, declaration);
            if (comment) add_comment(&out, comment);
            text = text_take(&out);
        }
        free(declaration);
        free(comment);
        free(unit);
    }
    free(error);
    free(name);
    return text;
}
