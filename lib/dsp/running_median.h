/* running_median: medians of all windows of a certain size, of many rows at once. For the library's own files. */
#ifndef OTO_RUNNING_MEDIAN_H
#define OTO_RUNNING_MEDIAN_H

#include <stdbool.h>
#include <stdint.h>

/* to[i] is the median of x[i - size / 2] ... x[i - size / 2 + size - 1] (of an even size: the upper one), where x is
 * mirrored at its ends, the end itself repeated, as often as it takes. x and to are (rows, cols); along rows
 * (along_time: i is the column) or down columns. Numbers must not be NaN. False when memory has run out. As
 * scipy.ndimage.median_filter. */
bool oto_running_median(const float *x, float *to, int64_t rows, int64_t cols, int size, bool along_time);

#endif
