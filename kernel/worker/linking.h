/* linking: one object on its way into the process, as the parts of the loader hand it around (load.c, succession.c). */
#ifndef OTO_WORKER_LINKING_H
#define OTO_WORKER_LINKING_H

#include "kernel/worker/arena.h"
#include "kernel/worker/load.h"
#include "kernel/worker/object.h"
#include "kernel/worker/symbols.h"

struct linked_symbol {
    uintptr_t address;
    struct symbol *shared; /* NULL: local or hidden, known to this object alone */
    uintptr_t *slot;       /* of a symbol that is not shared */
    char *name;            /* owned; the unit's name for it */
    bool missing;          /* nothing defines it yet */
};

struct linking {
    const struct load_request *request;
    struct loaded *loaded;
    struct object object;
    uintptr_t *section_address; /* by section index; 0: not loaded */
    bool *section_kept;         /* lives on at an old address: neither copied nor relocated */
    struct linked_symbol *symbols;
};

#pragma GCC visibility push(hidden)

/* Notes why the object cannot be loaded (the first reason stays); returns false. */
[[gnu::format(printf, 2, 3)]] bool linking_refuse(struct linking *linking, const char *format, ...);
/* Adds a copy of name to a list; false when there is no memory. */
bool linking_append(char ***list, size_t *count, const char *name);
/* Where a loaded section belongs. */
enum area linking_area(const struct object *object, size_t section);

/* What a new unit takes over from an older one. Before sections are placed: static locals that have a section to
 * themselves (always under ASan; with -fdata-sections otherwise) get their old address. After relocation: the others
 * get their old value. A pair whose sizes differ is noted in loaded->reset. */
bool linking_keep_storage(struct linking *linking);
bool linking_copy_kept(struct linking *linking);
/* After symbols are entered: points old names at new definitions. */
bool linking_rebind(struct linking *linking);

#pragma GCC visibility pop
#endif
