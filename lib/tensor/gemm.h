/* gemm: products of matrices in plain memory, C = alpha op(A) op(B) + beta C, row-major float. For the library's own
 * files.
 *
 *     oto_gemm(m, n, k, a, b, c);                              C (m, n) = A (m, k) B (k, n)
 *     oto_gemm(m, n, k, a, w, c, .transpose_b = true);         w lies in memory as (n, k)
 *     oto_gemm(m, n, k, a, b, c, .beta = 1, .c_row = 100);     added to a part of a wider matrix
 *
 * C is cut into tiles, and how depends on m, n and k alone, so the bits of a result do not depend on the number of
 * threads (with OpenBLAS's own threads they do). A single product of some size shares one packed copy of B between its
 * tiles (gemm_packed.h); small ones and batches are single-threaded calls of OpenBLAS.
 */
#ifndef OTO_GEMM_H
#define OTO_GEMM_H

#include "options.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct OtoGemmOptions {
    bool transpose_a, transpose_b; /* A lies in memory as (k, m), B as (n, k) */
    float alpha, beta;             /* 1 and 0; with beta 0, C is not read */
    int64_t a_row, b_row, c_row;   /* floats from one row in memory to the next; 0: the rows follow each other */
} OtoGemmOptions;

/* On all threads, where that is worth it. C must not overlap A or B. */
void oto_gemm(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c, OtoGemmOptions options);
/* On the calling thread: may be called in a body of oto_parallel. */
void oto_gemm_serial(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c, OtoGemmOptions options);
/* count products of the same size: C[i] = alpha op(A[i]) op(B[i]) + beta C[i]. The C[i] must not overlap. */
void oto_gemm_batched(int64_t count, int64_t m, int64_t n, int64_t k, const float *const a[], const float *const b[],
                      float *const c[], OtoGemmOptions options);

#define OTO_GEMM_OPTIONS(...) OTO_OPTIONS(OtoGemmOptions, (.alpha = 1, .beta = 0), __VA_ARGS__)
#define oto_gemm(m, n, k, a, b, c, ...) oto_gemm(m, n, k, a, b, c, OTO_GEMM_OPTIONS(__VA_ARGS__))
#define oto_gemm_serial(m, n, k, a, b, c, ...) oto_gemm_serial(m, n, k, a, b, c, OTO_GEMM_OPTIONS(__VA_ARGS__))
#define oto_gemm_batched(count, m, n, k, a, b, c, ...)                                                                 \
    oto_gemm_batched(count, m, n, k, a, b, c, OTO_GEMM_OPTIONS(__VA_ARGS__))

#endif
