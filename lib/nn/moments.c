#include "lib/nn/moments.h"
#include "lib/tensor/simd.h"

enum { LANES = 32, CHUNK = 2048 };

struct moments oto_moments_together(struct moments a, struct moments b) {
    if (a.count == 0) return b;
    if (b.count == 0) return a;
    double count = a.count + b.count, apart = b.mean - a.mean;
    return (struct moments){.count = count,
                            .mean = a.mean + apart * b.count / count,
                            .squares = a.squares + b.squares + apart * apart * a.count * b.count / count};
}

OTO_VECTORISED static float sum_of(const float *restrict x, int64_t count) {
    float lanes[LANES] = {}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) lanes[k] += x[i + k];
    for (; i < count; i++) sum += x[i];
    for (int k = 0; k < LANES; k++) sum += lanes[k];
    return sum;
}

OTO_VECTORISED static float squares_of(const float *restrict x, float mean, int64_t count) {
    float lanes[LANES] = {}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) lanes[k] += (x[i + k] - mean) * (x[i + k] - mean);
    for (; i < count; i++) sum += (x[i] - mean) * (x[i] - mean);
    for (int k = 0; k < LANES; k++) sum += lanes[k];
    return sum;
}

/* The second look at a chunk finds it in the first cache. */
struct moments oto_moments(const float *x, int64_t count) {
    struct moments all = {};
    for (int64_t from = 0; from < count; from += CHUNK) {
        int64_t length = count - from < CHUNK ? count - from : CHUNK;
        float mean = sum_of(x + from, length) / (float)length;
        all = oto_moments_together(all, (struct moments){.count = (double)length,
                                                         .mean = (double)mean,
                                                         .squares = (double)squares_of(x + from, mean, length)});
    }
    return all;
}
