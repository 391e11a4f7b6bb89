/* convolve: the three sums of which convolutions, transposed convolutions and all their gradients are made, on plain
 * memory. For the library's own files. With x (batch, channels_in, in, in), y (batch, channels_out, out, out) and
 * w (channels_out, channels_in / groups, kernel, kernel), and i = stride o + dilation k - padding along each axis:
 *
 *     oto_convolve_forward   y[o] = sum over k, channels_in          of w[k] x[i]
 *     oto_convolve_back      x[i] = sum over (o, k), channels_out    of w[k] y[o]
 *     oto_convolve_weight    w[k] = sum over o, batch                of y[o] x[i]
 *
 * Each is the gradient of the others: they are all the derivatives of one trilinear form, sum of w[k] x[i] y[o].
 *
 * How they are computed. A tile, a rectangle of one image's results, is worked on at a time, from a copy of its inputs
 * with the padding written out. There each tap (channel, k) is one offset that is the same for all results: neighbours
 * in x stay neighbours, because a row with a stride is copied as its residues 0, 1, ... one after another. What is left
 * is a loop over taps with 12 vectors of sums in registers. Where results of a transposed convolution lie `stride`
 * apart, each residue has taps of its own.
 */
#ifndef OTO_CONVOLVE_H
#define OTO_CONVOLVE_H

#include <stdbool.h>
#include <stdint.h>

struct convolution {
    int64_t batch, groups, channels_in, channels_out;
    struct convolution_axis {
        int64_t in, out, kernel, stride, padding, dilation;
    } axes[2]; /* height, width */
};

/* What becomes of a sum before it is written down, while it is in the cache: v = (sum + bias) scale + shift for each
 * channel (NULL: 0, 1, 0); where v is below 0, slope v; and of windows of so many rows by two columns that do not
 * overlap the largest alone (0: no windows). The same bits as one pass after the other gives. */
struct convolution_finish {
    const float *bias, *scale, *shift;
    float slope;
    int64_t window_rows;
};

/* bias is NULL or one number for each channel of the result. false: no memory. */
bool oto_convolve_forward(const struct convolution *shape, const float *x, const float *w, const float *bias, float *y);
/* With windows, y has out / window_rows rows of out / 2 columns. */
bool oto_convolve_finished(const struct convolution *shape, const float *x, const float *w,
                           const struct convolution_finish *finish, float *y);
bool oto_convolve_back(const struct convolution *shape, const float *y, const float *w, const float *bias, float *x);
bool oto_convolve_weight(const struct convolution *shape, const float *x, const float *y, float *w);

#endif
