/* object: an ELF relocatable, opened and checked: every offset, index and name that it holds lies inside it. */
#ifndef OTO_WORKER_OBJECT_H
#define OTO_WORKER_OBJECT_H

#include <elf.h>

#include "kernel/worker/worker.h"

struct object {
    unsigned char *bytes; /* owned, aligned for the structures inside */
    size_t size;
    const Elf64_Shdr *sections;
    size_t section_count;
    const Elf64_Sym *symbols;
    size_t symbol_count;
    const char *section_names, *symbol_names;
};

#pragma GCC visibility push(hidden)

/* Copies and checks size bytes. NULL on success; otherwise what is wrong, in static text, and nothing to close. */
const char *object_open(struct object *object, const void *bytes, size_t size);
void object_close(struct object *object);

const char *object_section_name(const struct object *object, size_t index);
const char *object_symbol_name(const struct object *object, size_t index);
bool object_section_loads(const struct object *object, size_t index);
/* Does the section tell an unwinder how to leave the object's functions? */
bool object_is_frames(const struct object *object, size_t index);

#pragma GCC visibility pop
#endif
