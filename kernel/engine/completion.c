/* How could the cell go on at the cursor? */
#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/engine/code.h"
#include "kernel/engine/cursor.h"
#include "kernel/engine/editor.h"
#include "kernel/engine/header_words.h"
#include "kernel/engine/magic.h"
#include "kernel/engine/text.h"
#include "kernel/engine/type.h"
#include "kernel/engine/unit.h"

struct collector {
    struct completions *out;
    size_t capacity;
    const char *prefix;
    size_t prefix_length;
    const char *only; /* the type that is wanted, or NULL */
};

static void collect(void *context, const char *name, const char *type, const char *signature) {
    struct collector *c = context;
    if (!*name || strncmp(name, c->prefix, c->prefix_length)) return;
    bool ours = !strncmp(name, "oto_part_", 9) || !strncmp(name, "oto_header_", 11) || !strncmp(name, "oto_cell_", 9);
    if (ours || (!strncmp(name, "__", 2) && c->prefix_length < 2) || (c->only && strcmp(c->only, type))) return;
    for (size_t i = 0; i < c->out->count; i++)
        if (!strcmp(c->out->items[i].text, name)) return;
    ARRAY_ADD(c->out->items, c->out->count, c->capacity) =
        (struct completion){must_copy(name), must_copy(type), must_copy(signature)};
}

/* ---- names of the session ---- */

static bool is_typedef_name(const struct definition *d, const char *name) {
    return d->spelling && !strcmp(d->spelling, "typedef") && !strcmp(d->name, name);
}

/* space: 'o' for ordinary names, 'm' for macros, 't' for tags. */
static const char *definition_type(const struct definition *d, char space, const char *name) {
    switch (d->kind) {
    case DEFINED_FUNCTION:
    case DEFINED_PROTOTYPE:
        return "function";
    case DEFINED_MACRO:
        return "macro";
    case DEFINED_TYPE: /* an enum brings its constants along, as ordinary names */
        return space == 'o' && !is_typedef_name(d, name) && strstr(d->source, "enum") ? "constant" : "type";
    default:
        return "variable";
    }
}

/* As it is declared: int count, double f(double x), #define N 3, struct note. */
static char *definition_signature(const struct definition *d, const char *name) {
    const char *spelling = d->spelling ? d->spelling : "";
    if (d->kind == DEFINED_VARIABLE) return type_declares(spelling, name);
    if (d->kind == DEFINED_MACRO) return must_copy_n(spelling, strcspn(spelling, "\n"));
    if (d->kind == DEFINED_TYPE) return must_format("%s %s", spelling, d->name);
    return must_copy(spelling);
}

static void collect_session(struct session *session, struct collector *c, char space) {
    for (size_t i = 0; i < session->names.table_size; i++) {
        const struct key *key = &session->names.table[i];
        if (!key->text || !key->definition || key->text[0] != space || !strncmp(key->text + 2, "oto_", 4)) continue;
        const char *name = key->text + 2;
        if (strncmp(name, c->prefix, c->prefix_length)) continue;
        char *signature = definition_signature(key->definition, name);
        collect(c, name, definition_type(key->definition, space, name), signature);
        free(signature);
    }
}

static void collect_words(struct collector *c, const char *const *words, const char *type) {
    for (; *words; words++) collect(c, *words, type, "");
}

/* ---- what the parser knows ---- */

/* The cell up to the cursor as a draft that ends in the word oto_x; *at is where that stands. Free the text. */
static struct text draft_to_cursor(struct session *session, const char *source, size_t length, size_t *at) {
    struct text draft = {};
    size_t from;
    char *text = must_format("%.*soto_x", (int)length, source);
    struct plan plan = {.first_line = 1, .names = &session->names, .headers = &session->headers, .source = text};
    plan.length = strlen(text);
    session_split(session, plan.source, plan.length, &plan.items);
    plan_make(&plan);
    unit_draft(&plan, &draft, &from);
    *at = (size_t)-1;
    for (char *found = draft.length ? draft.data + from : NULL; found && (found = strstr(found, "oto_x")); found++)
        *at = (size_t)(found - draft.data);
    plan_free(&plan);
    free(text);
    return draft;
}

/* libclang gives the members of an anonymous struct or union no kind, but it says their type in front of the name. */
static void collect_member(void *context, const char *name, const char *type, const char *signature) {
    size_t length = strlen(name), whole = strlen(signature);
    bool declared = !strcmp(type, "keyword") && strcmp(name, "nullptr") && whole > length + 1 &&
                    !strcmp(signature + whole - length, name);
    if (declared || !strcmp(type, "member")) collect(context, name, "member", signature);
}

static void collect_members_of(struct session *session, const char *source, size_t length, struct collector *c) {
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    free(error);
    if (!flavour) return;
    size_t at;
    struct text draft = draft_to_cursor(session, source, length, &at);
    if (at != (size_t)-1)
        parse_complete(session->parser, (const char *const *)flavour->parse_flags, draft.data, draft.length, at,
                       c->prefix, c->prefix_length, collect_member, c);
    text_free(&draft);
}

/* Members behind a . or ->. Where the cell around it is too broken for the parser, the expression alone may be sound.
 */
static void collect_members(struct session *session, const struct cursor *cursor, struct collector *c) {
    collect_members_of(session, cursor->view, cursor->start, c);
    if (c->out->count) return;
    size_t from = cursor_expression(cursor);
    if (from > 0) collect_members_of(session, cursor->view + from, cursor->start - from, c);
}

static void collect_locals(struct session *session, const struct cursor *cursor, struct collector *c) {
    char *error = NULL;
    struct flavour *flavour = session_flavour(session, MODE_CHECKED, &error);
    free(error);
    if (!flavour) return;
    size_t at;
    struct text draft = draft_to_cursor(session, cursor->view, cursor->start, &at);
    if (at != (size_t)-1)
        parse_scope(session->parser, (const char *const *)flavour->parse_flags, draft.data, draft.length, at, collect,
                    c);
    text_free(&draft);
}

/* ---- files ---- */

static void collect_files(struct session *session, struct collector *c, const char *typed, size_t typed_length) {
    const char *slash = memrchr(typed, '/', typed_length);
    int folder_length = slash ? (int)(slash - typed) + 1 : 0;
    char *folder = typed[0] == '/' && slash
                       ? must_copy_n(typed, (size_t)folder_length)
                       : must_format("/proc/%d/cwd/%.*s", (int)process_pid(session->process), folder_length, typed);
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        if (entry->d_name[0] == '.' && c->prefix[0] != '.') continue;
        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
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

/* The file name that begins at `from` and is being typed. */
static void complete_file(struct session *session, const char *source, size_t from, size_t cursor,
                          struct collector *c) {
    const char *slash = memrchr(source + from, '/', cursor - from);
    c->out->start = slash ? (size_t)(slash - source) + 1 : from;
    c->prefix = source + c->out->start;
    c->prefix_length = cursor - c->out->start;
    collect_files(session, c, source + from, cursor - from);
}

/* ---- contexts ---- */

static const char *const keywords[] = {
    "alignas",  "alignof", "auto",   "bool",   "break",    "case",          "char",     "const",    "constexpr",
    "continue", "default", "do",     "double", "else",     "enum",          "extern",   "false",    "float",
    "for",      "goto",    "if",     "inline", "int",      "long",          "nullptr",  "register", "restrict",
    "return",   "short",   "signed", "sizeof", "static",   "static_assert", "struct",   "switch",   "thread_local",
    "true",     "typedef", "typeof", "union",  "unsigned", "void",          "volatile", "while",    NULL};
static const char *const directives[] = {"define", "elif",   "elifdef", "elifndef", "else",   "embed",
                                         "endif",  "error",  "if",      "ifdef",    "ifndef", "include",
                                         "line",   "pragma", "undef",   "warning",  NULL};

static void complete_name(struct session *session, const struct cursor *cursor, struct collector *c) {
    bool tag = cursor->place == PLACE_TAG;
    collect_locals(session, cursor, c);
    collect_session(session, c, tag ? 't' : 'o');
    if (!tag) collect_session(session, c, 'm');
    if (!tag) collect_words(c, keywords, "keyword");
    /* with nothing typed yet, thousands of names of headers would only hide the session's */
    if (c->prefix_length) header_words_visit(session, cursor, tag, c->prefix, c->prefix_length, collect, c);
}

static void complete_code(struct session *session, const struct cursor *cursor, struct collector *c) {
    c->prefix = cursor->view + cursor->start;
    c->prefix_length = cursor->at - cursor->start;
    switch (cursor->place) {
    case PLACE_NOTHING:
        break;
    case PLACE_STRING:
        complete_file(session, cursor->view, cursor->begin, cursor->at, c);
        break;
    case PLACE_INCLUDE: {
        const char *slash = memrchr(cursor->view + cursor->begin, '/', cursor->at - cursor->begin);
        if (cursor->view[cursor->begin - 1] == '"') complete_file(session, cursor->view, cursor->begin, cursor->at, c);
        c->out->start = slash ? (size_t)(slash - cursor->view) + 1 : cursor->begin;
        c->prefix = cursor->view + c->out->start;
        c->prefix_length = cursor->at - c->out->start;
        header_files_visit(session, cursor->view + cursor->begin, (size_t)(c->prefix - cursor->view) - cursor->begin,
                           collect, c);
        break;
    }
    case PLACE_DIRECTIVE:
        collect_words(c, directives, "keyword");
        break;
    case PLACE_CONDITION:
        c->only = "macro";
        collect_session(session, c, 'm');
        header_words_visit(session, cursor, false, c->prefix, c->prefix_length, collect, c);
        break;
    case PLACE_MEMBER:
        collect_members(session, cursor, c);
        break;
    case PLACE_LABEL:
        cursor_labels(cursor, collect, c);
        break;
    case PLACE_NAME:
    case PLACE_TAG:
        complete_name(session, cursor, c);
    }
}

static void complete_magic_name(const char *source, size_t name, size_t cursor, struct collector *c) {
    c->out->start = name;
    c->prefix = source + name;
    c->prefix_length = cursor - name;
    const struct magic *magic;
    for (size_t i = 0; (magic = magic_at(i)); i++) {
        char *line = must_format("%%%s", magic->name), *whole = must_format("%%%%%s", magic->name);
        if (magic->line) collect(c, line, "magic", magic->usage);
        bool asked = c->prefix_length > 1 && c->prefix[1] == '%';
        if (magic->whole_cell && (asked || !magic->line)) collect(c, whole, "magic", magic->usage);
        free(line);
        free(whole);
    }
}

static void complete_setting(const char *source, size_t rest, size_t start, struct collector *c) {
    const char *const *words, *name;
    size_t length = strcspn(source + rest, " \t=\n");
    for (size_t i = 0; (name = magic_setting(i, &words)); i++) {
        if (rest + length >= start)
            collect(c, name, "setting", "");
        else if (words && strlen(name) == length && !strncmp(source + rest, name, length))
            collect_words(c, words, "value");
    }
}

/* In a magic's argument that is no code. */
static void complete_argument(struct session *session, const struct magic *magic, const char *source, size_t rest,
                              const struct cursor *cursor, struct collector *c) {
    size_t word = cursor->at;
    while (word > rest && !isspace((unsigned char)source[word - 1])) word--;
    c->prefix = source + cursor->start;
    c->prefix_length = cursor->at - cursor->start;
    switch (magic->argument) {
    case ARGUMENT_FILE:
        complete_file(session, source, word, cursor->at, c);
        break;
    case ARGUMENT_SETTING:
        complete_setting(source, rest, cursor->start, c);
        break;
    case ARGUMENT_FUNCTION:
        c->only = "function";
        collect_session(session, c, 'o');
        break;
    case ARGUMENT_NAME:
        collect_session(session, c, 'm');
        collect_session(session, c, 'o');
        collect_session(session, c, 't');
        if (c->prefix_length) header_words_visit(session, cursor, false, c->prefix, c->prefix_length, collect, c);
        break;
    case ARGUMENT_NONE:
    case ARGUMENT_CODE:
    case ARGUMENT_FLAGS:
        break;
    }
}

static int by_text(const void *a, const void *b) {
    return strcmp(((const struct completion *)a)->text, ((const struct completion *)b)->text);
}

void editor_complete(struct session *session, const char *source, size_t length, size_t at, struct completions *out) {
    *out = (struct completions){};
    if (at > length) at = length;
    out->start = out->end = at;
    if (!session_ready(session)) return;
    struct collector c = {.out = out};
    struct cursor cursor = cursor_find(session, source, length, at);
    size_t name, rest;
    const struct magic *magic = magic_at_cursor(session, source, length, at, &name, &rest);
    bool in_magic = name != (size_t)-1, in_name = in_magic && !memchr(source + name, ' ', at - name);
    out->start = cursor.start;
    if (in_magic && source[name] == '!') {
        size_t word = at;
        while (word > name + 1 && !isspace((unsigned char)source[word - 1])) word--;
        complete_file(session, source, word, at, &c);
    } else if (in_name) {
        complete_magic_name(source, name, at, &c);
    } else if (!in_magic || (magic && magic->argument == ARGUMENT_CODE)) {
        complete_code(session, &cursor, &c);
    } else if (magic) {
        complete_argument(session, magic, source, rest, &cursor, &c);
    }
    cursor_free(&cursor);
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
