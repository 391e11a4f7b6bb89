/* scalar: numbers, characters, booleans and enums as text. */
#ifndef OTO_WORKER_SCALAR_H
#define OTO_WORKER_SCALAR_H

#include "kernel/worker/formatting.h"

#pragma GCC visibility push(hidden)

/* The description's next type, if it is one of these, with the value at address. False, with nothing taken, when it is
 * none. */
bool scalar_format(struct formatting *f, uintptr_t address);
/* The same for a bit-field: width bits of the value, from that bit of the byte at address. */
void scalar_format_bits(struct formatting *f, uintptr_t address, size_t bit, size_t width);

#pragma GCC visibility pop
#endif
