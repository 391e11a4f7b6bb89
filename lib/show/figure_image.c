/* Images: spectrograms and matrices. Larger ones than the screen are reduced to the greatest value of each pixel, so
 * that a thin partial or a short click is never lost. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/script.h"

enum {
    NUMBERS_MOST = 16, /* rows and columns that have room for numbers */
    CRISP_MOST = 40    /* up to here each cell is a rectangle; more of them are one bitmap, which shows no seams */
};

/* What is drawn: at most the pixels there are. */
struct grid {
    float *values;
    size_t rows, columns;
};

static float at(const struct oto_image *image, size_t row, size_t column) {
    return image->values[row * image->columns + column];
}

/* Where a logarithmic axis begins: below the lowest notes there are too few rows to fill it. */
static double lowest_place(const struct oto_image *image) {
    static const double audible = 30; /* Hz */
    double second = image->y_start > 0 ? image->y_start : image->y_step;
    double highest = image->y_start + image->y_step * (double)(image->rows - 1);
    return second < audible && highest > 10 * audible ? audible : second;
}

/* The row at a fraction of the height (0 bottom, 1 top) of a logarithmic axis. */
static double logarithmic_row(const struct oto_image *image, double fraction) {
    double lowest = lowest_place(image);
    double highest = image->y_start + image->y_step * (double)(image->rows - 1);
    double y = lowest * pow(highest / lowest, fraction);
    return (y - image->y_start) / image->y_step;
}

static bool reduce(const struct oto_image *image, size_t most_rows, size_t most_columns, struct grid *grid) {
    grid->rows = image->y_logarithmic || image->rows > most_rows ? most_rows : image->rows;
    grid->columns = image->columns > most_columns ? most_columns : image->columns;
    grid->values = malloc(grid->rows * grid->columns * sizeof *grid->values);
    if (!grid->values) return false;
    for (size_t r = 0; r < grid->rows; r++) {
        size_t from = image->rows * r / grid->rows, to = image->rows * (r + 1) / grid->rows;
        if (image->y_logarithmic) {
            from = (size_t)lround(logarithmic_row(image, ((double)r) / (double)grid->rows));
            to = (size_t)lround(logarithmic_row(image, ((double)r + 1) / (double)grid->rows));
        }
        if (from >= image->rows) from = image->rows - 1;
        if (to <= from) to = from + 1;
        if (to > image->rows) to = image->rows;
        for (size_t c = 0; c < grid->columns; c++) {
            size_t left = image->columns * c / grid->columns, right = image->columns * (c + 1) / grid->columns;
            float greatest = NAN;
            for (size_t i = from; i < to; i++)
                for (size_t j = left; j < right; j++)
                    if (isnan(greatest) || at(image, i, j) > greatest) greatest = at(image, i, j);
            grid->values[r * grid->columns + c] = isfinite(greatest) ? greatest : greatest < 0 ? -1e30f : greatest;
        }
    }
    return true;
}

static void write_colour_range(FILE *out, const struct oto_image *image) {
    double low = image->low, high = image->high, least = INFINITY, greatest = -INFINITY;
    for (size_t i = 0; i < image->rows * image->columns; i++) {
        double value = (double)image->values[i];
        if (!isfinite(value)) continue;
        least = fmin(least, value);
        greatest = fmax(greatest, value);
    }
    if (isnan(low)) low = isfinite(least) ? least : 0;
    if (isnan(high)) high = isfinite(greatest) ? greatest : 1;
    if (!(high > low)) {
        double room = low != 0 ? fabs(low) * 0.01 : 1;
        high = low + room;
        low -= room;
    }
    fprintf(out, "set cbrange [%.9g:%.9g]\n", low, high);
}

/* 440 as "440", 22050 as "22.05k". */
static void write_short_number(FILE *out, double value) {
    if (fabs(value) >= 1000)
        fprintf(out, "%.3gk", value / 1000);
    else
        fprintf(out, "%.3g", value);
}

/* 1, 2, 5, 10, 20, 50, ... each at the row where the uneven places of the rows reach it; the rows' own places where
 * these do not rise from row to row. Two marks keep their distance. */
static void write_uneven_marks(FILE *out, const struct oto_image *image) {
    const double *places = image->y_values;
    bool rises = image->rows > 1, first = true;
    double apart = (double)image->rows / 14, last = -INFINITY;
    for (size_t row = 1; row < image->rows; row++) rises &= places[row] > places[row - 1];
    for (size_t row = 0; row < image->rows; row++) {
        double mark = places[row], where = (double)row;
        if (rises) {
            if (row == 0) continue;
            double decade = pow(10, floor(log10(fmax(places[row], 1e-300))));
            mark = decade * (places[row] >= 5 * decade ? 5 : places[row] >= 2 * decade ? 2 : 1);
            if (mark <= places[row - 1]) continue;
            where = (double)(row - 1) + (mark - places[row - 1]) / (places[row] - places[row - 1]);
        }
        if (where < last + apart) continue;
        fputs(first ? "'" : ", '", out);
        write_short_number(out, mark);
        fprintf(out, "' %.9g", where);
        last = where;
        first = false;
    }
}

/* The names of twelve pitch classes, where each begins when there are several rows for one. */
static void write_class_marks(FILE *out, size_t rows) {
    static const char *const names[] = {"C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B"};
    for (size_t i = 0; i < 12; i++) fprintf(out, "%s'%s' %zu", i ? ", " : "", names[i], i * rows / 12);
}

/* C1, C2, ... where rows of equal ratios reach them. */
static void write_note_marks(FILE *out, const struct oto_image *image) {
    double first = 69 + 12 * log2(image->y_values[0] / 440);
    double semitones = 12 * log2(image->y_values[1] / image->y_values[0]);
    double last = first + semitones * (double)(image->rows - 1);
    bool comma = false;
    for (double c = ceil((first - semitones / 2) / 12) * 12; c <= last; c += 12) {
        fprintf(out, "%s'C%d' %.9g", comma ? ", " : "", (int)(c / 12) - 1, (c - first) / semitones);
        comma = true;
    }
}

/* Marks of a vertical axis whose rows are not evenly spaced numbers. bottom and top: its ends on the picture. */
static void write_row_marks(FILE *out, const struct oto_image *image) {
    bool first = true;
    fputs("set ytics (", out);
    if (image->y_logarithmic) {
        double lowest = lowest_place(image);
        double highest = image->y_start + image->y_step * (double)(image->rows - 1);
        for (double decade = pow(10, floor(log10(lowest))); decade <= highest; decade *= 10) {
            static const double steps[] = {1, 2, 5};
            for (int s = 0; s < 3; s++) {
                double y = decade * steps[s];
                if (y < lowest || y > highest) continue;
                fputs(first ? "'" : ", '", out);
                write_short_number(out, y);
                fprintf(out, "' %.9g", log(y / lowest) / log(highest / lowest));
                first = false;
            }
        }
    } else if (image->y_classes)
        write_class_marks(out, image->rows);
    else if (image->y_notes)
        write_note_marks(out, image);
    else if (image->y_pitch)
        for (long pitch = 0; pitch < (long)image->rows; pitch++) {
            double midi = image->y_start + (double)pitch * image->y_step;
            if (fmod(midi, 12) != 0) continue;
            fprintf(out, "%s'C%d' %ld", first ? "" : ", ", (int)(midi / 12) - 1, pitch);
            first = false;
        }
    else
        write_uneven_marks(out, image);
    fputs(")\n", out);
}

/* Where an axis counts, its marks are whole numbers. */
static void write_index_marks(FILE *out, char axis, double start, double step, size_t count) {
    if (start == 0 && step == 1 && count <= 20) fprintf(out, "set %ctics 1\n", axis);
}

static void write_numbers(FILE *out, const struct oto_image *image, double low, double high) {
    for (size_t r = 0; r < image->rows; r++)
        for (size_t c = 0; c < image->columns; c++) {
            double value = (double)at(image, r, c);
            bool bright = (value - low) / (high - low) > 0.6;
            fprintf(out, "set label '%.3g' at %.9g,%.9g center front textcolor '%s' font ',9'\n", value,
                    image->x_start + (double)c * image->x_step, image->y_start + (double)r * image->y_step,
                    bright != (image->palette == OTO_GREYS) ? "#000000" : "#ffffff");
        }
}

unsigned char *oto_figure_image(const struct oto_frame *frame, const struct oto_image *image, size_t *size,
                                char **why) {
    struct oto_script script;
    if (!oto_script_begin(&script, frame, 860, 340)) return oto_script_draw(&script, size, why);
    FILE *out = script.out;
    struct grid grid;
    size_t most_rows = (size_t)(script.height > 160 ? script.height - 80 : 80);
    size_t most_columns = (size_t)(script.width > 320 ? script.width - 160 : 160);
    if (!reduce(image, most_rows, most_columns, &grid)) {
        fclose(script.out);
        script.out = NULL;
        return oto_script_draw(&script, size, why);
    }
    bool own_marks = image->y_logarithmic || image->y_values || image->y_pitch || image->y_classes;
    double y_start = own_marks ? 0 : image->y_start, y_step = own_marks ? 1 : image->y_step;
    double bottom = y_start - y_step / 2, top = bottom + y_step * (double)image->rows;
    if (image->y_logarithmic) bottom = 0, top = 1;
    double left = image->x_start - image->x_step / 2, right = left + image->x_step * (double)image->columns;

    oto_script_palette(out, image->palette);
    write_colour_range(out, image);
    if (own_marks) write_row_marks(out, image);
    fputs("unset grid\nset tics out\nset colorbox\n", out);
    if (image->bar_label && *image->bar_label) {
        fputs("set cblabel ", out);
        oto_script_string(out, image->bar_label);
        fputs(" textcolor '#333333' offset 0.8,0\n", out);
    }
    write_index_marks(out, 'x', image->x_start, image->x_step, image->columns);
    if (!own_marks) write_index_marks(out, 'y', image->y_start, image->y_step, image->rows);
    fprintf(out, "set xrange [%.17g:%.17g]\nset yrange [%.17g:%.17g]\n", left, right, image->from_top ? top : bottom,
            image->from_top ? bottom : top);
    if (image->numbers && image->rows <= NUMBERS_MOST && image->columns <= NUMBERS_MOST) {
        double low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < image->rows * image->columns; i++) {
            low = fmin(low, (double)image->values[i]);
            high = fmax(high, (double)image->values[i]);
        }
        write_numbers(out, image, low, high > low ? high : low + 1);
    }
    oto_script_marks(out, frame, 1, "#66ffff");
    double dx = (right - left) / (double)grid.columns, dy = (top - bottom) / (double)grid.rows;
    fprintf(out,
            "plot '-' binary array=(%zu,%zu) dx=%.17g dy=%.17g origin=(%.17g,%.17g) format='%%float32' with image%s "
            "notitle\n",
            grid.columns, grid.rows, dx, dy, left + dx / 2, bottom + dy / 2,
            image->rows <= CRISP_MOST && image->columns <= CRISP_MOST ? " pixels" : "");
    fwrite(grid.values, sizeof *grid.values, grid.rows * grid.columns, out);
    free(grid.values);
    return oto_script_draw(&script, size, why);
}
