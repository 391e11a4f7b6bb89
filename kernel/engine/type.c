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

/* wide: the prefix of the literals of the characters that the elements of an array are, or 0. */
static bool add_shape(struct text *out, CXType type, int depth, char wide);

/* A unit declares the variables of earlier cells with typeof(...); the type inside is what the user wrote. NULL where
 * taking the word off does not give a type: typeof(int[3]) *. */
static char *without_typeof(const char *spelling) {
    struct text out = {};
    static const char word[] = "typeof(";
    const char *at = spelling;
    for (const char *found; (found = strstr(at, word));) {
        const char *inner = found + sizeof word - 1;
        size_t length = strcspn(inner, "()[]");
        if (inner[length] != ')') {
            text_free(&out);
            return NULL;
        }
        text_format(&out, "%.*s%.*s", (int)(found - at), at, (int)length, inner);
        at = inner + length + 1;
        if (out.length && out.data[out.length - 1] == '*' && !strncmp(at, " *", 2)) at++;
    }
    text_add(&out, at);
    return text_take(&out);
}

static const char *const qualifiers[] = {" const", " volatile", " restrict"};

/* The type as a user writes it, without qualifiers at the top. */
static char *plain_spelling(CXType type) {
    const struct clang *clang = clang_load();
    CXType unqualified = clang->getUnqualifiedType(type);
    char *spelling = string_of(clang->getTypeSpelling(unqualified)), *plain = without_typeof(spelling);
    free(spelling);
    /* libclang leaves the qualifiers of a pointer that a typeof hides */
    for (size_t i = 0; plain && i < sizeof qualifiers / sizeof *qualifiers; i++) {
        size_t length = strlen(plain), tail = strlen(qualifiers[i]);
        if (length > tail && !strcmp(plain + length - tail, qualifiers[i])) plain[length - tail] = '\0';
    }
    return plain ? plain : string_of(clang->getTypeSpelling(clang->getUnqualifiedType(clang->getCanonicalType(type))));
}

char *type_declares(const char *spelling, const char *name) {
    const char *at = strstr(spelling, "(*");
    if (at) { /* int (*)(int), int (*(*)(int))(double), int (*const[2])(int): behind the innermost star */
        while (!strncmp(at, "(*", 2)) at += 2;
        for (size_t i = 0; i < sizeof qualifiers / sizeof *qualifiers; i++)
            if (!strncmp(at, qualifiers[i] + 1, strlen(qualifiers[i]) - 1)) at += strlen(qualifiers[i]) - 1;
    } else {
        at = strchr(spelling, '[');
        if (!at) at = spelling + strlen(spelling);
    }
    bool apart = at > spelling && !strchr("* ", at[-1]) && *name;
    return must_format("%.*s%s%s%s", (int)(at - spelling), spelling, apart ? " " : "", name, at);
}

/* wchar_t, char16_t and char32_t are plain integers to the compiler; their names tell what they are for. The prefix of
 * their literals, or 0, for "wchar_t", "const wchar_t *" and "wchar_t[3][4]"; rest is set to what follows the name. */
static char wide_prefix(const char *spelling, const char **rest) {
    static const struct {
        const char *name;
        char prefix;
    } wide[] = {{"wchar_t", 'L'}, {"char16_t", 'u'}, {"char32_t", 'U'}};
    if (!strncmp(spelling, "const ", 6)) spelling += 6;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        size_t length = strlen(wide[i].name);
        if (strncmp(spelling, wide[i].name, length)) continue;
        *rest = spelling + length;
        return wide[i].prefix;
    }
    return 0;
}

struct enumerators {
    struct text *out;
    int count;
    bool is_signed;
    long long size; /* of the type under it, bytes */
};

static enum CXChildVisitResult visit_enumerator(CXCursor cursor, CXCursor parent, CXClientData data) {
    const struct clang *clang = clang_load();
    struct enumerators *list = data;
    if (clang->getCursorKind(cursor) == CXCursor_EnumConstantDecl && list->count < ENUMERATORS_MOST) {
        char *name = string_of(clang->getCursorSpelling(cursor));
        long long value = clang->getEnumConstantDeclValue(cursor);
        unsigned long long mask = list->size < 8 ? (1ull << 8 * list->size) - 1 : ~0ull;
        text_format(list->out, "%s%s=", list->count++ ? "," : "", name);
        if (list->is_signed)
            text_format(list->out, "%lld", value);
        else
            text_format(list->out, "%llu", (unsigned long long)value & mask);
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
    bool unnamed = !*name || strpbrk(name, " (:)");    /* newer libclang spells an anonymous member descriptively */
    if (unnamed && clang->Cursor_isBitField(cursor)) { /* padding */
        free(name);
        return CXVisit_Continue;
    }
    text_format(members->out, "%s%s@%lld", members->count++ ? ";" : "", unnamed ? "" : name, bit / 8);
    free(name);
    if (clang->Cursor_isBitField(cursor)) {
        /* from the byte of the bit-field's own storage unit, so that a read of the declared type covers it */
        text_format(members->out, "#%lld+%d", bit % 8, clang->getFieldDeclBitWidth(cursor));
    }
    text_add(members->out, ":");
    members->ok = add_shape(members->out, type, members->depth + 1, 0);
    return members->ok ? CXVisit_Continue : CXVisit_Break;
}

/* _BitInt(17) and unsigned _BitInt(17), which libclang only spells: n17+4 and N17+4. */
static bool add_bit_int(struct text *out, CXType type) {
    const struct clang *clang = clang_load();
    char *spelling = string_of(clang->getTypeSpelling(clang->getUnqualifiedType(type)));
    const char *found = strstr(spelling, "_BitInt(");
    long long size = clang->Type_getSizeOf(type);
    bool good = found && size > 0;
    if (good) {
        long width = strtol(found + strlen("_BitInt("), NULL, 10);
        text_format(out, "%c%ld+%lld", strncmp(spelling, "unsigned", 8) ? 'n' : 'N', width, size);
    }
    free(spelling);
    return good;
}

static bool add_number(struct text *out, char letter, CXType type) {
    long long size = clang_load()->Type_getSizeOf(type);
    if (size <= 0) return false;
    text_format(out, "%c%lld", letter, size);
    return true;
}

static bool add_shape(struct text *out, CXType given, int depth, char wide) {
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
        if (wide) text_format(out, "k%c", wide);
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
        if (wide) text_format(out, "k%c", wide);
        return add_number(out, 'u', type);
    case CXType_Float:
    case CXType_Double:
    case CXType_LongDouble:
    case CXType_Float16:
    case CXType_Half:
        return add_number(out, 'f', type);
    case CXType_BFloat16:
        return add_number(out, 'h', type);
    case CXType_Float128:
        return add_number(out, 'q', type);
    case CXType_Complex:
        text_add(out, "z");
        return add_shape(out, clang->getElementType(type), depth + 1, 0);
    case CXType_NullPtr:
        text_add(out, "p{nullptr_t}");
        return true;
    case CXType_Pointer: {
        CXType pointee = clang->getCanonicalType(clang->getPointeeType(type));
        if (pointee.kind == CXType_Char_S || pointee.kind == CXType_Char_U) {
            text_add(out, "s");
            return true;
        }
        char *spelling = plain_spelling(given);
        const char *rest;
        char prefix = wide_prefix(spelling, &rest);
        if (prefix && !strcmp(rest, " *")) {
            text_format(out, "w%c", prefix);
            free(spelling);
            return true;
        }
        text_add(out, "p{");
        add_escaped(out, spelling);
        text_add(out, "}");
        free(spelling);
        return true;
    }
    case CXType_IncompleteArray: /* a flexible member: nobody knows how many there are */
    case CXType_ConstantArray: {
        char *spelling = plain_spelling(given);
        const char *rest;
        char own = wide_prefix(spelling, &rest);
        if (own && *rest == '[' && !strpbrk(rest, "(*")) wide = own;
        free(spelling);
        text_format(out, "a%lld[", type.kind == CXType_ConstantArray ? clang->getArraySize(type) : 0);
        if (!add_shape(out, clang->getArrayElementType(type), depth + 1, wide)) return false;
        text_add(out, "]");
        return true;
    }
    case CXType_Vector:
    case CXType_ExtVector:
        text_format(out, "a%lld[", clang->getNumElements(type));
        if (!add_shape(out, clang->getElementType(type), depth + 1, 0)) return false;
        text_add(out, "]");
        return true;
    case CXType_Atomic:
        return add_shape(out, clang->Type_getValueType(type), depth + 1, 0);
    case CXType_Enum: {
        CXType integer = clang->getCanonicalType(clang->getEnumDeclIntegerType(clang->getTypeDeclaration(type)));
        bool is_signed = integer.kind == CXType_SChar || integer.kind == CXType_Char_S ||
                         integer.kind == CXType_Short || integer.kind == CXType_Int || integer.kind == CXType_Long ||
                         integer.kind == CXType_LongLong;
        if (!add_number(out, is_signed ? 'e' : 'E', type)) return false;
        struct enumerators list = {.out = out, .is_signed = is_signed, .size = clang->Type_getSizeOf(type)};
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
    default:
        return add_bit_int(out, type);
    }
}

/* What oto_show_result accepts: pointers to structs of the library (tensors, notes, MIDI, layers, ...), and a few of
 * its structs themselves. */
static bool is_shown_by_library(CXType canonical) {
    static const char *const pointees[] = {"OtoTensor",    "OtoNotes",   "OtoMidi",  "OtoScore",
                                           "OtoLabels",    "OtoDataset", "OtoTable", "OtoLayer",
                                           "OtoOptimizer", "OtoFit",     NULL};
    static const char *const structs[] = {"OtoExamples", "OtoPass", NULL};
    const struct clang *clang = clang_load();
    bool is_pointer = canonical.kind == CXType_Pointer;
    if (!is_pointer && canonical.kind != CXType_Record) return false;
    CXType of = is_pointer ? clang->getPointeeType(canonical) : canonical;
    char *spelling = string_of(clang->getTypeSpelling(clang->getUnqualifiedType(of)));
    const char *name = !strncmp(spelling, "struct ", 7) ? spelling + 7 : spelling;
    bool found = false;
    for (const char *const *at = is_pointer ? pointees : structs; *at; at++) found = found || !strcmp(name, *at);
    free(spelling);
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
        .is_library = is_shown_by_library(canonical),
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
    } else if (canonical.kind != CXType_IncompleteArray && add_shape(&shape, given, 0, 0)) {
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

void type_pack(const struct type *type, struct text *out) {
    const char *strings[] = {type->spelling, type->unqualified, type->canonical, type->shape, type->element};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) pack_string(out, strings[i]);
    pack_number(out, type->is_void | type->is_array << 1 | type->is_function << 2 | type->is_anonymous << 3 |
                         type->is_error << 4 | type->is_library << 5);
    pack_number(out, type->size);
}

void type_unpack(struct packed *in, struct type *type) {
    char **strings[] = {&type->spelling, &type->unqualified, &type->canonical, &type->shape, &type->element};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) *strings[i] = unpack_string(in);
    int64_t bits = unpack_number(in);
    type->is_void = bits & 1;
    type->is_array = bits >> 1 & 1;
    type->is_function = bits >> 2 & 1;
    type->is_anonymous = bits >> 3 & 1;
    type->is_error = bits >> 4 & 1;
    type->is_library = bits >> 5 & 1;
    type->size = unpack_number(in);
}
