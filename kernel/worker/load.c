#include "kernel/worker/load.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/fault.h"
#include "kernel/worker/heap.h"
#include "kernel/worker/linking.h"
#include "kernel/worker/memory.h"
#include "kernel/worker/missing.h"
#include "kernel/worker/relocate.h"
#include "kernel/worker/symbols.h"

/* From the system's unwinder; pthread_exit and backtrace() walk through cells with it. The memory of an entry, whose
 * layout is the unwinder's own, is the caller's. */
struct frames_entry {
    void *words[8];
};
extern void __register_frame_info(const void *frames, struct frames_entry *entry);
extern void *__deregister_frame_info(const void *frames);

/* ---- names ---- */

static bool is_shared(const Elf64_Sym *symbol) {
    return ELF64_ST_BIND(symbol->st_info) != STB_LOCAL && ELF64_ST_VISIBILITY(symbol->st_other) == STV_DEFAULT;
}

/* Static locals, so that a later unit can keep their storage. */
static bool is_static_local(const Elf64_Sym *symbol, const char *name) {
    return ELF64_ST_BIND(symbol->st_info) == STB_LOCAL && ELF64_ST_TYPE(symbol->st_info) == STT_OBJECT &&
           strstr(name, ".new.");
}

/* The symbol's address is a function that says which function the name means. */
static bool is_indirect(const Elf64_Sym *symbol) {
    return symbol->st_shndx != SHN_UNDEF && ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC;
}

static bool is_section_bound(const char *name) {
    return !strncmp(name, "__start_", 8) || !strncmp(name, "__stop_", 7);
}

/* Functions that run when the cell does: the entry, and the cell's statements (kernel/engine/unit.h). */
static bool runs_at_once(const struct linking *linking, size_t symbol) {
    const char *name = object_symbol_name(&linking->object, symbol);
    return ELF64_ST_TYPE(linking->object.symbols[symbol].st_info) == STT_FUNC &&
           (!strncmp(name, "oto_part_", 9) || !strcmp(name, linking->request->entry));
}

/* Whether what runs at once refers to a symbol. */
static bool is_used_at_once(const struct linking *linking, size_t symbol) {
    const struct object *object = &linking->object;
    for (size_t i = 1; i < object->section_count; i++) {
        const Elf64_Shdr *table = &object->sections[i];
        if (table->sh_type != SHT_RELA || table->sh_info >= object->section_count || table->sh_offset % 8 ||
            table->sh_entsize != sizeof(Elf64_Rela))
            continue;
        const Elf64_Rela *relocations = (const Elf64_Rela *)(object->bytes + table->sh_offset);
        for (size_t r = 0; r < table->sh_size / sizeof *relocations; r++) {
            if (ELF64_R_SYM(relocations[r].r_info) != symbol) continue;
            for (size_t f = 1; f < object->symbol_count; f++) {
                const Elf64_Sym *function = &object->symbols[f];
                if (function->st_shndx == table->sh_info &&
                    relocations[r].r_offset - function->st_value < function->st_size && runs_at_once(linking, f))
                    return true;
            }
        }
    }
    return false;
}

/* Names every symbol and finds the undefined ones, without entering anything into the session. */
static bool resolve(struct linking *linking) {
    const struct object *object = &linking->object;
    for (size_t i = 1; i < object->symbol_count; i++) {
        const Elf64_Sym *symbol = &object->symbols[i];
        struct linked_symbol *linked = &linking->symbols[i];
        const char *name = object_symbol_name(object, i);
        if (ELF64_ST_TYPE(symbol->st_info) == STT_TLS)
            return linking_refuse(linking, "%s is thread-local without -femulated-tls", name);
        linked->name = load_unit_name(name, linking->request->unit);
        if (!linked->name) return linking_refuse(linking, "no memory for the names of the object");
        if (symbol->st_shndx != SHN_UNDEF || ELF64_ST_BIND(symbol->st_info) == STB_LOCAL) continue;
        struct symbol *known = symbols_find(linked->name);
        bool weak = ELF64_ST_BIND(symbol->st_info) == STB_WEAK;
        if (known && (known->defined || known->address) && !missing_is(known))
            linked->address = symbol_address(known);
        else if (!is_section_bound(linked->name))
            linked->address = symbols_outside(linked->name);
        linked->missing = !linked->address && !weak && !is_section_bound(linked->name);
        if (linked->missing && (linking->request->whole || is_used_at_once(linking, i)) &&
            !linking_append(&linking->loaded->missing, &linking->loaded->missing_count, linked->name))
            return linking_refuse(linking, "no memory for the names of the object");
    }
    return linking->loaded->missing_count == 0;
}

/* ---- sections ---- */

static bool is_identifier(const char *name) {
    if (!*name || (*name >= '0' && *name <= '9')) return false;
    return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789")] == '\0';
}

/* Refuses, before anything is placed, what the arena has no room for. */
static bool check_room(struct linking *linking) {
    const struct object *object = &linking->object;
    size_t need[AREA_COUNT] = {
        [AREA_SLOTS] = object->symbol_count * sizeof(uintptr_t), [AREA_STUBS] = object->symbol_count * 48};
    for (size_t i = 0; i < object->section_count; i++) {
        const Elf64_Shdr *section = &object->sections[i];
        if (!object_section_loads(object, i)) continue;
        if (section->sh_flags & SHF_TLS) return linking_refuse(linking, "thread-local data without -femulated-tls");
        size_t *sum = &need[linking_area(object, i)];
        if (worker.memory_limit && section->sh_size > (size_t)worker.memory_limit) fault_memory(0, 0);
        if (section->sh_size > 1ul << 40 || section->sh_addralign > 1ul << 21)
            return linking_refuse(linking, "the section %s is too large", object_section_name(object, i));
        *sum += section->sh_size + section->sh_addralign + 16;
    }
    for (enum area area = 0; area < AREA_COUNT; area++)
        if (need[area] > arena_room(area))
            return linking_refuse(
                linking,
                "the session has no room left for %zu MB of %s (variables outside functions and their arrays "
                "share %d MB; take large arrays from malloc, or restart the session)",
                need[area] >> 20, area <= AREA_TEXT ? "code" : "data", 1700);
    return true;
}

static bool place_section(struct linking *linking, size_t index) {
    const struct object *object = &linking->object;
    const Elf64_Shdr *section = &object->sections[index];
    enum area area = linking_area(object, index);
    /* Four zero bytes end the list of frames. An empty section still gets an address of its own. */
    size_t size = section->sh_size + (object_is_frames(object, index) ? 4 : 0);
    unsigned char *at = arena_allocate(area, size ? size : 1, section->sh_addralign);
    if (!at) {
        if (memory_is_limit(size)) fault_memory(0, 0);
        return linking_refuse(linking, "the system has no memory for the section %s",
                              object_section_name(object, index));
    }
    if (section->sh_type != SHT_NOBITS)
        memcpy(arena_writable(at), object->bytes + section->sh_offset, section->sh_size);
    linking->section_address[index] = (uintptr_t)at;
    return true;
}

static bool place_sections(struct linking *linking) {
    const struct object *object = &linking->object;
    for (size_t i = 1; i < object->section_count; i++) {
        if (!object_section_loads(object, i) || linking->section_address[i]) continue;
        if (!place_section(linking, i)) return false;
        /* Sections of one name follow each other without a gap: __start_NAME and __stop_NAME enclose them. */
        const char *name = object_section_name(object, i);
        if (!is_identifier(name)) continue;
        for (size_t j = i + 1; j < object->section_count; j++)
            if (object_section_loads(object, j) && !strcmp(object_section_name(object, j), name) &&
                !place_section(linking, j))
                return false;
    }
    return true;
}

/* Where the sections called name begin or end, or 0. */
static uintptr_t section_bound(const struct linking *linking, const char *name, bool start) {
    uintptr_t low = 0, high = 0;
    for (size_t i = 1; i < linking->object.section_count; i++) {
        uintptr_t at = linking->section_address[i];
        if (!at || strcmp(object_section_name(&linking->object, i), name) != 0) continue;
        if (!low || at < low) low = at;
        if (at + linking->object.sections[i].sh_size > high) high = at + linking->object.sections[i].sh_size;
    }
    return start ? low : high;
}

/* ---- symbols ---- */

static bool enter_symbols(struct linking *linking) {
    const struct object *object = &linking->object;
    for (size_t i = 1; i < object->symbol_count; i++) {
        const Elf64_Sym *symbol = &object->symbols[i];
        struct linked_symbol *linked = &linking->symbols[i];
        bool defined = symbol->st_shndx != SHN_UNDEF;
        if (symbol->st_shndx == SHN_COMMON) {
            linked->address = (uintptr_t)arena_allocate(AREA_DATA, symbol->st_size, symbol->st_value);
            if (!linked->address) return linking_refuse(linking, "the system has no memory for %s", linked->name);
        } else if (symbol->st_shndx == SHN_ABS) {
            linked->address = symbol->st_value;
        } else if (defined && symbol->st_shndx < SHN_LORESERVE && linking->section_address[symbol->st_shndx]) {
            linked->address = linking->section_address[symbol->st_shndx] + symbol->st_value;
        } else if (!defined && is_section_bound(linked->name)) {
            bool start = linked->name[4] == 'a'; /* __sta.. or __sto.. */
            linked->address = section_bound(linking, linked->name + (start ? 8 : 7), start);
        }
        bool local = is_static_local(symbol, object_symbol_name(object, i));
        if (!is_shared(symbol) && !local && !is_indirect(symbol)) continue;
        struct symbol *shared = symbols_enter(linked->name);
        if (!shared) return linking_refuse(linking, "no memory for the name %s", linked->name);
        if (defined) {
            symbol_define(shared, linked->address, symbol->st_size, ELF64_ST_TYPE(symbol->st_info) == STT_FUNC);
        } else if (linked->missing) {
            if (!missing_enter(shared)) return linking_refuse(linking, "too many names are defined nowhere");
            linked->address = symbol_address(shared);
        } else if (!shared->defined && linked->address != shared->address) {
            symbol_point(shared, linked->address);
        }
        if (!local) linked->shared = shared;
    }
    return true;
}

/* ---- relocations ---- */

typedef bool relocation_action(struct linking *linking, size_t section, const Elf64_Rela *relocation);

/* Does act to every relocation of every loaded section. */
static bool for_relocations(struct linking *linking, relocation_action *act) {
    const struct object *object = &linking->object;
    for (size_t i = 1; i < object->section_count; i++) {
        const Elf64_Shdr *table = &object->sections[i];
        if (table->sh_type == SHT_REL) return linking_refuse(linking, "it has relocations without addends");
        if (table->sh_type != SHT_RELA) continue;
        if (table->sh_info >= object->section_count)
            return linking_refuse(linking, "relocations of a section that is not there");
        if (!object_section_loads(object, table->sh_info)) continue;
        if (table->sh_offset % 8 || table->sh_entsize != sizeof(Elf64_Rela))
            return linking_refuse(linking, "a relocation table is out of place");
        const Elf64_Rela *relocations = (const Elf64_Rela *)(object->bytes + table->sh_offset);
        for (size_t r = 0; r < table->sh_size / sizeof *relocations; r++)
            if (!act(linking, table->sh_info, &relocations[r])) return false;
    }
    return true;
}

static bool check_relocation(struct linking *linking, size_t section, const Elf64_Rela *relocation) {
    size_t width;
    const Elf64_Shdr *target = &linking->object.sections[section];
    if (relocation_needs(ELF64_R_TYPE(relocation->r_info), &width) == RELOCATION_UNKNOWN)
        return linking_refuse(linking, "relocation type %u in %s is not supported",
                              (unsigned)ELF64_R_TYPE(relocation->r_info),
                              object_section_name(&linking->object, section));
    if (target->sh_type == SHT_NOBITS || relocation->r_offset > target->sh_size ||
        width > target->sh_size - relocation->r_offset)
        return linking_refuse(linking, "a relocation lies outside %s", object_section_name(&linking->object, section));
    if (ELF64_R_SYM(relocation->r_info) >= linking->object.symbol_count)
        return linking_refuse(linking, "a relocation's symbol does not exist");
    return true;
}

static uintptr_t slot_of(struct linked_symbol *symbol) {
    if (symbol->shared) return (uintptr_t)symbol_slot(symbol->shared);
    if (!symbol->slot) {
        symbol->slot = arena_allocate(AREA_SLOTS, sizeof *symbol->slot, sizeof *symbol->slot);
        if (symbol->slot) *symbol->slot = symbol->address;
    }
    return (uintptr_t)symbol->slot;
}

static bool apply_relocation(struct linking *linking, size_t section, const Elf64_Rela *relocation) {
    if (linking->section_kept[section]) return true;
    size_t index = ELF64_R_SYM(relocation->r_info);
    struct linked_symbol *symbol = &linking->symbols[index];
    uint32_t type = ELF64_R_TYPE(relocation->r_info);
    size_t width;
    uintptr_t value = 0;
    enum relocation_value needs = relocation_needs(type, &width);
    /* what an indirect function means is known last: until then its stub stands for it */
    if (needs == RELOCATION_ADDRESS && is_indirect(&linking->object.symbols[index])) needs = RELOCATION_CALL;
    switch (needs) {
    case RELOCATION_UNKNOWN:
    case RELOCATION_NOTHING:
        return true;
    case RELOCATION_ADDRESS:
        value = symbol->shared ? symbol_address(symbol->shared) : symbol->address;
        break;
    case RELOCATION_SLOT:
        value = slot_of(symbol);
        break;
    case RELOCATION_CALL:
        value = symbol->shared ? (uintptr_t)symbol_stub(symbol->shared) : symbol->address;
        break;
    }
    if (!value && needs == RELOCATION_SLOT) return linking_refuse(linking, "the session has no room left for names");
    uintptr_t address = linking->section_address[section] + relocation->r_offset;
    unsigned char *place = arena_writable((const void *)address);
    const char *wrong = relocation_apply(type, place, address, value, relocation->r_addend);
    if (wrong) return linking_refuse(linking, "%s: %s", symbol->name ? symbol->name : "an address", wrong);
    return true;
}

/* When all else is linked: asks what indirect functions mean. */
static void resolve_indirect(const struct linking *linking) {
    for (size_t i = 1; i < linking->object.symbol_count; i++) {
        const struct linked_symbol *symbol = &linking->symbols[i];
        if (!is_indirect(&linking->object.symbols[i])) continue;
        uintptr_t (*resolver)(void) = (uintptr_t (*)(void))symbol->address;
        symbol_point(symbol->shared, resolver());
    }
}

/* ---- what runs by itself, and what the engine is told ---- */

/* .init_array.7 runs before .init_array.65535, which is plain .init_array. */
static long priority_of(const char *name, const char *stem) {
    size_t length = strlen(stem);
    return name[length] == '.' ? strtol(name + length + 1, NULL, 10) : 65535;
}

static bool collect_functions(struct linking *linking, uint32_t type, const char *stem, void (***list)(void),
                              size_t *count) {
    const struct object *object = &linking->object;
    size_t total = 0;
    for (size_t i = 1; i < object->section_count; i++)
        if (object->sections[i].sh_type == type && linking->section_address[i])
            total += object->sections[i].sh_size / 8;
    if (!total) return true;
    *list = heap_allocate(total * sizeof **list);
    if (!*list) return linking_refuse(linking, "no memory for the object's constructors");
    for (long done = -1;;) {
        long next = -1;
        for (size_t i = 1; i < object->section_count; i++) {
            if (object->sections[i].sh_type != type || !linking->section_address[i]) continue;
            long priority = priority_of(object_section_name(object, i), stem);
            if (priority > done && (next < 0 || priority < next)) next = priority;
        }
        if (next < 0) return true;
        done = next;
        for (size_t i = 1; i < object->section_count; i++) {
            if (object->sections[i].sh_type != type || !linking->section_address[i] ||
                priority_of(object_section_name(object, i), stem) != done)
                continue;
            size_t entries = object->sections[i].sh_size / 8;
            memcpy(*list + *count, (void *)linking->section_address[i], entries * 8);
            *count += entries;
        }
    }
}

static bool describe(struct linking *linking) {
    const struct object *object = &linking->object;
    struct loaded *loaded = linking->loaded;
    loaded->sections = heap_allocate(object->section_count * sizeof *loaded->sections);
    if (!loaded->sections) return linking_refuse(linking, "no memory for the list of sections");
    for (size_t i = 1; i < object->section_count; i++) {
        uintptr_t at = linking->section_address[i];
        if (!at) continue;
        loaded->sections[loaded->section_count++] =
            (struct loaded_section){.index = (uint32_t)i, .address = at, .size = object->sections[i].sh_size};
    }
    return collect_functions(linking, SHT_INIT_ARRAY, ".init_array", &loaded->initialisers,
                             &loaded->initialiser_count) &&
           collect_functions(linking, SHT_FINI_ARRAY, ".fini_array", &loaded->finalisers, &loaded->finaliser_count);
}

/* Without memory for it, the unwinder stops at this unit's functions. */
static void register_frames(const struct linking *linking) {
    for (size_t i = 1; i < linking->object.section_count; i++) {
        if (!linking->section_address[i] || !linking->object.sections[i].sh_size ||
            !object_is_frames(&linking->object, i))
            continue;
        struct frames_entry *entry = heap_allocate(sizeof *entry);
        if (!entry) return;
        __register_frame_info((void *)linking->section_address[i], entry);
        linking->loaded->frames = linking->section_address[i];
    }
}

bool load_object(const struct load_request *request, struct loaded *loaded) {
    struct linking linking = {.request = request, .loaded = loaded};
    memset(loaded, 0, sizeof *loaded);
    loaded->text_low = arena_high(AREA_TEXT);
    loaded->function_before = symbols_newest_function();
    const char *wrong = object_open(&linking.object, request->object, request->object_size);
    if (wrong) return linking_refuse(&linking, "the object cannot be loaded: %s", wrong);
    linking.section_address = heap_allocate(linking.object.section_count * sizeof *linking.section_address);
    linking.section_kept = heap_allocate(linking.object.section_count * sizeof *linking.section_kept);
    linking.symbols = heap_allocate((linking.object.symbol_count + 1) * sizeof *linking.symbols);
    bool done = linking.section_address && linking.section_kept && linking.symbols
                    ? true
                    : linking_refuse(&linking, "no memory to load the object");
    done = done && resolve(&linking) && check_room(&linking) && for_relocations(&linking, check_relocation);
    done = done && linking_keep_storage(&linking) && place_sections(&linking) && enter_symbols(&linking) &&
           linking_rebind(&linking) && for_relocations(&linking, apply_relocation) && linking_copy_kept(&linking) &&
           describe(&linking);
    if (done) register_frames(&linking);
    loaded->text_high = arena_high(AREA_TEXT);
    __builtin___clear_cache((char *)loaded->text_low, (char *)loaded->text_high);
    if (done) resolve_indirect(&linking);
    for (size_t i = 0; linking.symbols && i < linking.object.symbol_count; i++) heap_free(linking.symbols[i].name);
    heap_free(linking.symbols);
    heap_free(linking.section_address);
    heap_free(linking.section_kept);
    object_close(&linking.object);
    return done;
}

void load_initialise(const struct loaded *loaded) {
    for (size_t i = 0; i < loaded->initialiser_count; i++) {
        loaded->initialisers[i]();
        sanitizer_register_globals();
    }
}

void load_release(struct loaded *loaded) {
    if (loaded->frames) heap_free(__deregister_frame_info((const void *)loaded->frames));
    loaded->frames = 0;
    symbols_release_functions(loaded->function_before);
    arena_discard(AREA_TEXT, loaded->text_low, loaded->text_high);
}

void loaded_free(struct loaded *loaded) {
    for (size_t i = 0; i < loaded->missing_count; i++) heap_free(loaded->missing[i]);
    for (size_t i = 0; i < loaded->reset_count; i++) heap_free(loaded->reset[i]);
    heap_free(loaded->missing);
    heap_free(loaded->reset);
    heap_free(loaded->sections);
    heap_free(loaded->initialisers);
    heap_free(loaded->finalisers);
    heap_free(loaded->problem);
    memset(loaded, 0, sizeof *loaded);
}
