#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/parallel.h"

#include <string.h>

/* A tile of C is ROWS by PANELS panels of columns at most, and is made DEPTH products deep at a time, so that what it
 * needs of A stays in the first cache while the panels take their turn. Pieces have some 25 us of work. */
enum { ROWS = 24, PANELS = 16, DEPTH = 128, WORK = 1 << 20, PACKED_AT_A_TIME = 1 << 15 };

struct run {
    struct product product;
    float *packed;
    int64_t rows, strips;            /* of a tile, of C */
    int64_t panels, columns, blocks; /* panels of C; columns of a tile; tiles side by side */
};

static void pack(int64_t from, int64_t to, void *context) {
    const struct run *run = context;
    const struct product *p = &run->product;
    int64_t first = from * OTO_PRODUCT_COLUMNS, end = to * OTO_PRODUCT_COLUMNS;
    if (end > p->n) end = p->n;
    float *packed = run->packed + first * p->k;
    oto_pack((struct matrix){p->B.data + first * p->B.column, p->B.row, p->B.column}, p->k, end - first, packed);
    for (int64_t i = 0; p->alpha != 1 && i < (to - from) * OTO_PRODUCT_COLUMNS * p->k; i++) packed[i] *= p->alpha;
}

static void scale(const struct product *p, int64_t top, int64_t rows, int64_t left, int64_t columns) {
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) p->c[(top + i) * p->c_row + left + j] *= p->beta;
}

/* A part of A with its numbers close together: rows that are a power of two apart would drive each other out of the
 * first cache. */
static struct matrix copied(struct matrix A, int64_t rows, int64_t depth, float copy[DEPTH * ROWS]) {
    if (A.column == 1) {
        for (int64_t i = 0; i < rows; i++) memcpy(copy + i * DEPTH, A.data + i * A.row, (size_t)depth * sizeof *copy);
        return (struct matrix){copy, DEPTH, 1};
    }
    for (int64_t k = 0; k < depth; k++) memcpy(copy + k * ROWS, A.data + k * A.column, (size_t)rows * sizeof *copy);
    return (struct matrix){copy, 1, ROWS};
}

static void make_tile(const struct run *run, int64_t top, int64_t left) {
    const struct product *p = &run->product;
    int64_t rows = p->m - top < run->rows ? p->m - top : run->rows,
            columns = p->n - left < run->columns ? p->n - left : run->columns;
    float copy[DEPTH * ROWS];
    if (p->beta != 0 && p->beta != 1) scale(p, top, rows, left, columns);
    for (int64_t from = 0; from < p->k; from += DEPTH) {
        int64_t depth = p->k - from < DEPTH ? p->k - from : DEPTH;
        struct matrix part = {p->A.data + top * p->A.row + from * p->A.column, p->A.row, p->A.column},
                      A = copied(part, rows, depth, copy);
        struct panels B = {run->packed + left * p->k + from * OTO_PRODUCT_COLUMNS, p->k};
        oto_product_packed(A, rows, depth, B, columns, p->c + top * p->c_row + left, p->c_row,
                           from > 0 || p->beta != 0);
    }
}

static void make_tiles(int64_t from, int64_t to, void *context) {
    const struct run *run = context;
    for (int64_t at = from; at < to; at++)
        make_tile(run, at / run->blocks * run->rows, at % run->blocks * run->columns);
}

static int64_t ceiling(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

bool oto_gemm_packed(const struct product *product) {
    struct run run = {.product = *product};
    run.strips = ceiling(product->m, ROWS);
    run.rows = ceiling(product->m, run.strips);
    run.panels = ceiling(product->n, OTO_PRODUCT_COLUMNS);
    run.columns = ceiling(run.panels, ceiling(run.panels, PANELS)) * OTO_PRODUCT_COLUMNS;
    run.blocks = ceiling(product->n, run.columns);
    run.packed = oto_buffer_new((size_t)oto_packed_size(product->k, product->n) * sizeof *run.packed);
    if (!run.packed) return false;
    oto_parallel(run.panels, ceiling(PACKED_AT_A_TIME, product->k * OTO_PRODUCT_COLUMNS), pack, &run);
    oto_parallel(run.strips * run.blocks, ceiling(WORK, run.rows * run.columns * product->k), make_tiles, &run);
    oto_buffer_release(run.packed);
    return true;
}
