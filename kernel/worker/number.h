/* number: floating point as text that a student can type back: the fewest digits that read as the same value. */
#ifndef OTO_WORKER_NUMBER_H
#define OTO_WORKER_NUMBER_H

#include "kernel/worker/worker.h"

enum { NUMBER_TEXT = 64 };

#pragma GCC visibility push(hidden)

/* 4 is written 4.0, 1e20 is 1e+20, 0.1f is 0.1; inf, -inf, nan. bytes: 4 float, 8 double, 16 long double. */
void number_format(char text[NUMBER_TEXT], long double value, int bytes);

#pragma GCC visibility pop
#endif
