/* bins: how many values lie in each of equal parts of a range. */
#ifndef OTO_BINS_H
#define OTO_BINS_H

#include <stddef.h>

struct oto_bins {
    double low, high;
};
/* The range of no values. */
static const struct oto_bins oto_bins_none = {__builtin_inf(), -__builtin_inf()};

/* The range that holds the finite values too. */
struct oto_bins oto_bins_widened(struct oto_bins range, const float *values, size_t count);
/* The same, but from 0 to 1 when it holds nothing, and half a unit to each side of a single value. */
struct oto_bins oto_bins_with_room(struct oto_bins range);
/* The values in each of `bins` parts, as numpy.histogram has it: [low, high) but for the last, which holds high too.
 * Returns the largest count. */
size_t oto_bins_count(const float *values, size_t count, struct oto_bins range, size_t bins, size_t *counts);

#endif
