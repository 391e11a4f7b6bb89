#include "autograder/plot.h"

#include <math.h>
#include <stdlib.h>

#include "autograder/escape.h"

enum { BINS = 10, BAR = 18, HEIGHT = 64, LABELS = 16, COURSE_STEP = 64, COURSE_HEIGHT = 140, LEFT = 42, TOP = 8 };
enum { SPARK_STEP = 9, SPARK_HEIGHT = 20, SHARE_WIDTH = 60 };

static void begin(struct text *out, const char *class, int width, int height, const char *label) {
    text_format(out, "<svg class=\"%s\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"",
                class, width, height, width, height);
    escape_html(out, label);
    text_add(out, "\">");
}

/* ---- histogram ---- */

void plot_histogram(struct text *out, enum language language, const double *values, size_t count, double most) {
    size_t bins[BINS] = {}, known = 0, highest = 1;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(values[i])) continue;
        double place = most > 0 ? BINS * values[i] / most : 0;
        size_t bin = place >= BINS ? BINS - 1 : place > 0 ? (size_t)place : 0;
        if (++bins[bin] > highest) highest = bins[bin];
        sum += values[i];
        known++;
    }
    double mean = known ? sum / (double)known : 0;
    struct text label = {};
    char *submissions = must_format("%zu", known), *average = must_format("%.3g", mean),
         *full = must_format("%.3g", most);
    string_add(&label, language, STRING_REPORT_PLOT_BINS, (const char *const[]){submissions, average, full}, text_add);
    free(submissions);
    free(average);
    free(full);
    for (int i = 0; i < BINS; i++) text_format(&label, " %zu", bins[i]);
    begin(out, "histogram", BINS * BAR, HEIGHT + LABELS, text_c(&label));
    text_free(&label);
    for (int i = 0; i < BINS; i++) {
        double tall = (HEIGHT - 12) * (double)bins[i] / (double)highest;
        text_format(out, "<rect class=\"bar\" x=\"%d\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>", i * BAR + 1,
                    HEIGHT - tall, BAR - 2, tall);
        if (bins[i])
            text_format(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"middle\">%zu</text>", i * BAR + BAR / 2,
                        HEIGHT - tall - 2, bins[i]);
    }
    if (known && most > 0) {
        double at = BINS * BAR * fmin(1, fmax(0, mean / most));
        text_format(out, "<path class=\"mark\" d=\"M%.1f 0V%d\"/>", at, HEIGHT);
    }
    text_format(out,
                "<path class=\"axis\" d=\"M0 %dH%d\"/><text x=\"0\" y=\"%d\">0</text><text x=\"%d\" y=\"%d\" "
                "text-anchor=\"end\">%.4g</text></svg>",
                HEIGHT, BINS * BAR, HEIGHT + 13, BINS * BAR, HEIGHT + 13, most);
}

/* ---- through the course ---- */

struct frame {
    double left, step, top, height;
};

static double across(const struct frame *frame, size_t i) {
    return frame->left + frame->step * ((double)i + 0.5);
}

static double down(const struct frame *frame, double share) {
    return frame->top + frame->height * (1 - fmin(1, fmax(0, share)));
}

/* Lines between neighbours that are known, and a dot on each. */
static void draw_line(struct text *out, const struct frame *frame, const double *values, size_t count,
                      const char *class, double dot) {
    bool pen_down = false;
    text_format(out, "<path class=\"%s\" d=\"", class);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i]))
            text_format(out, "%c%.1f %.1f", pen_down ? 'L' : 'M', across(frame, i), down(frame, values[i]));
        pen_down = isfinite(values[i]);
    }
    text_add(out, "\"/>");
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            text_format(out, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>", class, across(frame, i),
                        down(frame, values[i]), dot);
}

static char *say_line(enum language language, const struct course_line *line) {
    struct text label = {};
    text_add(&label, string_of(language, line->own ? STRING_REPORT_PLOT_OWN : STRING_REPORT_PLOT_MEDIAN));
    for (size_t i = 0; i < line->count; i++) {
        text_format(&label, "%s %s ", i ? ";" : "", line->names[i]);
        if (line->own && isfinite(line->own[i])) text_format(&label, "%.0f %% ", 100 * line->own[i]);
        if (line->own && !isfinite(line->own[i]))
            text_format(&label, "%s ", string_of(language, STRING_REPORT_PLOT_NOTHING));
        if (isfinite(line->median[i])) text_format(&label, line->own ? "(%.0f %%)" : "%.0f %%", 100 * line->median[i]);
    }
    return text_take(&label);
}

void plot_course(struct text *out, enum language language, const struct course_line *line) {
    int width = LEFT + COURSE_STEP * (int)line->count;
    const struct frame frame = {.left = LEFT, .step = COURSE_STEP, .top = TOP, .height = COURSE_HEIGHT};
    char *label = say_line(language, line);
    begin(out, "course", width, TOP + COURSE_HEIGHT + LABELS + 4, label);
    free(label);
    for (int percent = 0; percent <= 100; percent += 25)
        text_format(out,
                    "<path class=\"axis\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%d "
                    "%%</text>",
                    LEFT, down(&frame, percent / 100.0), width, LEFT - 4, down(&frame, percent / 100.0) + 4, percent);
    for (size_t i = 0; i < line->count; i++) {
        if (isfinite(line->low[i]))
            text_format(out, "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"16\" height=\"%.1f\"/>",
                        across(&frame, i) - 8, down(&frame, line->high[i]),
                        fmax(1, down(&frame, line->low[i]) - down(&frame, line->high[i])));
        text_format(out, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%zu</text>", across(&frame, i),
                    TOP + COURSE_HEIGHT + LABELS, i + 1);
    }
    draw_line(out, &frame, line->median, line->count, "middle", 3);
    if (line->own) draw_line(out, &frame, line->own, line->count, "own", 3);
    text_add(out, "</svg>");
}

void plot_spark(struct text *out, enum language language, const struct course_line *line) {
    const struct frame frame = {.left = 1, .step = SPARK_STEP, .top = 3, .height = SPARK_HEIGHT - 6};
    char *label = say_line(language, line);
    begin(out, "spark", 2 + SPARK_STEP * (int)line->count, SPARK_HEIGHT, label);
    free(label);
    draw_line(out, &frame, line->median, line->count, "middle", 0.8);
    if (line->own) draw_line(out, &frame, line->own, line->count, "own", 1.8);
    text_add(out, "</svg>");
}

void plot_share(struct text *out, double share) {
    text_format(out,
                "<svg class=\"share\" viewBox=\"0 0 %d 10\" width=\"%d\" height=\"10\" aria-hidden=\"true\"><rect "
                "class=\"band\" width=\"%d\" height=\"10\"/><rect class=\"bar\" width=\"%.1f\" height=\"10\"/></svg>",
                SHARE_WIDTH, SHARE_WIDTH, SHARE_WIDTH, SHARE_WIDTH * fmin(1, fmax(0, share)));
}
