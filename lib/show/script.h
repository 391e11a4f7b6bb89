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
/* The same, mixed with white: strength 0 is white, 1 the colour itself. */
uint32_t oto_script_tint(size_t n, double strength);

/* After a plot: where its axes stand will be known once the figure is drawn. oto_script_draw does it for the last one;
 * of several panels the area holds all. */
void oto_script_report_area(const struct oto_script *script);
/* A line from bottom to top at each of the frame's marks times scale. */
void oto_script_marks(FILE *out, const struct oto_frame *frame, double scale, const char *colour);
/* Their colours, with some of the picture shining through: gnuplot's AARRGGBB, 00 opaque. */
#define OTO_ON_WHITE "#59d55e00"
#define OTO_ON_IMAGES "#5966ffff"
#define OTO_EDGE_ON_WHITE "#80808080"
#define OTO_EDGE_ON_IMAGES "#59ffffff"
/* The strip of the frame's segments, times scale, above a plot of so many pixels whose x axis goes from left to right,
 * and where each begins a dotted line of the colour edge. */
void oto_script_segments(FILE *out, const struct oto_frame *frame, const char *edge, double scale, double left,
                         double right, int wide, int high);
/* What the key will hold; begins empty. */
struct oto_key {
    size_t count, longest; /* labels, letters */
};
void oto_script_key_add(struct oto_key *key, const char *label);
/* The key stands in a line beside the title; below the plot where that line has no room for it. */
void oto_script_key_place(const struct oto_script *script, const struct oto_frame *frame, struct oto_key key);
/* One of them as a box between two heights ("graph 0"). Its text stands in it when it has room. */
void oto_script_segment(FILE *out, const struct oto_segment *segment, double scale, double left, double right, int wide,
                        const char *bottom, const char *middle, const char *top);

/* Pixel columns of a plot of this width, about. */
enum { OTO_SCRIPT_MARGIN = 110 };

#endif
