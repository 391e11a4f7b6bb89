#include "lib/dsp/dot.h"
#include "lib/tensor/simd.h"

/* Sixteen partial sums, so that additions need not wait for one another. */
OTO_VECTORISED double oto_dot(const double *restrict a, const double *restrict b, int64_t count) {
    enum { LANES = 16 };
    double sum[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int lane = 0; lane < LANES; lane++) sum[lane] += a[i + lane] * b[i + lane];
    for (; i < count; i++) sum[0] += a[i] * b[i];
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int lane = 0; lane < half; lane++) sum[lane] += sum[lane + half];
    return sum[0];
}
