/* Curves, spectrograms and matrices: from a tensor and its axes to a figure. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/figure.h"
#include "lib/show/view.h"
#include "lib/tensor/error.h"

float *oto_view_floats(OtoTensor *x) {
    float *values = malloc((size_t)x->size * sizeof *values + 1);
    if (!values) oto_refuse("oto_show", "no memory is left for %lld numbers", (long long)x->size);
    for (int64_t i = 0; i < x->size; i++) switch (x->type) {
        case OTO_FLOAT32:
            values[i] = ((const float *)x->data)[i];
            break;
        case OTO_COMPLEX64:
            values[i] = cabsf(((const float _Complex *)x->data)[i]);
            break;
        case OTO_INT64:
            values[i] = (float)((const int64_t *)x->data)[i];
            break;
        }
    return values;
}

char *oto_view_axis_label(const OtoAxis *axis) {
    char *label = NULL;
    const char *name = axis->name ? axis->name : "", *unit = axis->unit ? axis->unit : "";
    int length = *unit && *name ? asprintf(&label, "%s (%s)", name, unit) : asprintf(&label, "%s%s", name, unit);
    if (length < 0) oto_refuse("oto_show", "no memory is left for a label");
    return label;
}

void oto_view_take_png(struct oto_bundle *bundle, unsigned char *png, size_t size, char *why) {
    if (!png) {
        char reason[400];
        snprintf(reason, sizeof reason, "%s", why ? why : "memory ran out");
        free(why);
        oto_refuse("oto_show", "%s", reason);
    }
    free(bundle->png);
    bundle->png = png;
    bundle->png_size = size;
}

/* What the numbers measure, for the axis or colour bar: "dB", "amplitude", or "". */
static const char *quantity_label(OtoTensor *x) {
    return x->quantity == OTO_PLAIN ? "" : x->type == OTO_COMPLEX64 ? "magnitude" : oto_quantity_name(x->quantity);
}

void oto_view_curve(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    OtoTensor *curves[OTO_SHOW_WITH + 1] = {x};
    size_t count = 1;
    for (int i = 0; i < OTO_SHOW_WITH && options->with[i]; i++) {
        oto_need("oto_show", "a curve of .with", options->with[i]);
        curves[count++] = options->with[i];
    }
    struct oto_line lines[(OTO_SHOW_WITH + 1) * 16];
    float *owned[OTO_SHOW_WITH + 1];
    size_t drawn = 0;
    for (size_t c = 0; c < count; c++) {
        const OtoAxis *axis = &curves[c]->axes[curves[c]->rank > 0 ? curves[c]->rank - 1 : 0];
        int64_t length = curves[c]->rank > 0 ? curves[c]->cols : 1, rows = curves[c]->rank > 0 ? curves[c]->rows : 1;
        owned[c] = oto_view_floats(curves[c]);
        for (int64_t row = 0; row < rows && row < 16; row++)
            lines[drawn++] = (struct oto_line){.label = row == 0 ? options->labels[c] : NULL,
                                               .y = owned[c] + row * length,
                                               .x = axis->values,
                                               .start = axis->start,
                                               .step = axis->step > 0 ? axis->step : 1,
                                               .count = (size_t)length};
    }
    char *label = oto_view_axis_label(&x->axes[x->rank > 0 ? x->rank - 1 : 0]);
    struct oto_frame frame = {.title = options->title ? options->title : x->origin,
                              .x_label = options->x_label ? options->x_label : label,
                              .y_label = options->y_label ? options->y_label : quantity_label(x),
                              .width = options->width,
                              .height = options->height};
    size_t size;
    char *why;
    unsigned char *png = oto_figure_lines(&frame, lines, drawn, OTO_LINES, &size, &why);
    for (size_t c = 0; c < count; c++) free(owned[c]);
    free(label);
    oto_view_take_png(bundle, png, size, why);
}

/* Amplitudes, powers and complex spectra in dB; the bar ends 80 dB below the maximum. */
static void to_decibels(OtoTensor *x, float *values, struct oto_image *image) {
    bool power = x->quantity == OTO_POWER;
    bool spectrum = power || x->quantity == OTO_AMPLITUDE || x->type == OTO_COMPLEX64;
    if (!spectrum && x->quantity != OTO_DECIBEL) return;
    image->bar_label = "dB";
    float highest = -INFINITY;
    for (int64_t i = 0; i < x->size; i++) {
        if (spectrum) values[i] = (power ? 10 : 20) * log10f(fmaxf(fabsf(values[i]), power ? 1e-20f : 1e-10f));
        if (isfinite(values[i])) highest = fmaxf(highest, values[i]);
    }
    if (!isfinite(highest)) return;
    if (isnan(image->high)) image->high = (double)highest;
    if (isnan(image->low)) {
        image->low = image->high - 80;
        double least = INFINITY; /* a narrower range of dB values keeps its own end */
        for (int64_t i = 0; i < x->size; i++)
            if (isfinite(values[i])) least = fmin(least, (double)values[i]);
        if (least > image->low) image->low = least;
    }
}

static void view_image(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options, bool from_top) {
    const OtoAxis *rows = &x->axes[x->rank - 2], *columns = &x->axes[x->rank - 1];
    float *values = oto_view_floats(x);
    bool logarithmic = options->log_frequency && !rows->values && rows->step > 0 && x->shape[x->rank - 2] > 2;
    struct oto_image image = {.values = values,
                              .rows = (size_t)x->shape[x->rank - 2],
                              .columns = (size_t)x->cols,
                              .x_start = columns->values ? 0 : columns->start,
                              .x_step = columns->values || columns->step <= 0 ? 1 : columns->step,
                              .y_start = rows->start,
                              .y_step = rows->step > 0 ? rows->step : 1,
                              .y_values = rows->values,
                              .y_logarithmic = logarithmic,
                              .y_pitch = !strcmp(rows->name, "pitch") && !rows->values && rows->step == 1 && !from_top,
                              .from_top = from_top,
                              .numbers = from_top,
                              .palette = from_top ? OTO_VIRIDIS : OTO_MAGMA,
                              .low = options->low,
                              .high = options->high,
                              .bar_label = quantity_label(x)};
    if (!from_top) to_decibels(x, values, &image);
    char *x_label = oto_view_axis_label(columns), *y_label = oto_view_axis_label(rows);
    bool small = from_top && image.rows <= 16 && image.columns <= 16;
    struct oto_frame frame = {.title = options->title ? options->title : x->origin,
                              .x_label = options->x_label ? options->x_label : x_label,
                              .y_label = options->y_label ? options->y_label : y_label,
                              .width = options->width > 0 ? options->width
                                       : small            ? 200 + 46 * (int)image.columns
                                                          : 0,
                              .height = options->height > 0 ? options->height
                                        : small             ? 130 + 30 * (int)image.rows
                                                            : 0};
    size_t size;
    char *why;
    unsigned char *png = oto_figure_image(&frame, &image, &size, &why);
    free(values);
    free(x_label);
    free(y_label);
    oto_view_take_png(bundle, png, size, why);
}

void oto_view_spectrogram(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    view_image(bundle, x, options, false);
}

void oto_view_matrix(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    view_image(bundle, x, options, true);
}
