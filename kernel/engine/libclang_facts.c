#include "kernel/engine/libclang_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/advice.h"
#include "kernel/engine/content.h"
#include "kernel/engine/meaning.h"
#include "kernel/engine/suspicion.h"
#include "kernel/engine/text.h"
#include "kernel/engine/type.h"
#include "kernel/engine/unit.h"

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
        .file = libclang_string(clang, file),
        .line = (int)line,
        .column = (int)column,
        .offset = libclang_offset(clang, location),
        .in_system_header = clang->Location_isInSystemHeader(location),
        .message = advice_plain_types(libclang_plain(libclang_string(clang, clang->getDiagnosticSpelling(from)))),
        .option = libclang_string(clang, clang->getDiagnosticOption(from, NULL)),
    };
    out->fix_count = clang->getDiagnosticNumFixIts(from);
    out->fixes = must_allocate(out->fix_count * sizeof *out->fixes);
    for (size_t i = 0; i < out->fix_count; i++) {
        CXSourceRange range;
        CXString text = clang->getDiagnosticFixIt(from, (unsigned)i, &range);
        out->fixes[i].replacement = libclang_string(clang, text);
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
    const char *library; /* the folder of its headers */
};

static struct fact *add_fact(struct walk *walk, enum fact_kind kind, CXCursor cursor) {
    const struct clang *clang = walk->clang;
    struct fact *fact = &ARRAY_ADD(walk->facts->list, walk->facts->count, walk->facts->capacity);
    CXSourceRange extent = clang->getCursorExtent(cursor);
    fact->kind = kind;
    fact->offset = libclang_offset(clang, clang->getCursorLocation(cursor));
    fact->start = libclang_offset(clang, clang->getRangeStart(extent));
    fact->end = libclang_offset(clang, clang->getRangeEnd(extent));
    fact->name = libclang_plain(libclang_string(clang, clang->getCursorSpelling(cursor)));
    return fact;
}

/* A type in the user's words. */
static struct type plain_type(CXType from, const char *declaration) {
    struct type type = type_of(from, declaration);
    char *texts[] = {type.spelling, type.unqualified, type.canonical, type.shape, type.element};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i]) libclang_plain(texts[i]);
    return type;
}

static enum CXChildVisitResult find_return(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct walk *walk = data;
    if (walk->clang->getCursorKind(cursor) == CXCursor_ReturnStmt) add_fact(walk, FACT_RETURN, cursor);
    return CXChildVisit_Recurse;
}

struct references {
    struct walk *walk;
    size_t fact;       /* its index: facts move while they are added */
    CXCursor *headers; /* functions of the user's headers whose bodies are still to be looked at */
    size_t header_count, header_capacity;
};

static unsigned statement_of(enum CXCursorKind kind) {
    switch (kind) {
    case CXCursor_ForStmt:
        return STATEMENT_FOR;
    case CXCursor_WhileStmt:
        return STATEMENT_WHILE;
    case CXCursor_DoStmt:
        return STATEMENT_DO;
    case CXCursor_GotoStmt:
    case CXCursor_IndirectGotoStmt:
        return STATEMENT_GOTO;
    case CXCursor_SwitchStmt:
        return STATEMENT_SWITCH;
    case CXCursor_GCCAsmStmt:
    case CXCursor_MSAsmStmt:
        return STATEMENT_ASM;
    default:
        return 0;
    }
}

/* The system's headers lie in its folders: any other, and any line of a cell, can say that it is one of them
 * (#pragma GCC system_header, # 1 "x.h" 3). */
static bool is_of_system(const struct clang *clang, CXSourceLocation location, const char *file) {
    static const char folder[] = "/usr/";
    return !strncmp(file, folder, strlen(folder)) && clang->Location_isInSystemHeader(location);
}

/* Who has written it: the library and the system, in a header or a macro of theirs; else the user, in the cell or in a
 * header. What macros paste together is in no file. */
enum writer { WRITTEN_BY_LIBRARY, WRITTEN_IN_CELL, WRITTEN_IN_HEADER };

static enum writer writer_of(const struct walk *walk, CXCursor cursor) {
    const struct clang *clang = walk->clang;
    CXFile file = NULL;
    unsigned offset = 0;
    clang->getSpellingLocation(clang->getCursorLocation(cursor), &file, NULL, NULL, &offset);
    if (!file) return WRITTEN_IN_CELL;
    char *name = libclang_string(clang, clang->getFileName(file));
    enum writer writer = !strcmp(name, "cell.c") ? WRITTEN_IN_CELL : WRITTEN_IN_HEADER;
    if (is_of_system(clang, clang->getLocationForOffset(walk->unit, file, offset), name) ||
        !strncmp(name, walk->library, strlen(walk->library)))
        writer = WRITTEN_BY_LIBRARY;
    free(name);
    return writer;
}

static enum CXChildVisitResult add_reference(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct references *references = data;
    const struct clang *clang = references->walk->clang;
    unsigned statement = statement_of(clang->getCursorKind(cursor));
    if (statement && writer_of(references->walk, cursor) != WRITTEN_BY_LIBRARY)
        references->walk->facts->list[references->fact].statements |= statement;
    if (clang->getCursorKind(cursor) != CXCursor_DeclRefExpr) return CXChildVisit_Recurse;
    CXCursor referenced = clang->getCursorReferenced(cursor);
    enum CXCursorKind kind = clang->getCursorKind(referenced);
    if (kind != CXCursor_FunctionDecl &&
        (kind != CXCursor_VarDecl ||
         clang->getCursorKind(clang->getCursorSemanticParent(referenced)) != CXCursor_TranslationUnit))
        return CXChildVisit_Continue;
    struct fact *fact = &references->walk->facts->list[references->fact];
    char *name = libclang_plain(libclang_string(clang, clang->getCursorSpelling(referenced)));
    for (size_t i = 0; i < fact->refer_count && name; i++)
        if (!strcmp(fact->refers[i], name)) free(name), name = NULL;
    if (!name) return CXChildVisit_Continue;
    ARRAY_ADD(fact->refers, fact->refer_count, fact->refer_capacity) = name;
    /* A function of the user's header has no fact of its own: its statements are those of whoever calls it. It comes
     * later, because calls may lead deeper than our stack. */
    CXCursor definition = clang->getCursorDefinition(referenced);
    if (kind == CXCursor_FunctionDecl && !clang->isInvalid(clang->getCursorKind(definition)) &&
        writer_of(references->walk, definition) == WRITTEN_IN_HEADER)
        ARRAY_ADD(references->headers, references->header_count, references->header_capacity) = definition;
    return CXChildVisit_Continue;
}

/* What a function or variable refers to, for the fact that was added last. */
static void add_references(struct walk *walk, CXCursor cursor) {
    struct references references = {.walk = walk, .fact = walk->facts->count - 1};
    walk->clang->visitChildren(cursor, add_reference, &references);
    while (references.header_count)
        walk->clang->visitChildren(references.headers[--references.header_count], add_reference, &references);
    free(references.headers);
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
            libclang_offset(clang, clang->getRangeStart(outer)) !=
                libclang_offset(clang, clang->getRangeStart(inner)) ||
            libclang_offset(clang, clang->getRangeEnd(outer)) != libclang_offset(clang, clang->getRangeEnd(inner)))
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
        char *declaration = names_function ? libclang_function_head(walk->clang, referenced) : NULL;
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
    if (!file) return false;
    char *name = libclang_string(clang, clang->getFileName(file));
    bool is_users = !is_of_system(clang, location, name);
    free(name);
    return is_users;
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
    size_t offset = libclang_offset(clang, clang->getCursorLocation(cursor));
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
        char *name = libclang_string(clang, clang->getCursorSpelling(cursor));
        if (defined && !strncmp(name, walk->part_prefix, strlen(walk->part_prefix))) {
            clang->visitChildren(cursor, visit_part, walk);
        } else {
            fact = add_fact(walk, defined ? FACT_FUNCTION : FACT_PROTOTYPE, cursor);
            fact->declaration = libclang_function_head(walk->clang, cursor);
            fact->type = plain_type(clang->getCursorType(cursor), fact->declaration);
            if (defined) add_references(walk, cursor);
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

/* The unit before with another text, when that is possible: half of the time of a parse is the reading of flags and the
 * search for the system's folders, which then are known. */
static CXTranslationUnit parse(struct libclang *libclang, const char *const *flags, struct CXUnsavedFile *file) {
    struct kept *parsed = &libclang->parsed;
    if (libclang_kept_is_for(libclang, parsed, flags)) {
        if (!libclang->clang->reparseTranslationUnit(parsed->unit, 1, file, CXReparse_None)) return parsed->unit;
        libclang_drop(libclang, parsed); /* it can only be disposed of */
        libclang_kept_is_for(libclang, parsed, flags);
    }
    return libclang_parse_kept(libclang, parsed, flags, file,
                               CXTranslationUnit_DetailedPreprocessingRecord | CXTranslationUnit_KeepGoing);
}

/* What files hold and where they are is asked once for a unit: so it is not used again for a text that reads some, nor
 * after an error, which a file that comes later may be the cure of. */
static bool may_be_kept(const struct facts *facts, const char *const *flags, const char *text, size_t length) {
    for (size_t i = 0; i < facts->diagnostic_count; i++)
        if (facts->diagnostics[i].severity == SEVERITY_ERROR) return false;
    return !content_may_change(flags, text, length);
}

/* What the first -I names (toolchain.c). */
static const char *library_of(const char *const *flags) {
    while (*flags && strncmp(*flags, "-I", 2) != 0) flags++;
    return *flags ? *flags + 2 : "";
}

void libclang_parse_text(struct libclang *libclang, const char *const *flags, const char *text, size_t length,
                         size_t from, const char *part_prefix, struct facts *facts) {
    const struct clang *clang = libclang->clang;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    *facts = (struct facts){};
    if (content_may_change(flags, text, length)) libclang_drop(libclang, &libclang->parsed);
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
    struct walk walk = {.clang = clang,
                        .unit = unit,
                        .facts = facts,
                        .from = from,
                        .part_prefix = part_prefix,
                        .library = library_of(flags)};
    clang->visitChildren(clang->getTranslationUnitCursor(unit), visit_top, &walk);
    suspicion_find(clang, clang->getTranslationUnitCursor(unit), facts);
    CXSourceRangeList *skipped = clang->getSkippedRanges(unit, clang->getFile(unit, "cell.c"));
    if (skipped) {
        facts->skipped = must_allocate(skipped->count * sizeof *facts->skipped);
        facts->skipped_count = skipped->count;
        for (unsigned i = 0; i < skipped->count; i++) {
            facts->skipped[i].start = libclang_offset(clang, clang->getRangeStart(skipped->ranges[i]));
            facts->skipped[i].end = libclang_offset(clang, clang->getRangeEnd(skipped->ranges[i]));
        }
        clang->disposeSourceRangeList(skipped);
    }
    if (!may_be_kept(facts, flags, text, length)) libclang_drop(libclang, &libclang->parsed);
}
