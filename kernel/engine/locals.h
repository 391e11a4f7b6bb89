/* locals: the named variables of a function that has stopped, as text. */
#ifndef OTO_LOCALS_H
#define OTO_LOCALS_H

#include <elfutils/libdw.h>
#include <stdint.h>
#include <sys/types.h>

/* A stopped function. */
struct stopped {
    pid_t pid;            /* whose memory may be read */
    uint64_t shadow;      /* where AddressSanitizer keeps its state of address a: shadow + a / 8; 0: unknown */
    uint64_t frame, base; /* frame pointer; base pointer (prologue.h) or 0 */
};

/* "n = 4, a = {1, 2, 3}, name = \"Bob\"": the parameters and variables that are visible at an address, the innermost
 * first; malloc'd, or NULL when there are none. line: of the address; what is declared below it is left out; NULL:
 * unknown. Long values and long lists are cut. */
char *locals_text(Dwarf_Die *compile_unit, Dwarf_Addr address, Dwarf_Line *line, const struct stopped *stopped);

#endif
