/* place: where the rows and columns of an image lie, on their axis and on the picture. */
#ifndef OTO_SHOW_PLACE_H
#define OTO_SHOW_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* How an axis is drawn. */
enum oto_scale {
    OTO_SCALE_EVEN,        /* cell i is centred at start + i step */
    OTO_SCALE_STEPS,       /* cells of the same size, whatever their places */
    OTO_SCALE_SPANS,       /* cell i reaches from values[i] to values[i + 1], the last as far as the one before it */
    OTO_SCALE_LOGARITHMIC, /* octaves are equally long; shown from low to high, both above 0 */
};

/* What stands beside it. */
enum oto_ticks {
    OTO_TICKS_NUMBERS,       /* OTO_SCALE_STEPS: 1, 2, 5, 10, ... where the places reach them */
    OTO_TICKS_TEMPI,         /* OTO_SCALE_LOGARITHMIC: 30, 60, 120, 240, ... */
    OTO_TICKS_KEYS,          /* places are MIDI numbers: each C, each white key where there is room */
    OTO_TICKS_PITCH_CLASSES, /* cells are pitch classes from C on, or several for each */
    OTO_TICKS_NOTES,         /* places are Hz that rise by equal ratios: each C, each white key where there is room */
    OTO_TICKS_NAMES,         /* names[i]; where that is NULL, nothing */
};

struct oto_places {
    enum oto_scale scale;
    enum oto_ticks ticks;
    double start, step;   /* step below 0: the places fall */
    const double *values; /* NULL, or the place of each cell, rising or falling, instead of start and step */
    double low, high;
    const char *const *names;
    bool octaves; /* places are Hz: each C is marked on the other side too */
};

/* The place of cell i; between cells, and half a cell beyond the ends, on straight lines. Never for names. */
double oto_place_at(const struct oto_places *places, size_t count, double i);
/* The cell, with its fraction, of a place. */
double oto_place_find(const struct oto_places *places, size_t count, double place);
/* Where a place is on the picture, in gnuplot's coordinates of this axis. */
double oto_place_drawn(const struct oto_places *places, size_t count, double place);
/* The ends of the axis in these coordinates. */
void oto_place_ends(const struct oto_places *places, size_t count, double *from, double *to);
/* Which cells, from the first up to the one before *to, are seen in pixel i of so many; at least one. */
void oto_place_cells(const struct oto_places *places, size_t count, size_t pixels, size_t i, size_t *from, size_t *to);

/* The gnuplot commands for the ticks of an axis, 'x' or 'y', of so many pixels. */
void oto_ticks_write(FILE *out, char axis, const struct oto_places *places, size_t count, int pixels);

/* Whether a MIDI number is a black key of the piano. */
bool oto_is_black_key(int pitch);
/* What stands beside the keys from low to high: each C, each white key where they have this many pixels. */
void oto_ticks_write_keys(FILE *out, int low, int high, double pixels_a_key);

#endif
