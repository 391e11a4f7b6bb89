#include "autograder/mutate.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autograder/pieces.h"
#include "kernel/engine/text.h"

/* ---- making mutants ---- */

static void add_text(struct mutants *mutants, enum mutation kind, size_t from, size_t to, char *text) {
    ARRAY_ADD(mutants->list, mutants->count, mutants->capacity) = (struct mutant){kind, from, to, text};
}

static void add(struct mutants *mutants, enum mutation kind, size_t from, size_t to, const char *text) {
    add_text(mutants, kind, from, to, must_copy(text));
}

static void add_at(struct mutants *mutants, const struct pieces *p, enum mutation kind, size_t i, const char *text) {
    add(mutants, kind, p->list[i].from, p->list[i].to, text);
}

/* Pieces first ... last and other_first ... other_last, which stand behind them, change places. */
static void add_swap(struct mutants *mutants, const struct pieces *p, enum mutation kind, size_t first, size_t last,
                     size_t other_first, size_t other_last) {
    const struct piece *list = p->list;
    int one = (int)(list[last].to - list[first].from), other = (int)(list[other_last].to - list[other_first].from);
    int between = (int)(list[other_first].from - list[last].to);
    if (one == other && memcmp(p->source + list[first].from, p->source + list[other_first].from, (size_t)one) == 0)
        return;
    add_text(mutants, kind, list[first].from, list[other_last].to,
             must_format("%.*s%.*s%.*s", other, p->source + list[other_first].from, between, p->source + list[last].to,
                         one, p->source + list[first].from));
}

static bool is_binary(const struct pieces *p, size_t i) {
    return i < p->count && p->list[i].kind == PIECE_BINARY;
}

static bool is_product(const struct pieces *p, size_t i) {
    return piece_is(p, i, "*") || piece_is(p, i, "/") || piece_is(p, i, "%");
}

/* How far the operand to the right of the operator at i goes: the piece behind its last. A factor ends at any operator,
 * a term at none that binds more tightly than a sum. */
static size_t right_end(const struct pieces *p, size_t i, bool factor) {
    size_t k = i + 1;
    while (k < p->count && p->list[k].opener == p->list[i].opener && piece_byte(p, k) != ';' &&
           !(is_binary(p, k) && (factor || !is_product(p, k)))) {
        bool opens = p->list[k].partner != NO_PIECE && p->list[k].partner > k;
        k = opens ? p->list[k].partner + 1 : k + 1;
    }
    return k;
}

/* Where the operand to its left begins. */
static size_t left_start(const struct pieces *p, size_t i, bool factor) {
    size_t k = i;
    while (k > 0) {
        size_t before = k - 1;
        bool closes = p->list[before].partner != NO_PIECE && p->list[before].partner < before;
        if (closes) {
            size_t open = p->list[before].partner;
            if (piece_byte(p, before) == '}' || (open > 0 && piece_is_control(p, open - 1))) break;
            k = open;
            continue;
        }
        if (p->list[before].opener != p->list[i].opener || piece_byte(p, before) == ';' ||
            piece_is(p, before, "return") || piece_is(p, before, "else"))
            break;
        if (is_binary(p, before) && (factor || !is_product(p, before))) break;
        k = before;
    }
    return k;
}

/* Is the bracket at i the length of an array that is declared? A longer one is as right. */
static bool is_array_length(const struct pieces *p, size_t i) {
    if (piece_byte(p, i) != '[' || i < 2 || p->list[i - 1].kind != PIECE_WORD) return false;
    if (piece_is_type(p, i - 2)) return true;
    if (!piece_is(p, i - 2, ",")) return false;
    size_t k = i - 2;
    while (k > 0 && piece_byte(p, k - 1) != ';' && k - 1 != p->list[i].opener) k--;
    return piece_is_type(p, k);
}

static void add_numbers(struct mutants *mutants, const struct pieces *p, size_t i) {
    const struct piece *piece = &p->list[i];
    int length = (int)(piece->to - piece->from);
    const char *text = p->source + piece->from;
    if (piece->kind == PIECE_INTEGER) {
        long value = strtol(text, NULL, 10);
        if (piece->opener != NO_PIECE && is_array_length(p, piece->opener)) return;
        add_text(mutants, MUTATION_OFF_BY_ONE, piece->from, piece->to, must_format("%ld", value + 1));
        if (value > 0) add_text(mutants, MUTATION_OFF_BY_ONE, piece->from, piece->to, must_format("%ld", value - 1));
    } else if (piece->kind == PIECE_REAL) {
        bool single = strchr("fF", text[length - 1]) != NULL;
        double value = strtod(text, NULL);
        for (int k = 0; k < 2 && value != 0; k++) {
            char *number = must_format("%.15g", k ? value / 2 : value * 2);
            const char *point = strpbrk(number, ".e") ? "" : ".0";
            add_text(mutants, MUTATION_CONSTANT, piece->from, piece->to,
                     must_format("%s%s%s", number, point, single ? "f" : ""));
            free(number);
        }
    } else if (piece_is(p, i, "M_PI")) {
        add_at(mutants, p, MUTATION_CONSTANT, i, "(M_PI / 2)");
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

static void add_turns(struct mutants *mutants, const struct pieces *p, size_t i, const struct turn *turns,
                      size_t count) {
    for (size_t k = 0; k < count; k++)
        if (piece_is(p, i, turns[k].from)) add_at(mutants, p, turns[k].kind, i, turns[k].to);
}

/* A term of a sum or a factor of a product that is not there. */
static void add_missing_operand(struct mutants *mutants, const struct pieces *p, size_t i) {
    bool factor = is_product(p, i), sum = piece_is(p, i, "+") || piece_is(p, i, "-");
    bool both = piece_is(p, i, "&&") || piece_is(p, i, "||");
    if (!factor && !sum && !both) return;
    size_t end = right_end(p, i, factor), start = left_start(p, i, factor);
    if (end == i + 1) return;
    add(mutants, MUTATION_MISSING, p->list[i].from, p->list[end - 1].to, "");
    if (start == i || piece_is(p, i, "/") || piece_is(p, i, "%")) return;
    /* Of a difference the sign stays: a - b becomes -b. */
    add(mutants, MUTATION_MISSING, p->list[start].from, piece_is(p, i, "-") ? p->list[i].from : p->list[i + 1].from,
        "");
}

/* c ? a : b becomes c ? b : a. */
static void add_turned_choice(struct mutants *mutants, const struct pieces *p, size_t i) {
    size_t open = p->list[i].opener, colon = NO_PIECE, k = i + 1;
    int nested = 0;
    for (; k < p->count && piece_byte(p, k) != ';' && !(p->list[k].opener == open && piece_is(p, k, ",")); k++) {
        if (p->list[k].partner != NO_PIECE && p->list[k].partner == open) break;
        if (p->list[k].opener != open) continue;
        if (piece_is(p, k, "?")) nested++;
        if (piece_is(p, k, ":") && nested-- == 0 && colon == NO_PIECE) colon = k;
    }
    if (colon != NO_PIECE && colon > i + 1 && k > colon + 1)
        add_swap(mutants, p, MUTATION_CONDITION, i + 1, colon - 1, colon + 1, k - 1);
}

static void add_operators(struct mutants *mutants, const struct pieces *p, size_t i) {
    if (p->list[i].kind == PIECE_SIGN && piece_is(p, i, "-")) add_at(mutants, p, MUTATION_SIGN, i, "");
    if (p->list[i].kind != PIECE_BINARY) return;
    add_turns(mutants, p, i, operator_turns, sizeof operator_turns / sizeof *operator_turns);
    add_missing_operand(mutants, p, i);
    if (piece_is(p, i, "?")) add_turned_choice(mutants, p, i);
}

/* ---- axes ---- */

static bool is_simple(const struct pieces *p, size_t i) {
    return i < p->count && (p->list[i].kind == PIECE_WORD || p->list[i].kind == PIECE_INTEGER);
}

/* Neighbouring arguments that are names or whole numbers; not where the order says NO_PIECE. */
static void add_swapped_arguments(struct mutants *mutants, const struct pieces *p, size_t open) {
    static const char *const symmetric[] = {"fmin", "fmax", "hypot", "oto_add", "oto_mul", NULL};
    if (open == 0 || p->list[open - 1].kind != PIECE_WORD || piece_is_control(p, open - 1) ||
        piece_is_one_of(p, open - 1, symmetric))
        return;
    for (size_t i = open + 1; i + 2 < p->count && i < p->list[open].partner; i++) {
        bool begins = i == open + 1 || piece_is(p, i - 1, ","),
             ends = piece_is(p, i + 3, ",") || i + 3 == p->list[open].partner;
        if (begins && ends && p->list[i].opener == open && is_simple(p, i) && piece_is(p, i + 1, ",") &&
            is_simple(p, i + 2))
            add_swap(mutants, p, MUTATION_AXIS, i, i, i + 2, i + 2);
    }
}

static void add_axes(struct mutants *mutants, const struct pieces *p, size_t i) {
    if (p->list[i].partner == NO_PIECE || p->list[i].partner < i) return;
    size_t close = p->list[i].partner;
    if (piece_byte(p, i) == '(') add_swapped_arguments(mutants, p, i);
    if (piece_byte(p, i) != '[' || is_array_length(p, i)) return;
    /* [i][j] */
    if (piece_byte(p, close + 1) == '[' && p->list[close + 1].partner != NO_PIECE && close > i + 1 &&
        p->list[close + 1].partner > close + 2)
        add_swap(mutants, p, MUTATION_AXIS, i + 1, close - 1, close + 2, p->list[close + 1].partner - 1);
    /* [i * columns + j] */
    if (close == i + 6 && is_simple(p, i + 1) && piece_is(p, i + 2, "*") && is_simple(p, i + 3) &&
        piece_is(p, i + 4, "+") && is_simple(p, i + 5))
        add_swap(mutants, p, MUTATION_AXIS, i + 1, i + 1, i + 5, i + 5);
}

/* ---- statements ---- */

static bool begins_statement(const struct pieces *p, size_t i) {
    size_t open = p->list[i].opener;
    if (open != NO_PIECE && piece_byte(p, open) != '{') return false;
    if (i == 0 || piece_byte(p, i - 1) == ';' || piece_byte(p, i - 1) == '}' || piece_is(p, i - 1, "else") ||
        piece_is(p, i - 1, "do"))
        return true;
    if (piece_byte(p, i - 1) == '{') return i < 2 || !piece_is(p, i - 2, "=");
    if (!piece_is(p, i - 1, ")") || p->list[i - 1].partner == NO_PIECE || !p->list[i - 1].partner) return false;
    return piece_is_control(p, p->list[i - 1].partner - 1);
}

static size_t statement_end(const struct pieces *p, size_t i) {
    size_t k = i;
    while (k < p->count && !(piece_byte(p, k) == ';' && p->list[k].opener == p->list[i].opener)) k++;
    return k;
}

static void add_statements(struct mutants *mutants, const struct pieces *p, size_t i) {
    static const char *const kept[] = {"else",  "do",       "case",    "default", "goto",
                                       "break", "continue", "typedef", "return",  NULL};
    size_t end = statement_end(p, i);
    if (piece_is(p, i, "return") && end < p->count && end > i + 1 && !piece_is(p, i + 1, "-"))
        add_text(
            mutants, MUTATION_SIGN, p->list[i + 1].from, p->list[end].from,
            must_format("-(%.*s)", (int)(p->list[end].from - p->list[i + 1].from), p->source + p->list[i + 1].from));
    if (piece_is(p, i, "if") && piece_byte(p, i + 1) == '(' && p->list[i + 1].partner != NO_PIECE) {
        size_t from = p->list[i + 1].to, to = p->list[p->list[i + 1].partner].from;
        add_text(mutants, MUTATION_CONDITION, from, to, must_format("!(%.*s)", (int)(to - from), p->source + from));
    }
    if (!begins_statement(p, i) || piece_is_control(p, i) || piece_is_one_of(p, i, kept) ||
        strchr("{};", piece_byte(p, i)) || end >= p->count)
        return;
    if (piece_is_type(p, i) && !piece_is(p, i + 1, "(")) return;
    add(mutants, MUTATION_MISSING, p->list[i].from, p->list[end].from, "");
}

/* ---- all of them ---- */

static void add_region(struct mutants *mutants, const char *source, size_t from, size_t to) {
    struct pieces pieces = pieces_of(source, from, to);
    const struct pieces *p = &pieces;
    for (size_t i = 0; i < p->count; i++) {
        add_numbers(mutants, p, i);
        add_operators(mutants, p, i);
        add_axes(mutants, p, i);
        add_statements(mutants, p, i);
        if (piece_is(p, i, ")") && piece_is_cast(p, i))
            add(mutants, MUTATION_MISSING, p->list[p->list[i].partner].from, p->list[i].to, "");
        if (p->list[i].kind == PIECE_WORD) add_turns(mutants, p, i, word_turns, sizeof word_turns / sizeof *word_turns);
    }
    pieces_free(&pieces);
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
        add_region(mutants, source, (size_t)(from - source), (size_t)(to - source));
        line = stop;
        marked = true;
    }
    if (!marked) add_region(mutants, source, 0, length);
    drop_repeated(mutants, source);
}

void mutants_choose(struct mutants *mutants, size_t most, uint64_t turn) {
    size_t there[MUTATIONS] = {}, wanted[MUTATIONS] = {}, seen[MUTATIONS] = {}, kept = 0, left = most;
    for (size_t i = 0; i < mutants->count; i++) there[mutants->list[i].kind]++;
    for (bool more = true; left && more;) {
        more = false;
        for (int k = 0; k < MUTATIONS && left; k++) {
            int kind = (int)(((uint64_t)k + turn) % MUTATIONS);
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
