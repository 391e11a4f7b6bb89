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

/* From the numbers of .marks to s. */
static double seconds_of_mark(OtoTensor *marks) {
    return marks->type == OTO_INT64 ? marks->framing.hop_length / marks->sample_rate : 1;
}

void oto_view_check_marks(OtoTensor *marks) {
    if (!marks) return;
    oto_need("oto_show", ".marks", marks);
    if (marks->rank != 1 || marks->type == OTO_COMPLEX64)
        oto_refuse("oto_show", ".marks is %s %s, but must be a list (n) of moments", oto_type_name(marks->type),
                   oto_shape_quoted(marks));
    if (marks->type == OTO_INT64 && (marks->sample_rate <= 0 || marks->framing.hop_length <= 0))
        oto_refuse("oto_show", ".marks are frame numbers that know no hop and no sample rate; give moments in s, as "
                               "with .units = OTO_UNITS_TIME");
}

void oto_view_marks(struct oto_frame *frame, const OtoShow *options) {
    OtoTensor *marks = options->marks;
    if (!marks) return;
    double *places = malloc((size_t)marks->size * sizeof *places + 1);
    if (!places) oto_refuse("oto_show", "no memory is left for %lld marks", (long long)marks->size);
    for (int64_t i = 0; i < marks->size; i++)
        places[i] = seconds_of_mark(marks) * (marks->type == OTO_INT64 ? (double)((const int64_t *)marks->data)[i]
                                                                       : (double)((const float *)marks->data)[i]);
    frame->marks = places;
    frame->mark_count = (size_t)marks->size;
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
                              .height = options->height,
                              .area = &bundle->area};
    size_t size;
    char *why;
    oto_view_marks(&frame, options);
    unsigned char *png = oto_figure_lines(&frame, lines, drawn, OTO_LINES, &size, &why);
    free((void *)frame.marks);
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

/* Chroma: twelve pitch classes, or a multiple; piano rolls have more rows, which are keys. */
static bool is_chroma(const OtoAxis *rows, int64_t count) {
    bool pitch = !strcmp(rows->name, "pitch") || !strcmp(rows->name, "pitch class");
    return pitch && !rows->values && rows->start == 0 && rows->step == 1 && count % 12 == 0 && count <= 48;
}

/* Constant-Q spectra: frequencies that rise by the same ratio from row to row. */
static bool is_constant_q(const OtoAxis *rows, int64_t count) {
    if (!rows->values || strcmp(rows->unit, "Hz") || count < 3 || rows->values[0] <= 0) return false;
    double ratio = rows->values[1] / rows->values[0];
    bool even = ratio > 1;
    for (int64_t i = 1; i < count && even; i++) even = fabs(rows->values[i] / rows->values[i - 1] / ratio - 1) < 1e-6;
    return even;
}

static void view_image(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options, bool from_top) {
    const OtoAxis *rows = &x->axes[x->rank - 2], *columns = &x->axes[x->rank - 1];
    float *values = oto_view_floats(x);
    bool logarithmic = options->log_frequency && !rows->values && rows->step > 0 && x->shape[x->rank - 2] > 2;
    bool chroma = !from_top && is_chroma(rows, x->shape[x->rank - 2]);
    struct oto_image image = {.values = values,
                              .rows = (size_t)x->shape[x->rank - 2],
                              .columns = (size_t)x->cols,
                              .x_start = columns->values ? 0 : columns->start,
                              .x_step = columns->values || columns->step <= 0 ? 1 : columns->step,
                              .y_start = rows->start,
                              .y_step = rows->step > 0 ? rows->step : 1,
                              .y_values = rows->values,
                              .y_logarithmic = logarithmic,
                              .y_pitch = !strcmp(rows->name, "pitch") && !rows->values && rows->step == 1 &&
                                         !from_top && !chroma,
                              .y_classes = chroma,
                              .y_notes = !from_top && is_constant_q(rows, x->shape[x->rank - 2]),
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
                                                            : 0,
                              .area = &bundle->area};
    size_t size;
    char *why;
    oto_view_marks(&frame, options);
    unsigned char *png = oto_figure_image(&frame, &image, &size, &why);
    free((void *)frame.marks);
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
