/* succession: what a new unit takes over from an older one. */
#include "kernel/worker/linking.h"

#include <string.h>

#include "kernel/worker/heap.h"

/* The word at *line, up to a space or the line's end; *line moves behind it. NULL at the end of the text. */
static char *next_word(const char **line) {
    *line += strspn(*line, " \n");
    size_t length = strcspn(*line, " \n");
    char *word = length ? heap_copy_n(*line, length) : NULL;
    *line += length;
    return word;
}

/* The object's symbol of that name (the unit's) that lies in loaded memory; 0 when it has none. */
static size_t find_local(const struct linking *linking, const char *name) {
    for (size_t i = 1; i < linking->object.symbol_count; i++) {
        uint16_t section = linking->object.symbols[i].st_shndx;
        if (section > SHN_UNDEF && section < SHN_LORESERVE && object_section_loads(&linking->object, section) &&
            !strcmp(linking->symbols[i].name, name))
            return i;
    }
    return 0;
}

typedef bool keep_action(struct linking *linking, size_t symbol, const struct symbol *old);

static bool keep_storage(struct linking *linking, size_t symbol, const struct symbol *old) {
    const Elf64_Sym *local = &linking->object.symbols[symbol];
    const Elf64_Shdr *section = &linking->object.sections[local->st_shndx];
    if (local->st_value != 0 || local->st_size != section->sh_size) return true;
    linking->section_address[local->st_shndx] = symbol_address(old);
    linking->section_kept[local->st_shndx] = true;
    return true;
}

static bool copy_kept(struct linking *linking, size_t symbol, const struct symbol *old) {
    const Elf64_Sym *local = &linking->object.symbols[symbol];
    if (linking->section_kept[local->st_shndx]) return true;
    /* A checked variable's size counts the zone behind it, which memcpy refuses to touch. */
    volatile unsigned char *to = (void *)(linking->section_address[local->st_shndx] + local->st_value);
    const unsigned char *from = (const void *)symbol_address(old);
    for (size_t i = 0; i < local->st_size; i++) to[i] = from[i];
    return true;
}

static bool note_reset(struct linking *linking, const char *name) {
    return linking_append(&linking->loaded->reset, &linking->loaded->reset_count, name) ||
           linking_refuse(linking, "no memory for the names of the object");
}

/* Does act to every pair of the request's keep lines whose sizes agree; notes the others when told to. */
static bool for_kept(struct linking *linking, keep_action *act, bool note) {
    const char *line = linking->request->keep;
    bool fine = true;
    for (char *name; fine && line && (name = next_word(&line));) {
        char *old_name = next_word(&line), *unit_name = load_unit_name(name, linking->request->unit);
        size_t symbol = unit_name ? find_local(linking, unit_name) : 0;
        const struct symbol *old = old_name ? symbols_find(old_name) : NULL;
        bool same = symbol && old && old->size && old->size == linking->object.symbols[symbol].st_size &&
                    linking_area(&linking->object, linking->object.symbols[symbol].st_shndx) == AREA_DATA;
        if (same)
            fine = act(linking, symbol, old);
        else if (note)
            fine = note_reset(linking, name);
        heap_free(name);
        heap_free(old_name);
        heap_free(unit_name);
    }
    return fine;
}

bool linking_keep_storage(struct linking *linking) {
    return for_kept(linking, keep_storage, true);
}
bool linking_copy_kept(struct linking *linking) {
    return for_kept(linking, copy_kept, false);
}

bool linking_rebind(struct linking *linking) {
    const char *line = linking->request->rebind;
    bool fine = true;
    for (char *name; fine && line && (name = next_word(&line));) {
        char *target_name = next_word(&line);
        char *unit_name = target_name ? load_unit_name(target_name, linking->request->unit) : NULL;
        struct symbol *from = symbols_find(name), *to = unit_name ? symbols_find(unit_name) : NULL;
        bool declared_only = !strchr(name, '.'); /* a name that was missing; nobody may have used it */
        if (from && to)
            symbol_point(from, symbol_address(to));
        else if (!to || !declared_only)
            fine = linking_refuse(linking, "%s cannot be bound to %s: no such symbol", name,
                                  unit_name ? unit_name : "nothing");
        heap_free(name);
        heap_free(target_name);
        heap_free(unit_name);
    }
    return fine;
}
