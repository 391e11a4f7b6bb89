/* real_transform: n real numbers through a complex transform of half the length, which FFTW does in less than half the
 * time. For transform.c alone.
 *
 * The reals are taken in pairs as N = n / 2 complex numbers; Z is their transform. Even and odd samples have their
 * transforms in it, E[k] = (Z[k] + conj Z[N - k]) / 2 and O[k] = -i (Z[k] - conj Z[N - k]) / 2, and the spectrum is
 * X[k] = E[k] + exp(-2 pi i k / n) O[k], X[N - k] = conj(E[k] - exp(-2 pi i k / n) O[k]) (Numerical Recipes 12.3). */
#ifndef OTO_REAL_TRANSFORM_H
#define OTO_REAL_TRANSFORM_H

#include <complex.h>

/* The n / 2 factors that the two functions below need; free() them. NULL when memory has run out. */
float _Complex *oto_real_factors(int n);
/* Z[0 ... N - 1] becomes X[0 ... N], in place. */
void oto_untangle(float _Complex *Z, const float _Complex *factors, int n);
/* X[0 ... N] becomes 2 Z[0 ... N - 1], in place: what a backward transform of length N turns into n times the reals. */
void oto_tangle(float _Complex *X, const float _Complex *factors, int n);

#endif
