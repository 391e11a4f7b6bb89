#include "lib/tensor/product.h"
#include "lib/tensor/simd.h"

#include <string.h>

/* So many rows of B stay in the first cache, with what is needed of A: where elements of a row of A are neighbours, it
 * passes through; where those of a column are, each brings a line of the cache that the next rows of A need, too. */
enum { DEPTH = 416, DEPTH_TURNED = 128, ROWS = 6, LINE = 64 / sizeof(float) };

typedef float Columns __attribute__((vector_size(OTO_PRODUCT_COLUMNS * sizeof(float)), aligned(4)));

/* Up to six rows by sixteen columns: as many sums as fit into sixteen registers with what is multiplied. `rows`, and
 * row or column where the caller says 1, are constants in each of the functions below, so the sums are registers and
 * most addresses cost nothing. The rows of A that follow are asked for meanwhile: what is read is too short a piece of
 * a row, or too far from the last, for the processor to see where it leads. */
static inline __attribute__((always_inline)) void add_products(const int rows, Columns sums[ROWS], const float *a,
                                                               int64_t row, int64_t column, int64_t n, const float *B,
                                                               int64_t b_row) {
    const int64_t piece = column == 1 ? LINE : n;
    for (; n > 0; n -= piece) {
        if (column == 1) {
#pragma clang loop unroll(full)
            for (int i = 0; i < rows; i++) __builtin_prefetch(a + (rows + i) * row);
        }
        for (int64_t left = n < piece ? n : piece; left > 0; left--, a += column, B += b_row) {
            Columns b = *(const Columns *)B;
            if (row == 1 && column != 1) __builtin_prefetch(a + 2 * rows - 1);
#pragma clang loop unroll(full)
            for (int i = 0; i < rows; i++) sums[i] += a[i * row] * b;
        }
    }
}

/* The sums go on from what is there, unless these are the first. */
static inline __attribute__((always_inline)) void multiply_rows(const int rows, const struct matrix *A, int64_t n,
                                                                const float *B, int64_t b_row, float *to,
                                                                int64_t to_row, bool first) {
    Columns sums[ROWS];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) sums[i] = first ? (Columns){} : *(const Columns *)(to + i * to_row);
    if (A->column == 1)
        add_products(rows, sums, A->data, A->row, 1, n, B, b_row);
    else if (A->row == 1)
        add_products(rows, sums, A->data, 1, A->column, n, B, b_row);
    else
        add_products(rows, sums, A->data, A->row, A->column, n, B, b_row);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) *(Columns *)(to + i * to_row) = sums[i];
}

/* A comes by its address: a copy would be written in small pieces and read at once in larger ones, which stalls. */
#define MULTIPLY_ROWS(name, rows)                                                                                      \
    OTO_VECTORISED static void name(const struct matrix *A, int64_t n, const float *B, int64_t b_row, float *to,       \
                                    int64_t to_row, bool first) {                                                      \
        multiply_rows(rows, A, n, B, b_row, to, to_row, first);                                                        \
    }
MULTIPLY_ROWS(one_row, 1)
MULTIPLY_ROWS(two_rows, 2)
MULTIPLY_ROWS(three_rows, 3)
MULTIPLY_ROWS(four_rows, 4)
MULTIPLY_ROWS(five_rows, 5)
MULTIPLY_ROWS(six_rows, 6)

static void multiply_block(int64_t rows, const struct matrix *A, int64_t n, const float *B, int64_t b_row, float *to,
                           int64_t to_row, bool first) {
    static void (*const functions[ROWS + 1])(const struct matrix *A, int64_t n, const float *B, int64_t b_row,
                                             float *to, int64_t to_row, bool first) = {
        NULL, one_row, two_rows, three_rows, four_rows, five_rows, six_rows};
    functions[rows](A, n, B, b_row, to, to_row, first);
}

/* Where part `index` of `total` begins when it is cut into so many parts, as even as can be. */
static inline int64_t part_begin(int64_t index, int64_t total, int64_t parts) {
    int64_t larger = total % parts;
    return index * (total / parts) + (index < larger ? index : larger);
}

/* Eight rows are four and four, not six and two: few sums leave the arithmetic waiting for its own results. Depth is
 * cut evenly as well, because each piece puts its sums down and takes them up again. */
static void multiply_panel(struct matrix A, int64_t rows, int64_t n, const float *B, int64_t b_row, float *to,
                           int64_t to_row, bool add) {
    int64_t blocks = (rows + ROWS - 1) / ROWS, most = A.column == 1 ? DEPTH : DEPTH_TURNED,
            pieces = n > most ? (n + most - 1) / most : 1;
    for (int64_t piece = 0, from = 0, upto; piece < pieces; piece++, from = upto) {
        upto = part_begin(piece + 1, n, pieces);
        for (int64_t block = 0, first = 0, end; block < blocks; block++, first = end) {
            end = part_begin(block + 1, rows, blocks);
            struct matrix part = {A.data + first * A.row + from * A.column, A.row, A.column};
            multiply_block(end - first, &part, upto - from, B + from * b_row, b_row, to + first * to_row, to_row,
                           from == 0 && !add);
        }
    }
}

void oto_product(struct matrix A, int64_t rows, int64_t n, const float *B, int64_t b_row, float *to, int64_t to_row) {
    multiply_panel(A, rows, n, B, b_row, to, to_row, false);
}

typedef float Eight __attribute__((vector_size(32), aligned(4)));

/* to[k * to_row + j] = from[j * from_row + k], for eight by eight: pairs, then pairs of pairs, then halves change
 * places.
 */
static inline __attribute__((always_inline)) void turn_eight(const float *from, int64_t from_row, float *to,
                                                             int64_t to_row) {
    Eight a[8], b[8];
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) a[i] = *(const Eight *)(from + i * from_row);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 2) {
        b[i] = __builtin_shufflevector(a[i], a[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        b[i + 1] = __builtin_shufflevector(a[i], a[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i += 4)
#pragma clang loop unroll(full)
        for (int k = 0; k < 2; k++) {
            a[i + 2 * k] = __builtin_shufflevector(b[i + k], b[i + 2 + k], 0, 1, 8, 9, 4, 5, 12, 13);
            a[i + 2 * k + 1] = __builtin_shufflevector(b[i + k], b[i + 2 + k], 2, 3, 10, 11, 6, 7, 14, 15);
        }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
        *(Eight *)(to + i * to_row) = __builtin_shufflevector(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(Eight *)(to + (i + 4) * to_row) = __builtin_shufflevector(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

/* Columns that are rows in memory, b_column apart: a full panel of them. */
OTO_VECTORISED static void turn_panel(const float *B, int64_t b_column, int64_t n, float *packed) {
    int64_t k = 0;
    for (; k + 8 <= n; k += 8)
        for (int64_t j = 0; j < OTO_PRODUCT_COLUMNS; j += 8)
            turn_eight(B + j * b_column + k, b_column, packed + k * OTO_PRODUCT_COLUMNS + j, OTO_PRODUCT_COLUMNS);
    for (; k < n; k++)
        for (int64_t j = 0; j < OTO_PRODUCT_COLUMNS; j++) packed[k * OTO_PRODUCT_COLUMNS + j] = B[j * b_column + k];
}

void oto_pack(struct matrix B, int64_t n, int64_t columns, float *packed) {
    for (int64_t from = 0; from < columns; from += OTO_PRODUCT_COLUMNS) {
        int64_t width = columns - from < OTO_PRODUCT_COLUMNS ? columns - from : OTO_PRODUCT_COLUMNS;
        const float *first = B.data + from * B.column;
        if (width < OTO_PRODUCT_COLUMNS) memset(packed, 0, (size_t)(n * OTO_PRODUCT_COLUMNS) * sizeof *packed);
        if (B.column == 1)
            for (int64_t k = 0; k < n; k++)
                memcpy(packed + k * OTO_PRODUCT_COLUMNS, first + k * B.row, (size_t)width * sizeof *packed);
        else if (B.row == 1 && width == OTO_PRODUCT_COLUMNS)
            turn_panel(first, B.column, n, packed);
        else
            for (int64_t j = 0; j < width; j++)
                for (int64_t k = 0; k < n; k++) packed[k * OTO_PRODUCT_COLUMNS + j] = first[k * B.row + j * B.column];
        packed += n * OTO_PRODUCT_COLUMNS;
    }
}

/* The last columns, fewer than a panel has, through a place that is wide enough. */
static void narrow_panel(struct matrix A, int64_t rows, int64_t n, int64_t width, const float *B, float *to,
                         int64_t to_row, bool add) {
    enum { AT_ONCE = 4 * ROWS };
    float place[AT_ONCE * OTO_PRODUCT_COLUMNS] = {};
    for (int64_t first = 0; first < rows; first += AT_ONCE) {
        int64_t count = rows - first < AT_ONCE ? rows - first : AT_ONCE;
        struct matrix part = {A.data + first * A.row, A.row, A.column};
        if (add)
            for (int64_t i = 0; i < count; i++)
                memcpy(place + i * OTO_PRODUCT_COLUMNS, to + (first + i) * to_row, (size_t)width * sizeof *to);
        multiply_panel(part, count, n, B, OTO_PRODUCT_COLUMNS, place, OTO_PRODUCT_COLUMNS, add);
        for (int64_t i = 0; i < count; i++)
            memcpy(to + (first + i) * to_row, place + i * OTO_PRODUCT_COLUMNS, (size_t)width * sizeof *to);
    }
}

void oto_product_packed(struct matrix A, int64_t rows, int64_t n, struct panels B, int64_t columns, float *to,
                        int64_t to_row, bool add) {
    const float *panel = B.data;
    for (int64_t from = 0; from < columns; from += OTO_PRODUCT_COLUMNS, panel += B.depth * OTO_PRODUCT_COLUMNS) {
        if (columns - from < OTO_PRODUCT_COLUMNS)
            narrow_panel(A, rows, n, columns - from, panel, to + from, to_row, add);
        else
            multiply_panel(A, rows, n, panel, OTO_PRODUCT_COLUMNS, to + from, to_row, add);
    }
}
