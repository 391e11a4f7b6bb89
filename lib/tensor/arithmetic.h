/* arithmetic: with tensors and numbers, element by element; reshaping and cutting; numbers about a tensor.
 * Nothing here changes its arguments: every result is new (float32 unless said otherwise). */
#ifndef OTO_ARITHMETIC_H
#define OTO_ARITHMETIC_H

#include "tensor.h"

/* x + y, x - y, x * y, x / y, where y is a tensor or a number. Shapes are compared from the last axis backwards; a
 * missing axis or one of length 1 repeats (as in NumPy). Any other difference, or two axes with different names at the
 * same place, is refused. complex64 where either is complex64. */
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

/* A function of one number applied to every element: oto_map(x, sinf), or one of your own. float32. */
OtoTensor *oto_map(OtoTensor *x, float (*function)(float));

/* The same elements in another shape: oto_reshape(x, 2, -1); one -1 is worked out. Axes lose their names. */
#define oto_reshape(x, ...) oto_reshape_to(x, OTO_INDICES(__VA_ARGS__))
OtoTensor *oto_reshape_to(OtoTensor *x, int rank, const long long shape[]);
/* Rows become columns: (a, b) gives (b, a). */
OtoTensor *oto_transpose(OtoTensor *x);
/* Indices from <= i < to of the axis of that name; a negative index counts from the end, as -1 for the last, and
 * to = OTO_END is the end. The axis keeps its seconds, Hz, ... */
OtoTensor *oto_slice(OtoTensor *x, const char *axis, int64_t from, int64_t to);
#define OTO_END INT64_MAX
/* Index i of the first axis, which goes away: oto_row(S, 3) of (frequency, time) is (time). */
OtoTensor *oto_row(OtoTensor *x, int64_t i);
/* Tensors end to end along the last axis (sounds one after another), or on top of each other as a new first axis. */
#define oto_concatenate(...) oto_concatenate_all(OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_concatenate_all(int count, OtoTensor *parts[]);
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
/* The mean over one axis, which goes away: oto_mean_over(S, "time"). */
OtoTensor *oto_mean_over(OtoTensor *x, const char *axis);

#endif
