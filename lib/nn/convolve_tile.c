#include "lib/nn/convolve_tile.h"

#include <string.h>

bool oto_lattice_tap(const struct lattice *lattice, int64_t residue, int64_t k, int64_t *base) {
    const struct convolution_axis *axis = &lattice->axis;
    if (!lattice->back) {
        *base = k * axis->dilation - axis->padding;
        return true;
    }
    int64_t distance = residue + axis->padding - k * axis->dilation;
    *base = distance / axis->stride;
    return distance % axis->stride == 0;
}

struct lattice oto_lattice(const struct convolution_axis *axis, bool back) {
    struct lattice lattice = {.axis = *axis, .back = back};
    lattice.in = back ? axis->out : axis->in;
    lattice.out = back ? axis->in : axis->out;
    lattice.in_step = back ? 1 : axis->stride;
    lattice.out_step = back ? axis->stride : 1;
    lattice.count = (lattice.out + lattice.out_step - 1) / lattice.out_step;
    int64_t first = INT64_MAX, last = INT64_MIN, base;
    for (int64_t residue = 0; residue < lattice.out_step; residue++)
        for (int64_t k = 0; k < axis->kernel; k++) {
            if (!oto_lattice_tap(&lattice, residue, k, &base)) continue;
            if (base < first) first = base;
            if (base > last) last = base;
        }
    lattice.first = first;
    lattice.span = last - first + 1;
    return lattice;
}

static int64_t ceiling(int64_t a, int64_t b) {
    return (a + b - 1) / b;
}

static void lay_out(struct tiling *tiling) {
    tiling->in_rows = (tiling->rows - 1) * tiling->y.in_step + tiling->y.span;
    tiling->residue_pitch = tiling->columns + ceiling(tiling->x.span, tiling->x.in_step);
    tiling->pitch = tiling->residue_pitch * tiling->x.in_step;
    tiling->units = tiling->rows * tiling->columns / EIGHT;
    tiling->bands = ceiling(tiling->y.count, tiling->rows);
    tiling->strips = ceiling(tiling->x.count, tiling->columns);
}

static bool fits(const struct tiling *tiling, int64_t in_channels, int64_t out_channels) {
    return in_channels * tiling->in_rows * tiling->pitch <= TILE_INPUTS &&
           out_channels * tiling->rows * tiling->columns <= TILE_RESULTS;
}

/* As even as possible: no small rest at the end. */
static int64_t even(int64_t count, int64_t size, int64_t step) {
    return ceiling(ceiling(count, ceiling(count, size)), step) * step;
}

/* Vectors are summed in sixes, so a tile of eight takes the time of twelve: of all heights up to the tile's, the one
 * that wastes least; of equal ones the highest, which copies least. */
static void waste_little(struct tiling *tiling) {
    enum { SIX = 6 };
    int64_t units = tiling->columns / EIGHT, best = INT64_MAX, rows = tiling->rows;
    for (int64_t r = tiling->rows; r >= 1 && r >= tiling->rows / 2; r--) {
        int64_t sixes = ceiling(r * units, SIX) * ceiling(tiling->y.count, r);
        if (sixes >= best) continue;
        best = sixes;
        rows = r;
    }
    tiling->rows = rows;
    lay_out(tiling);
}

struct tiling oto_tiling(const struct convolution *shape, bool back, int64_t in_channels, int64_t out_channels,
                         int64_t images) {
    struct tiling tiling = {.y = oto_lattice(&shape->axes[0], back), .x = oto_lattice(&shape->axes[1], back)};
    tiling.columns = even(tiling.x.count, TILE_COLUMNS, EIGHT);
    tiling.rows = tiling.y.count;
    for (lay_out(&tiling); tiling.rows > 4 && !fits(&tiling, in_channels, out_channels); lay_out(&tiling))
        tiling.rows = tiling.rows * 7 / 8;
    tiling.rows = even(tiling.y.count, tiling.rows, 1);
    lay_out(&tiling);
    int64_t narrowest = ceiling(tiling.x.span > 64 ? tiling.x.span : 64, EIGHT) * EIGHT;
    for (; tiling.columns > narrowest && !fits(&tiling, in_channels, out_channels); lay_out(&tiling))
        tiling.columns = even(tiling.columns, (tiling.columns + 1) / 2, EIGHT);
    int64_t wanted = ceiling(TILES_WANTED, (images > 0 ? images : 1) * tiling.strips),
            rows = ceiling(tiling.y.count, wanted);
    if (rows < 4) rows = 4;
    if (rows < tiling.rows) tiling.rows = rows;
    waste_little(&tiling);
    return tiling;
}

void oto_tiling_rows(struct tiling *tiling, int64_t multiple) {
    tiling->rows = ceiling(tiling->rows, multiple) * multiple;
    lay_out(tiling);
}

int64_t oto_tile_floats(const struct tiling *tiling, int64_t channels) {
    return ceiling(channels * tiling->in_rows * tiling->pitch + EIGHT, 16) * 16;
}

/* Every in_step-th input of a row from `start` on, which may lie outside: zeros there. */
static void copy_residue(const float *row, int64_t length, int64_t start, int64_t step, int64_t count, float *to) {
    int64_t before = start < 0 ? ceiling(-start, step) : 0, end = start < length ? ceiling(length - start, step) : 0;
    if (before > count) before = count;
    if (end > count) end = count;
    if (end < before) end = before;
    for (int64_t i = 0; i < before; i++) to[i] = 0;
    if (step == 1)
        memcpy(to + before, row + start + before, (size_t)(end - before) * sizeof *to);
    else if (step == 2)
        for (int64_t i = before; i < end; i++) to[i] = row[start + 2 * i];
    else
        for (int64_t i = before; i < end; i++) to[i] = row[start + step * i];
    for (int64_t i = end; i < count; i++) to[i] = 0;
}

void oto_tile_copy(const struct tiling *tiling, int64_t band, int64_t strip, const float *x, int64_t channels,
                   float *to) {
    const struct lattice *y_axis = &tiling->y, *x_axis = &tiling->x;
    int64_t top = band * tiling->rows * y_axis->in_step + y_axis->first,
            left = strip * tiling->columns * x_axis->in_step + x_axis->first;
    for (int64_t c = 0; c < channels; c++)
        for (int64_t r = 0; r < tiling->in_rows; r++, to += tiling->pitch) {
            int64_t row = top + r;
            if (row < 0 || row >= y_axis->in) {
                memset(to, 0, (size_t)tiling->pitch * sizeof *to);
                continue;
            }
            const float *from = x + (c * y_axis->in + row) * x_axis->in;
            for (int64_t residue = 0; residue < x_axis->in_step; residue++)
                copy_residue(from, x_axis->in, left + residue, x_axis->in_step, tiling->residue_pitch,
                             to + residue * tiling->residue_pitch);
        }
    memset(to, 0, EIGHT * sizeof *to);
}

int64_t oto_tile_tap(const struct tiling *tiling, int64_t y_base, int64_t x_base) {
    int64_t row = y_base - tiling->y.first, column = x_base - tiling->x.first;
    return row * tiling->pitch + column % tiling->x.in_step * tiling->residue_pitch + column / tiling->x.in_step;
}
