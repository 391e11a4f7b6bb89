/* The gradient of the weights: sums over all places of a tile, so here the vectors run along x and y both, and each
 * sum is the sum of a vector's elements in the end. */
#include "lib/nn/convolve.h"
#include "lib/nn/convolve_tile.h"
#include "lib/nn/scratch.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <stdlib.h>
#include <string.h>

/* Four channels of y by three taps of x; units of a tile that are summed before the next channels take their turn;
 * pieces of the batch, each with sums of its own; numbers that a thread adds up at least. */
enum { CHANNELS = 4, TAPS = 3, SUMS = CHANNELS * TAPS, UNITS = 96, PIECES = 16, GATHERED = 1 << 15 };

typedef float Eight __attribute__((vector_size(EIGHT * sizeof(float)), aligned(4)));

struct sum {
    struct tiling tiling;
    int64_t batch, groups, in_channels, out_channels; /* channels of a group */
    int64_t blocks, triples;                          /* of CHANNELS channels of y, of TAPS taps */
    int64_t taps;                                     /* of all channels of x */
    int32_t *offsets, *units;                         /* in the copy of x: of each tap (three more), of each unit */
    int64_t plane, copied;                            /* floats of a channel of y in a tile, of the copy of x */
    int64_t tiles, grain, pieces;
    const float *x, *y;
    float *w;
    float *sums; /* [piece][group][block][triple][tap][channel] */
    int64_t piece_sums;
    struct scratch scratch;
};

/* The sums of four vectors' elements, as a vector of four. */
#define SUM_OF_EACH(a, b, c, d)                                                                                        \
    ({                                                                                                                 \
        Eight ab = __builtin_shufflevector(a, b, 0, 8, 2, 10, 4, 12, 6, 14) +                                          \
                   __builtin_shufflevector(a, b, 1, 9, 3, 11, 5, 13, 7, 15);                                           \
        Eight cd = __builtin_shufflevector(c, d, 0, 8, 2, 10, 4, 12, 6, 14) +                                          \
                   __builtin_shufflevector(c, d, 1, 9, 3, 11, 5, 13, 7, 15);                                           \
        Eight abcd = __builtin_shufflevector(ab, cd, 0, 1, 8, 9, 4, 5, 12, 13) +                                       \
                     __builtin_shufflevector(ab, cd, 2, 3, 10, 11, 6, 7, 14, 15);                                      \
        __builtin_shufflevector(abcd, abcd, 0, 1, 2, 3) + __builtin_shufflevector(abcd, abcd, 4, 5, 6, 7);             \
    })

OTO_VECTORISED static void add_sums(const float *x, const int32_t *offsets, const int32_t *units, int64_t count,
                                    const float *y, int64_t plane, float *sums) {
    typedef float Four __attribute__((vector_size(CHANNELS * sizeof(float)), aligned(4)));
    const float *x0 = x + offsets[0], *x1 = x + offsets[1], *x2 = x + offsets[2];
    const float *y0 = y, *y1 = y + plane, *y2 = y + 2 * plane, *y3 = y + 3 * plane;
    Eight a0 = {}, a1 = {}, a2 = {}, b0 = {}, b1 = {}, b2 = {}, c0 = {}, c1 = {}, c2 = {}, d0 = {}, d1 = {}, d2 = {};
    for (int64_t u = 0; u < count; u++) {
        int64_t at = units[u];
        Eight v0 = *(const Eight *)(x0 + at), v1 = *(const Eight *)(x1 + at), v2 = *(const Eight *)(x2 + at);
        Eight g0 = *(const Eight *)(y0 + u * EIGHT), g1 = *(const Eight *)(y1 + u * EIGHT),
              g2 = *(const Eight *)(y2 + u * EIGHT), g3 = *(const Eight *)(y3 + u * EIGHT);
        a0 += g0 * v0;
        a1 += g0 * v1;
        a2 += g0 * v2;
        b0 += g1 * v0;
        b1 += g1 * v1;
        b2 += g1 * v2;
        c0 += g2 * v0;
        c1 += g2 * v1;
        c2 += g2 * v2;
        d0 += g3 * v0;
        d1 += g3 * v1;
        d2 += g3 * v2;
    }
    Four *to = (Four *)sums;
    to[0] += SUM_OF_EACH(a0, b0, c0, d0);
    to[1] += SUM_OF_EACH(a1, b1, c1, d1);
    to[2] += SUM_OF_EACH(a2, b2, c2, d2);
}

/* The tile of y with zeros behind its rows, so that whole vectors can be multiplied. */
static void copy_results(const struct sum *sum, int64_t band, int64_t strip, const float *y, float *to) {
    const struct tiling *tiling = &sum->tiling;
    int64_t top = band * tiling->rows, left = strip * tiling->columns, columns = tiling->x.out - left;
    if (columns > tiling->columns) columns = tiling->columns;
    for (int64_t c = 0; c < sum->blocks * CHANNELS; c++)
        for (int64_t r = 0; r < tiling->rows; r++, to += tiling->columns) {
            int64_t count = c < sum->out_channels && top + r < tiling->y.out ? columns : 0;
            if (count) memcpy(to, y + (c * tiling->y.out + top + r) * tiling->x.out + left, (size_t)count * sizeof *to);
            memset(to + count, 0, (size_t)(tiling->columns - count) * sizeof *to);
        }
}

static void sum_tile(const struct sum *sum, const float *copy, const float *results, float *sums) {
    for (int64_t first = 0; first < sum->tiling.units; first += UNITS) {
        int64_t count = sum->tiling.units - first < UNITS ? sum->tiling.units - first : UNITS;
        float *to = sums;
        for (int64_t block = 0; block < sum->blocks; block++)
            for (int64_t triple = 0; triple < sum->triples; triple++, to += SUMS)
                add_sums(copy, sum->offsets + triple * TAPS, sum->units + first, count,
                         results + block * CHANNELS * sum->plane + first * EIGHT, sum->plane, to);
    }
}

static void sum_tiles(int64_t from, int64_t to, void *context) {
    struct sum *sum = context;
    const struct tiling *tiling = &sum->tiling;
    float *copy = oto_scratch_take(&sum->scratch), *results = copy + sum->copied;
    float *sums = sum->sums + from / sum->grain * sum->piece_sums;
    memset(sums, 0, (size_t)sum->piece_sums * sizeof *sums);
    for (int64_t at = from; at < to; at++) {
        int64_t strip = at % tiling->strips, band = at / tiling->strips % tiling->bands,
                image = at / tiling->strips / tiling->bands, group = image % sum->groups;
        oto_tile_copy(tiling, band, strip, sum->x + image * sum->in_channels * tiling->y.in * tiling->x.in,
                      sum->in_channels, copy);
        copy_results(sum, band, strip, sum->y + image * sum->out_channels * tiling->y.out * tiling->x.out, results);
        sum_tile(sum, copy, results, sums + group * sum->blocks * sum->triples * SUMS);
    }
    oto_scratch_give(&sum->scratch, copy);
}

static bool prepare(struct sum *sum, const struct convolution *shape) {
    int64_t kernel_y = shape->axes[0].kernel, kernel_x = shape->axes[1].kernel;
    sum->batch = shape->batch;
    sum->groups = shape->groups;
    sum->in_channels = shape->channels_in / shape->groups;
    sum->out_channels = shape->channels_out / shape->groups;
    sum->blocks = (sum->out_channels + CHANNELS - 1) / CHANNELS;
    sum->taps = sum->in_channels * kernel_y * kernel_x;
    sum->triples = (sum->taps + TAPS - 1) / TAPS;
    sum->tiling = oto_tiling(shape, false, sum->in_channels, sum->blocks * CHANNELS, sum->batch * sum->groups);
    sum->plane = sum->tiling.units * EIGHT;
    sum->copied = oto_tile_floats(&sum->tiling, sum->in_channels);
    sum->tiles = sum->batch * sum->groups * sum->tiling.bands * sum->tiling.strips;
    sum->grain = (sum->tiles + PIECES - 1) / PIECES;
    sum->pieces = sum->grain ? (sum->tiles + sum->grain - 1) / sum->grain : 0;
    sum->piece_sums = sum->groups * sum->blocks * sum->triples * SUMS;
    sum->offsets = malloc((size_t)(sum->triples * TAPS) * sizeof *sum->offsets);
    sum->units = malloc((size_t)sum->tiling.units * sizeof *sum->units);
    sum->sums = oto_buffer_new((size_t)(sum->pieces * sum->piece_sums) * sizeof *sum->sums);
    bool scratch = oto_scratch_open(&sum->scratch, (size_t)(sum->copied + sum->blocks * CHANNELS * sum->plane));
    if (!sum->offsets || !sum->units || !sum->sums || !scratch) return false;
    for (int64_t unit = 0; unit < sum->tiling.units; unit++)
        sum->units[unit] = (int32_t)oto_tile_unit(&sum->tiling, unit);
    for (int64_t tap = 0; tap < sum->triples * TAPS; tap++) {
        int64_t there = tap < sum->taps ? tap : sum->taps - 1, c = there / kernel_x / kernel_y, y_base, x_base;
        oto_lattice_tap(&sum->tiling.y, 0, there / kernel_x % kernel_y, &y_base);
        oto_lattice_tap(&sum->tiling.x, 0, there % kernel_x, &x_base);
        sum->offsets[tap] =
            (int32_t)(c * sum->tiling.in_rows * sum->tiling.pitch + oto_tile_tap(&sum->tiling, y_base, x_base));
    }
    return true;
}

OTO_VECTORISED static void add(float *restrict to, const float *restrict from, int64_t count) {
    for (int64_t i = 0; i < count; i++) to[i] += from[i];
}

/* The pieces' sums, in the order of the pieces: those of so many blocks, CHANNELS channels each. */
static void gather_blocks(int64_t first, int64_t end, void *context) {
    const struct sum *sum = context;
    int64_t block_sums = sum->triples * SUMS;
    for (int64_t piece = 1; piece < sum->pieces; piece++)
        add(sum->sums + first * block_sums, sum->sums + piece * sum->piece_sums + first * block_sums,
            (end - first) * block_sums);
    for (int64_t at = first; at < end; at++)
        for (int64_t i = 0; i < CHANNELS && at % sum->blocks * CHANNELS + i < sum->out_channels; i++) {
            int64_t channel = at / sum->blocks * sum->out_channels + at % sum->blocks * CHANNELS + i;
            const float *from = sum->sums + at * block_sums + i;
            for (int64_t tap = 0; tap < sum->taps; tap++) sum->w[channel * sum->taps + tap] = from[tap * CHANNELS];
        }
}

/* w lies as (channels_out, channels_in / groups, kernel, kernel). */
static void gather(struct sum *sum) {
    if (sum->pieces == 0)
        memset(sum->w, 0, (size_t)(sum->groups * sum->out_channels * sum->taps) * sizeof *sum->w);
    else
        oto_parallel(sum->groups * sum->blocks, GATHERED / (sum->pieces * sum->triples * SUMS) + 1, gather_blocks, sum);
}

bool oto_convolve_weight(const struct convolution *shape, const float *x, const float *y, float *w) {
    struct sum sum = {.x = x, .y = y, .w = w};
    bool ready = prepare(&sum, shape);
    if (ready) {
        oto_parallel(sum.tiles, sum.grain, sum_tiles, &sum);
        gather(&sum);
    }
    free(sum.offsets);
    free(sum.units);
    oto_buffer_release(sum.sums);
    oto_scratch_close(&sum.scratch);
    return ready;
}
