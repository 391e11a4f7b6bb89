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

/* Where a figure's axes stand. All 0: not known. */
struct oto_plot_area {
    double left, right, top, bottom; /* fractions of the picture's width and height, from its upper left corner */
    double from, to;                 /* ends of the x axis, in its unit; of a waveform in s */
};

struct oto_frame {
    const char *title, *x_label, *y_label; /* NULL or "": none */
    int width, height;                     /* pixels; 0: what suits the figure */
    const double *marks;                   /* NULL, or places on the x axis (of a waveform in s): a line at each */
    size_t mark_count;
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

enum oto_palette { OTO_MAGMA, OTO_VIRIDIS, OTO_GREYS };

/* rows x columns, row 0 at the bottom (at the top when from_top). Cell (r, c) is centred at (x_start + c x_step,
 * y_start + r y_step). y_values: uneven places of the rows, which then stand at equal distances and are marked with
 * the numbers. y_logarithmic: rows are drawn at the logarithm of their place. y_pitch: places are MIDI
 * numbers; each C is marked. y_classes: rows are pitch classes from C on, with their names. y_notes: y_values are Hz
 * that rise by equal ratios; each C is marked. low, high: ends of the colour bar,
 * NaN: of the data. NaN cells stay white. numbers: writes each value into its cell. */
struct oto_image {
    const float *values;
    size_t rows, columns;
    double x_start, x_step, y_start, y_step;
    const double *y_values;
    bool y_logarithmic, y_pitch, y_classes, y_notes, from_top, numbers;
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

#endif
