#include "kernel/worker/missing.h"

#include "kernel/worker/arena.h"
#include "kernel/worker/machine.h"

/* Wide enough that a small index before or behind a variable stays in its place. */
enum { PLACE = 16 << 10, PLACES = 1024 };

static const struct symbol *owners[PLACES];
static size_t owner_count;

bool missing_enter(struct symbol *symbol) {
    if (missing_is(symbol)) return true;
    if (owner_count == PLACES || arena_room(AREA_MISSING) < PLACE) return false;
    owners[owner_count] = symbol;
    symbol_point(symbol, arena_low(AREA_MISSING) + owner_count++ * PLACE + PLACE / 2);
    return true;
}

const struct symbol *missing_at(uintptr_t address) {
    uintptr_t low = arena_low(AREA_MISSING);
    return address >= low && address < low + owner_count * PLACE ? owners[(address - low) / PLACE] : NULL;
}

bool missing_is(const struct symbol *symbol) {
    return missing_at(symbol_address(symbol)) != NULL;
}

bool missing_go_on(void *context) {
    const struct symbol *symbol = missing_at(machine_pc(context));
    if (!symbol || missing_is(symbol)) return false;
    machine_set_pc(context, symbol_address(symbol));
    return true;
}
