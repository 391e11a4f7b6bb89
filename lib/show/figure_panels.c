/* Panels: several small plots in one picture. */
#include <math.h>
#include <stdlib.h>

#include "lib/show/script.h"

enum { PANEL_WIDTH = 300, PANEL_HEIGHT = 210, TITLE = 26, TICKS_MOST = 4 };

static void widen(double range[2], double value) {
    if (!isfinite(value)) return;
    range[0] = fmin(range[0], value);
    range[1] = fmax(range[1], value);
}

/* Few enough numbers beside an axis that long ones do not touch: steps of 1, 2 or 5 times a power of ten. */
static void write_ticks(FILE *out, char axis, double length) {
    double power = pow(10, floor(log10(length / TICKS_MOST))), step = power;
    static const double factors[] = {1, 2, 5, 10};
    for (int i = 0; i < 4 && step * TICKS_MOST < length; i++) step = power * factors[i];
    fprintf(out, "set %ctics %.9g\n", axis, step);
}

/* The ends of an axis that shows the values between low and high. */
static void write_range(FILE *out, char axis, const double range[2], double margin, bool from_zero) {
    double low = range[0] <= range[1] ? range[0] : 0, high = range[0] <= range[1] ? range[1] : 1;
    double room = high - low > fabs(high) * 1e-9 ? (high - low) * margin : high != 0 ? fabs(high) * 0.1 : 1;
    if (from_zero) low = room = 0;
    fprintf(out, "set %crange [%.17g:%.17g]\n", axis, low - room, high + (from_zero ? high * margin : room));
    write_ticks(out, axis, high - low + 2 * room);
}

static void write_ranges(FILE *out, const struct oto_panel *panel) {
    double x[2] = {INFINITY, -INFINITY}, y[2] = {INFINITY, -INFINITY};
    double least = INFINITY; /* above 0 */
    for (size_t l = 0; l < panel->count; l++)
        for (size_t i = 0; i < panel->lines[l].count; i++) {
            const struct oto_line *line = &panel->lines[l];
            double value = (double)line->y[i];
            widen(x, line->x ? line->x[i] : line->start + (double)i * line->step);
            widen(y, value);
            if (value > 0) least = fmin(least, value);
        }
    write_range(out, 'x', x, 0.02, false);
    bool decades = panel->logarithmic && y[0] > 0 && y[1] > 20 * least;
    fprintf(out, decades ? "set logscale y\n" : "unset logscale y\n");
    if (decades)
        fprintf(out, "set yrange [%.9g:%.9g]\nset ytics autofreq\n", least / 1.2, y[1] * 1.2);
    else
        write_range(out, 'y', y, 0.06, panel->filled);
}

static void write_string(FILE *out, const char *what, const char *text) {
    fprintf(out, "set %s ", what);
    oto_script_string(out, text ? text : "");
    fputs(" textcolor '#333333'\n", out);
}

static void write_panel(FILE *out, const struct oto_panel *panel) {
    write_string(out, "title", panel->title);
    write_string(out, "xlabel", panel->x_label);
    write_string(out, "ylabel", panel->y_label);
    write_ranges(out, panel);
    fputs("plot ", out);
    for (size_t l = 0; l < panel->count; l++) {
        const struct oto_line *line = &panel->lines[l];
        fprintf(out, "%s'-' binary record=(%zu) format='%%float64%%float64' using 1:2 ", l ? ", " : "", line->count);
        if (panel->filled)
            fprintf(out, "with fillsteps fillcolor '%s' fillstyle solid 0.8 noborder", oto_script_colour(l));
        else
            fprintf(out, "with %s linecolor '%s' linewidth 1.6 dashtype %d",
                    line->count <= 40 ? "linespoints pointtype 7 pointsize 0.5" : "lines", oto_script_colour(l),
                    line->dashed ? 2 : 1);
        if (line->label && *line->label && panel->count > 1) {
            fputs(" title ", out);
            oto_script_string(out, line->label);
        } else
            fputs(" notitle", out);
    }
    fputc('\n', out);
    for (size_t l = 0; l < panel->count; l++)
        for (size_t i = 0; i < panel->lines[l].count; i++) {
            const struct oto_line *line = &panel->lines[l];
            double point[] = {line->x ? line->x[i] : line->start + (double)i * line->step, (double)line->y[i]};
            fwrite(point, sizeof point, 1, out);
        }
}

unsigned char *oto_figure_panels(const struct oto_frame *frame, const struct oto_panel *panels, size_t count,
                                 size_t columns, size_t *size, char **why) {
    struct oto_script script;
    struct oto_frame plain = *frame;
    plain.title = NULL; /* gnuplot would repeat it over each panel */
    if (columns > count) columns = count;
    size_t rows = (count + columns - 1) / columns;
    bool titled = frame->title && *frame->title;
    if (!oto_script_begin(&script, &plain, PANEL_WIDTH * (int)columns, PANEL_HEIGHT * (int)rows + titled * TITLE))
        return oto_script_draw(&script, size, why);
    fprintf(script.out,
            "set key at graph 0.98,0.98 right top vertical opaque samplen 1.5 font ',9'\nset format '%%g'\nset xtics "
            "font ',8'\n"
            "set ytics font ',8'\nset multiplot layout %zu,%zu",
            rows, columns);
    if (titled) {
        fputs(" title ", script.out);
        oto_script_string(script.out, frame->title);
        fputs(" font 'DejaVu Sans,11' textcolor '#111111'", script.out);
    }
    fputc('\n', script.out);
    for (size_t i = 0; i < count; i++) write_panel(script.out, &panels[i]);
    fputs("unset multiplot\n", script.out);
    return oto_script_draw(&script, size, why);
}
