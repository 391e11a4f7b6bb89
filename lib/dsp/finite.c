#include "lib/dsp/finite.h"
#include "lib/tensor/error.h"
#include "lib/tensor/simd.h"

#include <inttypes.h>
#include <math.h>

/* A number times 0 is 0, or NaN when it is infinite or NaN. */
OTO_VECTORISED bool oto_all_finite(const float *x, int64_t n) {
    enum { LANES = 32 };
    float zeros[LANES] = {};
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int lane = 0; lane < LANES; lane++) zeros[lane] += x[i + lane] * 0.0f;
    for (; i < n; i++) zeros[0] += x[i] * 0.0f;
    bool finite = true;
    for (int lane = 0; lane < LANES; lane++) finite = finite && zeros[lane] == 0;
    return finite;
}

void oto_need_finite(const char *operation, const char *argument, OtoTensor *x) {
    if (x->type == OTO_INT64) return;
    int parts = x->type == OTO_COMPLEX64 ? 2 : 1;
    const float *numbers = x->data;
    if (oto_all_finite(numbers, x->size * parts)) return;
    int64_t at = 0;
    while (isfinite(numbers[at])) at++;
    oto_refuse(operation, "element %" PRId64 " of %s is %s; find out where it comes from (oto_count_nan counts them)",
               at / parts, argument, isnan(numbers[at]) ? "NaN" : "infinite");
}
