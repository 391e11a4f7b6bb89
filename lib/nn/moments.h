/* moments: mean and variance of floats in one pass over memory, without loss where the mean is large. For the library's
 * own files. */
#ifndef OTO_MOMENTS_H
#define OTO_MOMENTS_H

#include <stdint.h>

/* Of count numbers: their mean, and the sum of the squares of what they differ by from it. */
struct moments {
    double count, mean, squares;
};

struct moments oto_moments(const float *x, int64_t count);
/* Those of both together (Chan, Golub and LeVeque 1979). */
struct moments oto_moments_together(struct moments a, struct moments b);

#endif
