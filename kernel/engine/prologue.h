/* prologue: where a function that aligns its stack keeps its locals, from the machine code with which it begins. */
#ifndef OTO_PROLOGUE_H
#define OTO_PROLOGUE_H

#include <stddef.h>
#include <stdint.h>

/* code: the function's first `size` bytes; frame: its frame pointer. The value of the base pointer (rbx, x19) that
 * clang sets up where a local needs more than the stack's alignment, as AddressSanitizer's do; 0 when it has none. */
uint64_t prologue_base(const unsigned char *code, size_t size, uint64_t frame);

#endif
