#include "kernel/engine/libclang_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/type.h"

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
    if (libclang_kept_is_for(libclang, &libclang->completing, flags)) return libclang->completing.unit;
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = "", .Length = 0};
    return libclang_parse_kept(libclang, &libclang->completing, flags, &unsaved, 0);
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
        char *part = libclang_string(clang, clang->getCompletionChunkText(string, k));
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
    char *name = libclang_plain(libclang_string(clang, clang->getCursorSpelling(cursor)));
    char *type = libclang_string(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
    char *signature = clang->getCursorKind(cursor) == CXCursor_FunctionDecl ? libclang_function_head(clang, cursor)
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
    size_t start = libclang_offset(clang, clang->getRangeStart(extent)),
           end = libclang_offset(clang, clang->getRangeEnd(extent));
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
    CXTranslationUnit unit = libclang_unit(libclang, flags, text, length);
    if (!unit) return;
    struct scope scope = {clang, offset, visit, context};
    clang->visitChildren(clang->getTranslationUnitCursor(unit), visit_scope, &scope);
    clang->disposeTranslationUnit(unit);
}

static enum CXChildVisitResult add_member(CXCursor cursor, CXCursor parent, CXClientData data) {
    const struct clang *clang = clang_load();
    struct text *out = data;
    enum CXCursorKind kind = clang->getCursorKind(cursor);
    char *name = libclang_string(clang, clang->getCursorSpelling(cursor));
    if (kind == CXCursor_EnumConstantDecl) {
        text_format(out, "    %s = %lld,\n", name, clang->getEnumConstantDeclValue(cursor));
    } else if (kind == CXCursor_FieldDecl) {
        char *type = libclang_string(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
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
    char *name = libclang_plain(libclang_string(clang, clang->getCursorSpelling(cursor)));
    char *type = libclang_string(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
    struct text out = {};
    switch (clang->getCursorKind(cursor)) {
    case CXCursor_FunctionDecl: {
        char *head = libclang_function_head(clang, cursor);
        text_add(&out, head);
        free(head);
        break;
    }
    case CXCursor_TypedefDecl: {
        char *meaning =
            libclang_string(clang, clang->getTypeSpelling(clang->getCanonicalType(clang->getCursorType(cursor))));
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
        char *of = libclang_string(
            clang, clang->getTypeSpelling(clang->getCursorType(clang->getCursorSemanticParent(cursor))));
        text_format(&out, "%s = %lld, of %s", name, clang->getEnumConstantDeclValue(cursor), of);
        free(of);
        break;
    }
    default: {
        char *declared = type_declares(type, name);
        text_add(&out, declared);
        if (clang->getCursorKind(cursor) == CXCursor_FieldDecl) {
            char *of = libclang_string(
                clang, clang->getTypeSpelling(clang->getCursorType(clang->getCursorSemanticParent(cursor))));
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
    CXTranslationUnit unit = libclang_unit(libclang, flags, text, length);
    char *declaration = NULL;
    *comment = NULL;
    if (!unit) return NULL;
    CXSourceLocation location = clang->getLocationForOffset(unit, clang->getFile(unit, "cell.c"), (unsigned)offset);
    CXCursor here = clang->getCursor(unit, location), referenced = clang->getCursorReferenced(here);
    if (clang->isDeclaration(clang->getCursorKind(here))) referenced = here;
    /* the parser corrects what looks like a slip, but what was asked for is this very word */
    char *name = libclang_string(clang, clang->getCursorSpelling(referenced));
    size_t name_length = strlen(name);
    bool same = !strncmp(text + offset, name, name_length) && !isalnum((unsigned char)text[offset + name_length]) &&
                text[offset + name_length] != '_';
    free(name);
    if (same && clang->isDeclaration(clang->getCursorKind(referenced))) {
        declaration = declaration_text(clang, referenced);
        char *raw = libclang_string(clang, clang->Cursor_getRawCommentText(referenced));
        if (*raw)
            *comment = raw;
        else
            free(raw);
    }
    clang->disposeTranslationUnit(unit);
    return declaration;
}
