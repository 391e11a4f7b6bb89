/* figure: pictures of plain arrays, as PNG: waveforms, curves, images with a colour bar, piano rolls.
 *
 * Each function returns malloc'd PNG bytes, their number in *size, or NULL with a malloc'd *why (see gnuplot.h). They
 * know nothing of tensors and send nothing; lib/show/show.h does. Pictures have a white ground, so that they read the
 * same on a dark page. Long signals are reduced to the least and greatest value of each pixel column first.
 */
#ifndef OTO_FIGURE_H
#define OTO_FIGURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/show/palette.h"
#include "lib/show/place.h"

/* Where a figure's axes stand. All 0: not known. */
struct oto_plot_area {
    double left, right, top, bottom; /* fractions of the picture's width and height, from its upper left corner */
    double from, to;                 /* ends of the x axis, in its unit; of a waveform in s */
};

/* A moment, and a named stretch of time, on the x axis (of a waveform in s). strong: a thicker line, as for the first
 * beat of a bar. colour: segments of the same number have the same. Segments may end after the axis. */
struct oto_mark {
    double at;
    bool strong;
};
struct oto_segment {
    double from, to;
    const char *text;
    size_t colour;
};

struct oto_frame {
    const char *title, *x_label, *y_label; /* NULL or "": none */
    int width, height;                     /* pixels; 0: what suits the figure */
    const struct oto_mark *marks;          /* NULL, or lines from bottom to top */
    size_t mark_count;
    const struct oto_segment *segments; /* NULL, or a strip of names above the plot */
    size_t segment_count;
    struct oto_plot_area *area; /* NULL, or what the figure sets */
};

/* Points (x[i], y[i]); x NULL: start + i * step. Points that are not finite are gaps. */
struct oto_line {
    const char *label; /* NULL: not in the key */
    const float *y;
    const double *x;
    double start, step;
    size_t count;
    bool dashed;
};

enum oto_line_style { OTO_LINES, OTO_STEMS /* a point on a stem for each sample; only where they fit */ };

unsigned char *oto_figure_lines(const struct oto_frame *frame, const struct oto_line *lines, size_t count,
                                enum oto_line_style style, size_t *size, char **why);

/* channels x samples, one panel a channel, full scale -1 to 1 (more when the signal is larger, less when it
 * is quiet); x in s, or ms when it
 * is short. First sample at start seconds. */
unsigned char *oto_figure_waveform(const struct oto_frame *frame, const float *samples, size_t channels, size_t count,
                                   double sample_rate, double start, size_t *size, char **why);

/* Small plots, so many beside one another: each its own axes. logarithmic: y goes by decades when the values are all
 * above 0 and span them. filled: areas of steps from 0, for histograms; x[i] is where a step begins. */
struct oto_panel {
    const char *title, *x_label, *y_label; /* NULL: none */
    const struct oto_line *lines;
    size_t count;
    bool logarithmic, filled;
};
unsigned char *oto_figure_panels(const struct oto_frame *frame, const struct oto_panel *panels, size_t count,
                                 size_t columns, size_t *size, char **why);

/* rows x columns, row 0 at the bottom (at the top when from_top). low, high: ends of the colour bar, NaN: of the data
 * (OTO_COOLWARM: as far below 0 as above, OTO_TWILIGHT: -pi to pi). NaN cells stay white. written: NULL, or the numbers
 * that stand in the cells, where these have room. Where several cells fall on one pixel it shows the greatest of them
 * (OTO_COOLWARM: the one furthest from 0, OTO_TWILIGHT: the first). square: both axes are equally long. */
struct oto_image {
    const float *values;
    size_t rows, columns;
    struct oto_places x, y;
    bool from_top, square;
    const float *written;
    enum oto_palette palette;
    double low, high;
    const char *bar_label;
};
unsigned char *oto_figure_image(const struct oto_frame *frame, const struct oto_image *image, size_t *size, char **why);

/* A note as it sounds: seconds, MIDI number (60 is C4), loudness 0 to 1, and the part it belongs to (its colour). */
struct oto_bar {
    double onset, duration, pitch, loudness;
    int part;
};
unsigned char *oto_figure_roll(const struct oto_frame *frame, const struct oto_bar *bars, size_t count, size_t *size,
                               char **why);

/* How many finite values lie in each of bins equal parts of what they all span: the curves' counts one over the other,
 * named by label. The last part holds its upper end. */
struct oto_sample {
    const char *label; /* NULL: not in the key */
    const float *values;
    size_t count;
};
unsigned char *oto_figure_histogram(const struct oto_frame *frame, const struct oto_sample *samples, size_t count,
                                    size_t bins, size_t *size, char **why);

/* The frame's marks and segments on an axis of time from 0 s on. lanes: NULL, or the names of rows, lane_count of them,
 * the first above; then a segment's colour is its row, and its text is not written. */
unsigned char *oto_figure_labels(const struct oto_frame *frame, const char *const *lanes, size_t lane_count, double end,
                                 size_t *size, char **why);

#endif
