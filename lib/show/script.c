#include "lib/show/script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/gnuplot.h"

static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"};

/* Eleven even steps of matplotlib's colour maps (van der Walt and Smith 2015): equal steps look equal. */
static const char *const palettes[][11] = {
    [OTO_MAGMA] = {"#000004", "#140e36", "#3b0f70", "#641a80", "#8c2981", "#b73779", "#de4968", "#f7705c", "#fe9f6d",
                   "#fecf92", "#fcfdbf"},
    [OTO_VIRIDIS] = {"#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884", "#44bf70", "#7ad151",
                     "#bddf26", "#fde725"},
    [OTO_GREYS] = {"#ffffff", "#f0f0f0", "#dedede", "#cacaca", "#b2b2b2", "#969696", "#7c7c7c", "#636363", "#464646",
                   "#252525", "#000000"},
};

const char *oto_script_colour(size_t n) {
    return colours[n % (sizeof colours / sizeof *colours)];
}

void oto_script_palette(FILE *out, enum oto_palette palette) {
    fputs("set palette maxcolors 256 defined (", out);
    for (int i = 0; i < 11; i++) fprintf(out, "%s%d '%s'", i ? ", " : "", i, palettes[palette][i]);
    fputs(")\n", out);
}

void oto_script_marks(FILE *out, const struct oto_frame *frame, double scale, const char *colour) {
    for (size_t i = 0; i < frame->mark_count; i++) {
        if (!isfinite(frame->marks[i])) continue;
        double x = frame->marks[i] * scale;
        fprintf(out,
                "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead front linecolor rgb '%s' "
                "linewidth 1.2\n",
                x, x, colour);
    }
}

void oto_script_string(FILE *out, const char *text) {
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'') fputc('\'', out);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    fputc('\'', out);
}

bool oto_script_begin(struct oto_script *script, const struct oto_frame *frame, int width, int height) {
    *script = (struct oto_script){.width = frame->width > 0 ? frame->width : width,
                                  .height = frame->height > 0 ? frame->height : height,
                                  .area = frame->area};
    if (script->area) *script->area = (struct oto_plot_area){0};
    script->out = open_memstream(&script->commands, &script->size);
    if (!script->out) return false;
    FILE *out = script->out;
    fprintf(out,
            "set encoding utf8\n"
            "set terminal pngcairo noenhanced size %d,%d font 'DejaVu Sans,10' background '#ffffff' rounded\n"
            "set border linecolor '#808080' linewidth 0.8\n"
            "set tics textcolor '#333333' scale 0.5 nomirror\n"
            "set grid linecolor '#e4e4e4' linetype 1 linewidth 0.6\n"
            "set key at screen 0.985,0.985 right top horizontal textcolor '#333333' samplen 2\n",
            script->width, script->height);
    if (frame->title && *frame->title) {
        fputs("set title ", out);
        oto_script_string(out, frame->title);
        fputs(" font 'DejaVu Sans,11' textcolor '#111111'\n", out);
    }
    const char *axes[] = {"x", "y"}, *labels[] = {frame->x_label, frame->y_label};
    for (int i = 0; i < 2; i++) {
        if (!labels[i] || !*labels[i]) continue;
        fprintf(out, "set %slabel ", axes[i]);
        oto_script_string(out, labels[i]);
        fputs(" textcolor '#333333'\n", out);
    }
    return true;
}

static const char area_mark[] = "oto_area";

void oto_script_report_area(const struct oto_script *script) {
    if (!script->area) return;
    fprintf(script->out,
            "print sprintf('%s %%.12g %%.12g %%.12g %%.12g %%.12g %%.12g', GPVAL_TERM_XMIN, GPVAL_TERM_XMAX, "
            "GPVAL_TERM_YMIN, GPVAL_TERM_YMAX, GPVAL_X_MIN, GPVAL_X_MAX)\n",
            area_mark);
}

/* What the lines of oto_script_report_area have printed. gnuplot counts pixels from the centre of the lowest left one;
 * the area is in fractions from the upper left corner. */
static void read_area(const struct oto_script *script, const char *said) {
    struct oto_plot_area *area = script->area, panel;
    for (const char *line = said; (line = strstr(line, area_mark)); line += strlen(area_mark)) {
        double left, right, bottom, top;
        if (sscanf(line + strlen(area_mark), "%lf %lf %lf %lf %lf %lf", &left, &right, &bottom, &top, &panel.from,
                   &panel.to) != 6)
            continue;
        panel.left = (left + 0.5) / script->width;
        panel.right = (right + 0.5) / script->width;
        panel.top = (script->height - 0.5 - top) / script->height;
        panel.bottom = (script->height - 0.5 - bottom) / script->height;
        bool first = area->right == 0;
        if (!first && area->top < panel.top) panel.top = area->top;
        if (!first && area->bottom > panel.bottom) panel.bottom = area->bottom;
        *area = panel;
    }
}

unsigned char *oto_script_draw(struct oto_script *script, size_t *size, char **why) {
    *why = NULL;
    *size = 0;
    if (script->out) oto_script_report_area(script);
    if (!script->out || ferror(script->out) | fclose(script->out)) {
        *why = strdup("memory ran out while a picture was drawn");
        free(script->commands);
        return NULL;
    }
    char *said;
    unsigned char *png = oto_gnuplot(script->commands, script->size, size, &said, why);
    if (script->area && said) read_area(script, said);
    free(said);
    free(script->commands);
    return png;
}
