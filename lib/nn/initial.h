/* initial: the first values of parameters, drawn from the library's generator (tensor/random.h). For the library's own
 * files. */
#ifndef OTO_NN_INITIAL_H
#define OTO_NN_INITIAL_H

#include "lib/tensor/tensor.h"

/* Uniform in -bound ... bound. */
OtoTensor *oto_initial_uniform(double bound, int rank, const long long shape[]);
/* Normal, with mean 0. */
OtoTensor *oto_initial_normal(double standard_deviation, int rank, const long long shape[]);

#endif
