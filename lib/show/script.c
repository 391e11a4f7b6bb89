#include "lib/show/script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/gnuplot.h"

static const char *const colours[] = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555"};

const char *oto_script_colour(size_t n) {
    return colours[n % (sizeof colours / sizeof *colours)];
}

uint32_t oto_script_tint(size_t n, double strength) {
    uint32_t colour = (uint32_t)strtoul(oto_script_colour(n) + 1, NULL, 16), mixed = 0;
    for (int shift = 0; shift < 24; shift += 8) {
        double channel = (double)((colour >> shift) & 255);
        mixed |= (uint32_t)lround(255 + (channel - 255) * strength) << shift;
    }
    return mixed;
}

void oto_script_marks(FILE *out, const struct oto_frame *frame, double scale, const char *colour) {
    for (size_t i = 0; i < frame->mark_count; i++) {
        if (!isfinite(frame->marks[i].at)) continue;
        double x = frame->marks[i].at * scale;
        fprintf(out,
                "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead front linecolor rgb '%s' "
                "linewidth %s\n",
                x, x, colour, frame->marks[i].strong ? "2.2" : "0.9");
    }
}

enum {
    LETTER_WIDTH = 6,
    STRIP_HEIGHT = 17, /* pixels */
    TITLE_LETTER_WIDTH = 8,
    KEY_LETTER_WIDTH = 7,
    KEY_SAMPLE_WIDTH = 44, /* of the line beside a label, and between labels */
    KEY_APART = 30         /* from the title and the picture's end */
};

void oto_script_segment(FILE *out, const struct oto_segment *segment, double scale, double left, double right, int wide,
                        const char *bottom, const char *middle, const char *top) {
    double from = fmax(segment->from * scale, left), to = fmin(segment->to * scale, right);
    if (!(to > from)) return;
    fprintf(out,
            "set object rectangle from first %.9g, %s to first %.9g, %s noclip front fillcolor '#%06x' fillstyle solid "
            "1.0 border linecolor '#ffffff' linewidth 0.6\n",
            from, bottom, to, top, (unsigned)oto_script_tint(segment->colour, 0.4));
    double room = (to - from) / (right - left) * wide;
    if (!segment->text || (double)(strlen(segment->text) * LETTER_WIDTH) > room) return;
    fputs("set label ", out);
    oto_script_string(out, segment->text);
    fprintf(out, " at first %.9g, %s center front textcolor '#222222' font ',8'\n", (from + to) / 2, middle);
}

void oto_script_segments(FILE *out, const struct oto_frame *frame, const char *edge, double scale, double left,
                         double right, int wide, int high) {
    char bottom[40], middle[40], top[40];
    double strip = (double)STRIP_HEIGHT / high;
    snprintf(bottom, sizeof bottom, "graph %.6f", 1 + strip * 0.15);
    snprintf(middle, sizeof middle, "graph %.6f", 1 + strip * 0.65);
    snprintf(top, sizeof top, "graph %.6f", 1 + strip * 1.15);
    for (size_t i = 0; i < frame->segment_count; i++) {
        const struct oto_segment *segment = &frame->segments[i];
        oto_script_segment(out, segment, scale, left, right, wide, bottom, middle, top);
        double x = segment->from * scale;
        if (x > left && x < right)
            fprintf(out,
                    "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead front linecolor rgb '%s' "
                    "linewidth 0.9 dashtype 3\n",
                    x, x, edge);
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

static size_t letters_of(const char *text) {
    size_t letters = 0;
    for (; text && *text; text++) letters += ((unsigned char)*text & 0xc0) != 0x80;
    return letters;
}

void oto_script_key_add(struct oto_key *key, const char *label) {
    size_t letters = letters_of(label);
    key->count += letters > 0;
    if (letters > key->longest) key->longest = letters;
}

void oto_script_key_place(const struct oto_script *script, const struct oto_frame *frame, struct oto_key key) {
    size_t title = letters_of(frame->title);
    double wide = (double)(key.count * (key.longest * KEY_LETTER_WIDTH + KEY_SAMPLE_WIDTH)), width = script->width;
    double room = title ? (width - (double)(title * TITLE_LETTER_WIDTH)) / 2 - KEY_APART : width - KEY_APART;
    if (wide > room)
        fputs("set key bmargin center horizontal\n", script->out);
    else if (key.count && !frame->segment_count && !title)
        fputs("set tmargin 2.2\n", script->out);
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
        if (frame->segment_count) fputs(" offset 0,1.1", out);
        fputs(" font 'DejaVu Sans,11' textcolor '#111111'\n", out);
    }
    if (frame->segment_count) fprintf(out, "set tmargin %s\n", frame->title && *frame->title ? "3.7" : "2.2");
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
