/* object_symbols: the symbol table of an object file. */
#ifndef OTO_OBJECT_SYMBOLS_H
#define OTO_OBJECT_SYMBOLS_H

#include <stdbool.h>

#include "kernel/engine/build.h"

struct object_symbol {
    const char *name;
    bool is_variable;
    bool is_undefined; /* to be found elsewhere */
};

/* Calls back for each symbol that has a name; for none when the object is empty or no object file. */
void object_symbols(const struct object *object, void (*visit)(void *context, const struct object_symbol *symbol),
                    void *context);

#endif
