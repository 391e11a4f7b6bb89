#include "kernel/engine/type.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/engine/text.h"

enum { DEEPEST = 32, ENUMERATORS_MOST = 4096 };

static char *string_of(CXString string) {
    const struct clang *clang = clang_load();
    const char *c = clang->getCString(string);
    char *copy = must_copy(c ? c : "");
    clang->disposeString(string);
    return copy;
}

/* Text inside { } of a shape: braces and backslashes escaped. */
static void add_escaped(struct text *out, const char *text) {
    for (; *text; text++) {
        if (strchr("{}\\", *text)) text_add(out, "\\");
        text_add_n(out, text, 1);
    }
}

static bool add_shape(struct text *out, CXType type, int depth);

struct enumerators {
    struct text *out;
    int count;
};

static enum CXChildVisitResult visit_enumerator(CXCursor cursor, CXCursor parent, CXClientData data) {
    const struct clang *clang = clang_load();
    struct enumerators *list = data;
    if (clang->getCursorKind(cursor) == CXCursor_EnumConstantDecl && list->count < ENUMERATORS_MOST) {
        char *name = string_of(clang->getCursorSpelling(cursor));
        text_format(list->out, "%s%s=%lld", list->count++ ? "," : "", name, clang->getEnumConstantDeclValue(cursor));
        free(name);
    }
    return CXChildVisit_Continue;
}

struct members {
    struct text *out;
    int count, depth;
    bool ok;
};

static enum CXVisitorResult visit_field(CXCursor cursor, CXClientData data) {
    const struct clang *clang = clang_load();
    struct members *members = data;
    long long bit = clang->Cursor_getOffsetOfField(cursor);
    CXType type = clang->getCursorType(cursor);
    if (bit < 0) {
        members->ok = false;
        return CXVisit_Break;
    }
    char *name = string_of(clang->getCursorSpelling(cursor));
    bool unnamed = strpbrk(name, " (:)") != NULL; /* newer libclang spells an anonymous member descriptively */
    text_format(members->out, "%s%s@%lld", members->count++ ? ";" : "", unnamed ? "" : name, bit / 8);
    free(name);
    if (clang->Cursor_isBitField(cursor)) {
        /* from the byte of the bit-field's own storage unit, so that a read of the declared type covers it */
        text_format(members->out, "#%lld+%d", bit % 8, clang->getFieldDeclBitWidth(cursor));
    }
    text_add(members->out, ":");
    members->ok = add_shape(members->out, type, members->depth + 1);
    return members->ok ? CXVisit_Continue : CXVisit_Break;
}

static bool add_number(struct text *out, char letter, CXType type) {
    long long size = clang_load()->Type_getSizeOf(type);
    if (size <= 0) return false;
    text_format(out, "%c%lld", letter, size);
    return true;
}

static bool add_shape(struct text *out, CXType given, int depth) {
    const struct clang *clang = clang_load();
    CXType type = clang->getCanonicalType(given);
    if (depth > DEEPEST) return false;
    switch (type.kind) {
    case CXType_Void:
        text_add(out, "v");
        return true;
    case CXType_Bool:
        text_add(out, "b");
        return true;
    case CXType_Char_S:
    case CXType_Char_U:
        text_add(out, "c");
        return true;
    case CXType_SChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
    case CXType_Int128:
        return add_number(out, 'i', type);
    case CXType_UChar:
    case CXType_UShort:
    case CXType_UInt:
    case CXType_ULong:
    case CXType_ULongLong:
    case CXType_UInt128:
    case CXType_WChar:
    case CXType_Char16:
    case CXType_Char32:
        return add_number(out, 'u', type);
    case CXType_Float:
    case CXType_Double:
    case CXType_LongDouble:
        return add_number(out, 'f', type);
    case CXType_Complex: {
        CXType element = clang->getCanonicalType(clang->getElementType(type));
        if (element.kind != CXType_Float && element.kind != CXType_Double && element.kind != CXType_LongDouble)
            return false;
        return add_number(out, 'z', element);
    }
    case CXType_NullPtr:
        text_add(out, "p{nullptr_t}");
        return true;
    case CXType_Pointer: {
        CXType pointee = clang->getCanonicalType(clang->getPointeeType(type));
        if (pointee.kind == CXType_Char_S || pointee.kind == CXType_Char_U) {
            text_add(out, "s");
            return true;
        }
        char *spelling = string_of(clang->getTypeSpelling(given));
        text_add(out, "p{");
        add_escaped(out, spelling);
        text_add(out, "}");
        free(spelling);
        return true;
    }
    case CXType_ConstantArray:
        text_format(out, "a%lld[", clang->getArraySize(type));
        if (!add_shape(out, clang->getArrayElementType(type), depth + 1)) return false;
        text_add(out, "]");
        return true;
    case CXType_Vector:
    case CXType_ExtVector:
        text_format(out, "a%lld[", clang->getNumElements(type));
        if (!add_shape(out, clang->getElementType(type), depth + 1)) return false;
        text_add(out, "]");
        return true;
    case CXType_Atomic:
        return add_shape(out, clang->Type_getValueType(type), depth + 1);
    case CXType_Enum: {
        if (!add_number(out, 'e', type)) return false;
        struct enumerators list = {.out = out};
        text_add(out, "{");
        clang->visitChildren(clang->getTypeDeclaration(type), visit_enumerator, &list);
        text_add(out, "}");
        return true;
    }
    case CXType_Record: {
        long long size = clang->Type_getSizeOf(type);
        if (size < 0) return false;
        struct members members = {.out = out, .depth = depth, .ok = true};
        text_format(out, "r%lld{", size);
        clang->Type_visitFields(type, visit_field, &members);
        text_add(out, "}");
        return members.ok;
    }
    case CXType_FunctionProto:
    case CXType_FunctionNoProto: {
        char *spelling = string_of(clang->getTypeSpelling(type));
        text_add(out, "F{");
        add_escaped(out, spelling);
        text_add(out, "}");
        free(spelling);
        return true;
    }
    case CXType_IncompleteArray:
        return false;
    default:
        return false;
    }
}

/* A pointer to a library struct that oto_show_result accepts: tensors, notes, MIDI. */
static bool is_library_pointer(CXType canonical) {
    static const char *const shown[] = {"OtoTensor", "OtoNotes", "OtoMidi"};
    const struct clang *clang = clang_load();
    if (canonical.kind != CXType_Pointer) return false;
    char *pointee = string_of(clang->getTypeSpelling(clang->getUnqualifiedType(clang->getPointeeType(canonical))));
    const char *name = !strncmp(pointee, "struct ", 7) ? pointee + 7 : pointee;
    bool found = false;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) found = found || !strcmp(name, shown[i]);
    free(pointee);
    return found;
}

struct type type_of(CXType given, const char *declaration) {
    const struct clang *clang = clang_load();
    CXType canonical = clang->getCanonicalType(given);
    struct text shape = {};
    struct type type = {
        .spelling = string_of(clang->getTypeSpelling(given)),
        .unqualified = string_of(clang->getTypeSpelling(clang->getUnqualifiedType(given))),
        .canonical = string_of(clang->getTypeSpelling(canonical)),
        .is_void = canonical.kind == CXType_Void,
        .is_array = canonical.kind == CXType_ConstantArray || canonical.kind == CXType_IncompleteArray,
        .is_function = canonical.kind == CXType_FunctionProto || canonical.kind == CXType_FunctionNoProto,
        .is_error = canonical.kind == CXType_Invalid,
        .is_library = is_library_pointer(canonical),
        .size = clang->Type_getSizeOf(canonical),
    };
    if (canonical.kind == CXType_ConstantArray || canonical.kind == CXType_IncompleteArray)
        type.element = string_of(clang->getTypeSpelling(clang->getArrayElementType(canonical)));
    type.is_anonymous = strstr(type.spelling, "unnamed") || strstr(type.spelling, "anonymous");
    if (type.is_function && declaration) {
        text_add(&shape, "F{");
        add_escaped(&shape, declaration);
        text_add(&shape, "}");
        type.shape = text_take(&shape);
    } else if (add_shape(&shape, given, 0)) {
        type.shape = text_take(&shape);
    }
    text_free(&shape);
    return type;
}

void type_free(struct type *type) {
    free(type->spelling);
    free(type->unqualified);
    free(type->canonical);
    free(type->shape);
    free(type->element);
    *type = (struct type){};
}
