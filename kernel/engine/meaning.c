#include "kernel/engine/meaning.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

enum { TYPES_MOST = 256, DEEPEST = 64 };

/* One description on its way: what it says so far, and the records it has said. */
struct description {
    const struct clang *clang;
    struct text text;
    CXCursor said[TYPES_MOST];
    size_t said_count;
    int depth;
};

static void add_type(struct description *d, CXType type);

static void add_string(struct description *d, CXString string) {
    const char *c = d->clang->getCString(string);
    text_format(&d->text, "%s ", c ? c : "");
    d->clang->disposeString(string);
}

static enum CXVisitorResult add_member(CXCursor member, CXClientData data) {
    struct description *d = data;
    CXString name = d->clang->getCursorSpelling(member);
    const char *spelt = d->clang->getCString(name);
    bool unnamed = !spelt || strchr(spelt, '('); /* spelt with the place where it stands */
    text_format(&d->text, "%s@%lld", unnamed ? "" : spelt, d->clang->Cursor_getOffsetOfField(member));
    d->clang->disposeString(name);
    if (d->clang->Cursor_isBitField(member)) text_format(&d->text, "#%d", d->clang->getFieldDeclBitWidth(member));
    text_add(&d->text, ":");
    add_type(d, d->clang->getCursorType(member));
    return CXVisit_Continue;
}

static enum CXChildVisitResult add_constant(CXCursor constant, CXCursor parent, CXClientData data) {
    struct description *d = data;
    if (d->clang->getCursorKind(constant) != CXCursor_EnumConstantDecl) return CXChildVisit_Continue;
    add_string(d, d->clang->getCursorSpelling(constant));
    text_format(&d->text, "=%lld ", d->clang->getEnumConstantDeclValue(constant));
    return CXChildVisit_Continue;
}

static bool is_said(struct description *d, CXCursor record) {
    for (size_t i = 0; i < d->said_count; i++)
        if (d->clang->equalCursors(d->said[i], record)) return true;
    if (d->said_count < TYPES_MOST) d->said[d->said_count++] = record;
    return false;
}

/* A struct, union or enum: its name, and once what is in it. */
static void add_tagged(struct description *d, CXType type) {
    CXCursor declaration = d->clang->getTypeDeclaration(type);
    CXString name = d->clang->getTypeSpelling(d->clang->getUnqualifiedType(type));
    const char *spelt = d->clang->getCString(name);
    if (spelt && !strchr(spelt, '(')) text_format(&d->text, "%s ", spelt);
    d->clang->disposeString(name);
    if (is_said(d, declaration) || d->clang->Location_isInSystemHeader(d->clang->getCursorLocation(declaration)))
        return;
    text_format(&d->text, "%d %lld {", (int)d->clang->getCursorKind(declaration), d->clang->Type_getSizeOf(type));
    if (type.kind == CXType_Enum) {
        add_type(d, d->clang->getEnumDeclIntegerType(declaration));
        d->clang->visitChildren(declaration, add_constant, d);
    } else {
        d->clang->Type_visitFields(type, add_member, d);
    }
    text_add(&d->text, "}");
}

static void add_type(struct description *d, CXType given) {
    CXType type = d->clang->getCanonicalType(given);
    if (d->clang->isConstQualifiedType(type)) text_add(&d->text, "const ");
    if (d->depth++ < DEEPEST) {
        switch (type.kind) {
        case CXType_Pointer:
            text_add(&d->text, "*");
            add_type(d, d->clang->getPointeeType(type));
            break;
        case CXType_ConstantArray:
        case CXType_IncompleteArray:
            text_format(&d->text, "[%lld]", d->clang->getArraySize(type));
            add_type(d, d->clang->getArrayElementType(type));
            break;
        case CXType_Record:
        case CXType_Enum:
            add_tagged(d, type);
            break;
        default:
            add_string(d, d->clang->getTypeSpelling(type));
        }
    }
    d->depth--;
}

char *meaning_of(CXType type) {
    struct description d = {.clang = clang_load()};
    unsigned long long hash = 14695981039346656037u;
    add_type(&d, type);
    for (const char *c = text_c(&d.text); *c; c++) hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    text_free(&d.text);
    return must_format("%llx", hash);
}
