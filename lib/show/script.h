/* script: the gnuplot commands of one figure while they are written, and the look that all figures share. */
#ifndef OTO_SCRIPT_H
#define OTO_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/show/figure.h"

struct oto_script {
    FILE *out; /* commands go here; NULL when memory ran out */
    char *commands;
    size_t size;
    int width, height;
    struct oto_plot_area *area; /* of the frame */
};

/* Terminal, fonts, colours, title and labels. Sizes of 0 in the frame become the ones given here. */
bool oto_script_begin(struct oto_script *script, const struct oto_frame *frame, int width, int height);
/* Runs what was written; frees it. */
unsigned char *oto_script_draw(struct oto_script *script, size_t *size, char **why);

/* A gnuplot string of this text: quotes doubled, control characters left out. */
void oto_script_string(FILE *out, const char *text);
/* The nth colour of lines and notes (Okabe and Ito 2008: told apart with any kind of colour vision). */
const char *oto_script_colour(size_t n);
/* After a plot: where its axes stand will be known once the figure is drawn. oto_script_draw does it for the last one;
 * of several panels the area holds all. */
void oto_script_report_area(const struct oto_script *script);
/* A line from bottom to top at each of the frame's marks times scale. */
void oto_script_marks(FILE *out, const struct oto_frame *frame, double scale, const char *colour);
void oto_script_palette(FILE *out, enum oto_palette palette);

/* Pixel columns of a plot of this width, about. */
enum { OTO_SCRIPT_MARGIN = 110 };

#endif
