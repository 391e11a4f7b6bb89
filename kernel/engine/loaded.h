/* loaded: the units that the worker holds, so that an address of theirs is a line of a cell again.
 *
 * Objects lie in a store, a few kilobytes each, for they are looked at only when something went wrong.
 * What only ran, and defined no function, is forgotten after a while: then its cell is still known, but not the line.
 */
#ifndef OTO_LOADED_H
#define OTO_LOADED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/engine/build.h"
#include "kernel/engine/store.h"
#include "lib/record/record.h"

struct loaded_unit {
    int number, cell;
    bool stays; /* defines functions */
    bool fast;  /* compiled without checks */
    bool known; /* its object is kept */
    struct stored object;
    struct loaded_section { /* of the object's code, as the worker placed it */
        uint32_t index;
        uint64_t address, size;
    } *sections;
    size_t section_count;
};

struct loaded {
    struct loaded_unit *list; /* by number, ascending */
    size_t count, capacity;
    size_t recent; /* the first that has not been asked whether it can be forgotten */
    struct store objects;
};

void loaded_open(struct loaded *loaded);
void loaded_close(struct loaded *loaded);

/* Keeps a copy of the object. record: LOADED of the worker. */
void loaded_add(struct loaded *loaded, int number, int cell, bool stays, bool fast, const struct object *object,
                const struct oto_record *record);
/* Forgets the units from that number on: their cell was rolled back, and their addresses will be used again. */
void loaded_drop(struct loaded *loaded, int first);

/* The unit of that number, or whose code holds the address (then *section and *offset say where); NULL: none. */
const struct loaded_unit *loaded_find(const struct loaded *loaded, int number);
const struct loaded_unit *loaded_at(const struct loaded *loaded, uint64_t address, uint32_t *section, uint64_t *offset);
/* The unit's object; the caller frees bytes. False when it is forgotten or cannot be read. */
bool loaded_object(const struct loaded *loaded, const struct loaded_unit *unit, struct object *object);

#endif
