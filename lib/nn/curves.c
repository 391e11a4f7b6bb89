#include "lib/nn/curves.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/nn/curves_picture.h"
#include "lib/record/record.h"
#include "lib/show/bundle.h"
#include "lib/tensor/error.h"
#include "lib/tensor/lifetime.h"

enum { POINTS_MOST = 1024 };

/* A curve of at most POINTS_MOST points, each the mean of `together` values; the last may be incomplete. */
struct series {
    double x[POINTS_MOST];
    float y[POINTS_MOST];
    size_t count;
    int64_t together, gathered; /* values in a full point, and in the last one */
    double last;
};

struct training {
    OtoProgress bar;
    char *unit, *metric;
    int64_t done;
    struct series series[OTO_CURVES];
    double drawn, cost; /* s: when the picture was drawn last, and how long that took */
    bool picture, ended;
};

struct OtoCurves {
    struct training *training;
};

static void release_curves(void *value) {
    struct training *training = ((OtoCurves *)value)->training;
    if (!training) return;
    free(training->unit);
    free(training->metric);
    free(training);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- points ---- */

/* Two neighbours become one, and there is room again. */
static void thin(struct series *series) {
    for (size_t i = 0; i < series->count / 2; i++) {
        series->x[i] = (series->x[2 * i] + series->x[2 * i + 1]) / 2;
        series->y[i] = (series->y[2 * i] + series->y[2 * i + 1]) / 2;
    }
    series->count /= 2;
    series->together *= 2;
    series->gathered = series->together;
}

static void add_value(struct series *series, double x, double y) {
    series->last = y;
    if (series->gathered < series->together) {
        size_t at = series->count - 1;
        double share = 1 / (double)++series->gathered;
        series->x[at] += (x - series->x[at]) * share;
        series->y[at] += (float)((y - (double)series->y[at]) * share);
        return;
    }
    if (series->count == POINTS_MOST) thin(series);
    series->x[series->count] = x;
    series->y[series->count++] = (float)y;
    series->gathered = 1;
}

/* ---- the picture ---- */

static unsigned char *picture_of(const struct training *training, size_t *size, char **why) {
    const char *const labels[] = {"training", "validation", training->metric, "learning rate"};
    struct oto_line lines[OTO_CURVES];
    for (int c = 0; c < OTO_CURVES; c++) {
        const struct series *series = &training->series[c];
        lines[c] = (struct oto_line){.label = labels[c], .x = series->x, .y = series->y, .count = series->count};
    }
    return oto_curves_picture(lines, training->unit, size, why);
}

static char *image_of(const unsigned char *png, size_t size) {
    char *html = NULL;
    size_t length;
    FILE *out = open_memstream(&html, &length);
    if (!out) return NULL;
    fputs("<br><img alt=\"curves of the training\" style=\"max-width:100%\" src=\"data:image/png;base64,", out);
    oto_base64_write(out, png, size);
    fputs("\">", out);
    if (fclose(out) == 0) return html;
    free(html);
    return NULL;
}

/* Below the bar; a picture that cannot be drawn (no gnuplot) is not worth losing a training for. */
static void draw(struct training *training) {
    if (oto_host() < 0 || oto_show_is_blind() || !training->series[OTO_CURVE_LOSS].count) return;
    double started = now();
    size_t size;
    char *why;
    unsigned char *png = picture_of(training, &size, &why);
    if (png) oto_progress_below(&training->bar, image_of(png, size));
    free(png);
    free(why);
    training->drawn = now();
    training->cost = training->drawn - started;
}

static bool is_due(const struct training *training) {
    double since = now() - training->drawn;
    return since > 0.5 && since > 20 * training->cost;
}

static void write_file(const struct training *training) {
    if (oto_host() >= 0 || oto_show_is_blind() || !training->series[OTO_CURVE_LOSS].count) return;
    size_t size;
    char *why;
    unsigned char *png = picture_of(training, &size, &why);
    if (png)
        oto_show_write_file(oto_show_next_file(), "png", png, size, true);
    else
        fprintf(stderr, "oto: no picture of the training: %s\n", why ? why : "no memory is left");
    free(png);
    free(why);
}

/* ---- the line ---- */

/* "loss 0.31, validation 0.42, accuracy 0.87, lr 0.001"; what is not known is left out. */
static void write_line(const struct training *training, char text[static 300]) {
    const char *const names[] = {"loss", "validation", training->metric, "lr"};
    size_t used = 0;
    text[0] = '\0';
    for (int c = 0; c < OTO_CURVES && used < 300; c++)
        if (training->series[c].count)
            used += (size_t)snprintf(text + used, 300 - used, "%s%.60s %.4g", used ? ", " : "", names[c],
                                     training->series[c].last);
}

static struct training *need(const char *operation, OtoCurves *curves) {
    oto_check_value(operation, "curves", curves, OTO_HELD);
    return curves->training;
}

static char *copy(const char *argument, const char *text) {
    oto_check_text("oto_curves_begin", argument, text);
    char *copied = strdup(text);
    if (!copied) oto_refuse("oto_curves_begin", "no memory is left for curves");
    return copied;
}

OtoCurves *(oto_curves_begin)(int64_t total, OtoCurvesOptions options) {
    OtoCurves *curves = oto_value_new(OTO_HELD, sizeof *curves, release_curves);
    struct training *training = curves->training = calloc(1, sizeof *training);
    if (!training) oto_refuse("oto_curves_begin", "no memory is left for curves");
    oto_value_owns(curves, (int64_t)sizeof *training);
    training->unit = copy(".unit", options.unit);
    training->metric = copy(".metric", options.metric);
    for (int c = 0; c < OTO_CURVES; c++) training->series[c].together = training->series[c].gathered = 1;
    training->bar = oto_progress(total, options.label);
    training->drawn = now();
    return curves;
}

void(oto_curves_add)(OtoCurves *curves, OtoCurvesPoint point) {
    struct training *training = need("oto_curves_add", curves);
    oto_check_range("oto_curves_add", "steps", (double)point.steps, 0, 9e15);
    training->done += point.steps;
    const double values[OTO_CURVES] = {point.loss, point.validation, point.metric, point.lr};
    for (int c = 0; c < OTO_CURVES; c++)
        if (isfinite(values[c])) add_value(&training->series[c], (double)training->done, values[c]);
    bool complete = training->done == training->bar.total;
    if (complete || is_due(training)) draw(training);
    char text[300];
    write_line(training, text);
    oto_progress_to(&training->bar, training->done, "%s", text);
}

void oto_curves_end(OtoCurves *curves) {
    struct training *training = need("oto_curves_end", curves);
    if (training->ended) return;
    training->ended = true;
    draw(training);
    training->bar.ended = false; /* of a bar that is complete, the picture is drawn once more */
    char text[300];
    write_line(training, text);
    oto_progress_done(&training->bar, "%s", text);
    write_file(training);
}
