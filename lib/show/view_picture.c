/* Curves and histograms: from tensors and their axes to a figure. Images are in view_image.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/figure.h"
#include "lib/show/view.h"
#include "lib/tensor/error.h"

enum { BINS_UNASKED = 100 };

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

const char *oto_view_quantity_label(OtoTensor *x) {
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
                                               .step = axis->step != 0 ? axis->step : 1,
                                               .count = (size_t)length};
    }
    char *label = oto_view_axis_label(&x->axes[x->rank > 0 ? x->rank - 1 : 0]);
    struct oto_frame frame = {.title = options->title ? options->title
                                       : count == 1   ? x->origin
                                                      : NULL,
                              .x_label = options->x_label ? options->x_label : label,
                              .y_label = options->y_label ? options->y_label : oto_view_quantity_label(x),
                              .width = options->width,
                              .height = options->height,
                              .area = &bundle->area};
    size_t size;
    char *why;
    oto_view_marks(&frame, options);
    unsigned char *png = oto_figure_lines(&frame, lines, drawn, OTO_LINES, &size, &why);
    oto_view_marks_free(&frame);
    for (size_t c = 0; c < count; c++) free(owned[c]);
    free(label);
    oto_view_take_png(bundle, png, size, why);
}

static int ascending(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* As many as numpy.histogram(bins="auto") takes at most: the larger number of Sturges' rule and of Freedman and
 * Diaconis'. */
static size_t suitable_bins(const float *values, size_t count) {
    size_t finite = 0;
    float *sorted = malloc((count + 1) * sizeof *sorted);
    if (!sorted) oto_refuse("oto_show", "no memory is left for %zu numbers", count);
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) sorted[finite++] = values[i];
    double bins = ceil(log2((double)finite + 1)) + 1;
    qsort(sorted, finite, sizeof *sorted, ascending);
    if (finite > 1) {
        double quartiles = (double)(sorted[finite * 3 / 4] - sorted[finite / 4]);
        double span = (double)(sorted[finite - 1] - sorted[0]);
        if (quartiles > 0) bins = fmax(bins, ceil(span / (2 * quartiles / cbrt((double)finite))));
    }
    free(sorted);
    return (size_t)fmin(fmax(bins, 1), BINS_UNASKED);
}

void oto_view_histogram(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    struct oto_sample samples[OTO_SHOW_WITH + 1];
    float *owned[OTO_SHOW_WITH + 1];
    size_t count = 0;
    for (OtoTensor *one = x; one; one = count <= OTO_SHOW_WITH ? options->with[count - 1] : NULL) {
        oto_need("oto_show", "a sample of .with", one);
        owned[count] = oto_view_floats(one);
        samples[count] = (struct oto_sample){options->labels[count], owned[count], (size_t)one->size};
        count++;
    }
    size_t bins = options->bins > 0 ? (size_t)options->bins : suitable_bins(samples[0].values, samples[0].count);
    struct oto_frame frame = {.title = options->title ? options->title
                                       : count == 1   ? x->origin
                                                      : NULL,
                              .x_label = options->x_label ? options->x_label : oto_view_quantity_label(x),
                              .y_label = options->y_label,
                              .width = options->width,
                              .height = options->height};
    size_t size;
    char *why;
    unsigned char *png = oto_figure_histogram(&frame, samples, count, bins, &size, &why);
    for (size_t i = 0; i < count; i++) free(owned[i]);
    oto_view_take_png(bundle, png, size, why);
}
