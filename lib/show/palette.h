/* palette: the colours of images, and which of them suits what is shown. */
#ifndef OTO_PALETTE_H
#define OTO_PALETTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum oto_palette {
    OTO_MAGMA,    /* from dark to bright: spectra */
    OTO_VIRIDIS,  /* the same for matrices */
    OTO_COOLWARM, /* blue below, grey at the middle, red above: values of both signs */
    OTO_TWILIGHT, /* ends as it begins: phases */
    OTO_GREYS,    /* white to black: masks of 0 and 1, piano rolls */
    OTO_BLUES,    /* white to blue: counts, with numbers in the cells */
};

/* The palette that librosa.display.cmap would choose by content: greys for 0 and 1 alone, coolwarm when more than 2 %
 * of the finite values lie on each side of 0, otherwise the sequential one given. */
enum oto_palette oto_palette_for(const float *values, size_t count, enum oto_palette sequential);

/* The gnuplot command that sets it. */
void oto_palette_write(FILE *out, enum oto_palette palette);
/* The colour 0xRRGGBB at a fraction of the colour bar; fractions outside 0 to 1 are its ends. */
uint32_t oto_palette_at(enum oto_palette palette, double fraction);
/* Black or white, "#000000", whichever reads better on a colour (WCAG 2: the greater contrast ratio). */
const char *oto_palette_ink(uint32_t ground);

#endif
