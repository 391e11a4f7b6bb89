#include "kernel/engine/declarator.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/token.h"

void text_add_blanked(struct text *out, const char *text, size_t length, const struct span *spans, size_t count) {
    size_t start = out->length;
    text_add_n(out, text, length);
    for (size_t i = 0; i < count; i++)
        for (size_t k = spans[i].start; k < spans[i].end; k++)
            if (text[k] != '\n') out->data[start + k] = ' ';
}

struct scanner {
    const char *text;
    struct lexer lexer;
    struct token token;
    size_t last_end;
    size_t name_end; /* where the name of the struct, union or enum that was scanned last ends, or would */
    struct declaration *out;
};

static bool is(const struct scanner *s, const char *word) {
    return token_is(s->text, s->token, word);
}

bool span_is(const char *text, struct span span, const char *word) {
    return span.end - span.start == strlen(word) && !memcmp(text + span.start, word, span.end - span.start);
}

static void take(struct scanner *s) {
    s->last_end = s->token.end;
    s->token = lexer_next(&s->lexer);
}

static void take_group(struct scanner *s) {
    int depth = 0;
    do {
        if (s->token.kind == TOKEN_PUNCTUATOR) {
            if (strchr("([{", s->text[s->token.start])) depth++;
            if (strchr(")]}", s->text[s->token.start])) depth--;
        }
        take(s);
    } while (depth > 0 && s->token.kind != TOKEN_END);
}

static bool any_of(const struct scanner *s, const char *const *words) {
    for (; *words; words++)
        if (is(s, *words)) return true;
    return false;
}

/* The names in an enum's body: each word that follows { or a comma outside inner brackets. */
static void scan_enumerators(struct scanner *s, size_t start, size_t end) {
    struct lexer lexer;
    lexer_start(&lexer, s->text + start, end - start);
    int depth = 0;
    bool expect = false;
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END;) {
        const char *at = s->text + start + t.start;
        if (t.kind == TOKEN_WORD && expect && depth == 1)
            ARRAY_ADD(s->out->enumerators, s->out->enumerator_count, s->out->enumerator_capacity) =
                (struct span){start + t.start, start + t.end};
        expect = false;
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        if (strchr("([{", *at))
            depth++, expect = *at == '{' && depth == 1;
        else if (strchr(")]}", *at))
            depth--;
        else if (*at == ',')
            expect = true;
    }
}

static void take_attributes(struct scanner *s) {
    while (is(s, "__attribute__") || is(s, "alignas") || is(s, "_Alignas") || is(s, "[")) {
        if (!is(s, "[")) take(s);
        take_group(s);
    }
}

/* Past struct, union or enum with what may stand before a body; the tag, or an empty span. */
static struct span scan_aggregate_head(struct scanner *s) {
    bool is_enum = is(s, "enum");
    struct span tag = {};
    take(s);
    take_attributes(s);
    if (s->token.kind == TOKEN_WORD) {
        tag = (struct span){s->token.start, s->token.end};
        take(s);
    }
    s->name_end = s->last_end;
    if (is_enum && is(s, ":"))
        while (s->token.kind != TOKEN_END && !is(s, "{") && !is(s, ";")) take(s);
    return tag;
}

/* The names that the bodies between two places define; the scanner stands at the first of them. */
static void scan_inner(struct scanner *s, size_t end) {
    while (s->token.kind != TOKEN_END && s->token.start < end) {
        bool is_enum = is(s, "enum");
        if (!is_enum && !is(s, "struct") && !is(s, "union")) {
            take(s);
            continue;
        }
        const char *kind = is_enum ? "enum" : is(s, "union") ? "union" : "struct";
        struct span tag = scan_aggregate_head(s);
        if (!is(s, "{")) continue;
        if (tag.end > tag.start)
            ARRAY_ADD(s->out->tags, s->out->tag_count, s->out->tag_capacity) = (struct tag){tag, kind};
        size_t body = s->token.start;
        if (!is_enum) continue;
        take_group(s);
        scan_enumerators(s, body, s->last_end);
    }
}

static void scan_aggregate(struct scanner *s) {
    struct scanner start = *s;
    bool is_enum = is(s, "enum");
    struct span tag = scan_aggregate_head(s);
    if (!is(s, "{")) return;
    size_t body = s->name_end;
    take_group(s);
    size_t end = s->last_end;
    while (is(s, "__attribute__")) {
        take(s);
        take_group(s);
    }
    s->out->aggregate = (struct span){start.token.start, s->last_end};
    s->out->aggregate_tag = tag;
    s->out->aggregate_body = body;
    s->out->aggregate_is_enum = is_enum;
    scan_inner(&start, end);
}

static void scan_declarator(struct scanner *s) {
    static const char *const qualifiers[] = {"const", "volatile", "restrict", "_Atomic", "__restrict", NULL};
    struct declarator *d = &ARRAY_ADD(s->out->declarators, s->out->count, s->out->capacity);
    d->whole.start = s->token.start;
    int depth = 0;
    while (s->token.kind != TOKEN_END && !(depth == 0 && (is(s, ",") || is(s, ";") || is(s, "=")))) {
        bool named = d->name.end > d->name.start;
        if (s->token.kind == TOKEN_WORD && !named && !any_of(s, qualifiers)) {
            if (is(s, "__attribute__")) {
                take(s);
                take_group(s);
                continue;
            }
            d->name = (struct span){s->token.start, s->token.end};
            take(s);
            if (is(s, "(")) d->is_function = true;
        } else if (named && is(s, "[")) {
            size_t start = s->token.end;
            take_group(s);
            if (d->length_count < sizeof d->lengths / sizeof *d->lengths)
                d->lengths[d->length_count++] = (struct span){start, s->last_end - 1};
        } else if (named && is(s, "__attribute__")) {
            size_t start = s->token.start;
            take(s);
            take_group(s);
            if (!d->attributes.end) d->attributes.start = start;
            d->attributes.end = s->last_end;
        } else if (named && is(s, "(")) {
            take_group(s);
        } else {
            if (is(s, "(")) depth++;
            if (is(s, ")")) depth--;
            take(s);
        }
    }
    d->whole.end = s->last_end;
    if (is(s, "=")) {
        take(s);
        d->initialiser.start = s->token.start;
        while (s->token.kind != TOKEN_END && !is(s, ",") && !is(s, ";")) {
            if (is(s, "(") || is(s, "[") || is(s, "{"))
                take_group(s);
            else
                take(s);
        }
        /* nothing may stand behind the = */
        d->initialiser.end = s->last_end > d->initialiser.start ? s->last_end : d->initialiser.start;
        d->whole.end = s->last_end;
    }
}

/* complex is no word of C itself: typedef struct { double re, im; } complex; */
static bool is_complex_as_name(const struct scanner *s) {
    if (!is(s, "complex")) return false;
    struct lexer ahead = s->lexer;
    struct token next = lexer_next(&ahead);
    return next.kind == TOKEN_END || (next.kind == TOKEN_PUNCTUATOR && strchr(";=,[", s->text[next.start]));
}

void declaration_scan(const char *text, size_t length, struct declaration *out) {
    static const char *const type_words[] = {
        "int",   "char",     "float",   "double",   "void",     "short",       "long", "signed",     "unsigned", "bool",
        "_Bool", "_Complex", "complex", "__int128", "_Float16", "__auto_type", "auto", "_Imaginary", NULL};
    static const char *const plain_words[] = {"const",         "volatile", "restrict",     "_Noreturn",
                                              "__extension__", "__const",  "__volatile__", NULL};
    *out = (struct declaration){};
    struct scanner s = {.text = text, .out = out};
    lexer_start(&s.lexer, text, length);
    s.token = lexer_next(&s.lexer);
    bool have_type = false;
    while (s.token.kind != TOKEN_END && !is(&s, ";")) {
        struct span word = {s.token.start, s.token.end};
        if (is(&s, "static") || is(&s, "inline") || is(&s, "__inline") || is(&s, "__inline__") || is(&s, "extern") ||
            is(&s, "register")) {
            out->is_static |= is(&s, "static");
            out->is_extern |= is(&s, "extern");
            out->is_inline |= is(&s, "inline") || is(&s, "__inline") || is(&s, "__inline__");
            ARRAY_ADD(out->storage_words, out->storage_count, out->storage_capacity) = word;
            take(&s);
        } else if (is(&s, "typedef")) {
            out->is_typedef = true;
            take(&s);
        } else if (is(&s, "constexpr")) {
            out->is_constexpr = true;
            take(&s);
        } else if (is(&s, "_Thread_local") || is(&s, "thread_local") || is(&s, "__thread")) {
            out->is_thread_local = true;
            take(&s);
        } else if (is(&s, "static_assert") || is(&s, "_Static_assert")) {
            out->is_assert = true;
            return;
        } else if (is(&s, "struct") || is(&s, "union") || is(&s, "enum")) {
            have_type = true;
            scan_aggregate(&s);
        } else if (is(&s, "typeof") || is(&s, "typeof_unqual") || is(&s, "__typeof__") || is(&s, "_BitInt")) {
            have_type = true;
            take(&s);
            take_group(&s);
        } else if (is(&s, "_Atomic")) {
            take(&s);
            if (is(&s, "(")) have_type = true, take_group(&s);
        } else if (is(&s, "alignas") || is(&s, "_Alignas") || is(&s, "__attribute__")) {
            take(&s);
            take_group(&s);
            if (out->alignment.end == out->alignment.start) out->alignment = (struct span){word.start, s.last_end};
        } else if (is(&s, "[") && !have_type) { /* [[attribute]] */
            take_group(&s);
        } else if (have_type && is_complex_as_name(&s)) {
            break;
        } else if (any_of(&s, type_words)) {
            have_type = true;
            take(&s);
        } else if (any_of(&s, plain_words)) {
            take(&s);
        } else if (s.token.kind == TOKEN_WORD && !have_type) {
            /* a typedef's name, or a macro that stands for a type */
            have_type = true;
            take(&s);
            if (is(&s, "(")) {
                struct lexer ahead = s.lexer;
                if (!token_is(text, lexer_next(&ahead), "*")) take_group(&s);
            }
        } else {
            break;
        }
    }
    while (s.token.kind != TOKEN_END && !is(&s, ";")) {
        size_t before = s.token.start;
        scan_declarator(&s);
        if (is(&s, ",")) take(&s);
        if (s.token.start == before) take(&s); /* nothing fits: go on all the same */
    }
}

void declaration_free(struct declaration *declaration) {
    free(declaration->declarators);
    free(declaration->storage_words);
    free(declaration->enumerators);
    free(declaration->tags);
    *declaration = (struct declaration){};
}
