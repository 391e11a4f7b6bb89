#include "lib/nn/convolve.h"
#include "lib/nn/convolve_tile.h"
#include "lib/nn/max_pool.h"
#include "lib/nn/scratch.h"
#include "lib/tensor/buffer.h"
#include "lib/tensor/parallel.h"
#include "lib/tensor/simd.h"

#include <stdlib.h>

/* Two channels by six vectors of eight results: as many sums as fit into sixteen registers beside what is multiplied
 * (of four by three the compiler keeps one in memory, which halves the speed). */
enum { CHANNELS = 2, VECTORS = 6, RESULTS = VECTORS * EIGHT };

typedef float Eight __attribute__((vector_size(EIGHT * sizeof(float)), aligned(4)));

/* The results whose places have the same remainder by the stride of a sum that goes back; else all of them. */
struct residue {
    int64_t taps;
    const int32_t *offsets; /* of each tap in the copy of the inputs */
    int64_t weights;        /* where they begin among those of a group: [block of CHANNELS][tap][CHANNELS] */
};

struct sum {
    struct tiling tiling;
    int64_t batch, groups, in_channels, out_channels; /* channels of a group */
    int64_t blocks;                                   /* of CHANNELS results */
    int64_t residues;
    struct residue *residue;
    int32_t *offsets, *units; /* in the copy of the inputs: of each tap, of each vector of results */
    float *weights;
    int64_t group_weights;
    int64_t plane, copied; /* floats of a channel's results in a tile, of the copied inputs */
    const float *x;
    struct convolution_finish finish;
    float *y;
    struct scratch scratch;
};

/* ---- the loop over taps ---- */

OTO_VECTORISED static void two_channels(const float *x, const int32_t *units, const int32_t *offsets, int64_t taps,
                                        const float *w, float *to, int64_t plane) {
    const float *x0 = x + units[0], *x1 = x + units[1], *x2 = x + units[2], *x3 = x + units[3], *x4 = x + units[4],
                *x5 = x + units[5];
    Eight a0 = {}, a1 = {}, a2 = {}, a3 = {}, a4 = {}, a5 = {}, b0 = {}, b1 = {}, b2 = {}, b3 = {}, b4 = {}, b5 = {};
    for (int64_t t = 0; t < taps; t++, w += CHANNELS) {
        int64_t at = offsets[t];
        Eight v = *(const Eight *)(x0 + at);
        a0 += w[0] * v, b0 += w[1] * v;
        v = *(const Eight *)(x1 + at);
        a1 += w[0] * v, b1 += w[1] * v;
        v = *(const Eight *)(x2 + at);
        a2 += w[0] * v, b2 += w[1] * v;
        v = *(const Eight *)(x3 + at);
        a3 += w[0] * v, b3 += w[1] * v;
        v = *(const Eight *)(x4 + at);
        a4 += w[0] * v, b4 += w[1] * v;
        v = *(const Eight *)(x5 + at);
        a5 += w[0] * v, b5 += w[1] * v;
    }
    Eight *a = (Eight *)to, *b = (Eight *)(to + plane);
    a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3, a[4] = a4, a[5] = a5;
    b[0] = b0, b[1] = b1, b[2] = b2, b[3] = b3, b[4] = b4, b[5] = b5;
}

OTO_VECTORISED static void one_channel(const float *x, const int32_t *units, const int32_t *offsets, int64_t taps,
                                       const float *w, float *to) {
    const float *x0 = x + units[0], *x1 = x + units[1], *x2 = x + units[2], *x3 = x + units[3], *x4 = x + units[4],
                *x5 = x + units[5];
    Eight a0 = {}, a1 = {}, a2 = {}, a3 = {}, a4 = {}, a5 = {};
    for (int64_t t = 0; t < taps; t++, w += CHANNELS) {
        int64_t at = offsets[t];
        a0 += w[0] * *(const Eight *)(x0 + at);
        a1 += w[0] * *(const Eight *)(x1 + at);
        a2 += w[0] * *(const Eight *)(x2 + at);
        a3 += w[0] * *(const Eight *)(x3 + at);
        a4 += w[0] * *(const Eight *)(x4 + at);
        a5 += w[0] * *(const Eight *)(x5 + at);
    }
    Eight *a = (Eight *)to;
    a[0] = a0, a[1] = a1, a[2] = a2, a[3] = a3, a[4] = a4, a[5] = a5;
}

/* ---- a tile ---- */

/* So many sixes of vectors at a time that their inputs stay in the first cache while the channels take turns. */
static int64_t sixes_at_a_time(const struct residue *residue) {
    int64_t sixes = 128 / (residue->taps + 1);
    return sixes > 1 ? sixes : 1;
}

static void sum_residue(const struct sum *sum, const struct residue *residue, const float *weights, const float *copy,
                        float *to) {
    int64_t sixes = sum->plane / RESULTS, together = sixes_at_a_time(residue);
    weights += residue->weights;
    for (int64_t first = 0; first < sixes; first += together)
        for (int64_t block = 0; block < sum->blocks; block++)
            for (int64_t six = first; six < sixes && six < first + together; six++) {
                const int32_t *units = sum->units + six * VECTORS;
                const float *w = weights + block * residue->taps * CHANNELS;
                float *place = to + block * CHANNELS * sum->plane + six * RESULTS;
                if (sum->out_channels - block * CHANNELS == 1)
                    one_channel(copy, units, residue->offsets, residue->taps, w, place);
                else
                    two_channels(copy, units, residue->offsets, residue->taps, w, place, sum->plane);
            }
}

/* ---- what becomes of its results ---- */

/* What finish says of one channel. */
struct line {
    float bias, scale, shift, slope;
};

static struct line line_of(const struct convolution_finish *finish, int64_t channel) {
    return (struct line){.bias = finish->bias ? finish->bias[channel] : 0,
                         .scale = finish->scale ? finish->scale[channel] : 1,
                         .shift = finish->shift ? finish->shift[channel] : 0,
                         .slope = finish->slope};
}

OTO_VECTORISED static void finish_row(const float *restrict from, const struct line *line, int64_t count,
                                      float *restrict to) {
    float bias = line->bias, scale = line->scale, shift = line->shift, slope = line->slope;
    if (slope == 0) /* what is infinite becomes 0, too */
        for (int64_t i = 0; i < count; i++) {
            float v = (from[i] + bias) * scale + shift;
            to[i] = v < 0 ? 0 : v;
        }
    else
        for (int64_t i = 0; i < count; i++) {
            float v = (from[i] + bias) * scale + shift;
            to[i] = v < 0 ? v * slope : v;
        }
}

/* Results that lie `step` apart. */
OTO_VECTORISED static void spread_row(const float *restrict from, float bias, int64_t count, int64_t step,
                                      float *restrict to) {
    if (step == 2)
        for (int64_t i = 0; i < count; i++) to[2 * i] = from[i] + bias;
    else
        for (int64_t i = 0; i < count; i++) to[step * i] = from[i] + bias;
}

/* Where the results of a residue in a tile belong. */
struct results {
    int64_t top, left, columns;
};

static struct results results_of(const struct tiling *tiling, int64_t residue, int64_t band, int64_t strip) {
    const struct lattice *y_axis = &tiling->y, *x_axis = &tiling->x;
    struct results results = {.top = residue / x_axis->out_step + band * tiling->rows * y_axis->out_step,
                              .left = residue % x_axis->out_step + strip * tiling->columns * x_axis->out_step};
    results.columns = (x_axis->out - results.left + x_axis->out_step - 1) / x_axis->out_step;
    if (results.columns > tiling->columns) results.columns = tiling->columns;
    return results;
}

static void write_residue(const struct sum *sum, const struct results *results, int64_t channel, const float *from,
                          float *y) {
    const struct tiling *tiling = &sum->tiling;
    const struct lattice *y_axis = &tiling->y, *x_axis = &tiling->x;
    struct line line = line_of(&sum->finish, channel);
    for (int64_t r = 0, row = results->top; r < tiling->rows && row < y_axis->out; r++, row += y_axis->out_step) {
        float *to = y + row * x_axis->out + results->left;
        if (x_axis->out_step == 1)
            finish_row(from + r * tiling->columns, &line, results->columns, to);
        else
            spread_row(from + r * tiling->columns, line.bias, results->columns, x_axis->out_step, to);
    }
}

/* row: room for a row of windows. */
static void write_windows(const struct sum *sum, const struct results *results, int64_t channel, const float *from,
                          float *row, float *y) {
    const struct tiling *tiling = &sum->tiling;
    int64_t rows = sum->finish.window_rows, columns = tiling->columns, width = tiling->x.out / 2;
    struct line line = line_of(&sum->finish, channel);
    for (int64_t r = 0; r < tiling->rows && results->top + r + rows <= tiling->y.out; r += rows) {
        finish_row(from + r * columns, &line, rows * columns, row);
        oto_max_of_pairs(row, rows, columns, results->columns / 2,
                         y + (results->top + r) / rows * width + results->left / 2, NULL);
    }
}

static void sum_tiles(int64_t from, int64_t to, void *context) {
    struct sum *sum = context;
    const struct tiling *tiling = &sum->tiling;
    int64_t windows = sum->finish.window_rows,
            y_plane = windows ? tiling->y.out / windows * (tiling->x.out / 2) : tiling->y.out * tiling->x.out;
    float *copy = oto_scratch_take(&sum->scratch), *tile = copy + sum->copied,
          *row_of_windows = tile + sum->blocks * CHANNELS * sum->plane;
    for (int64_t at = from; at < to; at++) {
        int64_t strip = at % tiling->strips, band = at / tiling->strips % tiling->bands,
                image = at / tiling->strips / tiling->bands, group = image % sum->groups;
        oto_tile_copy(tiling, band, strip, sum->x + image * sum->in_channels * tiling->y.in * tiling->x.in,
                      sum->in_channels, copy);
        for (int64_t residue = 0; residue < sum->residues; residue++) {
            sum_residue(sum, &sum->residue[residue], sum->weights + group * sum->group_weights, copy, tile);
            struct results results = results_of(tiling, residue, band, strip);
            for (int64_t c = 0; c < sum->out_channels; c++) {
                int64_t channel = group * sum->out_channels + c;
                float *y = sum->y + (image * sum->out_channels + c) * y_plane;
                if (windows)
                    write_windows(sum, &results, channel, tile + c * sum->plane, row_of_windows, y);
                else
                    write_residue(sum, &results, channel, tile + c * sum->plane, y);
            }
        }
    }
    oto_scratch_give(&sum->scratch, copy);
}

/* ---- what is prepared for all tiles ---- */

/* Strides of w, which lies as (channels_out, channels_in / groups, kernel, kernel), for this sum. */
struct weight_strides {
    int64_t group, out, in;
};

static void arrange_block(const struct sum *sum, int64_t block, const float *w, struct weight_strides strides,
                          int64_t k, int64_t taps, int64_t tap, float *to) {
    to += block * taps * CHANNELS + tap * CHANNELS;
    for (int64_t c = 0; c < sum->in_channels; c++, to += taps / sum->in_channels * CHANNELS)
        for (int64_t i = 0; i < CHANNELS; i++) {
            int64_t out = block * CHANNELS + i;
            to[i] = out < sum->out_channels ? w[out * strides.out + c * strides.in + k] : 0;
        }
}

/* The taps (channel, k) of residue number `at`: offsets and weights. Returns how many there are of a channel. */
static void arrange_residue(struct sum *sum, int64_t at, const float *w, struct weight_strides strides,
                            int32_t *offsets, int64_t weights) {
    const struct lattice *y_axis = &sum->tiling.y, *x_axis = &sum->tiling.x;
    int64_t y_residue = at / x_axis->out_step, x_residue = at % x_axis->out_step, y_base, x_base, taps = 0, tap = 0;
    for (int64_t ky = 0; ky < y_axis->axis.kernel; ky++)
        for (int64_t kx = 0; kx < x_axis->axis.kernel; kx++)
            taps += oto_lattice_tap(y_axis, y_residue, ky, &y_base) && oto_lattice_tap(x_axis, x_residue, kx, &x_base);
    sum->residue[at] = (struct residue){.taps = taps * sum->in_channels, .offsets = offsets, .weights = weights};
    for (int64_t ky = 0; ky < y_axis->axis.kernel; ky++)
        for (int64_t kx = 0; kx < x_axis->axis.kernel; kx++) {
            if (!oto_lattice_tap(y_axis, y_residue, ky, &y_base) || !oto_lattice_tap(x_axis, x_residue, kx, &x_base))
                continue;
            int64_t offset = oto_tile_tap(&sum->tiling, y_base, x_base), k = ky * x_axis->axis.kernel + kx;
            for (int64_t c = 0; c < sum->in_channels; c++)
                offsets[c * taps + tap] = (int32_t)(c * sum->tiling.in_rows * sum->tiling.pitch + offset);
            for (int64_t group = 0; group < sum->groups; group++)
                for (int64_t block = 0; block < sum->blocks; block++)
                    arrange_block(sum, block, w + group * strides.group, strides, k, taps * sum->in_channels, tap,
                                  sum->weights + group * sum->group_weights + weights);
            tap++;
        }
}

static bool prepare(struct sum *sum, const struct convolution *shape, const float *w, bool back) {
    int64_t taps = shape->axes[0].kernel * shape->axes[1].kernel, per_in = shape->channels_in / shape->groups,
            per_out = shape->channels_out / shape->groups;
    sum->batch = shape->batch;
    sum->groups = shape->groups;
    sum->in_channels = back ? per_out : per_in;
    sum->out_channels = back ? per_in : per_out;
    sum->blocks = (sum->out_channels + CHANNELS - 1) / CHANNELS;
    sum->tiling = oto_tiling(shape, back, sum->in_channels, sum->blocks * CHANNELS, sum->batch * sum->groups);
    if (sum->finish.window_rows) oto_tiling_rows(&sum->tiling, sum->finish.window_rows);
    sum->plane = (sum->tiling.units + VECTORS - 1) / VECTORS * RESULTS;
    sum->copied = oto_tile_floats(&sum->tiling, sum->in_channels);
    sum->residues = sum->tiling.y.out_step * sum->tiling.x.out_step;
    sum->group_weights = sum->blocks * CHANNELS * sum->in_channels * taps;
    sum->residue = calloc((size_t)sum->residues, sizeof *sum->residue);
    sum->offsets = malloc((size_t)(sum->in_channels * taps) * sizeof *sum->offsets);
    sum->units = malloc((size_t)(sum->plane / EIGHT) * sizeof *sum->units);
    sum->weights = oto_buffer_new((size_t)(sum->groups * sum->group_weights) * sizeof *sum->weights);
    bool scratch = oto_scratch_open(&sum->scratch, (size_t)(sum->copied + sum->blocks * CHANNELS * sum->plane +
                                                            sum->finish.window_rows * sum->tiling.columns));
    if (!sum->residue || !sum->offsets || !sum->units || !sum->weights || !scratch) return false;
    for (int64_t unit = 0; unit < sum->plane / EIGHT; unit++) /* the last ones fill up a six */
        sum->units[unit] =
            (int32_t)oto_tile_unit(&sum->tiling, unit < sum->tiling.units ? unit : sum->tiling.units - 1);
    struct weight_strides strides = {
        .group = per_out * per_in * taps, .out = back ? taps : per_in * taps, .in = back ? per_in * taps : taps};
    int32_t *offsets = sum->offsets;
    int64_t weights = 0;
    for (int64_t at = 0; at < sum->residues; at++) {
        arrange_residue(sum, at, w, strides, offsets, weights);
        offsets += sum->residue[at].taps;
        weights += sum->blocks * CHANNELS * sum->residue[at].taps;
    }
    return true;
}

static void let_go(struct sum *sum) {
    free(sum->residue);
    free(sum->offsets);
    free(sum->units);
    oto_buffer_release(sum->weights);
    oto_scratch_close(&sum->scratch);
}

/* Tiles of less than some 10 us are taken several at a time. */
static int64_t grain_of(const struct sum *sum) {
    enum { WORK = 256 << 10 };
    int64_t work = sum->tiling.units * EIGHT * sum->group_weights;
    return work < WORK ? WORK / (work + 1) + 1 : 1;
}

static bool run(const struct convolution *shape, bool back, const float *x, const float *w,
                const struct convolution_finish *finish, float *y) {
    struct sum sum = {.x = x, .finish = *finish, .y = y};
    bool ready = prepare(&sum, shape, w, back);
    if (ready)
        oto_parallel(sum.batch * sum.groups * sum.tiling.bands * sum.tiling.strips, grain_of(&sum), sum_tiles, &sum);
    let_go(&sum);
    return ready;
}

bool oto_convolve_forward(const struct convolution *shape, const float *x, const float *w, const float *bias,
                          float *y) {
    return run(shape, false, x, w, &(struct convolution_finish){.bias = bias, .slope = 1}, y);
}
bool oto_convolve_finished(const struct convolution *shape, const float *x, const float *w,
                           const struct convolution_finish *finish, float *y) {
    return run(shape, false, x, w, finish, y);
}
bool oto_convolve_back(const struct convolution *shape, const float *y, const float *w, const float *bias, float *x) {
    return run(shape, true, y, w, &(struct convolution_finish){.bias = bias, .slope = 1}, x);
}
