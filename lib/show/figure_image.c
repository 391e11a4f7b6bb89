/* Images: spectrograms and matrices. Larger ones than the screen are reduced so that a thin partial or a short click is
 * never lost. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/script.h"

enum {
    CRISP_MOST = 40,     /* up to here each cell is a rectangle; more of them are one bitmap, which shows no seams */
    WRITTEN_WIDEST = 44, /* pixels that a cell needs for a number of any length, */
    WRITTEN_HIGHEST = 13,
    DIGIT_WIDTH = 7, /* and a letter of it */
    AROUND_X = 160,  /* pixels of the picture that are not the plot, about */
    AROUND_Y = 80,
    BAR_WITH_OCTAVES = 112 /* what stands right of the plot when octaves are marked there */
};

/* What is drawn: at most the pixels there are. */
struct grid {
    float *values;
    size_t rows, columns;
};

static float at(const struct oto_image *image, size_t row, size_t column) {
    return image->values[row * image->columns + column];
}

/* Whether value says more about its pixel than what was found there before. */
static bool outshines(enum oto_palette palette, float value, float before) {
    if (isnan(before)) return true;
    if (palette == OTO_TWILIGHT) return false;
    return palette == OTO_COOLWARM ? fabsf(value) > fabsf(before) : value > before;
}

static size_t pixels_for(const struct oto_places *places, size_t count, size_t most) {
    bool stretched = places->scale == OTO_SCALE_LOGARITHMIC || places->scale == OTO_SCALE_SPANS;
    return stretched || count > most ? most : count;
}

static bool reduce(const struct oto_image *image, size_t most_rows, size_t most_columns, struct grid *grid) {
    grid->rows = pixels_for(&image->y, image->rows, most_rows);
    grid->columns = pixels_for(&image->x, image->columns, most_columns);
    grid->values = malloc(grid->rows * grid->columns * sizeof *grid->values);
    if (!grid->values) return false;
    for (size_t r = 0; r < grid->rows; r++) {
        size_t from, to;
        oto_place_cells(&image->y, image->rows, grid->rows, r, &from, &to);
        for (size_t c = 0; c < grid->columns; c++) {
            size_t left, right;
            oto_place_cells(&image->x, image->columns, grid->columns, c, &left, &right);
            float shown = NAN;
            for (size_t i = from; i < to; i++)
                for (size_t j = left; j < right; j++)
                    if (outshines(image->palette, at(image, i, j), shown)) shown = at(image, i, j);
            grid->values[r * grid->columns + c] = isfinite(shown) ? shown : shown < 0 ? -1e30f : shown;
        }
    }
    return true;
}

struct range {
    double low, high;
};

static struct range colour_range(const struct oto_image *image) {
    struct range range = {image->low, image->high};
    double least = INFINITY, greatest = -INFINITY;
    for (size_t i = 0; i < image->rows * image->columns; i++) {
        double value = (double)image->values[i];
        if (!isfinite(value)) continue;
        least = fmin(least, value);
        greatest = fmax(greatest, value);
    }
    if (!(least <= greatest)) least = 0, greatest = 1;
    if (image->palette == OTO_COOLWARM) {
        double furthest = fmax(fabs(least), fabs(greatest));
        if (isfinite(range.low)) furthest = fabs(range.low);
        if (isfinite(range.high)) furthest = fabs(range.high);
        least = -furthest;
        greatest = furthest;
    } else if (image->palette == OTO_TWILIGHT) {
        least = -M_PI;
        greatest = M_PI;
    }
    if (isnan(range.low)) range.low = least;
    if (isnan(range.high)) range.high = greatest;
    if (!(range.high > range.low)) {
        double room = range.low != 0 ? fabs(range.low) * 0.01 : 1;
        range.high = range.low + room;
        range.low -= room;
    }
    return range;
}

static bool is_mask(const struct oto_image *image) {
    bool bits = image->palette == OTO_GREYS;
    for (size_t i = 0; i < image->rows * image->columns && bits; i++)
        bits = image->values[i] == 0 || image->values[i] == 1;
    return bits;
}

static void write_colour_bar(FILE *out, const struct oto_image *image, struct range range, int width) {
    oto_palette_write(out, image->palette);
    fprintf(out, "set cbrange [%.9g:%.9g]\n", range.low, range.high);
    if (is_mask(image)) { /* black and white explain themselves */
        fputs("unset colorbox\n", out);
        return;
    }
    fputs("set colorbox\n", out);
    if (image->palette == OTO_TWILIGHT && isnan(image->low) && isnan(image->high))
        fputs("set cbtics ('-π' -pi, '-π/2' -pi/2, '0' 0, 'π/2' pi/2, 'π' pi)\n", out);
    if (image->y.octaves)
        fprintf(out,
                "set rmargin at screen %.4f\nset colorbox user origin screen %.4f, graph 0 size screen %.4f, graph 1\n",
                1 - (double)BAR_WITH_OCTAVES / width, 1 - (BAR_WITH_OCTAVES - 34.0) / width, 20.0 / width);
    if (!image->bar_label || !*image->bar_label) return;
    fputs("set cblabel ", out);
    oto_script_string(out, image->bar_label);
    fputs(" textcolor '#333333' offset 0.8,0\n", out);
}

/* Numbers in the cells, in black or white as their ground demands; none where a cell is too small for its number. */
static void write_numbers(FILE *out, const struct oto_image *image, struct range range, double wide, double high) {
    double x_from, x_to, y_from, y_to;
    oto_place_ends(&image->x, image->columns, &x_from, &x_to);
    oto_place_ends(&image->y, image->rows, &y_from, &y_to);
    double dx = (x_to - x_from) / (double)image->columns, dy = (y_to - y_from) / (double)image->rows;
    wide /= (double)image->columns;
    high /= (double)image->rows;
    if (high < WRITTEN_HIGHEST || wide < 2 * DIGIT_WIDTH) return;
    for (size_t r = 0; r < image->rows; r++)
        for (size_t c = 0; c < image->columns; c++) {
            char text[32];
            int length = snprintf(text, sizeof text, "%.*g", image->palette == OTO_BLUES ? 6 : 3,
                                  (double)image->written[r * image->columns + c]);
            if (wide < WRITTEN_WIDEST && wide < (length + 1) * DIGIT_WIDTH) continue;
            double fraction = ((double)at(image, r, c) - range.low) / (range.high - range.low);
            const char *ink = oto_palette_ink(oto_palette_at(image->palette, fraction));
            if (isnan(at(image, r, c))) ink = "#000000";
            if (image->palette == OTO_BLUES && at(image, r, c) == 0) ink = "#a0a0a0"; /* what did not happen */
            fprintf(out, "set label '%s' at %.9g,%.9g center front textcolor '%s' font ',%d'\n", text,
                    x_from + ((double)c + 0.5) * dx, y_from + ((double)r + 0.5) * dy, ink, high < 22 ? 8 : 9);
        }
}

/* Names of columns stand aslant where they are longer than a column is wide. */
static void write_names_aslant(FILE *out, const struct oto_places *x, size_t columns, int pixels) {
    if (x->ticks != OTO_TICKS_NAMES) return;
    size_t longest = 0, count = 0;
    for (size_t i = 0; i < columns; i++) {
        size_t length = x->names[i] ? strlen(x->names[i]) : 0;
        count += length > 0;
        if (length > longest) longest = length;
    }
    if (longest * DIGIT_WIDTH * count > (size_t)pixels) fputs("set xtics rotate by 40 right\n", out);
}

unsigned char *oto_figure_image(const struct oto_frame *frame, const struct oto_image *image, size_t *size,
                                char **why) {
    struct oto_script script;
    if (!oto_script_begin(&script, frame, image->square ? 520 : 860, image->square ? 430 : 340))
        return oto_script_draw(&script, size, why);
    FILE *out = script.out;
    struct grid grid;
    int high = script.height > 2 * AROUND_Y ? script.height - AROUND_Y : AROUND_Y;
    int wide = script.width > 2 * AROUND_X ? script.width - AROUND_X : AROUND_X;
    if (!reduce(image, (size_t)high, (size_t)wide, &grid)) {
        fclose(script.out);
        script.out = NULL;
        return oto_script_draw(&script, size, why);
    }
    double left, right, bottom, top;
    oto_place_ends(&image->x, image->columns, &left, &right);
    oto_place_ends(&image->y, image->rows, &bottom, &top);

    struct range range = colour_range(image);
    fputs("unset grid\nset tics out\n", out);
    write_colour_bar(out, image, range, script.width);
    oto_ticks_write(out, 'x', &image->x, image->columns, wide);
    oto_ticks_write(out, 'y', &image->y, image->rows, high);
    write_names_aslant(out, &image->x, image->columns, wide);
    if (image->square) fputs("set size ratio 1\n", out);
    fprintf(out, "set xrange [%.17g:%.17g]\nset yrange [%.17g:%.17g]\n", left, right, image->from_top ? top : bottom,
            image->from_top ? bottom : top);
    if (image->written) write_numbers(out, image, range, wide, high);
    oto_script_marks(out, frame, 1, OTO_ON_IMAGES);
    oto_script_segments(out, frame, OTO_EDGE_ON_IMAGES, 1, fmin(left, right), fmax(left, right), wide, high);
    /* gnuplot counts from the lesser end up; what falls is flipped. */
    double dx = fabs(right - left) / (double)grid.columns, dy = fabs(top - bottom) / (double)grid.rows;
    fprintf(out,
            "plot '-' binary array=(%zu,%zu) dx=%.17g dy=%.17g origin=(%.17g,%.17g)%s%s format='%%float32' with "
            "image%s notitle\n",
            grid.columns, grid.rows, dx, dy, fmin(left, right) + dx / 2, fmin(bottom, top) + dy / 2,
            right < left ? " flipx" : "", top < bottom ? " flipy" : "",
            grid.rows <= CRISP_MOST && grid.columns <= CRISP_MOST ? " pixels" : "");
    fwrite(grid.values, sizeof *grid.values, grid.rows * grid.columns, out);
    free(grid.values);
    return oto_script_draw(&script, size, why);
}
