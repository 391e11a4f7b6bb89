/* over: what is found over one axis of a tensor, or over several: beside sum and mean, which are in arithmetic.h.
 *
 *     oto_max_over(S, "time")                            by its name, or its number; -1 is the last
 *     oto_std_over(x, OTO_AXES("height", "width"), .keep = true)
 *
 * These axes go away; with .keep = true they stay, of length 1. Empty axes are refused, but by oto_product_over. NaN
 * gives NaN. Gradients flow through all that give float32, second derivatives but for the product's.
 */
#ifndef OTO_OVER_H
#define OTO_OVER_H

#include "arithmetic.h"

/* The largest and the smallest; where several are equal, each gets its share of the gradient. As torch.amax and amin.
 */
#define oto_max_over(x, axes, ...) oto_max_over_axes(x, OTO_WHICH_AXES(axes), OTO_OVER(__VA_ARGS__))
#define oto_min_over(x, axes, ...) oto_min_over_axes(x, OTO_WHICH_AXES(axes), OTO_OVER(__VA_ARGS__))
OtoTensor *oto_max_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options);
OtoTensor *oto_min_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options);
/* Where the first of them is (or the first NaN), along one axis: int64. As torch.argmax and argmin. */
#define oto_argmax_over(x, axis, ...) oto_argmax_over_axis(x, OTO_WHICH_AXIS(axis), OTO_OVER(__VA_ARGS__))
#define oto_argmin_over(x, axis, ...) oto_argmin_over_axis(x, OTO_WHICH_AXIS(axis), OTO_OVER(__VA_ARGS__))
OtoTensor *oto_argmax_over_axis(OtoTensor *x, OtoWhichAxis axis, OtoOverOptions options);
OtoTensor *oto_argmin_over_axis(OtoTensor *x, OtoWhichAxis axis, OtoOverOptions options);

/* sum (x - mean)^2 / (n - correction), and its root, the standard deviation, whose gradient is 0 where it is 0.
 *     .correction 1     that of a sample; 0: of all that there is
 * As torch.var and torch.std. */
typedef struct OtoVarianceOptions {
    bool keep;
    double correction;
} OtoVarianceOptions;
#define OTO_VARIANCE(...) OTO_OPTIONS(OtoVarianceOptions, (.keep = false, .correction = 1), __VA_ARGS__)
#define oto_var_over(x, axes, ...) oto_var_over_axes(x, OTO_WHICH_AXES(axes), OTO_VARIANCE(__VA_ARGS__))
#define oto_std_over(x, axes, ...) oto_std_over_axes(x, OTO_WHICH_AXES(axes), OTO_VARIANCE(__VA_ARGS__))
OtoTensor *oto_var_over_axes(OtoTensor *x, OtoAxes axes, OtoVarianceOptions options);
OtoTensor *oto_std_over_axes(OtoTensor *x, OtoAxes axes, OtoVarianceOptions options);

/* All multiplied. As torch.prod; several axes one after another. */
#define oto_product_over(x, axes, ...) oto_product_over_axes(x, OTO_WHICH_AXES(axes), OTO_OVER(__VA_ARGS__))
OtoTensor *oto_product_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options);

/* ln sum e^x, without overflow. As torch.logsumexp. */
#define oto_logsumexp(x, axes, ...) oto_logsumexp_axes(x, OTO_WHICH_AXES(axes), OTO_OVER(__VA_ARGS__))
OtoTensor *oto_logsumexp_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options);

#endif
