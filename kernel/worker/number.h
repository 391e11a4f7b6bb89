/* number: floating point as text that a student can type back: the fewest digits that read as the same value. */
#ifndef OTO_WORKER_NUMBER_H
#define OTO_WORKER_NUMBER_H

#include "kernel/worker/worker.h"

enum { NUMBER_TEXT = 64, NUMBER_SIZE_MOST = 16 };
enum number_kind { NUMBER_HALF, NUMBER_BRAIN, NUMBER_FLOAT, NUMBER_DOUBLE, NUMBER_LONG_DOUBLE, NUMBER_QUAD };

#pragma GCC visibility push(hidden)

/* bytes: of _Float16, __bf16, float, double, long double or __float128, as memory holds them. 4 is written 4.0, 1e20 is
 * 1e+20, 0.1f is 0.1; inf, -inf, nan. (A __float128 is shown as precisely as a long double.) */
void number_format(char text[NUMBER_TEXT], const void *bytes, enum number_kind kind);
/* The letter and size of a description (f8, h2, q16) -> its kind; false when there is none. */
bool number_kind_of(char letter, size_t size, enum number_kind *kind);

#pragma GCC visibility pop
#endif
