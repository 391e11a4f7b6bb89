#include "kernel/engine/symbolize.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/engine/debug.h"
#include "kernel/engine/prologue.h"
#include "kernel/engine/text.h"
#include "kernel/engine/unit.h"

/* The object in a file of its own, for libdwfl reads descriptors. */
static int object_file(const struct loaded *units, const struct loaded_unit *unit) {
    struct object object;
    if (!loaded_object(units, unit, &object)) return -1;
    int fd = memfd_create("unit.o", MFD_CLOEXEC);
    size_t done = 0;
    while (fd >= 0 && done < object.size) {
        ssize_t n = write(fd, object.bytes + done, object.size - done);
        if (n <= 0) break;
        done += (size_t)n;
    }
    free(object.bytes);
    if (fd < 0) return -1;
    if (done == unit->object.size && lseek(fd, 0, SEEK_SET) == 0) return fd;
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

/* The base pointer of the function around an address (prologue.h), from the code with which it begins. */
static uint64_t base_pointer(Dwfl_Module *module, Dwarf_Die *compile_unit, Dwarf_Addr address, GElf_Addr bias,
                             uint32_t section, uint64_t section_base, uint64_t frame) {
    Dwarf_Die *scopes;
    uint64_t base = 0;
    GElf_Addr elf_bias;
    Elf *elf = dwfl_module_getelf(module, &elf_bias);
    Elf_Scn *scn = elf ? elf_getscn(elf, section) : NULL;
    Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
    int count = dwarf_getscopes(compile_unit, address, &scopes);
    for (int i = 0; i < count; i++) {
        Dwarf_Addr low;
        if (dwarf_tag(&scopes[i]) != DW_TAG_subprogram || dwarf_lowpc(&scopes[i], &low)) continue;
        uint64_t offset = low + bias - section_base;
        if (data && offset < data->d_size)
            base = prologue_base((const unsigned char *)data->d_buf + offset, data->d_size - offset, frame);
        break;
    }
    if (count > 0) free(scopes);
    return base;
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

/* The line of an address. Instructions that check something for no statement in particular have line 0: they belong to
 * the statement before them. */
static Dwarf_Line *line_at(Dwarf_Die *compile_unit, Dwarf_Addr address) {
    for (;;) {
        Dwarf_Line *line = dwarf_getsrc_die(compile_unit, address);
        Dwarf_Addr begin;
        int number;
        if (!line || dwarf_lineno(line, &number) || number || dwarf_lineaddr(line, &begin) || !begin) return line;
        address = begin - 1;
    }
}

static int cell_of_file(const struct session *session, const struct loaded_unit *unit, const char *file) {
    const char *base = strrchr(file, '/');
    base = base ? base + 1 : file;
    if (!strcmp(base, UNIT_FILE)) return unit->cell;
    if (!strncmp(base, UNIT_FILE ":", sizeof UNIT_FILE)) return (int)strtol(base + sizeof UNIT_FILE, NULL, 10);
    return debug_cell_of_file(session, file, unit->cell);
}

bool symbolize(const struct session *session, uint64_t address, const struct stopped *stopped, struct place *place) {
    static const Dwfl_Callbacks callbacks = {.find_debuginfo = dwfl_standard_find_debuginfo,
                                             .section_address = dwfl_offline_section_address};
    uint32_t section;
    uint64_t offset, base;
    *place = (struct place){};
    const struct loaded_unit *unit = loaded_at(&session->units, address, &section, &offset);
    if (!unit) return false;
    int fd = object_file(&session->units, unit);
    Dwfl *dwfl = fd >= 0 ? dwfl_begin(&callbacks) : NULL;
    Dwfl_Module *module = dwfl ? dwfl_report_offline(dwfl, "unit", "unit.o", fd) : NULL;
    if (!module && fd >= 0) close(fd);
    if (dwfl) dwfl_report_end(dwfl, NULL, NULL);
    bool found = module && section_address(module, section, &base);
    if (found) {
        GElf_Addr at = base + offset, bias = 0;
        Dwarf_Die *compile_unit = dwfl_module_addrdie(module, at, &bias);
        Dwarf_Line *line = compile_unit ? line_at(compile_unit, at - bias) : NULL;
        const char *file = line ? dwarf_linesrc(line, NULL, NULL) : NULL;
        const char *function = compile_unit ? function_at(compile_unit, at - bias) : NULL;
        dwarf_lineno(line, &place->line);
        dwarf_linecol(line, &place->column);
        place->file = must_copy(file ? file : "");
        place->cell = cell_of_file(session, unit, place->file);
        bool top = function && (!strncmp(function, UNIT_PART, strlen(UNIT_PART)) || !strcmp(function, "oto_cell"));
        place->function = function && !top ? must_copy(function) : NULL;
        if (compile_unit && stopped && stopped->frame && stopped->pid > 0) {
            struct stopped whole = *stopped;
            whole.base = base_pointer(module, compile_unit, at - bias, bias, section, base, stopped->frame);
            place->locals = locals_text(compile_unit, at - bias, line, &whole);
        }
    }
    if (dwfl) dwfl_end(dwfl);
    return found;
}

/* The symbol of the relocation that covers the operand of the call before an offset of a section. */
static char *relocated_call(Elf *elf, uint32_t section, uint64_t return_offset) {
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header;
        Elf_Data *data = NULL;
        if (!gelf_getshdr(scn, &header) || header.sh_type != SHT_RELA || header.sh_info != section) continue;
        Elf_Scn *symbols = elf_getscn(elf, header.sh_link);
        GElf_Shdr symbol_header;
        if (!symbols || !gelf_getshdr(symbols, &symbol_header)) return NULL;
        while ((data = elf_getdata(scn, data))) {
            GElf_Rela relocation;
            GElf_Sym symbol;
            for (int i = 0; gelf_getrela(data, i, &relocation); i++) {
                if (relocation.r_offset != return_offset - 4) continue;
                if (!gelf_getsym(elf_getdata(symbols, NULL), (int)GELF_R_SYM(relocation.r_info), &symbol)) return NULL;
                const char *name = elf_strptr(elf, symbol_header.sh_link, symbol.st_name);
                return name && *name ? must_copy(name) : NULL;
            }
        }
    }
    return NULL;
}

char *symbolize_call(const struct session *session, uint64_t return_address) {
    uint32_t section;
    uint64_t offset;
    const struct loaded_unit *unit = loaded_at(&session->units, return_address - 1, &section, &offset);
    struct object object;
    if (!unit || !loaded_object(&session->units, unit, &object)) return NULL;
    Elf *elf = elf_memory((char *)object.bytes, object.size);
    char *name = elf ? relocated_call(elf, section, offset + 1) : NULL;
    elf_end(elf);
    free(object.bytes);
    return name;
}

/* A check goes on with the call that would report it: the first such call behind an offset of a section. */
static bool next_report_is_of_write(Elf *elf, uint32_t section, uint64_t offset) {
    static const char reports[] = "__asan_report_";
    uint64_t nearest = UINT64_MAX;
    bool writes = false;
    for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
        GElf_Shdr header, symbol_header;
        Elf_Data *data = NULL;
        if (!gelf_getshdr(scn, &header) || header.sh_type != SHT_RELA || header.sh_info != section) continue;
        Elf_Scn *symbols = elf_getscn(elf, header.sh_link);
        if (!symbols || !gelf_getshdr(symbols, &symbol_header)) return false;
        while ((data = elf_getdata(scn, data))) {
            GElf_Rela relocation;
            GElf_Sym symbol;
            for (int i = 0; gelf_getrela(data, i, &relocation); i++) {
                if (relocation.r_offset < offset || relocation.r_offset >= nearest) continue;
                if (!gelf_getsym(elf_getdata(symbols, NULL), (int)GELF_R_SYM(relocation.r_info), &symbol)) continue;
                const char *name = elf_strptr(elf, symbol_header.sh_link, symbol.st_name);
                if (!name || strncmp(name, reports, sizeof reports - 1)) continue;
                nearest = relocation.r_offset;
                writes = strstr(name, "store") != NULL;
            }
        }
    }
    return writes;
}

bool symbolize_checks_write(const struct session *session, uint64_t address) {
    uint32_t section;
    uint64_t offset;
    const struct loaded_unit *unit = loaded_at(&session->units, address, &section, &offset);
    struct object object;
    if (!unit || !loaded_object(&session->units, unit, &object)) return false;
    Elf *elf = elf_memory((char *)object.bytes, object.size);
    bool writes = elf && next_report_is_of_write(elf, section, offset);
    elf_end(elf);
    free(object.bytes);
    return writes;
}

void place_free(struct place *place) {
    free(place->function);
    free(place->file);
    free(place->locals);
    *place = (struct place){};
}
