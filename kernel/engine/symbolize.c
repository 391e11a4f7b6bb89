#include "kernel/engine/symbolize.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/engine/text.h"
#include "kernel/engine/unit.h"

enum { LOCALS_MOST = 8, LOCALS_LENGTH = 160 };

static const struct loaded_unit *unit_at(const struct session *session, uint64_t address, uint32_t *section,
                                         uint64_t *offset) {
    for (size_t i = session->unit_count; i-- > 0;) {
        const struct loaded_unit *unit = &session->units[i];
        for (size_t k = 0; k < unit->section_count; k++) {
            if (address < unit->sections[k].address || address >= unit->sections[k].address + unit->sections[k].size)
                continue;
            *section = unit->sections[k].index;
            *offset = address - unit->sections[k].address;
            return unit;
        }
    }
    return NULL;
}

/* The object in a file of its own, for libdwfl reads descriptors. */
static int object_file(const struct loaded_unit *unit) {
    int fd = memfd_create("unit.o", MFD_CLOEXEC);
    if (fd < 0) return -1;
    size_t done = 0;
    while (done < unit->size) {
        ssize_t n = write(fd, unit->object + done, unit->size - done);
        if (n <= 0) break;
        done += (size_t)n;
    }
    if (done == unit->size && lseek(fd, 0, SEEK_SET) == 0) return fd;
    close(fd);
    return -1;
}

/* Where libdwfl has laid out a section of the object. */
static bool section_address(Dwfl_Module *module, uint32_t index, uint64_t *address) {
    GElf_Addr bias;
    Elf *elf = dwfl_module_getelf(module, &bias);
    Elf_Scn *scn = elf ? elf_getscn(elf, index) : NULL;
    GElf_Shdr header;
    if (!scn || !gelf_getshdr(scn, &header)) return false;
    *address = header.sh_addr + bias;
    return true;
}

static bool read_memory(pid_t pid, uint64_t address, void *out, size_t size) {
    struct iovec local = {out, size}, remote = {(void *)(uintptr_t)address, size};
    return process_vm_readv(pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

/* Evaluates the few location expressions that unoptimised code has; false for any other. */
static bool locate(Dwarf_Attribute *attribute, uint64_t frame, pid_t pid, uint64_t *address) {
    Dwarf_Op *op;
    size_t count;
    if (dwarf_getlocation(attribute, &op, &count) || !count) return false;
    uint64_t stack[8];
    int depth = 0;
    for (size_t i = 0; i < count; i++) {
        if (depth >= 7) return false;
        switch (op[i].atom) {
        case DW_OP_fbreg: /* the frame base of -O0 code is the frame pointer */
        case DW_OP_breg6:
        case DW_OP_breg29:
            stack[depth++] = frame + op[i].number;
            break;
        case DW_OP_plus_uconst:
            if (depth < 1) return false;
            stack[depth - 1] += op[i].number;
            break;
        case DW_OP_deref:
            if (depth < 1 || !read_memory(pid, stack[depth - 1], &stack[depth - 1], 8)) return false;
            break;
        default:
            return false;
        }
    }
    if (depth != 1) return false;
    *address = stack[0];
    return true;
}

/* The value of a scalar or pointer variable as text, or NULL. */
static char *scalar_text(Dwarf_Die *variable, uint64_t address, pid_t pid) {
    Dwarf_Attribute attribute;
    Dwarf_Die type, peeled;
    if (!dwarf_attr_integrate(variable, DW_AT_type, &attribute) || !dwarf_formref_die(&attribute, &type)) return NULL;
    if (dwarf_peel_type(&type, &peeled)) return NULL;
    union {
        uint64_t u;
        int64_t i;
        double d;
        float f;
        unsigned char bytes[8];
    } value = {};
    if (dwarf_tag(&peeled) == DW_TAG_pointer_type) {
        if (!read_memory(pid, address, &value, 8)) return NULL;
        return value.u ? must_format("0x%llx", (unsigned long long)value.u) : must_copy("NULL");
    }
    if (dwarf_tag(&peeled) != DW_TAG_base_type && dwarf_tag(&peeled) != DW_TAG_enumeration_type) return NULL;
    int size = dwarf_bytesize(&peeled);
    if (size < 1 || size > 8 || !read_memory(pid, address, &value, (size_t)size)) return NULL;
    Dwarf_Word encoding = DW_ATE_signed;
    if (dwarf_attr(&peeled, DW_AT_encoding, &attribute)) dwarf_formudata(&attribute, &encoding);
    if (encoding == DW_ATE_float) return must_format("%g", size == 4 ? (double)value.f : value.d);
    if (encoding == DW_ATE_boolean) return must_copy(value.u ? "true" : "false");
    if (encoding == DW_ATE_unsigned || encoding == DW_ATE_unsigned_char)
        return must_format("%llu", (unsigned long long)value.u);
    if (encoding == DW_ATE_signed_char && value.bytes[0] >= ' ' && value.bytes[0] < 127)
        return must_format("'%c'", value.bytes[0]);
    int shift = 64 - 8 * size;
    return must_format("%lld", (long long)((int64_t)(value.u << shift) >> shift));
}

static void add_locals(Dwarf_Die *scope, uint64_t frame, pid_t pid, struct text *out, int *count) {
    Dwarf_Die child;
    if (dwarf_child(scope, &child)) return;
    do {
        int tag = dwarf_tag(&child);
        if (tag != DW_TAG_variable && tag != DW_TAG_formal_parameter) continue;
        Dwarf_Attribute attribute;
        uint64_t address;
        const char *name = dwarf_diename(&child);
        if (!name || !strncmp(name, "oto_", 4) || *count >= LOCALS_MOST || out->length > LOCALS_LENGTH) continue;
        if (!dwarf_attr(&child, DW_AT_location, &attribute) || !locate(&attribute, frame, pid, &address)) continue;
        char *value = scalar_text(&child, address, pid);
        if (value) text_format(out, "%s%s = %s", (*count)++ ? ", " : "", name, value);
        free(value);
    } while (dwarf_siblingof(&child, &child) == 0);
}

static char *locals_at(Dwarf_Die *compile_unit, Dwarf_Addr address, uint64_t frame, pid_t pid) {
    Dwarf_Die *scopes;
    struct text out = {};
    int shown = 0, count = dwarf_getscopes(compile_unit, address, &scopes);
    for (int i = 0; i < count; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag != DW_TAG_subprogram && tag != DW_TAG_lexical_block) continue;
        add_locals(&scopes[i], frame, pid, &out, &shown);
        if (tag == DW_TAG_subprogram) break;
    }
    if (count > 0) free(scopes);
    return out.length ? text_take(&out) : NULL;
}

/* The name of the function around an address, as the source spells it. */
static const char *function_at(Dwarf_Die *compile_unit, Dwarf_Addr address) {
    Dwarf_Die *scopes;
    const char *name = NULL;
    int count = dwarf_getscopes(compile_unit, address, &scopes);
    for (int i = 0; i < count && !name; i++) {
        int tag = dwarf_tag(&scopes[i]);
        if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) name = dwarf_diename(&scopes[i]);
    }
    if (count > 0) free(scopes);
    return name && !strncmp(name, UNIT_OWN, strlen(UNIT_OWN)) ? name + strlen(UNIT_OWN) : name;
}

static int cell_of_file(const struct loaded_unit *unit, const char *file) {
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    if (!strcmp(base, UNIT_FILE)) return unit->cell;
    if (!strncmp(base, UNIT_FILE ":", sizeof UNIT_FILE)) return (int)strtol(base + sizeof UNIT_FILE, NULL, 10);
    return 0;
}

bool symbolize(const struct session *session, uint64_t address, uint64_t frame, pid_t pid, struct place *place) {
    static const Dwfl_Callbacks callbacks = {.find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address};
    uint32_t section;
    uint64_t offset, base;
    *place = (struct place){};
    const struct loaded_unit *unit = unit_at(session, address, &section, &offset);
    if (!unit) return false;
    int fd = object_file(unit);
    Dwfl *dwfl = fd >= 0 ? dwfl_begin(&callbacks) : NULL;
    Dwfl_Module *module = dwfl ? dwfl_report_offline(dwfl, "unit", "unit.o", fd) : NULL;
    if (!module && fd >= 0) close(fd);
    if (dwfl) dwfl_report_end(dwfl, NULL, NULL);
    bool found = module && section_address(module, section, &base);
    if (found) {
        GElf_Addr at = base + offset, bias = 0;
        Dwarf_Die *compile_unit = dwfl_module_addrdie(module, at, &bias);
        Dwfl_Line *line = dwfl_module_getsrc(module, at);
        const char *file = line ? dwfl_lineinfo(line, NULL, &place->line, &place->column, NULL, NULL) : NULL;
        const char *function = compile_unit ? function_at(compile_unit, at - bias) : NULL;
        place->file = must_copy(file ? file : "");
        place->cell = cell_of_file(unit, place->file);
        bool top = function && (!strncmp(function, UNIT_PART, strlen(UNIT_PART)) || !strcmp(function, "oto_cell"));
        place->function = function && !top ? must_copy(function) : NULL;
        if (compile_unit && frame && pid > 0) place->locals = locals_at(compile_unit, at - bias, frame, pid);
    }
    if (dwfl) dwfl_end(dwfl);
    return found;
}

void place_free(struct place *place) {
    free(place->function);
    free(place->file);
    free(place->locals);
    *place = (struct place){};
}
