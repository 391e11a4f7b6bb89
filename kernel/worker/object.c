#include "kernel/worker/object.h"

#include <string.h>

#include "kernel/worker/heap.h"

#if defined(__x86_64__)
enum { MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { MACHINE = EM_AARCH64 };
#else
#error "the loader knows x86-64 and arm64"
#endif

static bool inside(const struct object *object, uint64_t offset, uint64_t size) {
    return offset <= object->size && size <= object->size - offset;
}

/* A string table must end in NUL, so that no name runs past it. */
static const char *names_at(const struct object *object, uint64_t index) {
    if (index >= object->section_count) return NULL;
    const Elf64_Shdr *table = &object->sections[index];
    if (table->sh_type != SHT_STRTAB || table->sh_size == 0) return NULL;
    const char *names = (const char *)object->bytes + table->sh_offset;
    return names[table->sh_size - 1] ? NULL : names;
}

static const char *check_sections(struct object *object, const Elf64_Ehdr *header) {
    if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff % 8 || !inside(object, header->e_shoff, 0))
        return "the section table is out of place";
    object->sections = (const Elf64_Shdr *)(object->bytes + header->e_shoff);
    object->section_count = header->e_shnum;
    size_t names = header->e_shstrndx;
    if (object->section_count == 0) { /* more than 65,279 of them: counted in the first entry */
        if (!inside(object, header->e_shoff, sizeof(Elf64_Shdr))) return "there is no section table";
        object->section_count = object->sections[0].sh_size;
    }
    if (object->section_count > object->size / sizeof(Elf64_Shdr) || object->section_count == 0 ||
        !inside(object, header->e_shoff, object->section_count * sizeof(Elf64_Shdr)))
        return "the section table runs past the end";
    if (names == SHN_XINDEX) names = object->sections[0].sh_link;
    for (size_t i = 0; i < object->section_count; i++) {
        const Elf64_Shdr *section = &object->sections[i];
        if (section->sh_type != SHT_NOBITS && section->sh_type != SHT_NULL &&
            !inside(object, section->sh_offset, section->sh_size))
            return "a section runs past the end";
        if (section->sh_addralign & (section->sh_addralign - 1)) return "an alignment is no power of two";
    }
    object->section_names = names_at(object, names);
    if (!object->section_names) return "the section names are missing";
    for (size_t i = 0; i < object->section_count; i++)
        if (object->sections[i].sh_name >= object->sections[names].sh_size) return "a section's name is out of place";
    return NULL;
}

static const char *check_symbols(struct object *object) {
    for (size_t i = 0; i < object->section_count; i++) {
        const Elf64_Shdr *section = &object->sections[i];
        if (section->sh_type == SHT_SYMTAB_SHNDX) return "it has more sections than the loader reads";
        if (section->sh_type != SHT_SYMTAB) continue;
        if (object->symbols) return "it has two symbol tables";
        if (section->sh_offset % 8 || section->sh_entsize != sizeof(Elf64_Sym))
            return "the symbol table is out of place";
        object->symbols = (const Elf64_Sym *)(object->bytes + section->sh_offset);
        object->symbol_count = section->sh_size / sizeof(Elf64_Sym);
        object->symbol_names = names_at(object, section->sh_link);
        if (!object->symbol_names) return "the symbol names are missing";
        uint64_t names_size = object->sections[section->sh_link].sh_size;
        for (size_t s = 0; s < object->symbol_count; s++) {
            const Elf64_Sym *symbol = &object->symbols[s];
            if (symbol->st_name >= names_size) return "a symbol's name is out of place";
            if (symbol->st_shndx < SHN_LORESERVE && symbol->st_shndx >= object->section_count)
                return "a symbol's section does not exist";
            if (symbol->st_shndx > SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE &&
                symbol->st_value > object->sections[symbol->st_shndx].sh_size)
                return "a symbol lies outside its section";
        }
    }
    return object->symbols ? NULL : "it has no symbol table";
}

const char *object_open(struct object *object, const void *bytes, size_t size) {
    memset(object, 0, sizeof *object);
    if (size < sizeof(Elf64_Ehdr)) return "it is too short for ELF";
    object->bytes = heap_allocate(size);
    if (!object->bytes) return "no memory for it";
    memcpy(object->bytes, bytes, size);
    object->size = size;
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)object->bytes;
    const char *wrong = NULL;
    if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB)
        wrong = "it is not 64-bit little-endian ELF";
    else if (header->e_type != ET_REL)
        wrong = "it is not a relocatable object";
    else if (header->e_machine != MACHINE)
        wrong = "it is for another machine";
    if (!wrong) wrong = check_sections(object, header);
    if (!wrong) wrong = check_symbols(object);
    if (wrong) object_close(object);
    return wrong;
}

void object_close(struct object *object) {
    heap_free(object->bytes);
    memset(object, 0, sizeof *object);
}

const char *object_section_name(const struct object *object, size_t index) {
    return object->section_names + object->sections[index].sh_name;
}
const char *object_symbol_name(const struct object *object, size_t index) {
    return object->symbol_names + object->symbols[index].st_name;
}
bool object_section_loads(const struct object *object, size_t index) {
    return object->sections[index].sh_flags & SHF_ALLOC;
}
bool object_is_frames(const struct object *object, size_t index) {
    return !strcmp(object_section_name(object, index), ".eh_frame");
}
