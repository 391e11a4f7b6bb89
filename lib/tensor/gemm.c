#include "lib/tensor/gemm.h"
#include "lib/tensor/blas.h"
#include "lib/tensor/gemm_packed.h"
#include "lib/tensor/parallel.h"

#include <cblas.h>

/* A tile has at least so many multiplications (some 25 us), so that handing it over costs little beside it, and at
 * least so many rows or columns, so that packing the other matrix once more does too. A product has at most TILES. */
enum { TILE_WORK = 1 << 20, TILE_EDGE = 32, TILES = 16, EDGE_STEP = 16 };

struct batch {
    int64_t m, n, k;
    const float *const *a, *const *b;
    float *const *c;
    OtoGemmOptions options;
    int64_t tile, tiles; /* rows or columns of C in a tile, tiles in a C */
};

static OtoGemmOptions with_rows(OtoGemmOptions options, int64_t m, int64_t n, int64_t k) {
    if (!options.a_row) options.a_row = options.transpose_a ? m : k;
    if (!options.b_row) options.b_row = options.transpose_b ? k : n;
    if (!options.c_row) options.c_row = n;
    return options;
}

static int leading(int64_t row) {
    return row > 1 ? (int)row : 1;
}

/* By the definition, in no memory at all. */
static void multiply_plainly(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c,
                             const OtoGemmOptions *options) {
    for (int64_t i = 0; i < m; i++)
        for (int64_t j = 0; j < n; j++) {
            float *to = &c[i * options->c_row + j];
            double sum = 0;
            for (int64_t l = 0; l < k; l++)
                sum += (double)a[options->transpose_a ? l * options->a_row + i : i * options->a_row + l] *
                       (double)b[options->transpose_b ? j * options->b_row + l : l * options->b_row + j];
            *to = (float)((double)options->alpha * sum) + (options->beta != 0 ? options->beta * *to : 0);
        }
}

static void multiply(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c,
                     const OtoGemmOptions *options) {
    if (m == 0 || n == 0) return;
    if (!oto_blas_has_room()) {
        multiply_plainly(m, n, k, a, b, c, options);
        return;
    }
    cblas_sgemm(CblasRowMajor, options->transpose_a ? CblasTrans : CblasNoTrans,
                options->transpose_b ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, options->alpha, a,
                leading(options->a_row), b, leading(options->b_row), options->beta, c, leading(options->c_row));
}

void(oto_gemm_serial)(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c,
                      OtoGemmOptions options) {
    options = with_rows(options, m, n, k);
    multiply(m, n, k, a, b, c, &options);
}

/* The longer edge of C is cut. */
static void cut(struct batch *product) {
    int64_t edge = product->m > product->n ? product->m : product->n;
    int64_t tiles = product->m * product->n * (product->k > 1 ? product->k : 1) / TILE_WORK;
    if (tiles > TILES) tiles = TILES;
    if (tiles > edge / TILE_EDGE) tiles = edge / TILE_EDGE;
    if (tiles < 1) tiles = 1;
    product->tile = tiles == 1 ? edge : (edge / tiles + EDGE_STEP - 1) / EDGE_STEP * EDGE_STEP;
    product->tiles = product->tile > 0 ? (edge + product->tile - 1) / product->tile : 1;
}

static void multiply_tiles(int64_t from, int64_t to, void *context) {
    const struct batch *product = context;
    const OtoGemmOptions *options = &product->options;
    for (int64_t at = from; at < to; at++) {
        int64_t i = at / product->tiles, start = at % product->tiles * product->tile;
        int64_t m = product->m, n = product->n;
        const float *a = product->a[i], *b = product->b[i];
        float *c = product->c[i];
        if (m > n) {
            m = m - start < product->tile ? m - start : product->tile;
            a += options->transpose_a ? start : start * options->a_row;
            c += start * options->c_row;
        } else {
            n = n - start < product->tile ? n - start : product->tile;
            b += options->transpose_b ? start * options->b_row : start;
            c += start;
        }
        multiply(m, n, product->k, a, b, c, options);
    }
}

void(oto_gemm_batched)(int64_t count, int64_t m, int64_t n, int64_t k, const float *const a[], const float *const b[],
                       float *const c[], OtoGemmOptions options) {
    openblas_set_num_threads(1);
    struct batch product = {.m = m, .n = n, .k = k, .a = a, .b = b, .c = c, .options = with_rows(options, m, n, k)};
    cut(&product);
    int64_t work = m * n * (k > 1 ? k : 1) / product.tiles, grain = work > 0 && work < TILE_WORK ? TILE_WORK / work : 1;
    oto_parallel(count * product.tiles, grain, multiply_tiles, &product);
}

/* Where packing B is worth it; sizes below are left to OpenBLAS, which is made for them too. */
static bool is_packed(int64_t m, int64_t n, int64_t k) {
    enum { ROWS_LEAST = 16, COLUMNS_LEAST = 16, WORK_LEAST = 1 << 15 };
    return m >= ROWS_LEAST && n >= COLUMNS_LEAST && k > 0 && m * n * k >= WORK_LEAST;
}

void(oto_gemm)(int64_t m, int64_t n, int64_t k, const float *a, const float *b, float *c, OtoGemmOptions options) {
    OtoGemmOptions o = with_rows(options, m, n, k);
    struct product product = {.m = m, .n = n, .k = k, .alpha = o.alpha, .beta = o.beta, .c = c, .c_row = o.c_row};
    product.A = o.transpose_a ? (struct matrix){a, 1, o.a_row} : (struct matrix){a, o.a_row, 1};
    product.B = o.transpose_b ? (struct matrix){b, 1, o.b_row} : (struct matrix){b, o.b_row, 1};
    if (is_packed(m, n, k) && oto_gemm_packed(&product)) return;
    (oto_gemm_batched)(1, m, n, k, (const float *const[]){a}, (const float *const[]){b}, (float *const[]){c}, options);
}
