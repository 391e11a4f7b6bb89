/* normalise: the frames of a matrix divided by their norms. For the library's own files. */
#ifndef OTO_NORMALISE_H
#define OTO_NORMALISE_H

#include <stdint.h>

/* Each column of x (rows, cols) divided by its norm: INFINITY the largest magnitude, p > 0 the p-th root of the sum of
 * p-th powers, 0 not at all. A column of nothing stays nothing. As librosa.util.normalize with axis 0. */
void oto_normalise_columns(float *x, int64_t rows, int64_t cols, double norm);
/* Refuses what is no norm. */
void oto_check_norm(const char *operation, double norm);

#endif
