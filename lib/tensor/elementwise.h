/* elementwise: functions of every number by itself, comparisons, and choices. Results are new, float32, of x's shape
 * (with two operands: of the shape both have when axes of length 1 repeat, as in arithmetic.h). Where y stands, a
 * tensor or a number may be given. Gradients flow through all but the comparisons; second derivatives too.
 */
#ifndef OTO_ELEMENTWISE_H
#define OTO_ELEMENTWISE_H

#include "tensor.h"

/* e^x, ln x (-infinity at 0, NaN below), the root, the magnitude, x^2, sin x, cos x (of radians), 1 / x. As torch.exp
 * and so on. oto_squared of a spectrum's magnitudes is a power, oto_sqrt of a power an amplitude; the others give plain
 * numbers. The gradient of sqrt at 0 is infinite: add a small number first where zeros can be. */
OtoTensor *oto_exp(OtoTensor *x);
OtoTensor *oto_log(OtoTensor *x);
OtoTensor *oto_sqrt(OtoTensor *x);
OtoTensor *oto_abs(OtoTensor *x);
OtoTensor *oto_squared(OtoTensor *x);
OtoTensor *oto_sin(OtoTensor *x);
OtoTensor *oto_cos(OtoTensor *x);
OtoTensor *oto_reciprocal(OtoTensor *x);
/* x^exponent; NaN where x < 0 and the exponent is no whole number. As torch.pow(x, exponent). */
OtoTensor *oto_raised(OtoTensor *x, double exponent);
/* x, but at least lowest and at most highest; the gradient is 0 where it was cut. As torch.clamp. */
OtoTensor *oto_clamp(OtoTensor *x, double lowest, double highest);
/* -1, 0 or 1. No gradient flows. */
OtoTensor *oto_sign(OtoTensor *x);

/* The larger (smaller) of x and y at each place; where they are equal, each gets half of the gradient. As torch.maximum
 * and torch.minimum; oto_maximum(x) is the largest number of x. */
#define oto_larger(x, y) oto_larger_of(x, OTO_TENSOR_OR_NUMBER(y))
#define oto_smaller(x, y) oto_smaller_of(x, OTO_TENSOR_OR_NUMBER(y))
OtoTensor *oto_larger_of(OtoTensor *x, OtoTensor *y);
OtoTensor *oto_smaller_of(OtoTensor *x, OtoTensor *y);

/* 1 where x == y (x < y, ...), else 0. A comparison with NaN is 0. No gradient flows. */
#define oto_equal(x, y) oto_compared(x, OTO_TENSOR_OR_NUMBER(y), OTO_IS_EQUAL)
#define oto_less(x, y) oto_compared(x, OTO_TENSOR_OR_NUMBER(y), OTO_IS_LESS)
#define oto_less_equal(x, y) oto_compared(x, OTO_TENSOR_OR_NUMBER(y), OTO_IS_LESS_OR_EQUAL)
#define oto_greater(x, y) oto_compared(x, OTO_TENSOR_OR_NUMBER(y), OTO_IS_GREATER)
#define oto_greater_equal(x, y) oto_compared(x, OTO_TENSOR_OR_NUMBER(y), OTO_IS_GREATER_OR_EQUAL)
typedef enum OtoComparison {
    OTO_IS_EQUAL,
    OTO_IS_LESS,
    OTO_IS_LESS_OR_EQUAL,
    OTO_IS_GREATER,
    OTO_IS_GREATER_OR_EQUAL
} OtoComparison;
OtoTensor *oto_compared(OtoTensor *x, OtoTensor *y, OtoComparison comparison);

/* x where mask is not 0, else y: oto_where(oto_less(x, 0), 0, x). As torch.where. */
#define oto_where(mask, x, y) oto_where_of(mask, OTO_TENSOR_OR_NUMBER(x), OTO_TENSOR_OR_NUMBER(y))
OtoTensor *oto_where_of(OtoTensor *mask, OtoTensor *x, OtoTensor *y);
/* The value where mask is not 0, else x: oto_masked_fill(scores, future, -INFINITY). mask must not make x larger. */
OtoTensor *oto_masked_fill(OtoTensor *x, OtoTensor *mask, double value);

#define OTO_TENSOR_OR_NUMBER(y) _Generic((y), OtoTensor *: oto_itself, default: oto_number)(y)
static inline OtoTensor *oto_itself(OtoTensor *x) {
    return x;
}
/* A tensor of shape (1). */
OtoTensor *oto_number(double x);

#endif
