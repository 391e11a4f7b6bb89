#include "kernel/engine/libclang.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/advice.h"
#include "kernel/engine/content.h"
#include "kernel/engine/meaning.h"
#include "kernel/engine/suspicion.h"
#include "kernel/engine/text.h"
#include "kernel/engine/unit.h"

struct libclang {
    const struct clang *clang;
    CXIndex index;
    struct kept {
        CXTranslationUnit unit; /* with these flags, or NULL */
        char *flags;
    } parsed, completing;
};

static char *string_of(const struct clang *clang, CXString string) {
    const char *c = clang->getCString(string);
    char *copy = must_copy(c ? c : "");
    clang->disposeString(string);
    return copy;
}

struct libclang *libclang_open(void) {
    struct libclang *libclang = must_allocate(sizeof *libclang);
    libclang->clang = clang_load();
    /* a crash ends this process, and no other */
    libclang->clang->toggleCrashRecovery(0);
    libclang->index = libclang->clang->createIndex(1, 0);
    return libclang;
}

/* Names as the user wrote them: a unit may write them with a prefix (unit.h). */
static char *without_prefix(char *message) {
    size_t length = strlen(UNIT_OWN);
    for (char *at = message; (at = strstr(at, UNIT_OWN));) memmove(at, at + length, strlen(at + length) + 1);
    return message;
}

static size_t offset_of(const struct clang *clang, CXSourceLocation location) {
    unsigned offset = 0;
    if (!clang->Location_isFromMainFile(location)) {
        CXFile file;
        clang->getExpansionLocation(location, &file, NULL, NULL, &offset);
        if (!file) return (size_t)-1;
        char *name = string_of(clang, clang->getFileName(file));
        bool main_file = !strcmp(name, "cell.c");
        free(name);
        return main_file ? offset : (size_t)-1;
    }
    clang->getExpansionLocation(location, NULL, NULL, NULL, &offset);
    return offset;
}

static int presumed_column(const struct clang *clang, CXSourceLocation location) {
    unsigned column;
    CXString file;
    clang->getPresumedLocation(location, &file, NULL, &column);
    clang->disposeString(file);
    return (int)column;
}

static void read_diagnostic(const struct clang *clang, CXDiagnostic from, struct diagnostic *out) {
    enum CXDiagnosticSeverity severity = clang->getDiagnosticSeverity(from);
    CXSourceLocation location = clang->getDiagnosticLocation(from);
    CXString file;
    unsigned line, column;
    clang->getPresumedLocation(location, &file, &line, &column);
    *out = (struct diagnostic){
        .severity = severity >= CXDiagnostic_Error     ? SEVERITY_ERROR
                    : severity == CXDiagnostic_Warning ? SEVERITY_WARNING
                                                       : SEVERITY_NOTE,
        .file = string_of(clang, file),
        .line = (int)line,
        .column = (int)column,
        .offset = offset_of(clang, location),
        .in_system_header = clang->Location_isInSystemHeader(location),
        .message = advice_plain_types(without_prefix(string_of(clang, clang->getDiagnosticSpelling(from)))),
        .option = string_of(clang, clang->getDiagnosticOption(from, NULL)),
    };
    out->fix_count = clang->getDiagnosticNumFixIts(from);
    out->fixes = must_allocate(out->fix_count * sizeof *out->fixes);
    for (size_t i = 0; i < out->fix_count; i++) {
        CXSourceRange range;
        CXString text = clang->getDiagnosticFixIt(from, (unsigned)i, &range);
        out->fixes[i].replacement = string_of(clang, text);
        CXString name;
        unsigned fix_line, fix_column;
        clang->getPresumedLocation(clang->getRangeStart(range), &name, &fix_line, &fix_column);
        clang->disposeString(name);
        out->fixes[i].line = (int)fix_line;
        out->fixes[i].column = (int)fix_column;
        out->fixes[i].end_column = presumed_column(clang, clang->getRangeEnd(range));
    }
    CXDiagnosticSet children = clang->getChildDiagnostics(from);
    out->note_count = clang->getNumDiagnosticsInSet(children);
    out->notes = must_allocate(out->note_count * sizeof *out->notes);
    for (size_t i = 0; i < out->note_count; i++) {
        CXDiagnostic note = clang->getDiagnosticInSet(children, (unsigned)i);
        read_diagnostic(clang, note, &out->notes[i]);
        clang->disposeDiagnostic(note);
    }
}

/* What the visitors share while they walk one translation unit. */
struct walk {
    const struct clang *clang;
    CXTranslationUnit unit;
    struct facts *facts;
    size_t from;
    const char *part_prefix;
};

static struct fact *add_fact(struct walk *walk, enum fact_kind kind, CXCursor cursor) {
    const struct clang *clang = walk->clang;
    struct fact *fact = &ARRAY_ADD(walk->facts->list, walk->facts->count, walk->facts->capacity);
    CXSourceRange extent = clang->getCursorExtent(cursor);
    fact->kind = kind;
    fact->offset = offset_of(clang, clang->getCursorLocation(cursor));
    fact->start = offset_of(clang, clang->getRangeStart(extent));
    fact->end = offset_of(clang, clang->getRangeEnd(extent));
    fact->name = without_prefix(string_of(clang, clang->getCursorSpelling(cursor)));
    return fact;
}

/* A type in the user's words. */
static struct type plain_type(CXType from, const char *declaration) {
    struct type type = type_of(from, declaration);
    char *texts[] = {type.spelling, type.unqualified, type.canonical, type.shape, type.element};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]) without_prefix(texts[i]);
    return type;
}

/* "double f(double x)": the head of a function as it was written, on one line. The parameters of the C library's are
 * named __x in its headers: they are x to a reader. */
static char *function_head(struct walk *walk, CXCursor cursor) {
    const struct clang *clang = walk->clang;
    char *type = string_of(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
    char *name = without_prefix(string_of(clang, clang->getCursorSpelling(cursor)));
    char *result = string_of(clang, clang->getTypeSpelling(clang->getCursorResultType(cursor)));
    struct text call = {};
    text_format(&call, "%s(", name);
    int count = clang->Cursor_getNumArguments(cursor);
    for (int i = 0; i < count; i++) {
        CXCursor argument = clang->Cursor_getArgument(cursor, (unsigned)i);
        char *argument_type = string_of(clang, clang->getTypeSpelling(clang->getCursorType(argument)));
        char *argument_name = string_of(clang, clang->getCursorSpelling(argument));
        char *declared = type_declares(argument_type, argument_name + strspn(argument_name, "_"));
        text_format(&call, "%s%s", i ? ", " : "", declared);
        free(declared);
        free(argument_type);
        free(argument_name);
    }
    text_add(&call, count ? (strstr(type, "...") ? ", ...)" : ")") : "void)");
    char *head = type_declares(result, text_c(&call));
    text_free(&call);
    free(type);
    free(name);
    free(result);
    return head;
}

static enum CXChildVisitResult find_return(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    if (walk->clang->getCursorKind(cursor) == CXCursor_ReturnStmt) add_fact(walk, FACT_RETURN, cursor);
    return CXChildVisit_Recurse;
}

struct references {
    struct walk *walk;
    size_t fact; /* its index: facts move while they are added */
};

static enum CXChildVisitResult add_reference(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct references *references = data;
    const struct clang *clang = references->walk->clang;
    if (clang->getCursorKind(cursor) != CXCursor_DeclRefExpr) return CXChildVisit_Recurse;
    CXCursor referenced = clang->getCursorReferenced(cursor);
    enum CXCursorKind kind = clang->getCursorKind(referenced);
    if (kind != CXCursor_FunctionDecl &&
        (kind != CXCursor_VarDecl ||
         clang->getCursorKind(clang->getCursorSemanticParent(referenced)) != CXCursor_TranslationUnit))
        return CXChildVisit_Continue;
    struct fact *fact = &references->walk->facts->list[references->fact];
    char *name = without_prefix(string_of(clang, clang->getCursorSpelling(referenced)));
    for (size_t i = 0; i < fact->refer_count && name; i++)
        if (!strcmp(fact->refers[i], name)) free(name), name = NULL;
    if (name) ARRAY_ADD(fact->refers, fact->refer_count, fact->refer_capacity) = name;
    return CXChildVisit_Continue;
}

struct only_child {
    CXCursor child;
    int count;
};

static enum CXChildVisitResult count_child(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct only_child *only = data;
    only->child = cursor;
    only->count++;
    return CXChildVisit_Continue;
}

/* The expression as it was written, below conversions that the compiler put around it. */
static CXCursor without_conversions(const struct clang *clang, CXCursor cursor) {
    while (clang->getCursorKind(cursor) == CXCursor_UnexposedExpr) {
        struct only_child only = {};
        clang->visitChildren(cursor, count_child, &only);
        CXSourceRange outer = clang->getCursorExtent(cursor), inner = clang->getCursorExtent(only.child);
        if (only.count != 1 ||
            offset_of(clang, clang->getRangeStart(outer)) != offset_of(clang, clang->getRangeStart(inner)) ||
            offset_of(clang, clang->getRangeEnd(outer)) != offset_of(clang, clang->getRangeEnd(inner)))
            break;
        cursor = only.child;
    }
    return cursor;
}

static enum CXChildVisitResult visit_part_statement(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    const struct clang *clang = walk->clang;
    enum CXCursorKind kind = clang->getCursorKind(cursor);
    if (kind == CXCursor_DeclStmt) {
        add_fact(walk, FACT_LOCAL, cursor);
    } else if (clang->isExpression(kind)) {
        CXCursor written = without_conversions(clang, cursor);
        struct fact *fact = add_fact(walk, FACT_EXPRESSION, cursor);
        CXCursor referenced = clang->getCursorReferenced(written);
        bool names_function = clang->getCursorKind(written) == CXCursor_DeclRefExpr &&
                              clang->getCursorKind(referenced) == CXCursor_FunctionDecl;
        char *declaration = names_function ? function_head(walk, referenced) : NULL;
        fact->type = plain_type(clang->getCursorType(written), declaration);
        free(declaration);
    }
    clang->visitChildren(cursor, find_return, walk);
    if (kind == CXCursor_ReturnStmt) add_fact(walk, FACT_RETURN, cursor);
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult visit_part(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    if (walk->clang->getCursorKind(cursor) == CXCursor_CompoundStmt)
        walk->clang->visitChildren(cursor, visit_part_statement, walk);
    return CXChildVisit_Continue;
}

static enum CXChildVisitResult visit_enumerator(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    if (walk->clang->getCursorKind(cursor) == CXCursor_EnumConstantDecl) add_fact(walk, FACT_ENUMERATOR, cursor);
    return CXChildVisit_Continue;
}

static void add_tag(struct walk *walk, CXCursor cursor) {
    struct fact *fact = add_fact(walk, FACT_TAG, cursor);
    fact->is_definition = walk->clang->isCursorDefinition(cursor);
    if (fact->is_definition) fact->meaning = meaning_of(walk->clang->getCursorType(cursor));
}

static enum CXChildVisitResult visit_header_constant(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    if (walk->clang->getCursorKind(cursor) != CXCursor_EnumConstantDecl) return CXChildVisit_Continue;
    struct fact *fact = add_fact(walk, FACT_HEADER_NAME, cursor);
    fact->space = 'O';
    fact->meaning = must_format("%lld", walk->clang->getEnumConstantDeclValue(cursor));
    return CXChildVisit_Continue;
}

/* A macro's definition as it is written; malloc'd. */
static char *macro_text(const struct walk *walk, CXCursor macro) {
    const struct clang *clang = walk->clang;
    CXSourceRange extent = clang->getCursorExtent(macro);
    CXFile file;
    unsigned start, end;
    size_t size = 0;
    clang->getExpansionLocation(clang->getRangeStart(extent), &file, NULL, NULL, &start);
    clang->getExpansionLocation(clang->getRangeEnd(extent), NULL, NULL, NULL, &end);
    const char *contents = file ? clang->getFileContents(walk->unit, file, &size) : NULL;
    return contents && start <= end && end <= size ? must_copy_n(contents + start, end - start) : must_copy("");
}

static bool is_of_users_header(const struct clang *clang, CXSourceLocation location) {
    CXFile file = NULL;
    clang->getExpansionLocation(location, &file, NULL, NULL, NULL);
    return file && !clang->Location_isInSystemHeader(location);
}

/* What a header of the user's own defines: the header may be edited, and then it is another one. */
static void visit_users_name(struct walk *walk, CXCursor cursor) {
    const struct clang *clang = walk->clang;
    enum CXCursorKind kind = clang->getCursorKind(cursor);
    bool is_tag = kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl || kind == CXCursor_EnumDecl,
         is_macro = kind == CXCursor_MacroDefinition;
    if (!is_macro && ((!is_tag && kind != CXCursor_TypedefDecl) || !clang->isCursorDefinition(cursor))) return;
    if (!is_of_users_header(clang, clang->getCursorLocation(cursor))) return;
    struct fact *fact = add_fact(walk, FACT_HEADER_NAME, cursor);
    fact->space = is_macro ? 'M' : is_tag ? 'T' : 'O';
    fact->meaning = is_macro ? macro_text(walk, cursor) : meaning_of(clang->getCursorType(cursor));
    if (kind == CXCursor_EnumDecl) clang->visitChildren(cursor, visit_header_constant, walk);
}

static enum CXChildVisitResult visit_top(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    const struct clang *clang = walk->clang;
    size_t offset = offset_of(clang, clang->getCursorLocation(cursor));
    if (offset == (size_t)-1) visit_users_name(walk, cursor);
    if (offset == (size_t)-1 || offset < walk->from) return CXChildVisit_Continue;
    struct fact *fact;
    switch (clang->getCursorKind(cursor)) {
    case CXCursor_VarDecl:
        fact = add_fact(walk, FACT_VARIABLE, cursor);
        fact->type = plain_type(clang->getCursorType(cursor), NULL);
        fact->meaning = meaning_of(clang->getCursorType(cursor));
        fact->is_extern = clang->Cursor_getStorageClass(cursor) == CX_SC_Extern;
        break;
    case CXCursor_FunctionDecl: {
        bool defined = clang->isCursorDefinition(cursor);
        char *name = string_of(clang, clang->getCursorSpelling(cursor));
        if (defined && !strncmp(name, walk->part_prefix, strlen(walk->part_prefix))) {
            clang->visitChildren(cursor, visit_part, walk);
        } else {
            fact = add_fact(walk, defined ? FACT_FUNCTION : FACT_PROTOTYPE, cursor);
            fact->declaration = function_head(walk, cursor);
            fact->type = plain_type(clang->getCursorType(cursor), fact->declaration);
            struct references references = {walk, walk->facts->count - 1};
            if (defined) clang->visitChildren(cursor, add_reference, &references);
        }
        free(name);
        break;
    }
    case CXCursor_TypedefDecl:
        fact = add_fact(walk, FACT_TYPEDEF, cursor);
        fact->type = plain_type(clang->getCursorType(cursor), NULL);
        fact->meaning = meaning_of(clang->getCursorType(cursor));
        break;
    case CXCursor_EnumDecl:
        add_tag(walk, cursor);
        clang->visitChildren(cursor, visit_enumerator, walk);
        break;
    case CXCursor_StructDecl:
    case CXCursor_UnionDecl:
        add_tag(walk, cursor);
        break;
    default:
        break;
    }
    return CXChildVisit_Continue;
}

static size_t flag_count(const char *const *flags) {
    size_t count = 0;
    while (flags[count]) count++;
    return count;
}

static void drop(const struct libclang *libclang, struct kept *kept) {
    if (kept->unit) libclang->clang->disposeTranslationUnit(kept->unit);
    free(kept->flags);
    *kept = (struct kept){};
}

static char *joined(const char *const *flags) {
    struct text text = {};
    for (; *flags; flags++) text_format(&text, "%s\n", *flags);
    return text_take(&text);
}

/* Whether the unit that is kept has these flags; one with others is dropped. */
static bool kept_is_for(const struct libclang *libclang, struct kept *kept, const char *const *flags) {
    char *key = joined(flags);
    bool same = kept->unit && !strcmp(kept->flags, key);
    if (!same) {
        drop(libclang, kept);
        kept->flags = key;
        key = NULL;
    }
    free(key);
    return same;
}

/* Parses into a place for which kept_is_for was false; NULL when libclang gives no unit. */
static CXTranslationUnit parse_kept(const struct libclang *libclang, struct kept *kept, const char *const *flags,
                                    struct CXUnsavedFile *file, unsigned options) {
    if (libclang->clang->parseTranslationUnit2(libclang->index, file->Filename, flags, (int)flag_count(flags), file, 1,
                                               options, &kept->unit))
        kept->unit = NULL;
    return kept->unit;
}

/* The unit before with another text, when that is possible: half of the time of a parse is the reading of flags and the
 * search for the system's folders, which then are known. */
static CXTranslationUnit parse(struct libclang *libclang, const char *const *flags, struct CXUnsavedFile *file) {
    struct kept *parsed = &libclang->parsed;
    if (kept_is_for(libclang, parsed, flags)) {
        if (!libclang->clang->reparseTranslationUnit(parsed->unit, 1, file, CXReparse_None)) return parsed->unit;
        drop(libclang, parsed); /* it can only be disposed of */
        kept_is_for(libclang, parsed, flags);
    }
    return parse_kept(libclang, parsed, flags, file,
                      CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_KeepGoing);
}

/* What files hold and where they are is asked once for a unit: so it is not used again for a text that reads some, nor
 * after an error, which a file that comes later may be the cure of. */
static bool may_be_kept(const struct facts *facts, const char *text, size_t length) {
    for (size_t i = 0; i < facts->diagnostic_count; i++)
        if (facts->diagnostics[i].severity == SEVERITY_ERROR) return false;
    return !content_reads_files(text, length);
}

void libclang_parse_text(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                         size_t from, const char *part_prefix, struct facts *facts) {
    const struct clang *clang = libclang->clang;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    *facts = (struct facts){};
    if (content_reads_files(text, length)) drop(libclang, &libclang->parsed);
    CXTranslationUnit unit = parse(libclang, flags, &unsaved);
    if (!unit) {
        facts->end = PARSE_FAILED;
        facts->why = must_copy("the parser gave no answer");
        return;
    }
    unsigned count = clang->getNumDiagnostics(unit);
    for (unsigned i = 0; i < count; i++) {
        CXDiagnostic diagnostic = clang->getDiagnostic(unit, i);
        read_diagnostic(clang, diagnostic,
                        &ARRAY_ADD(facts->diagnostics, facts->diagnostic_count, facts->diagnostic_capacity));
        clang->disposeDiagnostic(diagnostic);
    }
    struct walk walk = {.clang = clang, .unit = unit, .facts = facts, .from = from, .part_prefix = part_prefix};
    clang->visitChildren(clang->getTranslationUnitCursor(unit), visit_top, &walk);
    suspicion_find(clang, clang->getTranslationUnitCursor(unit), facts);
    CXSourceRangeList *skipped = clang->getSkippedRanges(unit, clang->getFile(unit, "cell.c"));
    if (skipped) {
        facts->skipped = must_allocate(skipped->count * sizeof *facts->skipped);
        facts->skipped_count = skipped->count;
        for (unsigned i = 0; i < skipped->count; i++) {
            facts->skipped[i].start = offset_of(clang, clang->getRangeStart(skipped->ranges[i]));
            facts->skipped[i].end = offset_of(clang, clang->getRangeEnd(skipped->ranges[i]));
        }
        clang->disposeSourceRangeList(skipped);
    }
    if (!may_be_kept(facts, text, length)) drop(libclang, &libclang->parsed);
}

struct printing {
    const struct clang *clang;
    size_t from, to;
    struct text out;
};

static enum CXChildVisitResult print_declaration(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct printing *printing = data;
    const struct clang *clang = printing->clang;
    size_t offset = offset_of(clang, clang->getCursorLocation(cursor));
    if (offset == (size_t)-1 || offset < printing->from || offset >= printing->to) return CXChildVisit_Continue;
    CXPrintingPolicy policy = clang->getCursorPrintingPolicy(cursor);
    char *text = without_prefix(string_of(clang, clang->getCursorPrettyPrinted(cursor, policy)));
    clang->PrintingPolicy_dispose(policy);
    for (char *at = text; *at; at++)
        if (*at == '\n') *at = ' ';
    bool body = clang->getCursorKind(cursor) == CXCursor_FunctionDecl && clang->isCursorDefinition(cursor);
    text_format(&printing->out, "%s%s ", text, body ? "" : ";");
    free(text);
    return CXChildVisit_Continue;
}

char *libclang_print(struct libclang *libclang, const char *const *flags, const char *text, size_t length, size_t from,
                     size_t to) {
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    struct printing printing = {.clang = libclang->clang, .from = from, .to = to};
    CXTranslationUnit unit = NULL;
    if (!libclang->clang->parseTranslationUnit2(libclang->index, "cell.c", flags, (int)flag_count(flags), &unsaved, 1,
                                                CXTranslationUnit_KeepGoing, &unit) &&
        unit) {
        libclang->clang->visitChildren(libclang->clang->getTranslationUnitCursor(unit), print_declaration, &printing);
        libclang->clang->disposeTranslationUnit(unit);
    }
    return text_take(&printing.out);
}

struct header_names {
    const struct clang *clang;
    void (*visit)(void *, const char *, char);
    void *context;
};

static enum CXChildVisitResult visit_header_name(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct header_names *names = data;
    enum CXCursorKind kind = names->clang->getCursorKind(cursor);
    bool tag = kind == CXCursor_EnumDecl || kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
    if (tag || kind == CXCursor_FunctionDecl || kind == CXCursor_VarDecl || kind == CXCursor_TypedefDecl ||
        kind == CXCursor_EnumConstantDecl) {
        CXString name = names->clang->getCursorSpelling(cursor);
        names->visit(names->context, names->clang->getCString(name), tag ? 't' : 'o');
        if (kind == CXCursor_TypedefDecl) names->visit(names->context, names->clang->getCString(name), 'y');
        names->clang->disposeString(name);
    }
    return kind == CXCursor_EnumDecl ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

void libclang_header_names(struct libclang *libclang, const char *const *flags,
                           void (*visit)(void *, const char *name, char space), void *context) {
    const struct clang *clang = libclang->clang;
    CXIndex index = clang->createIndex(0, 0); /* this one does show what the precompiled header declares */
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = "", .Length = 0};
    CXTranslationUnit unit = NULL;
    if (!clang->parseTranslationUnit2(index, "cell.c", flags, (int)flag_count(flags), &unsaved, 1, 0, &unit) && unit) {
        struct header_names names = {.clang = clang, .visit = visit, .context = context};
        clang->visitChildren(clang->getTranslationUnitCursor(unit), visit_header_name, &names);
        clang->disposeTranslationUnit(unit);
    }
    clang->disposeIndex(index);
}

static void line_and_column(const char *text, size_t offset, unsigned *line, unsigned *column) {
    *line = *column = 1;
    for (size_t i = 0; i < offset; i++) {
        ++*column;
        if (text[i] == '\n') ++*line, *column = 1;
    }
}

static const char *completion_type(enum CXCursorKind kind) {
    switch (kind) {
    case CXCursor_FunctionDecl:
        return "function";
    case CXCursor_VarDecl:
    case CXCursor_ParmDecl:
        return "variable";
    case CXCursor_FieldDecl:
        return "member";
    case CXCursor_MacroDefinition:
        return "macro";
    case CXCursor_EnumConstantDecl:
        return "constant";
    case CXCursor_TypedefDecl:
    case CXCursor_StructDecl:
    case CXCursor_UnionDecl:
    case CXCursor_EnumDecl:
        return "type";
    default:
        return "keyword";
    }
}

/* The unit that completion is asked of. It is parsed once: what stands in the file is given with each question. */
static CXTranslationUnit completing_unit(struct libclang *libclang, const char *const *flags) {
    if (kept_is_for(libclang, &libclang->completing, flags)) return libclang->completing.unit;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = "", .Length = 0};
    return parse_kept(libclang, &libclang->completing, flags, &unsaved, 0);
}

/* The text that a completion types, if it begins with the prefix; malloc'd, or NULL. */
static char *typed_text(const struct clang *clang, CXCompletionString string, const char *prefix, size_t length) {
    unsigned chunks = clang->getNumCompletionChunks(string);
    for (unsigned k = 0; k < chunks; k++) {
        if (clang->getCompletionChunkKind(string, k) != CXCompletionChunk_TypedText) continue;
        CXString text = clang->getCompletionChunkText(string, k);
        const char *c = clang->getCString(text);
        char *copy = c && !strncmp(c, prefix, length) ? must_copy(c) : NULL;
        clang->disposeString(text);
        return copy;
    }
    return NULL;
}

/* int printf(const char *format, ...): the pieces of a completion as one line of C. */
static char *signature_of(const struct clang *clang, CXCompletionString string) {
    struct text signature = {};
    unsigned chunks = clang->getNumCompletionChunks(string);
    for (unsigned k = 0; k < chunks; k++) {
        enum CXCompletionChunkKind kind = clang->getCompletionChunkKind(string, k);
        char *part = string_of(clang, clang->getCompletionChunkText(string, k));
        bool result = kind == CXCompletionChunk_ResultType, pointer = *part && part[strlen(part) - 1] == '*';
        bool parameter = kind == CXCompletionChunk_Placeholder && !strncmp(part, "__", 2);
        text_format(&signature, "%s%s", parameter ? part + 2 : part, result && !pointer ? " " : "");
        free(part);
    }
    return text_take(&signature);
}

void libclang_complete(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                       size_t offset, const char *prefix, size_t prefix_length,
                       void (*visit)(void *, const char *name, const char *type, const char *signature),
                       void *context) {
    const struct clang *clang = libclang->clang;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    unsigned line, column;
    CXTranslationUnit unit = completing_unit(libclang, flags);
    if (!unit) return;
    line_and_column(text, offset, &line, &column);
    CXCodeCompleteResults *results =
        clang->codeCompleteAt(unit, "cell.c", line, column, &unsaved, 1, CXCodeComplete_IncludeMacros);
    for (unsigned i = 0; results && i < results->NumResults; i++) {
        CXCompletionString string = results->Results[i].CompletionString;
        char *name = typed_text(clang, string, prefix, prefix_length);
        if (!name) continue;
        char *signature = signature_of(clang, string);
        visit(context, name, completion_type(results->Results[i].CursorKind), signature);
        free(signature);
        free(name);
    }
    if (results) clang->disposeCodeCompleteResults(results);
}

/* ---- what a name is, and which names there are ---- */

struct scope {
    const struct clang *clang;
    size_t offset;
    void (*visit)(void *, const char *name, const char *type, const char *signature);
    void *context;
};

static void visit_declared(const struct scope *scope, CXCursor cursor, const char *kind) {
    const struct clang *clang = scope->clang;
    char *name = without_prefix(string_of(clang, clang->getCursorSpelling(cursor)));
    char *type = string_of(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
    struct walk walk = {.clang = clang};
    char *signature = clang->getCursorKind(cursor) == CXCursor_FunctionDecl ? function_head(&walk, cursor)
                      : !strcmp(kind, "variable")                           ? type_declares(type, name)
                                                                            : must_copy(type);
    scope->visit(scope->context, name, kind, signature);
    free(signature);
    free(type);
    free(name);
}

/* What is declared before the offset, in the scopes around it. */
static enum CXChildVisitResult visit_scope(CXCursor cursor, CXCursor parent, CXClientData data) {
    const struct scope *scope = data;
    const struct clang *clang = scope->clang;
    CXSourceRange extent = clang->getCursorExtent(cursor);
    size_t start = offset_of(clang, clang->getRangeStart(extent)), end = offset_of(clang, clang->getRangeEnd(extent));
    if (start == (size_t)-1 || start > scope->offset) return CXChildVisit_Continue;
    enum CXCursorKind kind = clang->getCursorKind(cursor);
    const char *type = completion_type(kind);
    if (clang->isDeclaration(kind) && strcmp(type, "keyword") && strcmp(type, "member"))
        visit_declared(scope, cursor, type);
    bool around = end == (size_t)-1 || end >= scope->offset;
    bool passes_on = kind == CXCursor_EnumDecl || kind == CXCursor_DeclStmt;
    return around || passes_on ? CXChildVisit_Recurse : CXChildVisit_Continue;
}

void libclang_scope(struct libclang *libclang, const char *const *flags, const char *text, size_t length, size_t offset,
                    void (*visit)(void *, const char *name, const char *type, const char *signature), void *context) {
    const struct clang *clang = libclang->clang;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    CXTranslationUnit unit = NULL;
    if (clang->parseTranslationUnit2(libclang->index, "cell.c", flags, (int)flag_count(flags), &unsaved, 1,
                                     CXTranslationUnit_KeepGoing, &unit) ||
        !unit)
        return;
    struct scope scope = {clang, offset, visit, context};
    clang->visitChildren(clang->getTranslationUnitCursor(unit), visit_scope, &scope);
    clang->disposeTranslationUnit(unit);
}

static enum CXChildVisitResult add_member(CXCursor cursor, CXCursor parent, CXClientData data) {
    const struct clang *clang = clang_load();
    struct text *out = data;
    enum CXCursorKind kind = clang->getCursorKind(cursor);
    char *name = string_of(clang, clang->getCursorSpelling(cursor));
    if (kind == CXCursor_EnumConstantDecl) {
        text_format(out, "    %s = %lld,\n", name, clang->getEnumConstantDeclValue(cursor));
    } else if (kind == CXCursor_FieldDecl) {
        char *type = string_of(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
        char *declared = type_declares(type, name);
        text_format(out, "    %s;\n", declared);
        free(declared);
        free(type);
    }
    free(name);
    return CXChildVisit_Continue;
}

/* A declaration as a reader wants it: int count, double f(double x), typedef unsigned long size_t, GREEN = 5. */
static char *declaration_text(const struct clang *clang, CXCursor cursor) {
    struct walk walk = {.clang = clang};
    char *name = without_prefix(string_of(clang, clang->getCursorSpelling(cursor)));
    char *type = string_of(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
    struct text out = {};
    switch (clang->getCursorKind(cursor)) {
    case CXCursor_FunctionDecl: {
        char *head = function_head(&walk, cursor);
        text_add(&out, head);
        free(head);
        break;
    }
    case CXCursor_TypedefDecl: {
        char *meaning = string_of(clang, clang->getTypeSpelling(clang->getCanonicalType(clang->getCursorType(cursor))));
        char *declared = type_declares(meaning, name);
        text_format(&out, "typedef %s", declared);
        free(declared);
        free(meaning);
        break;
    }
    case CXCursor_StructDecl:
    case CXCursor_UnionDecl:
    case CXCursor_EnumDecl:
        text_format(&out, "%s {\n", type);
        clang->visitChildren(clang->getCursorDefinition(cursor), add_member, &out);
        text_add(&out, "}");
        break;
    case CXCursor_EnumConstantDecl: {
        char *of =
            string_of(clang, clang->getTypeSpelling(clang->getCursorType(clang->getCursorSemanticParent(cursor))));
        text_format(&out, "%s = %lld, of %s", name, clang->getEnumConstantDeclValue(cursor), of);
        free(of);
        break;
    }
    default: {
        char *declared = type_declares(type, name);
        text_add(&out, declared);
        if (clang->getCursorKind(cursor) == CXCursor_FieldDecl) {
            char *of =
                string_of(clang, clang->getTypeSpelling(clang->getCursorType(clang->getCursorSemanticParent(cursor))));
            text_format(&out, "\na member of %s", of);
            free(of);
        }
        free(declared);
    }
    }
    free(name);
    free(type);
    return text_take(&out);
}

char *libclang_declaration_at(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                              size_t offset, char **comment) {
    const struct clang *clang = libclang->clang;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    CXTranslationUnit unit = NULL;
    char *declaration = NULL;
    *comment = NULL;
    if (clang->parseTranslationUnit2(libclang->index, "cell.c", flags, (int)flag_count(flags), &unsaved, 1,
                                     CXTranslationUnit_KeepGoing, &unit) ||
        !unit)
        return NULL;
    CXSourceLocation location = clang->getLocationForOffset(unit, clang->getFile(unit, "cell.c"), (unsigned)offset);
    CXCursor here = clang->getCursor(unit, location), referenced = clang->getCursorReferenced(here);
    if (clang->isDeclaration(clang->getCursorKind(here))) referenced = here;
    /* the parser corrects what looks like a slip, but what was asked for is this very word */
    char *name = string_of(clang, clang->getCursorSpelling(referenced));
    size_t name_length = strlen(name);
    bool same = !strncmp(text + offset, name, name_length) && !isalnum((unsigned char)text[offset + name_length]) &&
                text[offset + name_length] != '_';
    free(name);
    if (same && clang->isDeclaration(clang->getCursorKind(referenced))) {
        declaration = declaration_text(clang, referenced);
        char *raw = string_of(clang, clang->Cursor_getRawCommentText(referenced));
        if (*raw)
            *comment = raw;
        else
            free(raw);
    }
    clang->disposeTranslationUnit(unit);
    return declaration;
}
