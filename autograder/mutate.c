#include "autograder/mutate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/token.h"

/* ---- a region as pieces: tokens, with operators whole, and where each bracket's other end is ---- */

enum piece_kind { PIECE_WORD, PIECE_INTEGER, PIECE_REAL, PIECE_BINARY, PIECE_UNARY, PIECE_SIGN, PIECE_OTHER };

struct piece {
    enum piece_kind kind;
    size_t from, to;
    size_t partner; /* of a bracket */
    size_t opener;  /* the bracket it stands in, or NOTHING */
};

static const size_t nothing = (size_t)-1;

struct region {
    const char *source;
    struct piece *pieces;
    size_t count, capacity;
    struct mutants *mutants;
};

static bool is(const struct region *r, size_t i, const char *text) {
    if (i >= r->count) return false;
    size_t length = r->pieces[i].to - r->pieces[i].from;
    return strlen(text) == length && memcmp(r->source + r->pieces[i].from, text, length) == 0;
}

static bool is_one_of(const struct region *r, size_t i, const char *const *texts) {
    for (; *texts; texts++)
        if (is(r, i, *texts)) return true;
    return false;
}

static char at(const struct region *r, size_t i) {
    return i < r->count ? r->source[r->pieces[i].from] : '\0';
}

/* A C type's keyword, or a name as types of the library and of the exercises have it: int64_t, OtoTensor. */
static bool is_type(const struct region *r, size_t i) {
    static const char *const keywords[] = {"void",   "bool",   "char",  "short",  "int",      "long",
                                           "float",  "double", "const", "static", "unsigned", "signed",
                                           "struct", "enum",   "union", "auto",   NULL};
    if (i >= r->count || r->pieces[i].kind != PIECE_WORD) return false;
    const char *word = r->source + r->pieces[i].from;
    size_t length = r->pieces[i].to - r->pieces[i].from;
    if (is_one_of(r, i, keywords)) return true;
    if (length > 2 && memcmp(word + length - 2, "_t", 2) == 0) return true;
    return length > 1 && isupper((unsigned char)word[0]) && islower((unsigned char)word[1]);
}

static bool is_control(const struct region *r, size_t i) {
    static const char *const words[] = {"if", "for", "while", "switch", NULL};
    return is_one_of(r, i, words);
}

static bool is_cast(const struct region *r, size_t close) {
    size_t open = r->pieces[close].partner;
    if (open == nothing || open + 1 == close) return false;
    for (size_t i = open + 1; i < close; i++)
        if (!is_type(r, i) && !is(r, i, "*")) return false;
    return true;
}

/* Does an operator at i have an operand to its left? */
static bool has_left(const struct region *r, size_t i) {
    static const char *const words[] = {"return", "case", "else", "sizeof", "do", NULL};
    if (i == 0) return false;
    switch (r->pieces[i - 1].kind) {
    case PIECE_WORD:
        return !is_one_of(r, i - 1, words);
    case PIECE_INTEGER:
    case PIECE_REAL:
        return true;
    default:
        break;
    }
    if (is(r, i - 1, ")")) {
        size_t open = r->pieces[i - 1].partner;
        return !is_cast(r, i - 1) && !(open != nothing && open > 0 && is_control(r, open - 1));
    }
    return is(r, i - 1, "]") || at(r, i - 1) == '"' || at(r, i - 1) == '\'';
}

static enum piece_kind kind_of_operator(const struct region *r, size_t i) {
    static const char *const binary[] = {
        "+",  "-",  "*", "/",  "%",  "<",  ">",  "<=", ">=", "==", "!=", "&&", "||", "&", "|", "^",
        "<<", ">>", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "?",  ":",  ",", NULL};
    bool sign = is(r, i, "+") || is(r, i, "-"), either = sign || is(r, i, "*") || is(r, i, "&");
    if (is(r, i, "*") && i > 0 && is_type(r, i - 1)) return PIECE_OTHER; /* of a pointer's declaration */
    if (either && !has_left(r, i)) return sign ? PIECE_SIGN : PIECE_UNARY;
    return is_one_of(r, i, binary) ? PIECE_BINARY : PIECE_OTHER;
}

static enum piece_kind kind_of_number(const char *text, size_t length) {
    bool digits = true, hex = length > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    for (size_t i = 0; i < length; i++) digits &= isdigit((unsigned char)text[i]) != 0;
    if (digits && length < 10) return PIECE_INTEGER;
    return !hex && (memchr(text, '.', length) || memchr(text, 'e', length)) ? PIECE_REAL : PIECE_OTHER;
}

/* Single characters that follow each other directly are one operator where C has it. */
static bool joins(const struct region *r, const struct token *token) {
    static const char *const whole[] = {"->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&",
                                        "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
    if (!r->count || token->kind != TOKEN_PUNCTUATOR || token->end != token->start + 1) return false;
    const struct piece *last = &r->pieces[r->count - 1];
    if (last->kind == PIECE_WORD || last->to != token->start || last->to != last->from + 1) return false;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (memcmp(r->source + last->from, whole[i], 2) == 0) return true;
    return false;
}

static void take_pieces(struct region *r, size_t from, size_t to) {
    struct lexer lexer;
    lexer_start(&lexer, r->source + from, to - from);
    for (struct token token; (token = lexer_next(&lexer)).kind != TOKEN_END;) {
        if (token.kind == TOKEN_DIRECTIVE) continue;
        token.start += from;
        token.end += from;
        if (joins(r, &token)) {
            r->pieces[r->count - 1].to = token.end;
            continue;
        }
        struct piece *piece = &ARRAY_ADD(r->pieces, r->count, r->capacity);
        *piece = (struct piece){PIECE_OTHER, token.start, token.end, nothing, nothing};
        if (token.kind == TOKEN_WORD) piece->kind = PIECE_WORD;
        if (token.kind == TOKEN_NUMBER) piece->kind = kind_of_number(r->source + token.start, token.end - token.start);
    }
    size_t opener = nothing;
    for (size_t i = 0; i < r->count; i++) {
        struct piece *piece = &r->pieces[i];
        bool closes = strchr(")]}", at(r, i)) && piece->kind == PIECE_OTHER;
        if (closes && opener != nothing) {
            piece->partner = opener;
            r->pieces[opener].partner = i;
            opener = r->pieces[opener].opener;
        }
        piece->opener = opener;
        if (strchr("([{", at(r, i)) && piece->kind == PIECE_OTHER) opener = i;
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->pieces[i].kind == PIECE_OTHER) r->pieces[i].kind = kind_of_operator(r, i);
}

/* ---- making mutants ---- */

static void add_text(struct region *r, enum mutation kind, size_t from, size_t to, char *text) {
    ARRAY_ADD(r->mutants->list, r->mutants->count, r->mutants->capacity) = (struct mutant){kind, from, to, text};
}

static void add(struct region *r, enum mutation kind, size_t from, size_t to, const char *text) {
    add_text(r, kind, from, to, must_copy(text));
}

static void add_at(struct region *r, enum mutation kind, size_t i, const char *text) {
    add(r, kind, r->pieces[i].from, r->pieces[i].to, text);
}

/* Pieces first ... last and other_first ... other_last, which stand behind them, change places. */
static void add_swap(struct region *r, enum mutation kind, size_t first, size_t last, size_t other_first,
                     size_t other_last) {
    const struct piece *p = r->pieces;
    int one = (int)(p[last].to - p[first].from), other = (int)(p[other_last].to - p[other_first].from);
    int between = (int)(p[other_first].from - p[last].to);
    if (one == other && memcmp(r->source + p[first].from, r->source + p[other_first].from, (size_t)one) == 0) return;
    add_text(r, kind, p[first].from, p[other_last].to,
             must_format("%.*s%.*s%.*s", other, r->source + p[other_first].from, between, r->source + p[last].to, one,
                         r->source + p[first].from));
}

static bool is_binary(const struct region *r, size_t i) {
    return i < r->count && r->pieces[i].kind == PIECE_BINARY;
}

static bool is_product(const struct region *r, size_t i) {
    return is(r, i, "*") || is(r, i, "/") || is(r, i, "%");
}

/* How far the operand to the right of the operator at i goes: the piece behind its last. A factor ends at any operator,
 * a term at none that binds more tightly than a sum. */
static size_t right_end(const struct region *r, size_t i, bool factor) {
    size_t k = i + 1;
    while (k < r->count && r->pieces[k].opener == r->pieces[i].opener && at(r, k) != ';' &&
           !(is_binary(r, k) && (factor || !is_product(r, k)))) {
        bool opens = r->pieces[k].partner != nothing && r->pieces[k].partner > k;
        k = opens ? r->pieces[k].partner + 1 : k + 1;
    }
    return k;
}

/* Where the operand to its left begins. */
static size_t left_start(const struct region *r, size_t i, bool factor) {
    size_t k = i;
    while (k > 0) {
        size_t before = k - 1;
        bool closes = r->pieces[before].partner != nothing && r->pieces[before].partner < before;
        if (closes) {
            size_t open = r->pieces[before].partner;
            if (at(r, before) == '}' || (open > 0 && is_control(r, open - 1))) break;
            k = open;
            continue;
        }
        if (r->pieces[before].opener != r->pieces[i].opener || at(r, before) == ';' || is(r, before, "return") ||
            is(r, before, "else"))
            break;
        if (is_binary(r, before) && (factor || !is_product(r, before))) break;
        k = before;
    }
    return k;
}

/* Is the bracket at i the length of an array that is declared? A longer one is as right. */
static bool is_array_length(const struct region *r, size_t i) {
    if (at(r, i) != '[' || i < 2 || r->pieces[i - 1].kind != PIECE_WORD) return false;
    if (is_type(r, i - 2)) return true;
    if (!is(r, i - 2, ",")) return false;
    size_t k = i - 2;
    while (k > 0 && at(r, k - 1) != ';' && k - 1 != r->pieces[i].opener) k--;
    return is_type(r, k);
}

static void add_numbers(struct region *r, size_t i) {
    const struct piece *piece = &r->pieces[i];
    int length = (int)(piece->to - piece->from);
    const char *text = r->source + piece->from;
    if (piece->kind == PIECE_INTEGER) {
        long value = strtol(text, NULL, 10);
        if (piece->opener != nothing && is_array_length(r, piece->opener)) return;
        add_text(r, MUTATION_OFF_BY_ONE, piece->from, piece->to, must_format("%ld", value + 1));
        if (value > 0) add_text(r, MUTATION_OFF_BY_ONE, piece->from, piece->to, must_format("%ld", value - 1));
    } else if (piece->kind == PIECE_REAL) {
        bool single = strchr("fF", text[length - 1]) != NULL;
        double value = strtod(text, NULL);
        for (int k = 0; k < 2 && value != 0; k++) {
            char *number = must_format("%.15g", k ? value / 2 : value * 2);
            const char *point = strpbrk(number, ".e") ? "" : ".0";
            add_text(r, MUTATION_CONSTANT, piece->from, piece->to,
                     must_format("%s%s%s", number, point, single ? "f" : ""));
            free(number);
        }
    } else if (is(r, i, "M_PI")) {
        add_at(r, MUTATION_CONSTANT, i, "(M_PI / 2)");
    }
}

/* ---- operators ---- */

struct turn {
    enum mutation kind;
    const char *from, *to;
};

static const struct turn operator_turns[] = {
    {MUTATION_OFF_BY_ONE, "<", "<="}, {MUTATION_OFF_BY_ONE, "<=", "<"}, {MUTATION_OFF_BY_ONE, ">", ">="},
    {MUTATION_OFF_BY_ONE, ">=", ">"}, {MUTATION_CONDITION, "<", ">"},   {MUTATION_CONDITION, ">", "<"},
    {MUTATION_CONDITION, "<=", ">="}, {MUTATION_CONDITION, ">=", "<="}, {MUTATION_CONDITION, "==", "!="},
    {MUTATION_CONDITION, "!=", "=="}, {MUTATION_CONDITION, "&&", "||"}, {MUTATION_CONDITION, "||", "&&"},
    {MUTATION_SIGN, "+", "-"},        {MUTATION_SIGN, "-", "+"},        {MUTATION_SIGN, "+=", "-="},
    {MUTATION_SIGN, "-=", "+="},      {MUTATION_SIGN, "+=", "="},       {MUTATION_OPERATOR, "*", "/"},
    {MUTATION_OPERATOR, "/", "*"},    {MUTATION_OPERATOR, "%", "/"},    {MUTATION_OPERATOR, "*=", "/="},
    {MUTATION_OPERATOR, "/=", "*="},
};

static const struct turn word_turns[] = {
    {MUTATION_FUNCTION, "fmin", "fmax"},
    {MUTATION_FUNCTION, "fmax", "fmin"},
    {MUTATION_FUNCTION, "sin", "cos"},
    {MUTATION_FUNCTION, "cos", "sin"},
    {MUTATION_FUNCTION, "floor", "ceil"},
    {MUTATION_FUNCTION, "ceil", "floor"},
    {MUTATION_FUNCTION, "log10", "log"},
    {MUTATION_FUNCTION, "log2", "log"},
    {MUTATION_FUNCTION, "lround", "(long)"},
    {MUTATION_FUNCTION, "round", "trunc"},
    {MUTATION_FUNCTION, "fabs", ""},
    {MUTATION_FUNCTION, "abs", ""},
    {MUTATION_FUNCTION, "sqrt", ""},
    {MUTATION_FUNCTION, "tanh", ""},
    {MUTATION_FUNCTION, "oto_argmax", "oto_argmin"},
    {MUTATION_FUNCTION, "oto_argmin", "oto_argmax"},
    {MUTATION_FUNCTION, "oto_max", "oto_min"},
    {MUTATION_FUNCTION, "oto_min", "oto_max"},
    {MUTATION_AXIS, "rows", "cols"},
    {MUTATION_AXIS, "cols", "rows"},
    {MUTATION_CONSTANT, "true", "false"},
    {MUTATION_CONSTANT, "false", "true"},
    {MUTATION_MISSING, "continue", ""},
    {MUTATION_MISSING, "break", ""},
};

static void add_turns(struct region *r, size_t i, const struct turn *turns, size_t count) {
    for (size_t k = 0; k < count; k++)
        if (is(r, i, turns[k].from)) add_at(r, turns[k].kind, i, turns[k].to);
}

/* A term of a sum or a factor of a product that is not there. */
static void add_missing_operand(struct region *r, size_t i) {
    bool factor = is_product(r, i), sum = is(r, i, "+") || is(r, i, "-");
    bool both = is(r, i, "&&") || is(r, i, "||");
    if (!factor && !sum && !both) return;
    size_t end = right_end(r, i, factor), start = left_start(r, i, factor);
    if (end == i + 1) return;
    add(r, MUTATION_MISSING, r->pieces[i].from, r->pieces[end - 1].to, "");
    if (start == i || is(r, i, "/") || is(r, i, "%")) return;
    /* Of a difference the sign stays: a - b becomes -b. */
    add(r, MUTATION_MISSING, r->pieces[start].from, is(r, i, "-") ? r->pieces[i].from : r->pieces[i + 1].from, "");
}

/* c ? a : b becomes c ? b : a. */
static void add_turned_choice(struct region *r, size_t i) {
    size_t open = r->pieces[i].opener, colon = nothing, k = i + 1;
    int nested = 0;
    for (; k < r->count && at(r, k) != ';' && !(r->pieces[k].opener == open && is(r, k, ",")); k++) {
        if (r->pieces[k].partner != nothing && r->pieces[k].partner == open) break;
        if (r->pieces[k].opener != open) continue;
        if (is(r, k, "?")) nested++;
        if (is(r, k, ":") && nested-- == 0 && colon == nothing) colon = k;
    }
    if (colon != nothing && colon > i + 1 && k > colon + 1)
        add_swap(r, MUTATION_CONDITION, i + 1, colon - 1, colon + 1, k - 1);
}

static void add_operators(struct region *r, size_t i) {
    if (r->pieces[i].kind == PIECE_SIGN && is(r, i, "-")) add_at(r, MUTATION_SIGN, i, "");
    if (r->pieces[i].kind != PIECE_BINARY) return;
    add_turns(r, i, operator_turns, sizeof operator_turns / sizeof *operator_turns);
    add_missing_operand(r, i);
    if (is(r, i, "?")) add_turned_choice(r, i);
}

/* ---- axes ---- */

static bool is_simple(const struct region *r, size_t i) {
    return i < r->count && (r->pieces[i].kind == PIECE_WORD || r->pieces[i].kind == PIECE_INTEGER);
}

/* Neighbouring arguments that are names or whole numbers; not where the order says nothing. */
static void add_swapped_arguments(struct region *r, size_t open) {
    static const char *const symmetric[] = {"fmin", "fmax", "hypot", "oto_add", "oto_mul", NULL};
    if (open == 0 || r->pieces[open - 1].kind != PIECE_WORD || is_control(r, open - 1) ||
        is_one_of(r, open - 1, symmetric))
        return;
    for (size_t i = open + 1; i + 2 < r->count && i < r->pieces[open].partner; i++) {
        bool begins = i == open + 1 || is(r, i - 1, ","), ends = is(r, i + 3, ",") || i + 3 == r->pieces[open].partner;
        if (begins && ends && r->pieces[i].opener == open && is_simple(r, i) && is(r, i + 1, ",") &&
            is_simple(r, i + 2))
            add_swap(r, MUTATION_AXIS, i, i, i + 2, i + 2);
    }
}

static void add_axes(struct region *r, size_t i) {
    if (r->pieces[i].partner == nothing || r->pieces[i].partner < i) return;
    size_t close = r->pieces[i].partner;
    if (at(r, i) == '(') add_swapped_arguments(r, i);
    if (at(r, i) != '[' || is_array_length(r, i)) return;
    /* [i][j] */
    if (at(r, close + 1) == '[' && r->pieces[close + 1].partner != nothing && close > i + 1 &&
        r->pieces[close + 1].partner > close + 2)
        add_swap(r, MUTATION_AXIS, i + 1, close - 1, close + 2, r->pieces[close + 1].partner - 1);
    /* [i * columns + j] */
    if (close == i + 6 && is_simple(r, i + 1) && is(r, i + 2, "*") && is_simple(r, i + 3) && is(r, i + 4, "+") &&
        is_simple(r, i + 5))
        add_swap(r, MUTATION_AXIS, i + 1, i + 1, i + 5, i + 5);
}

/* ---- statements ---- */

static bool begins_statement(const struct region *r, size_t i) {
    size_t open = r->pieces[i].opener;
    if (open != nothing && at(r, open) != '{') return false;
    if (i == 0 || at(r, i - 1) == ';' || at(r, i - 1) == '}' || is(r, i - 1, "else") || is(r, i - 1, "do")) return true;
    if (at(r, i - 1) == '{') return i < 2 || !is(r, i - 2, "=");
    if (!is(r, i - 1, ")") || r->pieces[i - 1].partner == nothing || !r->pieces[i - 1].partner) return false;
    return is_control(r, r->pieces[i - 1].partner - 1);
}

static size_t statement_end(const struct region *r, size_t i) {
    size_t k = i;
    while (k < r->count && !(at(r, k) == ';' && r->pieces[k].opener == r->pieces[i].opener)) k++;
    return k;
}

static void add_statements(struct region *r, size_t i) {
    static const char *const kept[] = {"else",  "do",       "case",    "default", "goto",
                                       "break", "continue", "typedef", "return",  NULL};
    size_t end = statement_end(r, i);
    if (is(r, i, "return") && end < r->count && end > i + 1 && !is(r, i + 1, "-"))
        add_text(r, MUTATION_SIGN, r->pieces[i + 1].from, r->pieces[end].from,
                 must_format("-(%.*s)", (int)(r->pieces[end].from - r->pieces[i + 1].from),
                             r->source + r->pieces[i + 1].from));
    if (is(r, i, "if") && at(r, i + 1) == '(' && r->pieces[i + 1].partner != nothing) {
        size_t from = r->pieces[i + 1].to, to = r->pieces[r->pieces[i + 1].partner].from;
        add_text(r, MUTATION_CONDITION, from, to, must_format("!(%.*s)", (int)(to - from), r->source + from));
    }
    if (!begins_statement(r, i) || is_control(r, i) || is_one_of(r, i, kept) || strchr("{};", at(r, i)) ||
        end >= r->count)
        return;
    if (is_type(r, i) && !is(r, i + 1, "(")) return;
    add(r, MUTATION_MISSING, r->pieces[i].from, r->pieces[end].from, "");
}

/* ---- all of them ---- */

static void mutate_region(struct mutants *mutants, const char *source, size_t from, size_t to) {
    struct region region = {.source = source, .mutants = mutants};
    take_pieces(&region, from, to);
    for (size_t i = 0; i < region.count; i++) {
        add_numbers(&region, i);
        add_operators(&region, i);
        add_axes(&region, i);
        add_statements(&region, i);
        if (is(&region, i, ")") && is_cast(&region, i))
            add(&region, MUTATION_MISSING, region.pieces[region.pieces[i].partner].from, region.pieces[i].to, "");
        if (region.pieces[i].kind == PIECE_WORD)
            add_turns(&region, i, word_turns, sizeof word_turns / sizeof *word_turns);
    }
    free(region.pieces);
}

static void drop_repeated(struct mutants *mutants, const char *source) {
    char **sources = must_allocate((mutants->count + 1) * sizeof *sources);
    size_t kept = 0;
    for (size_t i = 0; i < mutants->count; i++) {
        char *made = mutant_source(&mutants->list[i], source);
        bool known = strcmp(made, source) == 0;
        for (size_t k = 0; k < kept && !known; k++) known = strcmp(sources[k], made) == 0;
        if (known) {
            free(made);
            free(mutants->list[i].text);
        } else {
            sources[kept] = made;
            mutants->list[kept++] = mutants->list[i];
        }
    }
    mutants->count = kept;
    for (size_t i = 0; i < kept; i++) free(sources[i]);
    free(sources);
}

void mutants_add(struct mutants *mutants, const char *source, size_t length) {
    const char *end = source + length, *begin;
    bool marked = false;
    for (const char *line = source; (begin = memmem(line, (size_t)(end - line), "BEGIN SOLUTION", 14));) {
        const char *from = memchr(begin, '\n', (size_t)(end - begin));
        const char *stop = from ? memmem(from, (size_t)(end - from), "END SOLUTION", 12) : NULL;
        if (!stop) break;
        const char *to = memrchr(from, '\n', (size_t)(stop - from));
        mutate_region(mutants, source, (size_t)(from - source), (size_t)(to - source));
        line = stop;
        marked = true;
    }
    if (!marked) mutate_region(mutants, source, 0, length);
    drop_repeated(mutants, source);
}

void mutants_choose(struct mutants *mutants, size_t most, uint64_t turn) {
    size_t there[MUTATIONS] = {}, wanted[MUTATIONS] = {}, seen[MUTATIONS] = {}, kept = 0, left = most;
    for (size_t i = 0; i < mutants->count; i++) there[mutants->list[i].kind]++;
    for (bool more = true; left && more;) {
        more = false;
        for (int k = 0; k < MUTATIONS && left; k++) {
            int kind = (int)((uint64_t)k + turn) % MUTATIONS;
            if (wanted[kind] >= there[kind]) continue;
            wanted[kind]++;
            left--;
            more = true;
        }
    }
    for (size_t i = 0; i < mutants->count; i++) {
        enum mutation kind = mutants->list[i].kind;
        size_t place = (seen[kind]++ + turn) % there[kind];
        /* Of there places, wanted that are evenly apart: those at which the share's whole part steps up. */
        bool chosen = (place + 1) * wanted[kind] / there[kind] > place * wanted[kind] / there[kind];
        if (chosen)
            mutants->list[kept++] = mutants->list[i];
        else
            free(mutants->list[i].text);
    }
    mutants->count = kept;
}

void mutants_free(struct mutants *mutants) {
    for (size_t i = 0; i < mutants->count; i++) free(mutants->list[i].text);
    free(mutants->list);
    *mutants = (struct mutants){};
}

const char *mutation_name(enum mutation kind) {
    static const char *const names[] = {"off by one", "sign",      "axis",     "constant",
                                        "missing",    "condition", "operator", "function"};
    return names[kind];
}

char *mutant_source(const struct mutant *mutant, const char *source) {
    struct text out = {};
    text_add_n(&out, source, mutant->from);
    text_add(&out, mutant->text);
    text_add(&out, source + mutant->to);
    return out.length ? text_take(&out) : must_copy("");
}

/* Lines of text without their indents, joined by a blank. */
static char *one_line(const char *text, size_t length) {
    struct text out = {};
    for (const char *line = text, *end = text + length; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line)), *stop = newline ? newline : end;
        while (line < stop && isblank((unsigned char)*line)) line++;
        while (stop > line && isspace((unsigned char)stop[-1])) stop--;
        if (stop > line && out.length) text_add(&out, " ");
        text_add_n(&out, line, (size_t)(stop - line));
        line = newline ? newline + 1 : end;
    }
    return out.length ? text_take(&out) : must_copy("");
}

void mutant_lines(const struct mutant *mutant, const char *source, char **line, char **becomes) {
    size_t from = mutant->from, to = mutant->to + strcspn(source + mutant->to, "\n");
    while (from > 0 && source[from - 1] != '\n') from--;
    struct text changed = {};
    text_add_n(&changed, source + from, mutant->from - from);
    text_add(&changed, mutant->text);
    text_add_n(&changed, source + mutant->to, to - mutant->to);
    *line = one_line(source + from, to - from);
    *becomes = one_line(text_c(&changed), changed.length);
    text_free(&changed);
}
