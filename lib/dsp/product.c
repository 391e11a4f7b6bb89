#include "lib/dsp/product.h"
#include "lib/tensor/simd.h"

/* So many rows of B, and as much of A, stay in the first cache. */
enum { DEPTH = 128 };

typedef float Columns __attribute__((vector_size(OTO_PRODUCT_COLUMNS * sizeof(float)), aligned(4)));

/* Six rows by sixteen columns: as many sums as fit into sixteen registers with what is multiplied. They go on from what
 * is there, unless these are the first. */
OTO_VECTORISED static void six_rows(const float *a0, int64_t row, int64_t column, int64_t n, const float *B,
                                    int64_t b_row, float *to, int64_t to_row, bool first) {
    const float *a1 = a0 + row, *a2 = a1 + row, *a3 = a2 + row, *a4 = a3 + row, *a5 = a4 + row;
    Columns *to0 = (Columns *)to, *to1 = (Columns *)(to + to_row), *to2 = (Columns *)(to + 2 * to_row),
            *to3 = (Columns *)(to + 3 * to_row), *to4 = (Columns *)(to + 4 * to_row),
            *to5 = (Columns *)(to + 5 * to_row);
    Columns s0 = first ? (Columns){} : *to0, s1 = first ? (Columns){} : *to1, s2 = first ? (Columns){} : *to2,
            s3 = first ? (Columns){} : *to3, s4 = first ? (Columns){} : *to4, s5 = first ? (Columns){} : *to5;
    for (int64_t at = 0; n > 0; n--, at += column, B += b_row) {
        Columns b = *(const Columns *)B;
        s0 += a0[at] * b;
        s1 += a1[at] * b;
        s2 += a2[at] * b;
        s3 += a3[at] * b;
        s4 += a4[at] * b;
        s5 += a5[at] * b;
    }
    *to0 = s0;
    *to1 = s1;
    *to2 = s2;
    *to3 = s3;
    *to4 = s4;
    *to5 = s5;
}

OTO_VECTORISED static void four_rows(const float *a0, int64_t row, int64_t column, int64_t n, const float *B,
                                     int64_t b_row, float *to, int64_t to_row, bool first) {
    const float *a1 = a0 + row, *a2 = a1 + row, *a3 = a2 + row;
    Columns *to0 = (Columns *)to, *to1 = (Columns *)(to + to_row), *to2 = (Columns *)(to + 2 * to_row),
            *to3 = (Columns *)(to + 3 * to_row);
    Columns s0 = first ? (Columns){} : *to0, s1 = first ? (Columns){} : *to1, s2 = first ? (Columns){} : *to2,
            s3 = first ? (Columns){} : *to3;
    for (int64_t at = 0; n > 0; n--, at += column, B += b_row) {
        Columns b = *(const Columns *)B;
        s0 += a0[at] * b;
        s1 += a1[at] * b;
        s2 += a2[at] * b;
        s3 += a3[at] * b;
    }
    *to0 = s0;
    *to1 = s1;
    *to2 = s2;
    *to3 = s3;
}

OTO_VECTORISED static void one_row(const float *a, int64_t column, int64_t n, const float *B, int64_t b_row, float *to,
                                   bool first) {
    Columns sum = first ? (Columns){} : *(Columns *)to;
    for (int64_t i = 0; i < n; i++) sum += a[i * column] * *(const Columns *)(B + i * b_row);
    *(Columns *)to = sum;
}

/* The part of a product that rows from ... from + n - 1 of B make, added to what is there unless they are the first. */
static void add_product(struct matrix A, int64_t rows, int64_t from, int64_t n, const float *B, int64_t b_row,
                        float *to, int64_t to_row) {
    const float *a = A.data + from * A.column;
    int64_t i = 0;
    B += from * b_row;
    for (; i + 6 <= rows; i += 6)
        six_rows(a + i * A.row, A.row, A.column, n, B, b_row, to + i * to_row, to_row, from == 0);
    for (; i + 4 <= rows; i += 4)
        four_rows(a + i * A.row, A.row, A.column, n, B, b_row, to + i * to_row, to_row, from == 0);
    for (; i < rows; i++) one_row(a + i * A.row, A.column, n, B, b_row, to + i * to_row, from == 0);
}

void oto_product(struct matrix A, int64_t rows, int64_t n, const float *B, int64_t b_row, float *to, int64_t to_row) {
    for (int64_t from = 0; from == 0 || from < n; from += DEPTH)
        add_product(A, rows, from, n - from < DEPTH ? n - from : DEPTH, B, b_row, to, to_row);
}
