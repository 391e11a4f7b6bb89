#include "kernel/engine/libclang_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"
#include "kernel/engine/type.h"
#include "kernel/engine/unit.h"

struct libclang *libclang_open(void) {
    struct libclang *libclang = must_allocate(sizeof *libclang);
    libclang->clang = clang_load();
    /* a crash ends this process, and no other */
    libclang->clang->toggleCrashRecovery(0);
    libclang->index = libclang->clang->createIndex(1, 0);
    return libclang;
}

static size_t flag_count(const char *const *flags) {
    size_t count = 0;
    while (flags[count]) count++;
    return count;
}

void libclang_drop(const struct libclang *libclang, struct kept *kept) {
    if (kept->unit) libclang->clang->disposeTranslationUnit(kept->unit);
    free(kept->flags);
    *kept = (struct kept){};
}

static char *joined(const char *const *flags) {
    struct text text = {};
    for (; *flags; flags++) text_format(&text, "%s\n", *flags);
    return text_take(&text);
}

bool libclang_kept_is_for(const struct libclang *libclang, struct kept *kept, const char *const *flags) {
    char *key = joined(flags);
    bool same = kept->unit && !strcmp(kept->flags, key);
    if (!same) {
        libclang_drop(libclang, kept);
        kept->flags = key;
        key = NULL;
    }
    free(key);
    return same;
}

CXTranslationUnit libclang_parse_kept(const struct libclang *libclang, struct kept *kept, const char *const *flags,
                                      struct CXUnsavedFile *file, unsigned options) {
    if (libclang->clang->parseTranslationUnit2(libclang->index, file->Filename, flags, (int)flag_count(flags), file, 1,
                                               options, &kept->unit))
        kept->unit = NULL;
    return kept->unit;
}

CXTranslationUnit libclang_unit(const struct libclang *libclang, const char *const *flags, const char *text,
                                size_t length) {
    struct CXUnsavedFile unsaved = {.Filename = "cell.c", .Contents = text, .Length = length};
    CXTranslationUnit unit = NULL;
    bool failed = libclang->clang->parseTranslationUnit2(libclang->index, "cell.c", flags, (int)flag_count(flags),
                                                         &unsaved, 1, CXTranslationUnit_KeepGoing, &unit);
    return failed ? NULL : unit;
}

/* ---- names and places ---- */

char *libclang_string(const struct clang *clang, CXString string) {
    const char *c = clang->getCString(string);
    char *copy = must_copy(c ? c : "");
    clang->disposeString(string);
    return copy;
}

char *libclang_plain(char *message) {
    size_t length = strlen(UNIT_OWN);
    for (char *at = message; (at = strstr(at, UNIT_OWN));) memmove(at, at + length, strlen(at + length) + 1);
    return message;
}

size_t libclang_offset(const struct clang *clang, CXSourceLocation location) {
    unsigned offset = 0;
    if (!clang->Location_isFromMainFile(location)) {
        CXFile file;
        clang->getExpansionLocation(location, &file, NULL, NULL, &offset);
        if (!file) return (size_t)-1;
        char *name = libclang_string(clang, clang->getFileName(file));
        bool main_file = !strcmp(name, "cell.c");
        free(name);
        return main_file ? offset : (size_t)-1;
    }
    clang->getExpansionLocation(location, NULL, NULL, NULL, &offset);
    return offset;
}

char *libclang_function_head(const struct clang *clang, CXCursor cursor) {
    char *type = libclang_string(clang, clang->getTypeSpelling(clang->getCursorType(cursor)));
    char *name = libclang_plain(libclang_string(clang, clang->getCursorSpelling(cursor)));
    char *result = libclang_string(clang, clang->getTypeSpelling(clang->getCursorResultType(cursor)));
    struct text call = {};
    text_format(&call, "%s(", name);
    int count = clang->Cursor_getNumArguments(cursor);
    for (int i = 0; i < count; i++) {
        CXCursor argument = clang->Cursor_getArgument(cursor, (unsigned)i);
        char *argument_type = libclang_string(clang, clang->getTypeSpelling(clang->getCursorType(argument)));
        char *argument_name = libclang_string(clang, clang->getCursorSpelling(argument));
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

/* ---- the declarations of a unit as text, and those of the headers ---- */

struct printing {
    const struct clang *clang;
    size_t from, to;
    struct text out;
};

static enum CXChildVisitResult print_declaration(CXCursor cursor, CXCursor parent, CXClientData data) {
    struct printing *printing = data;
    const struct clang *clang = printing->clang;
    size_t offset = libclang_offset(clang, clang->getCursorLocation(cursor));
    if (offset == (size_t)-1 || offset < printing->from || offset >= printing->to) return CXChildVisit_Continue;
    CXPrintingPolicy policy = clang->getCursorPrintingPolicy(cursor);
    char *text = libclang_plain(libclang_string(clang, clang->getCursorPrettyPrinted(cursor, policy)));
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
    struct printing printing = {.clang = libclang->clang, .from = from, .to = to};
    CXTranslationUnit unit = libclang_unit(libclang, flags, text, length);
    if (unit) {
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
