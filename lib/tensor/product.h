/* product: products of a matrix with a narrow one, or with one that is used again and again, where a general product
 * would spend its time on packing. Serial: for the bodies of oto_parallel. For the library's own files.
 *
 *     oto_pack((struct matrix){W, 1, n}, n, columns, packed);                     once: B = W turned
 *     oto_product_packed((struct matrix){h, n, 1}, rows, n, (struct panels){packed, n}, columns, to, to_row, false);
 */
#ifndef OTO_PRODUCT_H
#define OTO_PRODUCT_H

#include <stdbool.h>
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

/* B (n, columns) as panels of 16 columns, (panel, n, 16), the last one filled up with zeros: oto_packed_size floats. */
void oto_pack(struct matrix B, int64_t n, int64_t columns, float *packed);
static inline int64_t oto_packed_size(int64_t n, int64_t columns) {
    return (columns + OTO_PRODUCT_COLUMNS - 1) / OTO_PRODUCT_COLUMNS * OTO_PRODUCT_COLUMNS * n;
}
/* to (rows, columns) = A (rows, n) times the first n rows of B (depth, columns), or, with add, the same added to what
 * is there. */
struct panels {
    const float *data; /* of oto_pack */
    int64_t depth;
};
void oto_product_packed(struct matrix A, int64_t rows, int64_t n, struct panels B, int64_t columns, float *to,
                        int64_t to_row, bool add);

#endif
