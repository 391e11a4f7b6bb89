/* windows: the places that a pooling looks at, along each of two axes. For the library's own files. */
#ifndef OTO_WINDOWS_H
#define OTO_WINDOWS_H

#include "pooling.h"

struct windows {
    int64_t in[2], out[2]; /* lengths; of a time axis the first are 1 */
    int64_t kernel[2], stride[2], padding[2];
    bool adaptive; /* out says it all */
};

/* The number for an axis (0 height, 1 width): its own, or the one for both. */
static inline int64_t oto_of_axis(int both, const int each[2], int axis) {
    return each[0] || each[1] ? each[axis] : both;
}

/* Refuses numbers that no x has windows by; a stride of 0 is as long as the window. */
void oto_check_windows(const char *operation, int axes, int kernel, const OtoPoolOptions *options);
/* rank 3 for a time axis, 4 for height and width. Refuses what does not fit. */
struct windows oto_windows(const char *operation, OtoTensor *x, int rank, int kernel, const OtoPoolOptions *options);
/* Refuses unless x is (batch, channels, time) or (batch, channels, height, width). */
void oto_need_images(const char *operation, OtoTensor *x, int rank);
/* What a refusal of x's number of channels ends in: where x's last axis has as many as are wanted, how they come to
 * their place, else nothing. */
const char *oto_channels_hint(OtoTensor *x, int64_t wanted);
/* (batch, channels, ...) with the lengths of the results; of this type. */
OtoTensor *oto_windows_results(OtoTensor *x, const int64_t out[2], OtoType type);
/* Window i of an axis: from ... to - 1, inside x. */
static inline void oto_window(const struct windows *windows, int axis, int64_t i, int64_t *from, int64_t *to) {
    int64_t in = windows->in[axis], out = windows->out[axis];
    *from = windows->adaptive ? i * in / out : i * windows->stride[axis] - windows->padding[axis];
    *to = windows->adaptive ? ((i + 1) * in + out - 1) / out : *from + windows->kernel[axis];
    if (*from < 0) *from = 0;
    if (*to > in) *to = in;
}

#endif
