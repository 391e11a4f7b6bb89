#include "kernel/engine/suspicion.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/unit.h"

struct place {
    char *file;
    unsigned line, column;
};

static struct place place_of(const struct clang *clang, CXSourceLocation location) {
    struct place place;
    CXString file;
    clang->getPresumedLocation(location, &file, &place.line, &place.column);
    const char *name = clang->getCString(file);
    place.file = must_copy(name ? name : "");
    clang->disposeString(file);
    return place;
}

static struct place start_of(const struct clang *clang, CXCursor cursor) {
    return place_of(clang, clang->getRangeStart(clang->getCursorExtent(cursor)));
}

struct search {
    const struct clang *clang;
    struct facts *facts;
    CXCursor before; /* the statement before, in the same block */
    bool any_before;
};

static void add(struct search *search, struct place place, const char *message, const char *option) {
    struct facts *facts = search->facts;
    ARRAY_ADD(facts->diagnostics, facts->diagnostic_count, facts->diagnostic_capacity) =
        (struct diagnostic){.severity = SEVERITY_WARNING,
                            .file = place.file,
                            .line = (int)place.line,
                            .column = (int)place.column,
                            .offset = (size_t)-1,
                            .message = must_copy(message),
                            .option = must_copy(option)};
}

/* ---- statements without a body ---- */

struct children {
    const struct clang *clang;
    CXCursor list[8];
    int count;
};

static enum CXChildVisitResult collect(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct children *children = data;
    children->list[children->count++] = cursor;
    return children->count < 8 ? CXChildVisit_Continue : CXChildVisit_Break;
}

static struct children children_of(const struct clang *clang, CXCursor cursor) {
    struct children children = {.clang = clang};
    clang->visitChildren(cursor, collect, &children);
    return children;
}

/* Whether a statement's last child is a ; on the line on which what stands before it ends. */
static bool has_empty_body(const struct clang *clang, CXCursor statement, struct place *body) {
    struct children children = children_of(clang, statement);
    if (children.count < 2 || clang->getCursorKind(children.list[children.count - 1]) != CXCursor_NullStmt)
        return false;
    CXSourceRange head = clang->getCursorExtent(children.list[children.count - 2]);
    struct place end = place_of(clang, clang->getRangeEnd(head));
    *body = start_of(clang, children.list[children.count - 1]);
    bool same_line = end.line == body->line && !strcmp(end.file, body->file) &&
                     (!strcmp(end.file, UNIT_FILE) || !strncmp(end.file, UNIT_FILE ":", sizeof UNIT_FILE));
    free(end.file);
    if (!same_line) free(body->file);
    return same_line;
}

static void check_if(struct search *search, CXCursor statement) {
    struct place body;
    if (children_of(search->clang, statement).count == 2 && has_empty_body(search->clang, statement, &body))
        add(search, body, "if statement has empty body", "-Wempty-body");
}

/* A loop may well have no body; not when what follows looks like one. */
static void check_loop_before(struct search *search, CXCursor statement) {
    struct place body;
    enum CXCursorKind kind = search->any_before ? search->clang->getCursorKind(search->before) : CXCursor_NullStmt;
    if (kind != CXCursor_ForStmt && kind != CXCursor_WhileStmt) return;
    if (!has_empty_body(search->clang, search->before, &body)) return;
    struct place loop = start_of(search->clang, search->before), next = start_of(search->clang, statement);
    bool like_a_body = search->clang->getCursorKind(statement) == CXCursor_CompoundStmt ||
                       next.column > loop.column + (next.line == loop.line) * 10000;
    free(loop.file);
    free(next.file);
    if (like_a_body)
        add(search, body, kind == CXCursor_ForStmt ? "for loop has empty body" : "while loop has empty body",
            "-Wempty-body");
    else
        free(body.file);
}

/* ---- integer division ---- */

static bool is_floating(const struct clang *clang, CXCursor cursor) {
    enum CXTypeKind kind = clang->getCanonicalType(clang->getCursorType(cursor)).kind;
    return kind == CXType_Float || kind == CXType_Double || kind == CXType_LongDouble;
}

static bool constant(const struct clang *clang, CXCursor cursor, long long *value) {
    if (clang->getCursorKind(cursor) != CXCursor_IntegerLiteral) return false;
    CXEvalResult result = clang->Cursor_Evaluate(cursor);
    if (!result) return false;
    *value = clang->EvalResult_getAsLongLong(result);
    clang->EvalResult_dispose(result);
    return true;
}

/* An expression without the brackets and conversions around it. */
static CXCursor bare(const struct clang *clang, CXCursor cursor) {
    for (;;) {
        enum CXCursorKind kind = clang->getCursorKind(cursor);
        struct children children = children_of(clang, cursor);
        if ((kind != CXCursor_ParenExpr && kind != CXCursor_UnexposedExpr) || children.count != 1) return cursor;
        cursor = children.list[0];
    }
}

static bool is_operator(const struct clang *clang, CXCursor cursor, enum CXBinaryOperatorKind kind) {
    return clang->getCursorKind(cursor) == CXCursor_BinaryOperator &&
           clang->getCursorBinaryOperatorKind(cursor) == kind;
}

static bool is_sizeof(const struct clang *clang, CXCursor cursor) {
    return clang->getCursorKind(bare(clang, cursor)) == CXCursor_UnaryExpr;
}

/* Whether decimals are surely wanted of a quotient that is not known yet: of sum / n, and of (a + b) / 2; not of x / 2,
 * which may well be meant to be whole. */
static bool wants_decimals(const struct clang *clang, const struct children *operands) {
    long long value;
    if (is_sizeof(clang, operands->list[0]) || is_sizeof(clang, operands->list[1])) return false;
    return !constant(clang, bare(clang, operands->list[1]), &value) ||
           is_operator(clang, bare(clang, operands->list[0]), CXBinaryOperator_Add);
}

/* A conversion that the compiler put around a division of integers. */
static void check_division(struct search *search, CXCursor conversion) {
    const struct clang *clang = search->clang;
    if (!is_floating(clang, conversion)) return;
    CXCursor inner = bare(clang, conversion);
    if (is_floating(clang, inner) || !is_operator(clang, inner, CXBinaryOperator_Div)) return;
    struct children operands = children_of(clang, inner);
    long long above, below;
    if (operands.count != 2) return;
    if (!constant(clang, operands.list[0], &above) || !constant(clang, operands.list[1], &below)) {
        if (wants_decimals(clang, &operands))
            add(search, place_of(clang, clang->getCursorLocation(inner)),
                "integer division: both sides are integers, so the decimals are lost before the result is stored",
                "-Winteger-division");
        return;
    }
    if (!below || above % below == 0) return;
    char *message =
        must_format("integer division: %lld / %lld is %lld, without its decimals", above, below, above / below);
    add(search, place_of(clang, clang->getCursorLocation(inner)), message, "-Winteger-division");
    free(message);
}

/* ---- powers ---- */

/* x ^ 2 and x ^ 3 of a signed variable: bits are rarely changed with such a number, and not in a signed one. */
static void check_power(struct search *search, CXCursor cursor) {
    const struct clang *clang = search->clang;
    struct children operands = children_of(clang, cursor);
    long long exponent;
    if (!is_operator(clang, cursor, CXBinaryOperator_Xor) || operands.count != 2) return;
    CXCursor base = bare(clang, operands.list[0]);
    enum CXTypeKind kind = clang->getCanonicalType(clang->getCursorType(base)).kind;
    bool plain = clang->getCursorKind(base) == CXCursor_DeclRefExpr && (kind == CXType_Int || kind == CXType_Long);
    if (!plain || !constant(clang, bare(clang, operands.list[1]), &exponent) || exponent < 2 || exponent > 3) return;
    add(search, place_of(clang, clang->getCursorLocation(cursor)), "^ is exclusive or, not a power",
        "-Wxor-used-as-pow");
}

/* ---- reading ---- */

static bool calls(const struct clang *clang, CXCursor cursor, const char *const *names) {
    CXCursor call = bare(clang, cursor);
    if (clang->getCursorKind(call) != CXCursor_CallExpr) return false;
    CXString spelling = clang->getCursorSpelling(call);
    const char *name = clang->getCString(spelling);
    bool found = false;
    for (; name && *names; names++) found |= !strcmp(name, *names);
    clang->disposeString(spelling);
    return found;
}

/* char c = getchar(): what is stored, in an initialiser or an assignment. */
static void check_character(struct search *search, CXCursor cursor) {
    static const char *const readers[] = {"getchar", "getc", "fgetc", "getchar_unlocked", "getc_unlocked", NULL};
    const struct clang *clang = search->clang;
    struct children children = children_of(clang, cursor);
    bool variable = clang->getCursorKind(cursor) == CXCursor_VarDecl;
    if (!children.count || (!variable && !is_operator(clang, cursor, CXBinaryOperator_Assign))) return;
    CXCursor value = children.list[children.count - 1], place = variable ? cursor : children.list[0];
    enum CXTypeKind kind = clang->getCanonicalType(clang->getCursorType(place)).kind;
    if ((kind != CXType_Char_S && kind != CXType_Char_U && kind != CXType_UChar) || !calls(clang, value, readers))
        return;
    add(search, start_of(clang, bare(clang, value)), "a char cannot tell the end of the input (EOF) from a character",
        "-Wchar-from-getchar");
}

static enum CXChildVisitResult find_jump(CXCursor cursor, CXCursor parent, CXClientData data) {
    enum CXCursorKind kind = clang_load()->getCursorKind(cursor);
    bool jump = kind == CXCursor_BreakStmt || kind == CXCursor_ReturnStmt || kind == CXCursor_GotoStmt;
    *(bool *)data |= jump;
    return jump ? CXChildVisit_Break : CXChildVisit_Recurse;
}

/* while (!feof(f)) { ... } that is left in no other way. */
static void check_end_of_file(struct search *search, CXCursor loop) {
    static const char *const feof_name[] = {"feof", NULL};
    const struct clang *clang = search->clang;
    struct children parts = children_of(clang, loop);
    bool left = false;
    if (parts.count != 2) return;
    CXCursor condition = bare(clang, parts.list[0]);
    struct children negated = children_of(clang, condition);
    if (clang->getCursorKind(condition) != CXCursor_UnaryOperator || negated.count != 1 ||
        !calls(clang, negated.list[0], feof_name))
        return;
    clang->visitChildren(parts.list[1], find_jump, &left);
    if (!left)
        add(search, start_of(clang, condition), "feof is true only after a read has failed: the last round has no data",
            "-Wfeof-loop");
}

/* ---- the walk ---- */

static enum CXChildVisitResult visit(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct search *search = data;
    const struct clang *clang = search->clang;
    enum CXCursorKind kind = clang->getCursorKind(cursor);
    if (clang->getCursorKind(parent) == CXCursor_CompoundStmt) check_loop_before(search, cursor);
    search->before = cursor;
    search->any_before = true;
    if (kind == CXCursor_IfStmt) check_if(search, cursor);
    if (kind == CXCursor_UnexposedExpr) check_division(search, cursor);
    if (kind == CXCursor_BinaryOperator) check_power(search, cursor);
    if (kind == CXCursor_BinaryOperator || kind == CXCursor_VarDecl) check_character(search, cursor);
    if (kind == CXCursor_WhileStmt) check_end_of_file(search, cursor);
    struct search below = {.clang = clang, .facts = search->facts};
    clang->visitChildren(cursor, visit, &below);
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult visit_top(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct search *search = data;
    enum CXCursorKind kind = search->clang->getCursorKind(cursor);
    if (kind != CXCursor_FunctionDecl && kind != CXCursor_VarDecl) return CXChildVisit_Continue;
    struct place place = place_of(search->clang, search->clang->getCursorLocation(cursor));
    bool of_the_user = !strcmp(place.file, UNIT_FILE) || !strcmp(place.file, "cell.c");
    free(place.file);
    if (!of_the_user) return CXChildVisit_Continue;
    struct search inside = {.clang = search->clang, .facts = search->facts};
    if (kind == CXCursor_VarDecl) check_character(&inside, cursor);
    search->clang->visitChildren(cursor, visit, &inside);
    return CXChildVisit_Continue;
}

void suspicion_find(const struct clang *clang, CXCursor root, struct facts *facts) {
    clang->visitChildren(root, visit_top, &(struct search){.clang = clang, .facts = facts});
}
