/* matmul: products of matrices, and sums of products over any axes. Differentiable, second derivatives too. */
#ifndef OTO_MATMUL_H
#define OTO_MATMUL_H

#include "options.h"
#include "tensor.h"

/* x (..., m, k) times y (..., k, n) gives (..., m, n): z_ij = sum_k x_ik y_kj. Axes in front count examples and repeat
 * as in arithmetic.h; y (k, n) serves all. A vector x (k) is a row, and a vector y (k) a column, whose axis goes away
 * again.
 *     .transpose_x, .transpose_y false    x lies as (..., k, m), y as (..., n, k)
 * As torch.matmul. */
typedef struct OtoMatmulOptions {
    bool transpose_x, transpose_y;
} OtoMatmulOptions;
OtoTensor *oto_matmul(OtoTensor *x, OtoTensor *y, OtoMatmulOptions options);
#define oto_matmul(x, y, ...)                                                                                          \
    oto_matmul(x, y, OTO_OPTIONS(OtoMatmulOptions, (.transpose_x = false, .transpose_y = false), __VA_ARGS__))

/* Einstein's sums: each letter names an axis, and what is missing in the result is summed over.
 *     oto_einsum("bqd,bkd->bqk", queries, keys)     sum over d of q[b, q, d] k[b, k, d]
 *     oto_einsum("ij->ji", x)                       the transpose
 * One, two or more operands; a letter comes once in each. As torch.einsum. */
#define oto_einsum(equation, ...) oto_einsum_of(equation, OTO_TENSORS(__VA_ARGS__))
OtoTensor *oto_einsum_of(const char *equation, int count, OtoTensor *operands[]);

#endif
