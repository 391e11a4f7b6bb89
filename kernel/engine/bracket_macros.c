#include "kernel/engine/bracket_macros.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/declarator.h"
#include "kernel/engine/text.h"
#include "kernel/engine/token.h"
#include "kernel/engine/unit.h"

enum { DEEPEST = 16, PARAMETERS_MOST = 32, ARGUMENTS_LONGEST = 1 << 16, WRITTEN_MOST = 1 << 20 };

/* A macro's text, from the word define on. */
struct macro {
    const char *text;
    size_t length;
    struct span name, body;
    bool takes_arguments;
    struct span parameters[PARAMETERS_MOST];
    size_t parameter_count;
};

struct expander {
    const struct names *session;
    struct names own; /* the macros that the source has defined so far */
    struct text *out;
    int depth;
    /* The macros that were looked at to answer whether one is unbalanced. One is not looked at again: had it been
     * unbalanced, the answer would be there already. So the work grows with the macros, not with their ways. */
    const char **seen;
    size_t seen_count, seen_capacity;
};

/* ---- macros ---- */

static void read_parameters(struct macro *macro) {
    struct lexer lexer;
    const char *text = macro->text;
    lexer_start(&lexer, text, macro->length);
    lexer.at = macro->name.end + 1;
    lexer.line_start = false;
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END && !token_is(text, t, ")");)
        if (t.kind == TOKEN_WORD && macro->parameter_count < PARAMETERS_MOST)
            macro->parameters[macro->parameter_count++] = (struct span){t.start, t.end};
    macro->body.start = lexer.at;
}

/* False when the directive defines no macro. */
static bool read_macro(const char *directive, size_t length, struct macro *macro) {
    *macro = (struct macro){.text = directive, .length = length};
    macro->name = directive_name(directive, length, "define");
    if (macro->name.end == macro->name.start) return false;
    macro->body = (struct span){macro->name.end, length};
    macro->takes_arguments = macro->name.end < length && directive[macro->name.end] == '(';
    if (macro->takes_arguments) read_parameters(macro);
    return true;
}

static const char *definition_of(const struct expander *e, const char *name, size_t length) {
    const struct definition *own = names_find_n(&e->own, 'm', name, length);
    if (own) return own->text;
    const struct definition *d = names_find_n(e->session, 'm', name, length);
    return d && d->kind == DEFINED_MACRO ? d->text : NULL;
}

static bool look_at(struct expander *e, const char *name, size_t length, int depth, struct macro *macro);

/* Whether a text closes what it has not opened, or leaves open what it has; macros in it count as what they stand for.
 */
static bool is_unbalanced(struct expander *e, const char *text, size_t length, int depth) {
    char open[DEEPEST];
    size_t count = 0;
    struct lexer lexer;
    struct macro inner;
    lexer_start(&lexer, text, length);
    lexer.line_start = false;
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        char c = text[t.start];
        if (t.kind == TOKEN_DIRECTIVE) return false; /* # and ##: the parser's */
        if (t.kind == TOKEN_WORD && look_at(e, text + t.start, t.end - t.start, depth + 1, &inner)) return true;
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        if (c == '#') return false;
        if (strchr("([{", c)) {
            if (count == DEEPEST) return false;
            open[count++] = c;
        } else if (strchr(")]}", c)) {
            if (!count || open[--count] != (c == ')' ? '(' : c == ']' ? '[' : '{')) return true;
        }
    }
    return count > 0;
}

static bool look_at(struct expander *e, const char *name, size_t length, int depth, struct macro *macro) {
    const char *text = depth < DEEPEST ? definition_of(e, name, length) : NULL;
    if (!text) return false;
    for (size_t i = 0; i < e->seen_count; i++)
        if (e->seen[i] == text) return false;
    ARRAY_ADD(e->seen, e->seen_count, e->seen_capacity) = text;
    return read_macro(text, strlen(text), macro) &&
           is_unbalanced(e, text + macro->body.start, macro->body.end - macro->body.start, depth);
}

/* Whether a word is a macro whose brackets do not balance. */
static bool find_unbalanced(struct expander *e, const char *name, size_t length, struct macro *macro) {
    e->seen_count = 0;
    return look_at(e, name, length, e->depth, macro);
}

static void note_directive(struct expander *e, const char *directive, size_t length) {
    struct macro macro;
    struct span gone = directive_name(directive, length, "undef");
    if (gone.end > gone.start) {
        char *key = must_format("m %.*s", (int)(gone.end - gone.start), directive + gone.start);
        names_forget(&e->own, key);
        free(key);
    }
    if (!read_macro(directive, length, &macro)) return;
    const char *name = directive + macro.name.start;
    struct definition *d = definition_new(DEFINED_MACRO, "");
    definition_key(d, 'm', name, macro.name.end - macro.name.start);
    d->text = must_copy_n(directive, length);
    names_add(&e->own, d);
}

/* ---- uses ---- */

static void expand(struct expander *e, const char *text, size_t length, bool directives);

/* The arguments behind a macro's name, split at commas; *end: past the bracket. False when there are none. */
static bool read_arguments(const char *text, size_t length, size_t at, struct span *arguments, size_t *count,
                           size_t *end) {
    struct lexer lexer;
    int depth = 0;
    *count = 0;
    lexer_start(&lexer, text, length);
    lexer.at = at;
    lexer.line_start = false;
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        char c = t.kind == TOKEN_PUNCTUATOR ? text[t.start] : 0;
        if (depth == 0 && c != '(') return false;
        if (depth == 0) arguments[0].start = t.end;
        depth += c && strchr("([{", c) ? 1 : c && strchr(")]}", c) ? -1 : 0;
        bool ends = depth == 0 || (depth == 1 && c == ',');
        if (ends && *count < PARAMETERS_MOST) arguments[(*count)++].end = t.start;
        if (ends && *count < PARAMETERS_MOST) arguments[*count].start = t.end;
        *end = t.end;
        if (depth == 0) return true;
    }
    return false;
}

/* A macro's body with the arguments in the place of its parameters. */
static char *fill_body(const struct macro *macro, const char *text, const struct span *arguments, size_t count) {
    struct text filled = {};
    const char *body = macro->text + macro->body.start;
    struct lexer lexer;
    size_t at = 0;
    lexer_start(&lexer, body, macro->body.end - macro->body.start);
    lexer.line_start = false;
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END; at = t.end) {
        if (t.start > at) text_add(&filled, " "); /* comments, continued lines */
        size_t parameter = count;
        for (size_t i = 0; i < macro->parameter_count && i < count && t.kind == TOKEN_WORD; i++) {
            struct span p = macro->parameters[i];
            if (p.end - p.start == t.end - t.start && !memcmp(macro->text + p.start, body + t.start, t.end - t.start))
                parameter = i;
        }
        if (parameter < count && filled.length < ARGUMENTS_LONGEST)
            text_add_n(&filled, text + arguments[parameter].start,
                       arguments[parameter].end - arguments[parameter].start);
        else
            text_add_n(&filled, body + t.start, t.end - t.start);
    }
    return text_take(&filled);
}

/* What a text of the source becomes must have its lines, and where it is shorter its width. */
static void keep_place(struct text *out, size_t written, const char *used, size_t length) {
    size_t lines = 0, made = 0;
    for (size_t i = 0; i < length; i++) lines += used[i] == '\n';
    for (size_t i = written; i < out->length; i++) made += out->data[i] == '\n';
    for (; made < lines; made++) text_add(out, "\n");
    while (!lines && out->length - written < length) text_add(out, " ");
}

/* Writes out a use of a macro whose name ends at `name_end`; returns how far the use goes. */
static size_t write_use(struct expander *e, const struct macro *macro, const char *text, size_t length, size_t start,
                        size_t name_end) {
    struct span arguments[PARAMETERS_MOST];
    size_t count = 0, end = name_end, written = e->out->length;
    if (macro->takes_arguments && !read_arguments(text, length, name_end, arguments, &count, &end)) {
        text_add_n(e->out, text + start, name_end - start);
        return name_end;
    }
    char *body = fill_body(macro, text, arguments, count);
    e->depth++;
    expand(e, body, strlen(body), false);
    e->depth--;
    free(body);
    if (e->depth == 0) keep_place(e->out, written, text + start, end - start);
    return end;
}

static void expand(struct expander *e, const char *text, size_t length, bool directives) {
    struct lexer lexer;
    size_t at = 0;
    lexer_start(&lexer, text, length);
    lexer.line_start = directives;
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        struct macro macro;
        if (t.kind == TOKEN_DIRECTIVE) note_directive(e, text + t.start, t.end - t.start);
        text_add_n(e->out, text + at, t.start - at);
        at = t.end;
        /* what would be written out without end is left to the preprocessor */
        bool room = e->out->length < length + WRITTEN_MOST;
        if (room && t.kind == TOKEN_WORD && find_unbalanced(e, text + t.start, t.end - t.start, &macro))
            lexer.at = at = write_use(e, &macro, text, length, t.start, t.end);
        else
            text_add_n(e->out, text + t.start, t.end - t.start);
    }
    text_add_n(e->out, text + at, length - at);
}

char *bracket_macros_written_out(const struct names *names, const char *source, size_t length) {
    struct text out = {};
    struct expander e = {.session = names, .out = &out};
    expand(&e, source, length, true);
    names_clear(&e.own);
    free(e.seen);
    return text_take(&out);
}
