#include "kernel/engine/literals.h"

#include <string.h>

#include "kernel/engine/token.h"

/* Around a literal: a copy of it that lasts, as an lvalue. */
static const char before[] = "(*({ __auto_type oto_literal_ = &";
static const char behind[] = "; static __typeof_unqual__(*oto_literal_) oto_lasting_; "
                             "__builtin_memcpy(&oto_lasting_, oto_literal_, sizeof oto_lasting_); &oto_lasting_; }))";

struct reader {
    const char *text;
    struct lexer lexer;
    struct token before; /* the token that was read last */
};

static struct token next(struct reader *r) {
    r->lexer.line_start = false;
    return r->before = lexer_next(&r->lexer);
}

/* Past a bracketed group whose opening token was read last; where it ends. */
static size_t skip_group(struct reader *r) {
    int depth = 1;
    while (depth > 0) {
        struct token t = next(r);
        if (t.kind == TOKEN_END) break;
        if (t.kind != TOKEN_PUNCTUATOR) continue;
        depth += strchr("([{", r->text[t.start]) ? 1 : strchr(")]}", r->text[t.start]) ? -1 : 0;
    }
    return r->before.end;
}

/* Whether ( at t begins a literal; *body: its {, *end: behind its }. */
static bool is_literal(const struct reader *r, struct token t, struct token previous, struct token *body, size_t *end) {
    struct reader ahead = *r;
    bool of_call = previous.kind == TOKEN_WORD && !token_is(r->text, previous, "sizeof");
    if (of_call || !token_is(r->text, t, "(")) return false;
    struct token first = next(&ahead);
    if (first.kind != TOKEN_WORD || token_is(r->text, first, "static") || token_is(r->text, first, "constexpr"))
        return false;
    ahead.lexer.at = t.end;
    skip_group(&ahead);
    *body = next(&ahead);
    if (!token_is(r->text, *body, "{")) return false;
    *end = skip_group(&ahead);
    return *end > body->end && r->text[*end - 1] == '}'; /* a brace that nobody closes begins none */
}

void literals_add_lasting(struct text *out, const char *text, size_t length, bool copied) {
    struct reader r = {.text = text};
    struct token previous = {}, body;
    size_t at = 0, end;
    lexer_start(&r.lexer, text, length);
    for (struct token t; (t = next(&r)).kind != TOKEN_END; previous = r.before) {
        if (is_literal(&r, t, previous, &body, &end)) {
            bool whole = copied && at == 0 && end == length && previous.end == 0;
            text_add_n(out, text + at, t.start - at);
            if (!whole) text_add(out, before);
            text_add_n(out, text + t.start, body.end - t.start);
            literals_add_lasting(out, text + body.end, end - 1 - body.end, false);
            text_add(out, "}");
            if (!whole) text_add(out, behind);
            r.lexer.at = at = end;
            r.before = (struct token){.kind = TOKEN_PUNCTUATOR, .start = end - 1, .end = end};
        } else if (token_is(text, t, "(")) {
            struct reader ahead = r;
            if (token_is(text, next(&ahead), "{")) skip_group(&r); /* ({ ... }) */
        }
    }
    text_add_n(out, text + at, length - at);
}

size_t literals_head(const char *text, size_t length) {
    struct reader r = {.text = text};
    struct token body;
    size_t end;
    lexer_start(&r.lexer, text, length);
    struct token first = next(&r);
    return is_literal(&r, first, (struct token){}, &body, &end) && end == length ? body.start : 0;
}

void literals_make_constant(char *text, size_t length) {
    struct reader r = {.text = text};
    struct token previous = {}, body;
    size_t end;
    lexer_start(&r.lexer, text, length);
    for (struct token t; (t = next(&r)).kind != TOKEN_END; previous = r.before) {
        if (!is_literal(&r, t, previous, &body, &end)) continue;
        for (size_t i = body.end; i + 1 < end; i++)
            if (text[i] != '\n') text[i] = ' ';
        if (body.end + 1 < end && text[body.end] == ' ') text[body.end] = '0';
        r.lexer.at = end;
        r.before = (struct token){.kind = TOKEN_PUNCTUATOR, .start = end - 1, .end = end};
    }
}
