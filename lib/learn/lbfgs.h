/* lbfgs: the least value of a smooth function of many variables (Liu and Nocedal 1989). Not for students. */
#ifndef OTO_LBFGS_H
#define OTO_LBFGS_H

#include <stdbool.h>
#include <stdint.h>

/* -> the function's value at x (count numbers), and its derivatives in gradient. */
typedef double OtoObjective(const double *x, double *gradient, void *context);

/* Moves x to where no derivative is larger than tolerance. Ends early at max_iterations or an interrupt: *iterations
 * says how many there were. -> whether it got there; refuses, in the operation's name, when memory runs out. */
bool oto_lbfgs(const char *operation, int64_t count, double *x, OtoObjective *objective, void *context,
               double tolerance, int max_iterations, int *iterations);

#endif
