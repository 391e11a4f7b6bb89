/* recursion: linear filters in double, block by block, with what they remember. For the library's own files.
 *
 * A filter is a chain of stages, each y[n] = sum b[j] x[n - j] - sum over j >= 1 of a[j] y[n - j], j <= memory. What it
 * remembers are the last `memory` numbers, oldest first, of its input and of each stage's output: stages + 1 rows. */
#ifndef OTO_RECURSION_H
#define OTO_RECURSION_H

#include "filter_design.h"

typedef struct OtoRecursion {
    int stages;
    int64_t memory;
    double *b, *a; /* stages rows of memory + 1; a[0] is 1 */
    double *steps; /* of each stage, as recursion.c uses them */
} OtoRecursion;

/* Both are values of the caller's scope. b and a are divided by a[0]. */
OtoRecursion oto_recursion_of_sections(const char *operation, const OtoSos *sos);
OtoRecursion oto_recursion_of_polynomials(const char *operation, OtoTensor *b, OtoTensor *a);
/* How many numbers it remembers of one signal. */
int64_t oto_recursion_remembers(const OtoRecursion *recursion);

/* Filters n numbers in place, and brings `state` up to date. `room` holds oto_recursion_room numbers. */
void oto_recursion_run(const OtoRecursion *recursion, double *state, double *x, int64_t n, double *room);
int64_t oto_recursion_room(const OtoRecursion *recursion);

/* The state after an endless constant input. False when there is none: a pole at 0 Hz. */
bool oto_recursion_settle(const OtoRecursion *recursion, double constant, double *state);

#endif
