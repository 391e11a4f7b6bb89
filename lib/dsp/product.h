/* product: products of a matrix with a narrow one, where a general product would spend its time on packing. For the
 * library's own files. */
#ifndef OTO_PRODUCT_H
#define OTO_PRODUCT_H

#include <stdint.h>

enum { OTO_PRODUCT_COLUMNS = 16 };

/* A matrix anywhere in memory: element (i, j) is at data[i * row + j * column]. */
struct matrix {
    const float *data;
    int64_t row, column;
};

/* to (rows, 16) = A (rows, n) times B (n, 16): of B and to, rows are b_row and to_row apart, and elements of a row are
 * neighbours. Sums go over n in order. Fastest where B and b_row are multiples of 64 bytes. */
void oto_product(struct matrix A, int64_t rows, int64_t n, const float *B, int64_t b_row, float *to, int64_t to_row);

#endif
