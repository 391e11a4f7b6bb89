#include "kernel/engine/locals.h"

#include <dwarf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "kernel/engine/text.h"

enum { LOCALS_MOST = 12, LOCALS_LENGTH = 300, VALUE_LENGTH = 80, ELEMENTS_MOST = 10, STRING_MOST = 40, DEPTH_MOST = 3 };

/* With what the compiler fills variables that were never set (-ftrivial-auto-var-init), and malloc its blocks. */
enum { UNSET_LOCAL = 0xaa, UNSET_BLOCK = 0xbe };

static bool read_memory(pid_t pid, uint64_t address, void *out, size_t size) {
    struct iovec local = {out, size}, remote = {(void *)(uintptr_t)address, size};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* Evaluates the few location expressions that unoptimised code has; false for any other. */
static bool locate(Dwarf_Attribute *attribute, Dwarf_Addr at, const struct stopped *stopped, uint64_t *address) {
    Dwarf_Op *op;
    size_t count;
    if (dwarf_getlocation_addr(attribute, at, &op, &count, 1) != 1) return false;
    uint64_t place = 0;
    for (size_t i = 0; i < count; i++) {
        switch (op[i].atom) {
        case DW_OP_fbreg: /* the frame base of -O0 code is the frame pointer */
        case DW_OP_breg6:
        case DW_OP_breg29:
            place = stopped->frame + op[i].number;
            break;
        case DW_OP_breg3:
        case DW_OP_breg19:
            if (!stopped->base) return false;
            place = stopped->base + op[i].number;
            break;
        case DW_OP_plus_uconst:
            place += op[i].number;
            break;
        case DW_OP_deref:
            if (!place || !read_memory(stopped->pid, place, &place, 8)) return false;
            break;
        default:
            return false;
        }
    }
    *address = place;
    return count > 0;
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *type) {
    Dwarf_Attribute attribute;
    Dwarf_Die named;
    return dwarf_attr_integrate(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, &named) &&
           dwarf_peel_type(&named, type) == 0;
}

static Dwarf_Word number_of(Dwarf_Die *die, unsigned name, Dwarf_Word otherwise) {
    Dwarf_Attribute attribute;
    Dwarf_Word value;
    return dwarf_attr_integrate(die, name, &attribute) && !dwarf_formudata(&attribute, &value) ? value : otherwise;
}

static bool all_bytes(const unsigned char *bytes, size_t size, unsigned char value) {
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != value) return false;
    return size > 0;
}

static bool never_set(const unsigned char *bytes, size_t size) {
    return size >= 4 && (all_bytes(bytes, size, UNSET_LOCAL) || all_bytes(bytes, size, UNSET_BLOCK));
}

/* The shortest text that reads back as the number. */
static void add_real(struct text *out, double value, bool single) {
    char digits[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (single ? strtof(digits, NULL) == (float)value : strtod(digits, NULL) == value) break;
    }
    bool plain = strspn(digits, "-0123456789") == strlen(digits);
    text_format(out, "%s%s", digits, plain ? ".0" : "");
}

static void add_character(struct text *out, unsigned char c, char quote) {
    static const char names[] = "\0000\nn\tt\rr\\\\";
    for (size_t i = 0; i + 1 < sizeof names - 1; i += 2)
        if ((unsigned char)names[i] == c) {
            text_format(out, "\\%c", names[i + 1]);
            return;
        }
    if (c == (unsigned char)quote)
        text_format(out, "\\%c", c);
    else if (c < ' ' || c == 127)
        text_format(out, "\\x%02x", c);
    else
        text_add_n(out, (const char *)&c, 1);
}

static void add_base(struct text *out, Dwarf_Die *type, const unsigned char *bytes, size_t size) {
    uint64_t word = 0;
    Dwarf_Word encoding = number_of(type, DW_AT_encoding, DW_ATE_signed);
    if (size <= 8) memcpy(&word, bytes, size);
    int shift = size < 8 ? 64 - 8 * (int)size : 0;
    long long number = (long long)((int64_t)(word << shift) >> shift);
    if (encoding == DW_ATE_float && (size == 4 || size == 8)) {
        float single;
        double real;
        memcpy(&single, bytes, sizeof single);
        if (size == 8) memcpy(&real, bytes, sizeof real);
        if (all_bytes(bytes, size, 0xff))
            text_add(out, "(not set)");
        else
            add_real(out, size == 4 ? (double)single : real, size == 4);
    } else if (size > 8 || encoding == DW_ATE_float) {
        text_add(out, "…");
    } else if (never_set(bytes, size)) {
        text_add(out, "(not set)");
    } else if (encoding == DW_ATE_boolean) {
        text_add(out, word ? "true" : "false");
    } else if (encoding == DW_ATE_signed_char && number >= 0 && number < 127) {
        text_add(out, "'");
        add_character(out, bytes[0], '\'');
        text_add(out, "'");
    } else if (encoding == DW_ATE_unsigned || encoding == DW_ATE_unsigned_char) {
        text_format(out, "%llu", (unsigned long long)word);
    } else {
        text_format(out, "%lld", number);
    }
}

static void add_enumerator(struct text *out, Dwarf_Die *type, const unsigned char *bytes, size_t size) {
    int32_t value = 0;
    Dwarf_Die child;
    memcpy(&value, bytes, size < sizeof value ? size : sizeof value);
    bool any = dwarf_child(type, &child) == 0;
    for (; any; any = dwarf_siblingof(&child, &child) == 0) {
        Dwarf_Attribute attribute;
        Dwarf_Sword constant;
        const char *name = dwarf_diename(&child);
        if (!name || !dwarf_attr(&child, DW_AT_const_value, &attribute)) continue;
        if (dwarf_formsdata(&attribute, &constant) || (int32_t)constant != value) continue;
        text_add(out, name);
        return;
    }
    text_format(out, "%d", value);
}

enum { FREED = 0xfd }; /* AddressSanitizer's mark of freed memory */

/* What AddressSanitizer says of a byte: 0 when it may be used, else its mark. */
static int mark_of(uint64_t address, const struct stopped *stopped) {
    unsigned char mark;
    if (!stopped->shadow || !read_memory(stopped->pid, stopped->shadow + address / 8, &mark, 1)) return 0;
    return mark && (mark >= 0x80 || (address & 7) >= mark) ? mark : 0;
}

/* A text that begins at an address and ends at a 0, at the array's end, or where memory does. False: no text there. */
static bool add_string(struct text *out, uint64_t address, size_t most, const struct stopped *stopped) {
    unsigned char c, first[4];
    struct text quoted = {};
    size_t i = 0;
    if (most >= sizeof first && read_memory(stopped->pid, address, first, sizeof first) &&
        never_set(first, sizeof first)) {
        text_add(out, "(not set)");
        return true;
    }
    text_add(&quoted, "\"");
    for (; i < most && i < STRING_MOST; i++) {
        bool there = !mark_of(address + i, stopped) && read_memory(stopped->pid, address + i, &c, 1);
        if (!there && i == 0) {
            text_free(&quoted);
            return false;
        }
        if (!there || !c) break;
        add_character(&quoted, c, '"');
    }
    text_add(&quoted, i == STRING_MOST && i < most ? "…\"" : "\"");
    text_add(out, text_c(&quoted));
    text_free(&quoted);
    return true;
}

static bool is_character(Dwarf_Die *type) {
    return dwarf_tag(type) == DW_TAG_base_type && dwarf_bytesize(type) == 1 &&
           number_of(type, DW_AT_encoding, 0) == DW_ATE_signed_char;
}

static void add_pointer(struct text *out, Dwarf_Die *type, uint64_t target, const struct stopped *stopped) {
    Dwarf_Die pointed;
    if (!target)
        text_add(out, "NULL");
    else if (never_set((const unsigned char *)&target, sizeof target))
        text_add(out, "(not set)");
    else if (!type_of(type, &pointed) || !is_character(&pointed) || !add_string(out, target, SIZE_MAX, stopped))
        text_format(out, "0x%llx%s", (unsigned long long)target, mark_of(target, stopped) == FREED ? " (freed)" : "");
}

static void add_value(struct text *out, Dwarf_Die *type, uint64_t address, const struct stopped *stopped, int depth);

/* Elements of an array from its dimension `dimension` (a child of the type) on. */
static void add_elements(struct text *out, Dwarf_Die *element, Dwarf_Die *dimension, uint64_t address,
                         const struct stopped *stopped, int depth) {
    Dwarf_Die inner = *dimension;
    bool more = false;
    while (!more && dwarf_siblingof(&inner, &inner) == 0) more = dwarf_tag(&inner) == DW_TAG_subrange_type;
    Dwarf_Word count = number_of(dimension, DW_AT_count, number_of(dimension, DW_AT_upper_bound, (Dwarf_Word)-1) + 1);
    uint64_t size = (uint64_t)dwarf_bytesize(element);
    Dwarf_Die next = inner;
    for (bool again = more; again;) {
        size *= number_of(&next, DW_AT_count, 0);
        again = false;
        while (!again && dwarf_siblingof(&next, &next) == 0) again = dwarf_tag(&next) == DW_TAG_subrange_type;
    }
    if (!more && is_character(element)) {
        if (!add_string(out, address, count, stopped)) text_add(out, "…");
        return;
    }
    text_add(out, "{");
    size_t start = out->length;
    if (!count) text_add(out, "…"); /* a length that only the program knows */
    for (Dwarf_Word i = 0; i < count; i++) {
        if (i) text_add(out, ", ");
        if (i == ELEMENTS_MOST || out->length - start > VALUE_LENGTH) {
            text_add(out, "…");
            break;
        }
        if (more)
            add_elements(out, element, &inner, address + i * size, stopped, depth + 1);
        else
            add_value(out, element, address + i * size, stopped, depth + 1);
    }
    text_add(out, "}");
}

static void add_array(struct text *out, Dwarf_Die *type, uint64_t address, const struct stopped *stopped, int depth) {
    Dwarf_Die element, dimension;
    bool found = type_of(type, &element) && dwarf_child(type, &dimension) == 0;
    while (found && dwarf_tag(&dimension) != DW_TAG_subrange_type) found = dwarf_siblingof(&dimension, &dimension) == 0;
    if (found && dwarf_bytesize(&element) > 0)
        add_elements(out, &element, &dimension, address, stopped, depth);
    else
        text_add(out, "…");
}

static void add_members(struct text *out, Dwarf_Die *type, uint64_t address, const struct stopped *stopped, int depth) {
    Dwarf_Die member;
    size_t start = out->length;
    int shown = 0;
    text_add(out, "{");
    for (bool any = dwarf_child(type, &member) == 0; any; any = dwarf_siblingof(&member, &member) == 0) {
        Dwarf_Die member_type;
        const char *name = dwarf_diename(&member);
        if (dwarf_tag(&member) != DW_TAG_member || !name || dwarf_hasattr(&member, DW_AT_bit_size)) continue;
        if (!type_of(&member, &member_type)) continue;
        if (shown++) text_add(out, ", ");
        if (out->length - start > VALUE_LENGTH) {
            text_add(out, "…");
            break;
        }
        text_format(out, ".%s = ", name);
        add_value(out, &member_type, address + number_of(&member, DW_AT_data_member_location, 0), stopped, depth + 1);
    }
    text_add(out, "}");
}

static void add_value(struct text *out, Dwarf_Die *type, uint64_t address, const struct stopped *stopped, int depth) {
    unsigned char bytes[16];
    int tag = dwarf_tag(type), size = dwarf_bytesize(type);
    if (depth > DEPTH_MOST) {
        text_add(out, "…");
    } else if (tag == DW_TAG_array_type) {
        add_array(out, type, address, stopped, depth);
    } else if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type) {
        add_members(out, type, address, stopped, depth);
    } else if (tag == DW_TAG_pointer_type) {
        uint64_t target;
        if (read_memory(stopped->pid, address, &target, sizeof target))
            add_pointer(out, type, target, stopped);
        else
            text_add(out, "…");
    } else if (size < 1 || (size_t)size > sizeof bytes || !read_memory(stopped->pid, address, bytes, (size_t)size)) {
        text_add(out, "…");
    } else if (tag == DW_TAG_enumeration_type) {
        add_enumerator(out, type, bytes, (size_t)size);
    } else {
        add_base(out, type, bytes, (size_t)size);
    }
}

/* Where the function stands. */
struct here {
    Dwarf_Addr at;
    const char *file; /* NULL: unknown */
    int line;
};

static struct here here_of(Dwarf_Addr at, Dwarf_Line *line) {
    struct here here = {.at = at};
    if (line && dwarf_lineno(line, &here.line) == 0) here.file = dwarf_linesrc(line, NULL, NULL);
    return here;
}

/* A variable that is declared further down has no value yet, and in C no name. */
static bool comes_later(Dwarf_Die *variable, const struct here *here) {
    int line;
    const char *file = dwarf_decl_file(variable);
    return here->file && file && strcmp(file, here->file) == 0 && dwarf_decl_line(variable, &line) == 0 &&
           line > here->line;
}

static void add_scope(Dwarf_Die *scope, const struct here *here, const struct stopped *stopped, struct text *out,
                      int *count) {
    Dwarf_Die child;
    for (bool any = dwarf_child(scope, &child) == 0; any; any = dwarf_siblingof(&child, &child) == 0) {
        int tag = dwarf_tag(&child);
        Dwarf_Attribute attribute;
        Dwarf_Die type;
        uint64_t address;
        const char *name = dwarf_diename(&child);
        if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter) continue;
        if (!name || !strncmp(name, "oto_", 4) || !strncmp(name, "__vla", 5)) continue; /* generated */
        if (*count >= LOCALS_MOST || out->length > LOCALS_LENGTH) continue;
        if (comes_later(&child, here)) continue;
        if (!dwarf_attr(&child, DW_AT_location, &attribute) || !locate(&attribute, here->at, stopped, &address))
            continue;
        if (!type_of(&child, &type)) continue;
        unsigned char first;
        if (!read_memory(stopped->pid, address, &first, 1)) continue; /* the stack ran out before it was there */
        text_format(out, "%s%s = ", (*count)++ ? ", " : "", name);
        add_value(out, &type, address, stopped, 0);
    }
}

char *locals_text(Dwarf_Die *compile_unit, Dwarf_Addr address, Dwarf_Line *line, const struct stopped *stopped) {
    Dwarf_Die *scopes;
    struct text out = {};
    const struct here here = here_of(address, line);
    int shown = 0, count = dwarf_getscopes(compile_unit, address, &scopes);
    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_subprogram && tag != DW_TAG_lexical_block) continue;
        add_scope(&scopes[i], &here, stopped, &out, &shown);
        if (tag == DW_TAG_subprogram) break;
    }
    if (count > 0) free(scopes);
    return out.length ? text_take(&out) : NULL;
}
