/* arithmetic: with tensors and numbers, element by element; reshaping and cutting; numbers about a tensor.
 * Nothing here changes its arguments: every result is new (float32 unless said otherwise). Gradients flow through all
 * of it, but for oto_map and what gives plain numbers (graph.h). */
#ifndef OTO_ARITHMETIC_H
#define OTO_ARITHMETIC_H

#include "axis.h"
#include "tensor.h"

/* x + y, x - y, x * y, x / y, where y is a tensor or a number. Shapes are compared from the last axis backwards; a
 * missing axis or one of length 1 repeats (as in NumPy). Any other difference, or two axes with different names at the
 * same place, is refused. complex64 where either is complex64. Amplitudes stay amplitudes, also of a sound times an
 * envelope; but magnitudes of a spectrogram times such, or those of any spectrum times themselves, are a power. */
#define oto_add(x, y) OTO_WITH_TENSOR_OR_NUMBER(y, oto_add_tensor, oto_add_number)(x, y)
#define oto_sub(x, y) OTO_WITH_TENSOR_OR_NUMBER(y, oto_sub_tensor, oto_sub_number)(x, y)
#define oto_mul(x, y) OTO_WITH_TENSOR_OR_NUMBER(y, oto_mul_tensor, oto_mul_number)(x, y)
#define oto_div(x, y) OTO_WITH_TENSOR_OR_NUMBER(y, oto_div_tensor, oto_div_number)(x, y)
#define OTO_WITH_TENSOR_OR_NUMBER(y, with_tensor, with_number)                                                         \
    _Generic((y), OtoTensor *: with_tensor, default: with_number)
OtoTensor *oto_add_tensor(OtoTensor *x, OtoTensor *y);
OtoTensor *oto_add_number(OtoTensor *x, double y);
OtoTensor *oto_sub_tensor(OtoTensor *x, OtoTensor *y);
OtoTensor *oto_sub_number(OtoTensor *x, double y);
OtoTensor *oto_mul_tensor(OtoTensor *x, OtoTensor *y);
OtoTensor *oto_mul_number(OtoTensor *x, double y);
OtoTensor *oto_div_tensor(OtoTensor *x, OtoTensor *y);
OtoTensor *oto_div_number(OtoTensor *x, double y);

/* For the library's own files: amplitudes along an axis in Hz, which are a power when they are squared. */
bool oto_is_magnitude_spectrum(const OtoTensor *x);

/* A function of one number applied to every element: oto_map(x, sinf), or one of your own. float32. */
OtoTensor *oto_map(OtoTensor *x, float (*function)(float));

/* The same elements in another shape: oto_reshape(x, 2, -1); one -1 is worked out. Axes lose their names. */
#define oto_reshape(x, ...) oto_reshape_to(x, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_reshape_to(OtoTensor *x, int rank, const long long shape[]);
/* Rows become columns: (a, b) gives (b, a). */
OtoTensor *oto_transpose(OtoTensor *x);
/* All axes in another order: oto_permute(x, 0, 2, 1) of (batch, channels, time) is (batch, time, channels). As
 * x.permute(0, 2, 1) in PyTorch. */
#define oto_permute(x, ...) oto_permute_axes(x, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_permute_axes(OtoTensor *x, int rank, const long long axes[]);
/* Indices from <= i < to of an axis, which is given by its name or number: oto_slice(S, "time", 10, 20). A negative
 * index counts from the end, as -1 for the last, and to = OTO_END is the end. The axis keeps its seconds, Hz, ... */
#define oto_slice(x, axis, from, to) oto_slice_axis(x, OTO_WHICH_AXIS(axis), from, to)
OtoTensor *oto_slice_axis(OtoTensor *x, OtoWhichAxis axis, int64_t from, int64_t to);
#define OTO_END INT64_MAX
/* Index i of the first axis, which goes away: oto_row(S, 3) of (frequency, time) is (time). */
OtoTensor *oto_row(OtoTensor *x, int64_t i);
/* Tensors end to end along the last axis (sounds one after another), along the axis of this name or number, or on top
 * of each other as a new first axis: oto_cat("channels", up, skip). */
#define oto_concatenate(...) oto_concatenate_all(OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_concatenate_all(int count, OtoTensor *parts[]);
#define oto_cat(axis, ...) oto_cat_axis(OTO_WHICH_AXIS(axis), OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_cat_axis(OtoWhichAxis axis, int count, OtoTensor *parts[]);
#define oto_stack(...) oto_stack_all(OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_stack_all(int count, OtoTensor *parts[]);

/* Numbers about all elements (of complex64: of the magnitudes). NaN when any element is NaN. */
double oto_sum(OtoTensor *x);
double oto_mean(OtoTensor *x);
double oto_minimum(OtoTensor *x);
double oto_maximum(OtoTensor *x);
/* Index of the first largest element, counted row after row. */
int64_t oto_argmax(OtoTensor *x);
/* How many elements are NaN. */
int64_t oto_count_nan(OtoTensor *x);

/* Sum and mean of all elements as a tensor of shape (1), through which gradients flow: losses end in them. */
OtoTensor *oto_sum_all(OtoTensor *x);
OtoTensor *oto_mean_all(OtoTensor *x);
/* Sum and mean over one axis, which goes away: oto_mean_over(S, "time"), or by its number; or over several, OTO_AXES.
 * With .keep = true it stays, of length 1, so that the result can be subtracted from x again. What else is found over
 * axes is in over.h. */
typedef struct OtoOverOptions {
    bool keep;
} OtoOverOptions;
#define OTO_OVER(...) OTO_OPTIONS(OtoOverOptions, (.keep = false), __VA_ARGS__)
#define oto_sum_over(x, axes, ...) oto_sum_over_axes(x, OTO_WHICH_AXES(axes), OTO_OVER(__VA_ARGS__))
#define oto_mean_over(x, axes, ...) oto_mean_over_axes(x, OTO_WHICH_AXES(axes), OTO_OVER(__VA_ARGS__))
OtoTensor *oto_sum_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options);
OtoTensor *oto_mean_over_axes(OtoTensor *x, OtoAxes axes, OtoOverOptions options);

#endif
