#include "kernel/worker/symbols.h"

#include <dlfcn.h>
#include <string.h>

#include "kernel/worker/arena.h"
#include "kernel/worker/deferred.h"
#include "kernel/worker/heap.h"
#include "kernel/worker/overrides.h"

static struct symbol **table; /* open addressing, a power of two long, at most half full */
static size_t capacity, count;
static struct symbol *newest; /* function; each knows the one before */
static struct symbol *unused; /* released, with the slot and stub they had */

struct call_out symbols_call_out;

static size_t hash(const char *name) {
    uint64_t h = 14695981039346656037u; /* FNV-1a */
    for (; *name; name++) h = (h ^ (unsigned char)*name) * 1099511628211u;
    return (size_t)h;
}

static struct symbol **place(struct symbol **in, size_t size, const char *name) {
    size_t at = hash(name) & (size - 1);
    while (in[at] && strcmp(in[at]->name, name) != 0) at = (at + 1) & (size - 1);
    return &in[at];
}

struct symbol *symbols_find(const char *name) {
    return capacity ? *place(table, capacity, name) : NULL;
}

static bool grow(void) {
    size_t size = capacity ? capacity * 2 : 1024;
    struct symbol **larger = heap_allocate(size * sizeof *larger);
    if (!larger) return false;
    for (size_t i = 0; i < capacity; i++)
        if (table[i]) *place(larger, size, table[i]->name) = table[i];
    heap_free(table);
    table = larger;
    capacity = size;
    return true;
}

struct symbol *symbols_enter(const char *name) {
    if (count * 2 >= capacity && !grow()) return NULL;
    struct symbol **at = place(table, capacity, name);
    if (*at) return *at;
    struct symbol *symbol = heap_allocate(sizeof *symbol);
    char *copy = heap_copy(name);
    if (!symbol || !copy) {
        heap_free(symbol);
        heap_free(copy);
        return NULL;
    }
    symbol->name = copy;
    count++;
    return *at = symbol;
}

void symbol_define(struct symbol *symbol, uintptr_t address, size_t size, bool function) {
    if (!symbol->defined && function) {
        symbol->before = newest;
        newest = symbol;
        if (!symbol->slot && unused) { /* its stub, if it has one, jumps by the slot and so serves again */
            struct symbol *old = unused;
            unused = old->before;
            symbol->slot = old->slot;
            symbol->stub = old->stub;
            heap_free(old);
        }
    }
    symbol->defined = true;
    symbol->size = size;
    symbol_point(symbol, address);
}

struct symbol *symbols_newest_function(void) {
    return newest;
}

/* Takes the entry out of the table; entries behind it that it had pushed along move up. */
static void take_out(struct symbol *symbol) {
    size_t hole = (size_t)(place(table, capacity, symbol->name) - table);
    table[hole] = NULL;
    for (size_t at = (hole + 1) & (capacity - 1); table[at]; at = (at + 1) & (capacity - 1)) {
        struct symbol *moved = table[at];
        table[at] = NULL;
        *place(table, capacity, moved->name) = moved;
    }
    count--;
}

void symbols_release_functions(struct symbol *mark) {
    while (newest != mark) {
        struct symbol *symbol = newest;
        newest = symbol->before;
        take_out(symbol);
        heap_free(symbol->name);
        if (symbol->slot) {
            symbol->before = unused;
            unused = symbol;
        } else {
            heap_free(symbol);
        }
    }
}

void symbol_point(struct symbol *symbol, uintptr_t address) {
    symbol->address = address;
    if (symbol->slot) *symbol->slot = address;
}

uintptr_t symbol_address(const struct symbol *symbol) {
    return symbol->address;
}

uintptr_t *symbol_slot(struct symbol *symbol) {
    if (!symbol->slot) {
        symbol->slot = arena_allocate(AREA_SLOTS, sizeof *symbol->slot, sizeof *symbol->slot);
        if (symbol->slot) *symbol->slot = symbol->address;
    }
    return symbol->slot;
}

void *symbol_stub(struct symbol *symbol) {
    if (!symbol->stub && symbol_slot(symbol))
        symbol->stub = stub_make(symbol->slot, symbol->defined ? NULL : &symbols_call_out);
    return symbol->stub;
}

uintptr_t symbols_outside(const char *name) {
    void *found = overrides_find(name);
    if (!found) found = dlsym(RTLD_DEFAULT, name);
    if (!found) found = deferred_symbol(name);
    return (uintptr_t)found;
}
