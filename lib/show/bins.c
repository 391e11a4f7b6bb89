#include "lib/show/bins.h"

#include <math.h>
#include <string.h>

struct oto_bins oto_bins_widened(struct oto_bins range, const float *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value = (double)values[i];
        if (!isfinite(value)) continue;
        range.low = fmin(range.low, value);
        range.high = fmax(range.high, value);
    }
    return range;
}

struct oto_bins oto_bins_with_room(struct oto_bins range) {
    if (!(range.low <= range.high)) return (struct oto_bins){0, 1};
    if (range.low == range.high) return (struct oto_bins){range.low - 0.5, range.high + 0.5};
    return range;
}

size_t oto_bins_count(const float *values, size_t count, struct oto_bins range, size_t bins, size_t *counts) {
    size_t most = 0;
    memset(counts, 0, bins * sizeof *counts);
    for (size_t i = 0; i < count; i++) {
        double value = (double)values[i];
        if (!isfinite(value)) continue;
        size_t bin = (size_t)((value - range.low) / (range.high - range.low) * (double)bins);
        size_t counted = ++counts[bin < bins ? bin : bins - 1];
        if (counted > most) most = counted;
    }
    return most;
}
