/* load: links one object of clang into the running process, in memory; no linker, no file, no dlopen.
 *
 * Names: a definition NAME.new becomes NAME.<unit> (also inside longer names: f.new.counter, __emutls_v.x.new).
 * Undefined names are looked up in the session, among the worker's overrides, then in the process's libraries.
 * Functions may refer to names that nothing defines yet (missing.h); what runs in the cell may not. */
#ifndef OTO_WORKER_LOAD_H
#define OTO_WORKER_LOAD_H

#include "kernel/worker/worker.h"

struct load_request {
    int64_t unit;
    const void *object;
    size_t object_size;
    const char *rebind, *keep; /* lines "old new" and "new old", see protocol.h */
    const char *entry;         /* what runs, as the object names it; "" when nothing does */
    bool whole;                /* a program: every name must be defined */
};

struct loaded {
    struct loaded_section {
        uint32_t index;
        uint64_t address, size;
    } *sections;
    size_t section_count;
    void (**initialisers)(void), (**finalisers)(void); /* in the order in which they run */
    size_t initialiser_count, finaliser_count;
    char **reset; /* static locals that could not be kept, by their new names */
    size_t reset_count;
    char **missing; /* undefined names that the cell itself uses (of a program: any) */
    size_t missing_count;
    char *problem; /* why it cannot be loaded at all, or NULL */
    /* For load_release. */
    uintptr_t text_low, text_high, frames;
    struct symbol *function_before;
};

#pragma GCC visibility push(hidden)

/* Loads and links. True: code is ready to run. False: missing or problem says why, and nothing was changed that any
 * code can see. Release *loaded either way. */
bool load_object(const struct load_request *request, struct loaded *loaded);
void loaded_free(struct loaded *loaded);
/* Runs the unit's constructors. */
void load_initialise(const struct loaded *loaded);
/* Gives back the functions of the unit that was loaded last, and has run. Its constants and variables stay:
 * anything may point at them. Its addresses are not used again: reports may still speak of them. */
void load_release(struct loaded *loaded);

/* name as the unit's own definitions are known: malloc'd; NULL when there is no memory. */
char *load_unit_name(const char *name, int64_t unit);

#pragma GCC visibility pop
#endif
