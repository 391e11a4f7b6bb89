/* gemm_packed: one product of matrices of some size, with B packed once for all tiles of C. For gemm.c. */
#ifndef OTO_GEMM_PACKED_H
#define OTO_GEMM_PACKED_H

#include "lib/tensor/product.h"

/* C (m, n) = alpha A (m, k) B (k, n) + beta C, rows of C c_row floats apart; k is at least 1. Each number of C is a sum
 * in the order of k. false: no memory, and C is as it was. */
struct product {
    int64_t m, n, k;
    struct matrix A, B;
    float alpha, beta;
    float *c;
    int64_t c_row;
};
bool oto_gemm_packed(const struct product *product);

#endif
