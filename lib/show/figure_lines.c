/* Curves and waveforms: what is too dense for its pixels is drawn as the band between its least and greatest value. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/script.h"

enum {
    STEMS_MOST = 64,
    LINES_IN_HEIGHT = 140, /* how many lines one above the other fill a figure, nearly */
    AROUND = 80,           /* pixels above and below a plot, about */
    /* around and between the panels of channels */
    PANELS_LEFT = 73,
    PANELS_EDGE = 22,
    PANELS_TITLE = 18,
    PANELS_STRIP = 20,
    PANELS_BELOW = 52,
    PANELS_APART = 18
};
static const double quiet = 0.2; /* a signal below fills the axis instead of being a line at zero */

struct range {
    double low, high;
};

static void widen(struct range *range, double value) {
    if (!isfinite(value)) return;
    if (value < range->low) range->low = value;
    if (value > range->high) range->high = value;
}

static double place(const struct oto_line *line, size_t i) {
    return line->x ? line->x[i] : line->start + (double)i * line->step;
}

static bool is_dense(const struct oto_line *line, size_t columns) {
    return !line->x && line->count > 3 * columns;
}

static void write_point(FILE *out, double x, double a, double b) {
    double values[] = {x, a, b};
    fwrite(values, sizeof values, 1, out);
}

/* One record (x, least, greatest) a column. Neighbouring columns touch, and none is less high than a drawn line is
 * thick, so that the band has no gaps. */
static void write_band(FILE *out, const struct oto_line *line, size_t columns, double thickness) {
    float last = NAN;
    for (size_t column = 0; column < columns; column++) {
        size_t from = line->count * column / columns, to = line->count * (column + 1) / columns;
        float least = last, greatest = last;
        for (size_t i = from; i < to; i++) {
            float y = line->y[i];
            if (!isfinite(y)) continue;
            least = y < least || isnan(least) ? y : least;
            greatest = y > greatest || isnan(greatest) ? y : greatest;
        }
        double widening = fmax(0, thickness - (double)(greatest - least)) / 2;
        write_point(out, place(line, from), (double)least - widening, (double)greatest + widening);
        last = line->y[to - 1];
    }
}

static void write_points(FILE *out, const struct oto_line *line) {
    for (size_t i = 0; i < line->count; i++) write_point(out, place(line, i), (double)line->y[i], 0);
}

/* thickness: of a drawn line, in the units of y. */
static void write_plot(FILE *out, const struct oto_line *lines, size_t count, enum oto_line_style style, size_t columns,
                       double thickness) {
    fputs("plot ", out);
    for (size_t i = 0; i < count; i++) {
        const struct oto_line *line = &lines[i];
        const char *colour = oto_script_colour(i);
        bool dense = is_dense(line, columns), stems = style == OTO_STEMS && line->count <= STEMS_MOST;
        size_t records = dense ? columns : line->count;
        for (int pass = 0; pass < (stems ? 2 : 1); pass++) {
            fprintf(out, "%s'-' binary record=(%zu) format='%%float64%%float64%%float64' ", i || pass ? ", " : "",
                    records);
            if (dense)
                fprintf(out, "using 1:2:3 with filledcurves fillcolor '%s' fillstyle solid 1.0 border linecolor '%s'",
                        colour, colour);
            else if (stems && pass == 0)
                fprintf(out, "using 1:2 with impulses linecolor '%s' linewidth 1.2", colour);
            else if (stems)
                fprintf(out, "using 1:2 with points pointtype 7 pointsize 0.7 linecolor '%s'", colour);
            else
                fprintf(out, "using 1:2 with %s linecolor '%s' linewidth 1.6 dashtype %d",
                        line->count <= 40 ? "linespoints pointtype 7 pointsize 0.5" : "lines", colour,
                        line->dashed ? 2 : 1);
            if (line->label && *line->label && !(stems && pass == 0)) {
                fputs(" title ", out);
                oto_script_string(out, line->label);
            } else
                fputs(" notitle", out);
        }
    }
    fputc('\n', out);
    for (size_t i = 0; i < count; i++) {
        bool stems = style == OTO_STEMS && lines[i].count <= STEMS_MOST;
        for (int pass = 0; pass < (stems ? 2 : 1); pass++) {
            if (is_dense(&lines[i], columns))
                write_band(out, &lines[i], columns, thickness);
            else
                write_points(out, &lines[i]);
        }
    }
}

/* An axis that is just larger than what it shows; a single value gets room on both sides. Returns its ends. */
static struct range write_range(FILE *out, char axis, struct range range, double margin) {
    if (!(range.low <= range.high)) range = (struct range){0, 1};
    double room = (range.high - range.low) * margin;
    if (range.high - range.low <= fabs(range.high) * 1e-9) room = range.high != 0 ? fabs(range.high) * 0.1 : 1;
    range = (struct range){range.low - room, range.high + room};
    fprintf(out, "set %crange [%.17g:%.17g]\n", axis, range.low, range.high);
    return range;
}

unsigned char *oto_figure_lines(const struct oto_frame *frame, const struct oto_line *lines, size_t count,
                                enum oto_line_style style, size_t *size, char **why) {
    struct oto_script script;
    if (!oto_script_begin(&script, frame, 860, 300)) return oto_script_draw(&script, size, why);
    struct range x = {INFINITY, -INFINITY}, y = {INFINITY, -INFINITY};
    size_t columns =
        (size_t)(script.width > 2 * OTO_SCRIPT_MARGIN ? script.width - OTO_SCRIPT_MARGIN : OTO_SCRIPT_MARGIN);
    bool few = false;
    struct oto_key key = {};
    for (size_t l = 0; l < count; l++) {
        oto_script_key_add(&key, lines[l].label);
        few |= lines[l].count <= STEMS_MOST;
        for (size_t i = 0; i < lines[l].count; i++) widen(&y, (double)lines[l].y[i]);
        if (lines[l].x)
            for (size_t i = 0; i < lines[l].count; i++) widen(&x, lines[l].x[i]);
        else if (lines[l].count) {
            widen(&x, place(&lines[l], 0));
            widen(&x, place(&lines[l], lines[l].count - 1));
        }
    }
    x = write_range(script.out, 'x', x, few ? 0.02 : 0);
    write_range(script.out, 'y', y, 0.06);
    fputs("set xzeroaxis linecolor '#a0a0a0' linetype 1 linewidth 0.8\n", script.out);
    oto_script_key_place(&script, frame, key);
    oto_script_marks(script.out, frame, 1, OTO_ON_WHITE);
    oto_script_segments(script.out, frame, OTO_EDGE_ON_WHITE, 1, x.low, x.high, (int)columns, script.height - AROUND);
    write_plot(script.out, lines, count, style, columns, y.low < y.high ? (y.high - y.low) / LINES_IN_HEIGHT : 0);
    return oto_script_draw(&script, size, why);
}

/* Panels of the same height, one above the other, below the title. Returns their height in pixels. */
static double begin_panels(const struct oto_script *script, const struct oto_frame *frame, size_t channels) {
    FILE *out = script->out;
    bool titled = frame->title && *frame->title;
    int above = PANELS_EDGE + (titled ? PANELS_TITLE : 0) + (frame->segment_count ? PANELS_STRIP : 0);
    double height = script->height, top = 1 - fmin(above / height, 0.3), bottom = fmin(PANELS_BELOW / height, 0.3);
    double apart = fmin(PANELS_APART / height, 0.3 * (top - bottom) / (double)channels);
    fprintf(out, "set multiplot layout %zu,1 margins %.6f,%.6f,%.6f,%.6f spacing 0,%.6f", channels,
            PANELS_LEFT / (double)script->width, 1 - PANELS_EDGE / (double)script->width, bottom, top, apart);
    if (titled) {
        fputs(" title ", out);
        oto_script_string(out, frame->title);
        fputs(" font 'DejaVu Sans,11' textcolor '#111111'", out);
    }
    fputc('\n', out);
    return fmax(1, height * ((top - bottom + apart) / (double)channels - apart));
}

unsigned char *oto_figure_waveform(const struct oto_frame *frame, const float *samples, size_t channels, size_t count,
                                   double sample_rate, double start, size_t *size, char **why) {
    struct oto_script script;
    struct oto_frame plain = *frame;
    bool milliseconds = (double)count / sample_rate < 0.1;
    double scale = milliseconds ? 1000 : 1;
    plain.x_label = plain.y_label = NULL;
    if (channels > 1) plain.title = NULL; /* gnuplot would repeat it over each panel */
    if (!oto_script_begin(&script, &plain, 860, channels > 1 ? 70 + 120 * (int)channels : 200))
        return oto_script_draw(&script, size, why);
    FILE *out = script.out;
    double left = start * scale, right = (start + (double)(count > 1 ? count - 1 : 1) / sample_rate) * scale, peak = 0;
    for (size_t i = 0; i < channels * count; i++) {
        double level = fabs((double)samples[i]);
        if (isfinite(level) && level > peak) peak = level;
    }
    bool full_scale = peak > quiet || peak == 0;
    if (full_scale && peak < 1) peak = 1;
    fprintf(out, "set yrange [%.17g:%.17g]\nset xrange [%.17g:%.17g]\n", -peak * 1.04, peak * 1.04, left, right);
    if (peak == 1) fputs("set ytics 0.5\n", out);
    oto_script_marks(out, frame, scale, OTO_ON_WHITE);
    fputs("set xzeroaxis linecolor '#a0a0a0' linetype 1 linewidth 0.8\nset lmargin 9\nset rmargin 3\n", out);
    double high = channels > 1 ? begin_panels(&script, frame, channels) : script.height - AROUND;
    oto_script_segments(out, frame, OTO_EDGE_ON_WHITE, scale, left, right, script.width - OTO_SCRIPT_MARGIN, (int)high);
    for (size_t c = 0; c < channels; c++) {
        if (c + 1 == channels)
            fprintf(out, "set format x '%%g'\nset xlabel 'time (%s)' textcolor '#333333'\n", milliseconds ? "ms" : "s");
        else
            fputs("set format x ''\n", out);
        if (channels == 2)
            fprintf(out, "set ylabel '%s' textcolor '#333333'\n", c ? "right" : "left");
        else if (channels > 2)
            fprintf(out, "set ylabel 'channel %zu' textcolor '#333333'\n", c);
        else
            fputs("set ylabel 'amplitude' textcolor '#333333'\n", out);
        struct oto_line line = {
            .y = samples + c * count, .start = start * scale, .step = scale / sample_rate, .count = count};
        write_plot(out, &line, 1, count <= STEMS_MOST ? OTO_STEMS : OTO_LINES, (size_t)script.width,
                   2 * peak / LINES_IN_HEIGHT);
        oto_script_report_area(&script);
        if (c == 0) fputs("unset object\nunset label\n", out); /* names stand above the first panel alone */
    }
    if (channels > 1) fputs("unset multiplot\n", out);
    unsigned char *png = oto_script_draw(&script, size, why);
    if (frame->area) {
        frame->area->from /= scale;
        frame->area->to /= scale;
    }
    return png;
}
