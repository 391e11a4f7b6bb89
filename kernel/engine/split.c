#include "kernel/engine/split.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

/* The parser's state: one token of look-ahead over the source, and the typedef names that the cell made so far. */
struct splitter {
    const char *source;
    struct lexer lexer;
    struct token token; /* the next one, not yet taken */
    const struct name_oracle *oracle;
    struct items *items;
    struct {
        const char *name;
        size_t length;
    } *types;
    size_t type_count, type_capacity;
    size_t last_end;              /* end of the last token taken */
    size_t line_start, line_seen; /* where the line of the item before began, how far lines were counted */
    int line;
};

static const char *const declaration_words[] = {
    "int",           "char",      "float",      "double",        "void",          "short",         "long",
    "signed",        "unsigned",  "bool",       "_Bool",         "_Complex",      "complex",       "struct",
    "union",         "enum",      "typedef",    "static",        "extern",        "const",         "volatile",
    "restrict",      "register",  "auto",       "inline",        "_Noreturn",     "_Thread_local", "thread_local",
    "_Atomic",       "constexpr", "typeof",     "typeof_unqual", "__typeof__",    "__auto_type",   "_Static_assert",
    "static_assert", "alignas",   "_Alignas",   "__attribute__", "__extension__", "__int128",      "_BitInt",
    "_Float16",      "__inline",  "__inline__", "__const",       "__volatile__",  "_Imaginary"};

static bool among(const struct splitter *s, struct token token, const char *const *words, size_t count) {
    if (token.kind != TOKEN_WORD) return false;
    for (size_t i = 0; i < count; i++)
        if (token_is(s->source, token, words[i])) return true;
    return false;
}
#define AMONG(s, token, words) among(s, token, words, sizeof(words) / sizeof *(words))

static bool is(const struct splitter *s, const char *text) {
    return token_is(s->source, s->token, text);
}

static void take(struct splitter *s) {
    s->last_end = s->token.end;
    if (s->token.open && s->token.kind != TOKEN_END) s->items->stray = true;
    s->token = lexer_next(&s->lexer);
    if (s->lexer.open_comment) s->items->open = true;
}

static bool known_type(const struct splitter *s, struct token token) {
    const char *name = s->source + token.start;
    size_t length = token.end - token.start;
    for (size_t i = 0; i < s->type_count; i++)
        if (s->types[i].length == length && !memcmp(s->types[i].name, name, length)) return true;
    return s->oracle->is_type(s->oracle->context, name, length);
}

static bool known_macro(const struct splitter *s, struct token token) {
    return token.kind == TOKEN_WORD &&
           s->oracle->is_macro(s->oracle->context, s->source + token.start, token.end - token.start);
}

/* Past a bracketed group whose opening token is next. */
static void take_group(struct splitter *s) {
    int depth = 0;
    do {
        if (s->token.kind == TOKEN_PUNCTUATOR) {
            char c = s->source[s->token.start];
            if (c == '(' || c == '[' || c == '{') depth++;
            if (c == ')' || c == ']' || c == '}') depth--;
        }
        take(s);
    } while (depth > 0 && s->token.kind != TOKEN_END);
    if (depth > 0) s->items->open = true;
}

static void take_statement(struct splitter *s);

/* Past a condition in parentheses, then a statement. */
static void take_controlled(struct splitter *s) {
    if (is(s, "(")) take_group(s);
    take_statement(s);
}

/* Past tokens up to and with the ; that ends them. */
static void take_to_semicolon(struct splitter *s) {
    while (s->token.kind != TOKEN_END && s->token.kind != TOKEN_DIRECTIVE && !is(s, ";") && !is(s, "}")) {
        if (is(s, "(") || is(s, "[") || is(s, "{"))
            take_group(s);
        else
            take(s);
    }
    if (is(s, ";")) take(s);
}

static bool at_label(const struct splitter *s) {
    if (s->token.kind != TOKEN_WORD) return false;
    struct lexer ahead = s->lexer;
    struct token colon = lexer_next(&ahead);
    return token_is(s->source, colon, ":") && !(ahead.at < ahead.length && s->source[ahead.at] == ':');
}

/* A word and then {: only a macro can be meant (oto_scope, or one of a header), and it heads a statement. */
static bool at_headed_block(const struct splitter *s) {
    if (s->token.kind != TOKEN_WORD) return false;
    struct lexer ahead = s->lexer;
    return token_is(s->source, lexer_next(&ahead), "{");
}

/* What heads a statement, with or without a condition in parentheses; the last are macros of oto.h, which are known by
 * name because headers are read after the cell was split. */
static const char *const block_heads[] = {"for",        "while",        "switch",
                                          "oto_scope",  "oto_no_grad",  "oto_evaluating",
                                          "oto_inside", "oto_with_ema", "oto_audio_blocks"};

static void take_statement(struct splitter *s) {
    while (s->token.kind == TOKEN_DIRECTIVE) take(s);
    if (s->token.kind == TOKEN_END) {
        s->items->open = true;
    } else if (is(s, "{")) {
        take_group(s);
    } else if (is(s, "if")) {
        take(s);
        take_controlled(s);
        struct splitter before_else = *s;
        while (s->token.kind == TOKEN_DIRECTIVE) take(s);
        if (is(s, "else")) {
            take(s);
            take_statement(s);
        } else {
            s->lexer = before_else.lexer;
            s->token = before_else.token;
            s->last_end = before_else.last_end;
        }
    } else if (AMONG(s, s->token, block_heads)) {
        take(s);
        take_controlled(s);
    } else if (is(s, "do")) {
        take(s);
        take_statement(s);
        if (is(s, "while")) take(s);
        if (is(s, "(")) take_group(s);
        if (is(s, ";")) take(s);
    } else if (is(s, "case")) {
        while (s->token.kind != TOKEN_END && !is(s, ":") && !is(s, ";")) take(s);
        if (is(s, ":")) take(s);
        take_statement(s);
    } else if (at_label(s)) {
        take(s);
        take(s);
        if (s->token.kind != TOKEN_END) take_statement(s);
    } else if (known_macro(s, s->token)) {
        /* FOREACH(i, n) { ... } and forever ...: a macro may stand for the head of a statement */
        take(s);
        if (is(s, "(")) take_group(s);
        if (is(s, "{"))
            take_group(s);
        else if (s->token.kind == TOKEN_WORD)
            take_statement(s);
        else
            take_to_semicolon(s);
    } else if (at_headed_block(s)) {
        take(s);
        take_group(s);
    } else {
        take_to_semicolon(s);
    }
}

static struct item *add_item(struct splitter *s, enum item_kind kind, size_t start, size_t end) {
    struct item *item = &ARRAY_ADD(s->items->list, s->items->count, s->items->capacity);
    for (; s->line_seen < start; s->line_seen++)
        if (s->source[s->line_seen] == '\n') s->line++, s->line_start = s->line_seen + 1;
    *item = (struct item){
        .kind = kind, .start = start, .end = end, .line = s->line, .column = (int)(start - s->line_start)};
    return item;
}

/* Remembers the names that a typedef makes: words outside brackets before ; , or [, and the first word of (*name). */
static void remember_types(struct splitter *s, size_t start, size_t end) {
    struct lexer lexer;
    struct token before = {}, before2 = {};
    int depth = 0;
    lexer_start(&lexer, s->source + start, end - start);
    for (struct token t; (t = lexer_next(&lexer)).kind != TOKEN_END; before2 = before, before = t) {
        const char *source = s->source + start;
        bool ends = token_is(source, t, ";") || token_is(source, t, ",") || token_is(source, t, "[");
        bool pointer = depth == 1 && token_is(source, t, ")") && token_is(source, before2, "*");
        if (before.kind == TOKEN_WORD && ((depth == 0 && ends) || pointer)) {
            typeof(&s->types[0]) type = &ARRAY_ADD(s->types, s->type_count, s->type_capacity);
            type->name = source + before.start;
            type->length = before.end - before.start;
        }
        if (t.kind == TOKEN_PUNCTUATOR) {
            char c = source[t.start];
            if (c == '(' || c == '[' || c == '{') depth++;
            if (c == ')' || c == ']' || c == '}') depth--;
        }
    }
}

static const char *const attribute_words[] = {"__attribute__", "__attribute", "alignas", "_Alignas"};

/* Past a declaration, a function definition or an expression: all that ends with ; or with a function's body. */
static void take_simple(struct splitter *s, bool declaration) {
    size_t start = s->token.start, body = 0;
    struct token before = {}, before2 = {};
    struct token first = s->token;
    bool assigned = false, calls = false;
    while (s->token.kind != TOKEN_END && !is(s, ";")) {
        if (s->token.kind == TOKEN_DIRECTIVE) break;
        if (AMONG(s, s->token, attribute_words)) { /* struct __attribute__((packed)) name { is no function */
            take(s);
            if (is(s, "(")) take_group(s);
            continue;
        }
        if (is(s, "}") || is(s, ")") || is(s, "]")) { /* closes nothing */
            s->items->stray = true;
            take(s);
            break;
        }
        if (is(s, "{") && !assigned && calls) {
            bool aggregate = before.kind == TOKEN_WORD &&
                             (token_is(s->source, before, "struct") || token_is(s->source, before, "union") ||
                              token_is(s->source, before2, "struct") || token_is(s->source, before2, "union") ||
                              token_is(s->source, before2, "enum") || token_is(s->source, before, "enum"));
            if (!aggregate) {
                body = s->token.start;
                take_group(s);
                break;
            }
        }
        bool word_then_group = before.kind == TOKEN_WORD && is(s, "(");
        if (is(s, "=")) assigned = true;
        before2 = before;
        before = s->token;
        if (is(s, "(") || is(s, "[") || is(s, "{")) {
            if (is(s, "(")) calls = calls || word_then_group || declaration;
            take_group(s);
            before = (struct token){.kind = TOKEN_PUNCTUATOR, .start = s->last_end - 1, .end = s->last_end};
        } else {
            take(s);
        }
    }
    bool semicolon = is(s, ";");
    size_t end = s->last_end;
    if (body) {
        /* name(...) { with nothing before the name is a macro that heads a statement, unless it is an old main */
        struct lexer ahead;
        lexer_start(&ahead, s->source + start, s->lexer.length - start);
        lexer_next(&ahead);
        bool bare = token_is(s->source + start, lexer_next(&ahead), "(") && !token_is(s->source, first, "main");
        struct item *item = add_item(s, bare && !declaration ? ITEM_STATEMENT : ITEM_FUNCTION, start, s->last_end);
        item->body = item->kind == ITEM_FUNCTION ? body : 0;
        return;
    }
    if (semicolon) {
        end = s->token.end;
        take(s);
    }
    if (declaration && token_is(s->source, first, "typedef")) remember_types(s, start, end);
    bool last = s->token.kind == TOKEN_END;
    enum item_kind kind = declaration ? ITEM_DECLARATION : semicolon || !last ? ITEM_STATEMENT : ITEM_EXPRESSION;
    add_item(s, kind, start, end);
}

/* Does a declaration begin here? Sure for keywords and types; for two words in a row as well. */
static bool at_declaration(const struct splitter *s) {
    if (is(s, "[")) { /* [[attribute]] */
        struct lexer ahead = s->lexer;
        return token_is(s->source, lexer_next(&ahead), "[");
    }
    if (AMONG(s, s->token, declaration_words)) {
        if (is(s, "__extension__")) return false;
        struct lexer ahead = s->lexer;
        struct token next = lexer_next(&ahead);
        /* complex may be somebody's variable */
        bool pointer = token_is(s->source, next, "*") && known_type(s, s->token);
        return !(is(s, "complex") && next.kind == TOKEN_PUNCTUATOR && !pointer);
    }
    if (s->token.kind != TOKEN_WORD) return false;
    struct lexer ahead = s->lexer;
    struct token next = lexer_next(&ahead);
    if (known_type(s, s->token))
        return next.kind == TOKEN_WORD || token_is(s->source, next, "*") || token_is(s->source, next, "(");
    if (next.kind != TOKEN_WORD || known_macro(s, s->token)) return false;
    static const char *const statement_words[] = {"return", "goto",    "sizeof",   "asm",      "__asm__", "case",
                                                  "else",   "alignof", "_Alignof", "__real__", "__imag__"};
    return !AMONG(s, s->token, statement_words);
}

static void split_item(struct splitter *s) {
    static const char *const heads[] = {"if", "do", "case", "default"};
    size_t start = s->token.start;
    if (s->token.kind == TOKEN_DIRECTIVE) {
        take(s);
        add_item(s, ITEM_DIRECTIVE, start, s->last_end);
    } else if (is(s, ";")) {
        take(s);
        add_item(s, ITEM_EMPTY, start, s->last_end);
    } else if (is(s, "}") || is(s, ")") || is(s, "]")) {
        s->items->stray = true;
        take(s);
        add_item(s, ITEM_STATEMENT, start, s->last_end);
    } else if (is(s, "{") || AMONG(s, s->token, heads) || AMONG(s, s->token, block_heads) || at_label(s)) {
        take_statement(s);
        add_item(s, ITEM_STATEMENT, start, s->last_end);
    } else if (at_declaration(s)) {
        take_simple(s, true);
    } else if (known_macro(s, s->token)) {
        /* a macro may head a statement; what it expands to decides, later */
        struct splitter saved = *s;
        take(s);
        if (is(s, "(")) take_group(s);
        bool heads_statement = is(s, "{") || s->token.kind == TOKEN_WORD;
        bool types = s->token.kind == TOKEN_WORD;
        if (s->oracle->ends_item(s->oracle->context, s->source + saved.token.start,
                                 saved.token.end - saved.token.start)) {
            if (is(s, ";")) take(s);
            add_item(s, ITEM_STATEMENT, start, s->last_end);
            return;
        }
        s->lexer = saved.lexer, s->token = saved.token, s->last_end = saved.last_end;
        if (heads_statement && !types) {
            take_statement(s);
            add_item(s, ITEM_STATEMENT, start, s->last_end);
        } else {
            take_simple(s, false);
        }
    } else if (at_headed_block(s)) {
        take_statement(s);
        add_item(s, ITEM_STATEMENT, start, s->last_end);
    } else {
        take_simple(s, false);
    }
}

void split_cell(const char *source, size_t length, const struct name_oracle *oracle, struct items *items) {
    struct splitter s = {.source = source, .oracle = oracle, .items = items, .line = 1};
    *items = (struct items){};
    lexer_start(&s.lexer, source, length);
    s.token = lexer_next(&s.lexer);
    if (s.lexer.open_comment) items->open = true;
    int conditionals = 0;
    while (s.token.kind != TOKEN_END) {
        struct token token = s.token;
        split_item(&s);
        if (token.kind == TOKEN_DIRECTIVE) {
            const char *word = source + token.start + 1;
            while (*word == ' ' || *word == '\t') word++;
            conditionals += !strncmp(word, "if", 2);
            conditionals -= !strncmp(word, "endif", 5);
        }
    }
    if (conditionals > 0) items->open = true;
    free(s.types);
}

void items_free(struct items *items) {
    free(items->list);
    *items = (struct items){};
}
