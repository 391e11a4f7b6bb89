/* Colour maps as matplotlib 3.11 has them (lib/matplotlib/_cm_listed.py and _cm.py), at even steps and straight lines
 * between; no colour is further than 2 of 255 from matplotlib's. magma and viridis: van der Walt and Smith 2015, equal
 * steps look equal. coolwarm: Moreland, ISVC 2009. twilight: Bastian Bechtold 2017. Blues: ColorBrewer, Brewer 2002. */
#include "lib/show/palette.h"

#include <math.h>

static const uint32_t magma[] = {
    0x000004, 0x030311, 0x0a0822, 0x130d33, 0x1d1146, 0x28115a, 0x36106a, 0x430f76, 0x50127c, 0x5d177f, 0x691c81,
    0x762181, 0x822681, 0x8f2a81, 0x9c2e7f, 0xa9327d, 0xb63779, 0xc33b75, 0xcf4170, 0xdb486a, 0xe65163, 0xee5c5e,
    0xf5695c, 0xf9785d, 0xfb8761, 0xfd9668, 0xfea571, 0xfeb47b, 0xfec387, 0xfed194, 0xfde0a2, 0xfceeb0, 0xfcfdbf};
static const uint32_t viridis[] = {
    0x440154, 0x470d60, 0x48186a, 0x482374, 0x472d7b, 0x453681, 0x424086, 0x3f4989, 0x3b528b, 0x375a8d, 0x33638d,
    0x2f6a8e, 0x2c728e, 0x297a8e, 0x26818e, 0x23898e, 0x21908c, 0x1f988b, 0x1f9f88, 0x21a685, 0x28ae80, 0x31b57b,
    0x3ebc74, 0x4cc26c, 0x5dc963, 0x6ece58, 0x82d34c, 0x96d83f, 0xabdc32, 0xc0df24, 0xd5e21a, 0xeae51a, 0xfde725};
static const uint32_t coolwarm[] = {
    0x3b4cc0, 0x445acc, 0x4d68d7, 0x5775e1, 0x6282ea, 0x6c8ef1, 0x779af7, 0x82a5fb, 0x8db0fe, 0x98b9ff, 0xa3c2fe,
    0xaec9fc, 0xb8d0f9, 0xc2d5f4, 0xccd9ee, 0xd5dbe6, 0xdddddd, 0xe5d8d1, 0xecd3c5, 0xf1ccb9, 0xf4c4ad, 0xf7bba0,
    0xf7b194, 0xf7a687, 0xf49a7b, 0xf18d6f, 0xec7f63, 0xe57058, 0xde604d, 0xd55042, 0xcb3e38, 0xc0282f, 0xb40426};
static const uint32_t twilight[] = {
    0xe2d9e2, 0xd6d7dd, 0xc3ced4, 0xabc2cc, 0x94b4c7, 0x81a6c3, 0x7297c1, 0x6886be, 0x6275ba, 0x5f63b5, 0x5e51ad,
    0x5d3da1, 0x592a8f, 0x521b77, 0x45135c, 0x381146, 0x2f1437, 0x3a113a, 0x4b1342, 0x5f174a, 0x741e4f, 0x872750,
    0x983550, 0xa64550, 0xb25652, 0xbb6858, 0xc27c62, 0xc78f72, 0xcca388, 0xd1b5a2, 0xd8c6bd, 0xded3d5, 0xe2d9e2};
static const uint32_t blues[] = {0xf7fbff, 0xdeebf7, 0xc6dbef, 0x9ecae1, 0x6baed6,
                                 0x4292c6, 0x2171b5, 0x08519c, 0x08306b};
static const uint32_t greys[] = {0xffffff, 0x000000};

#define PALETTE(colours) {colours, sizeof colours / sizeof *colours}
static const struct {
    const uint32_t *colours;
    size_t count;
} palettes[] = {
    [OTO_MAGMA] = PALETTE(magma),       [OTO_VIRIDIS] = PALETTE(viridis), [OTO_COOLWARM] = PALETTE(coolwarm),
    [OTO_TWILIGHT] = PALETTE(twilight), [OTO_GREYS] = PALETTE(greys),     [OTO_BLUES] = PALETTE(blues),
};

enum oto_palette oto_palette_for(const float *values, size_t count, enum oto_palette sequential) {
    size_t below = 0, above = 0, finite = 0, bits = 0;
    for (size_t i = 0; i < count; i++) {
        float value = values[i];
        if (!isfinite(value)) continue;
        finite++;
        below += value < 0;
        above += value > 0;
        bits += value == 0 || value == 1;
    }
    if (finite > 0 && bits == finite && above > 0) return OTO_GREYS;
    return 50 * below > finite && 50 * above > finite ? OTO_COOLWARM : sequential;
}

void oto_palette_write(FILE *out, enum oto_palette palette) {
    fputs("set palette maxcolors 256 defined (", out);
    for (size_t i = 0; i < palettes[palette].count; i++)
        fprintf(out, "%s%zu '#%06x'", i ? ", " : "", i, (unsigned)palettes[palette].colours[i]);
    fputs(")\n", out);
}

uint32_t oto_palette_at(enum oto_palette palette, double fraction) {
    const uint32_t *colours = palettes[palette].colours;
    double place = (fraction > 0 ? fmin(fraction, 1) : 0) * (double)(palettes[palette].count - 1);
    size_t below = (size_t)place, above = below + (place > (double)below);
    uint32_t colour = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        double from = (double)(colours[below] >> shift & 255), to = (double)(colours[above] >> shift & 255);
        colour |= (uint32_t)lround(from + (to - from) * (place - (double)below)) << shift;
    }
    return colour;
}

const char *oto_palette_ink(uint32_t ground) {
    static const double weights[] = {0.0722, 0.7152, 0.2126}; /* of blue, green and red, sRGB */
    double luminance = 0;
    for (int channel = 0; channel < 3; channel++) {
        double value = (double)(ground >> 8 * channel & 255) / 255;
        luminance += weights[channel] * (value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4));
    }
    return (luminance + 0.05) * (luminance + 0.05) > 1.05 * 0.05 ? "#000000" : "#ffffff";
}
