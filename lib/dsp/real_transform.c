#include "lib/dsp/real_transform.h"
#include "lib/tensor/simd.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Four complex numbers in one wide register. */
typedef float Four __attribute__((vector_size(32)));

#define SWAPPED(z) __builtin_shufflevector(z, z, 1, 0, 3, 2, 5, 4, 7, 6)  /* real and imaginary parts */
#define REVERSED(z) __builtin_shufflevector(z, z, 6, 7, 4, 5, 2, 3, 0, 1) /* the order of the four */
#define REALS(z) __builtin_shufflevector(z, z, 0, 0, 2, 2, 4, 4, 6, 6)
#define IMAGINARIES(z) __builtin_shufflevector(z, z, 1, 1, 3, 3, 5, 5, 7, 7)

float _Complex *oto_real_factors(int n) {
    float _Complex *factors = malloc((size_t)(n / 2) * sizeof *factors);
    if (!factors) return NULL;
    for (int k = 0; k < n / 2; k++) factors[k] = (float _Complex)(-1i * cexp(-2i * M_PI * k / n));
    return factors;
}

/* For each pair a = Z[k], b = Z[N - k], 0 < k < N / 2: with e = scale (a + conj b) and d = scale (a - conj b)
 * factor[k], they become e + d and conj(e - d). direction -1 takes the conjugates of the factors. */
OTO_VECTORISED static void combine(float _Complex *Z, const float _Complex *factors, int n, float scale,
                                   float direction) {
    const Four conjugate = {1, -1, 1, -1, 1, -1, 1, -1};
    const Four turn = {-direction, direction, -direction, direction, -direction, direction, -direction, direction};
    int N = n / 2, k = 1;
    for (; k + 3 < N - k - 3; k += 4) {
        Four a, b, f;
        memcpy(&a, Z + k, sizeof a);
        memcpy(&b, Z + N - k - 3, sizeof b);
        memcpy(&f, factors + k, sizeof f);
        b = REVERSED(b) * conjugate;
        Four e = (a + b) * scale, d = (a - b) * scale;
        d = d * REALS(f) + SWAPPED(d) * IMAGINARIES(f) * turn;
        a = e + d;
        b = (e - d) * conjugate;
        b = REVERSED(b);
        memcpy(Z + k, &a, sizeof a);
        memcpy(Z + N - k - 3, &b, sizeof b);
    }
    for (; k < N - k; k++) {
        float ar = crealf(Z[k]), ai = cimagf(Z[k]), br = crealf(Z[N - k]), bi = -cimagf(Z[N - k]);
        float fr = crealf(factors[k]), fi = direction * cimagf(factors[k]);
        float er = (ar + br) * scale, ei = (ai + bi) * scale, xr = (ar - br) * scale, xi = (ai - bi) * scale;
        float dr = xr * fr - xi * fi, di = xr * fi + xi * fr;
        Z[k] = __builtin_complex(er + dr, ei + di);
        Z[N - k] = __builtin_complex(er - dr, di - ei);
    }
}

void oto_untangle(float _Complex *Z, const float _Complex *factors, int n) {
    int N = n / 2;
    float re = crealf(Z[0]), im = cimagf(Z[0]);
    combine(Z, factors, n, 0.5f, 1);
    Z[0] = re + im;
    Z[N] = re - im;
    if (N % 2 == 0) Z[N / 2] = conjf(Z[N / 2]);
}

void oto_tangle(float _Complex *X, const float _Complex *factors, int n) {
    int N = n / 2;
    float first = crealf(X[0]), last = crealf(X[N]);
    combine(X, factors, n, 1, -1);
    X[0] = __builtin_complex(first + last, first - last);
    if (N % 2 == 0) X[N / 2] = 2 * conjf(X[N / 2]);
}
