#include "kernel/engine/object_symbols.h"

#include <gelf.h>

void object_symbols(const struct object *object, void (*visit)(void *context, const struct object_symbol *symbol),
                    void *context) {
    elf_version(EV_CURRENT);
    Elf *elf = object->bytes ? elf_memory((char *)object->bytes, object->size) : NULL;
    Elf_Scn *section = NULL;
    GElf_Shdr header;
    while (elf && (section = elf_nextscn(elf, section))) {
        if (!gelf_getshdr(section, &header) || header.sh_type != SHT_SYMTAB || !header.sh_entsize) continue;
        Elf_Data *data = elf_getdata(section, NULL);
        for (size_t i = 0; data && i < header.sh_size / header.sh_entsize; i++) {
            GElf_Sym from;
            if (!gelf_getsym(data, (int)i, &from)) continue;
            const struct object_symbol symbol = {.name = elf_strptr(elf, header.sh_link, from.st_name),
                                                 .is_variable = GELF_ST_TYPE(from.st_info) == STT_OBJECT,
                                                 .is_undefined = from.st_shndx == SHN_UNDEF};
            if (symbol.name && *symbol.name) visit(context, &symbol);
        }
    }
    if (elf) elf_end(elf);
}
