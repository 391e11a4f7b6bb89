/* convolve_tile: where the inputs of a tile of results lie, and their copy (see convolve.h). */
#ifndef OTO_CONVOLVE_TILE_H
#define OTO_CONVOLVE_TILE_H

#include "convolve.h"

enum {
    EIGHT = 8,               /* results in a vector */
    TILE_INPUTS = 32 << 10,  /* floats: half of a second-level cache */
    TILE_RESULTS = 48 << 10, /* floats */
    TILES_WANTED = 8,        /* so that threads have something to share */
    TILE_COLUMNS = 1024
};

/* Along an axis, result number residue + m * out_step is made from inputs in_step * m + base, one base for each tap. */
struct lattice {
    struct convolution_axis axis;
    bool back;
    int64_t in, out;           /* lengths, of inputs and results of this sum */
    int64_t in_step, out_step; /* out_step residues */
    int64_t count;             /* of m */
    int64_t first, span;       /* bases lie in first ... first + span - 1 */
};

struct lattice oto_lattice(const struct convolution_axis *axis, bool back);
/* Whether k is a tap of the results of this residue, and its base. */
bool oto_lattice_tap(const struct lattice *lattice, int64_t residue, int64_t k, int64_t *base);

struct tiling {
    struct lattice y, x;
    int64_t rows, columns;  /* m of a tile; columns is a multiple of EIGHT */
    int64_t bands, strips;  /* tiles of an image: along y, along x */
    int64_t in_rows, pitch; /* the copy of a channel: in_rows rows of pitch floats */
    int64_t residue_pitch;  /* in a row: from one residue of the inputs to the next */
    int64_t units;          /* vectors of results in a tile */
};

/* channels: of the inputs that are copied, and of the results, all residues together, that a tile holds; images: how
 * many there are. */
struct tiling oto_tiling(const struct convolution *shape, bool back, int64_t in_channels, int64_t out_channels,
                         int64_t images);
/* The same with tiles of a multiple of so many rows. */
void oto_tiling_rows(struct tiling *tiling, int64_t multiple);
/* Floats of the copy, with what vectors read beyond its end. */
int64_t oto_tile_floats(const struct tiling *tiling, int64_t channels);
/* Copies the inputs of tile (band, strip) of `channels` channels. */
void oto_tile_copy(const struct tiling *tiling, int64_t band, int64_t strip, const float *x, int64_t channels,
                   float *to);
/* Where tap (y_base, x_base) of channel 0 lies in the copy, and result unit `unit` relative to it. */
int64_t oto_tile_tap(const struct tiling *tiling, int64_t y_base, int64_t x_base);
static inline int64_t oto_tile_unit(const struct tiling *tiling, int64_t unit) {
    int64_t units = tiling->columns / EIGHT;
    return unit / units * tiling->y.in_step * tiling->pitch + unit % units * EIGHT;
}

#endif
