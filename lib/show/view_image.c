/* Spectrograms and matrices: which axes, colours and numbers suit a tensor of two axes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lib/show/figure.h"
#include "lib/show/view.h"
#include "lib/tensor/error.h"

enum {
    SMALL_MOST = 16,  /* rows and columns of a matrix whose cells have room for their numbers */
    CLASSES_MOST = 64 /* of a confusion matrix, each with a name */
};
static const double audible = 30;                       /* Hz: lower rows are too few to fill a logarithmic axis */
static const double slowest = 15, fastest = 480;        /* BPM: no music is slower or faster */
static const int notes_around = 2, notes_at_least = 13; /* keys of a piano roll that nobody plays */

/* Amplitudes, powers and complex spectra in dB; the bar ends 80 dB below the maximum. False: it is nothing in dB. */
static bool to_decibels(OtoTensor *x, float *values, struct oto_image *image) {
    bool power = x->quantity == OTO_POWER;
    bool spectrum = power || x->quantity == OTO_AMPLITUDE || x->type == OTO_COMPLEX64;
    if (!spectrum && x->quantity != OTO_DECIBEL) return false;
    image->bar_label = "dB";
    float highest = -INFINITY;
    for (int64_t i = 0; i < x->size; i++) {
        if (spectrum) values[i] = (power ? 10 : 20) * log10f(fmaxf(fabsf(values[i]), power ? 1e-20f : 1e-10f));
        if (isfinite(values[i])) highest = fmaxf(highest, values[i]);
    }
    if (!isfinite(highest)) return true;
    if (isnan(image->high)) image->high = (double)highest;
    if (isnan(image->low)) {
        image->low = image->high - 80;
        double least = INFINITY; /* a narrower range of dB values keeps its own end */
        for (int64_t i = 0; i < x->size; i++)
            if (isfinite(values[i])) least = fmin(least, (double)values[i]);
        if (least > image->low) image->low = least;
    }
    return true;
}

/* ---- axes ---- */

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

/* Rows are lags of an onset strength: each is the period of a tempo. */
static bool is_lag_of_tempo(OtoTensor *x, const OtoAxis *rows, const OtoShow *options) {
    bool lag = !strcmp(rows->name, "lag") && !strcmp(rows->unit, "s") && !rows->values && rows->step > 0;
    bool asked = options->as && !strcmp(options->as, "tempogram");
    return lag && x->shape[0] > 2 && (asked || (!options->as && x->origin && strstr(x->origin, "tempogram")));
}

static bool is_self_similarity(OtoTensor *x) {
    const OtoAxis *a = &x->axes[0], *b = &x->axes[1];
    return *a->name && !strcmp(a->name, b->name) && !strcmp(a->unit, b->unit) && x->shape[0] == x->shape[1];
}

static bool is_confusion(OtoTensor *x, const OtoShow *options) {
    if (options->as) return !strcmp(options->as, "confusion");
    return x->type == OTO_INT64 && !strcmp(x->axes[0].name, "true") && !strcmp(x->axes[1].name, "predicted");
}

bool oto_view_is_in_order(const OtoAxis *axis, int64_t count) {
    bool rises = true;
    for (int64_t i = 1; i < count && axis->values; i++) rises &= axis->values[i] > axis->values[i - 1];
    return rises;
}

static bool rises_or_falls(const double *values, int64_t count) {
    bool rises = count > 1, falls = count > 1;
    for (int64_t i = 1; i < count; i++) rises &= values[i] > values[i - 1], falls &= values[i] < values[i - 1];
    return rises || falls;
}

/* As numbers: where they are, or one cell beside the other. Moments in s are drawn where they are. */
static struct oto_places plain_places(const OtoAxis *axis, int64_t count) {
    struct oto_places places = {.start = axis->start,
                                .step = axis->step != 0 ? axis->step : 1,
                                .values = axis->values,
                                .scale = OTO_SCALE_EVEN};
    if (axis->values) {
        bool moments = !strcmp(axis->unit, "s") && count > 1 && oto_view_is_in_order(axis, count);
        places.scale = moments ? OTO_SCALE_SPANS : OTO_SCALE_STEPS;
    }
    return places;
}

/* Narrows a logarithmic axis to what there is and what matters. */
static struct oto_places logarithmic_places(struct oto_places places, int64_t count, double low, double high) {
    double first = oto_place_at(&places, (size_t)count, 0), second = oto_place_at(&places, (size_t)count, 1);
    double last = oto_place_at(&places, (size_t)count, (double)(count - 1));
    double least = fmin(first > 0 ? first : second, last), most = isfinite(first) ? fmax(first, last) : second;
    places.low = least < low && most > 2 * low ? low : least;
    places.high = most > high && places.low < high / 2 ? high : most;
    places.scale = OTO_SCALE_LOGARITHMIC;
    return places;
}

static struct oto_places row_places(OtoTensor *x, const OtoShow *options) {
    const OtoAxis *rows = &x->axes[0];
    int64_t count = x->shape[0];
    struct oto_places places = plain_places(rows, count);
    bool hertz = !strcmp(rows->unit, "Hz"), several = count > 2;
    if (is_chroma(rows, count)) {
        places.scale = OTO_SCALE_STEPS;
        places.ticks = OTO_TICKS_PITCH_CLASSES;
    } else if (!strcmp(rows->name, "pitch") && !rows->values && rows->step == 1)
        places.ticks = OTO_TICKS_KEYS;
    else if (is_constant_q(rows, count))
        places.ticks = OTO_TICKS_NOTES;
    else if (several && !strcmp(rows->unit, "BPM")) {
        places = logarithmic_places(places, count, slowest, fastest);
        places.ticks = OTO_TICKS_TEMPI;
    } else if (several && options->log_frequency &&
               (rows->values ? rises_or_falls(rows->values, count) : rows->step > 0)) {
        places = logarithmic_places(places, count, audible, INFINITY);
        places.octaves = hertz;
    } else
        places.octaves = hertz && places.scale == OTO_SCALE_STEPS && rises_or_falls(rows->values, count);
    return places;
}

/* 60 / lag in BPM; free() it. */
static double *tempi_of(const OtoAxis *lags, int64_t count) {
    double *tempi = malloc((size_t)count * sizeof *tempi);
    if (!tempi) oto_refuse("oto_show", "no memory is left for %lld tempi", (long long)count);
    for (int64_t i = 0; i < count; i++) tempi[i] = 60 / (lags->start + (double)i * lags->step);
    return tempi;
}

/* Leaves out the keys of a piano roll that nobody plays, but for some around the others. */
static void crop_keys(struct oto_image *image) {
    size_t lowest = image->rows, highest = 0;
    for (size_t row = 0; row < image->rows; row++)
        for (size_t column = 0; column < image->columns; column++) {
            float value = image->values[row * image->columns + column];
            if (value == 0 || isnan(value)) continue;
            if (lowest == image->rows) lowest = row;
            highest = row;
        }
    if (lowest == image->rows) return;
    long first = (long)lowest - notes_around, last = (long)highest + notes_around;
    for (; last - first + 1 < notes_at_least; last++) first--;
    if (first < 0) first = 0;
    if (last > (long)image->rows - 1) last = (long)image->rows - 1;
    image->values += (size_t)first * image->columns;
    image->rows = (size_t)(last - first + 1);
    image->y.start += (double)first * image->y.step;
}

static bool any_below_zero(const float *values, size_t count) {
    bool below = false;
    for (size_t i = 0; i < count; i++) below |= values[i] < 0;
    return below;
}

/* ---- images ---- */

static struct oto_frame frame_of(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options, int width,
                                 int height) {
    return (struct oto_frame){.title = options->title ? options->title : x->origin,
                              .area = &bundle->area,
                              .width = options->width > 0 ? options->width : width,
                              .height = options->height > 0 ? options->height : height};
}

/* Draws it with the labels of x's axes where the options give no others; frees the labels. */
static void draw(struct oto_bundle *bundle, struct oto_frame *frame, const struct oto_image *image,
                 const OtoShow *options, char *x_label, char *y_label, float *values) {
    frame->x_label = options->x_label ? options->x_label : x_label;
    frame->y_label = options->y_label ? options->y_label : y_label;
    oto_view_marks(frame, options);
    size_t size;
    char *why;
    unsigned char *png = oto_figure_image(frame, image, &size, &why);
    oto_view_marks_free(frame);
    free(values);
    free(x_label);
    free(y_label);
    oto_view_take_png(bundle, png, size, why);
}

void oto_view_spectrogram(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    const OtoAxis *rows = &x->axes[0];
    OtoAxis tempi = {.name = "tempo", .unit = "BPM"};
    float *values = oto_view_floats(x);
    struct oto_image image = {.values = values,
                              .rows = (size_t)x->shape[0],
                              .columns = (size_t)x->cols,
                              .x = plain_places(&x->axes[1], x->cols),
                              .square = is_self_similarity(x),
                              .low = options->low,
                              .high = options->high,
                              .bar_label = oto_view_quantity_label(x)};
    if (is_lag_of_tempo(x, rows, options)) {
        tempi.values = tempi_of(rows, x->shape[0]);
        image.y = logarithmic_places(plain_places(&tempi, x->shape[0]), x->shape[0], slowest, fastest);
        image.y.ticks = OTO_TICKS_TEMPI;
        rows = &tempi;
    } else
        image.y = row_places(x, options);
    if (image.y.ticks == OTO_TICKS_KEYS) crop_keys(&image);
    if (to_decibels(x, values, &image))
        image.palette = OTO_MAGMA;
    else if (image.y.ticks == OTO_TICKS_TEMPI)
        image.palette = OTO_MAGMA;
    else if (x->quantity == OTO_PHASE)
        image.palette = OTO_TWILIGHT;
    else if (image.y.ticks == OTO_TICKS_KEYS && !any_below_zero(values, (size_t)x->size))
        image.palette = OTO_GREYS;
    else
        image.palette = oto_palette_for(values, (size_t)x->size, OTO_MAGMA);
    char *x_label = oto_view_axis_label(&x->axes[1]);
    OtoAxis note = {.name = "note"}, pitch_class = {.name = "pitch class"};
    char *y_label = oto_view_axis_label(image.y.ticks == OTO_TICKS_NOTES           ? &note
                                        : image.y.ticks == OTO_TICKS_PITCH_CLASSES ? &pitch_class
                                                                                   : rows);
    struct oto_frame frame = frame_of(bundle, x, options, 0, 0);
    draw(bundle, &frame, &image, options, x_label, y_label, values);
    free(tempi.values);
}

/* Rows that go from low sounds to high ones. */
static bool rises_in_pitch(const OtoAxis *rows) {
    static const char *const names[] = {"frequency", "mel", "band", "pitch"};
    bool named = !strcmp(rows->unit, "Hz");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) named |= !strcmp(rows->name, names[i]);
    return named;
}

static void view_confusion(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options);

void oto_view_matrix(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    if (is_confusion(x, options)) {
        view_confusion(bundle, x, options);
        return;
    }
    float *values = oto_view_floats(x);
    bool small = x->shape[0] <= SMALL_MOST && x->cols <= SMALL_MOST;
    struct oto_image image = {
        .values = values,
        .rows = (size_t)x->shape[0],
        .columns = (size_t)x->cols,
        .x = plain_places(&x->axes[1], x->cols),
        .y = plain_places(&x->axes[0], x->shape[0]),
        .from_top = options->as || !rises_in_pitch(&x->axes[0]),
        .written = small ? values : NULL,
        .palette = x->quantity == OTO_PHASE ? OTO_TWILIGHT : oto_palette_for(values, (size_t)x->size, OTO_VIRIDIS),
        .low = options->low,
        .high = options->high,
        .bar_label = oto_view_quantity_label(x)};
    struct oto_frame frame =
        frame_of(bundle, x, options, small ? 200 + 46 * (int)x->cols : 0, small ? 130 + 30 * (int)x->shape[0] : 0);
    draw(bundle, &frame, &image, options, oto_view_axis_label(&x->axes[1]), oto_view_axis_label(&x->axes[0]), values);
}

/* ---- confusion matrices ---- */

void oto_view_check_confusion(OtoTensor *x, const OtoShow *options) {
    if (!is_confusion(x, options)) {
        if (options->class_names)
            oto_refuse("oto_show",
                       ".class_names are for confusion matrices, but the value is %s; leave them out, or "
                       "give .as = \"confusion\"",
                       oto_shape_quoted(x));
        return;
    }
    if (x->type == OTO_COMPLEX64 || x->shape[0] != x->shape[1])
        oto_refuse("oto_show",
                   "%s %s is no confusion matrix, which is square and counts; oto_confusion_matrix makes one",
                   oto_type_name(x->type), oto_shape_quoted(x));
    for (int64_t i = 0; i < x->size; i++) {
        double count =
            x->type == OTO_INT64 ? (double)((const int64_t *)x->data)[i] : (double)((const float *)x->data)[i];
        if (!(count >= 0 && isfinite(count)))
            oto_refuse("oto_show", "row %lld, column %lld of the confusion matrix is %g, but must be at least 0",
                       (long long)(i / x->cols), (long long)(i % x->cols), count);
    }
    if (!options->class_names) return;
    if (x->cols > CLASSES_MOST)
        oto_refuse("oto_show", ".class_names are for at most %d classes, but there are %lld", CLASSES_MOST,
                   (long long)x->cols);
    int64_t known = 0;
    for (int64_t i = 0; i < x->cols; i++) {
        double number = oto_axis_at(x, 0, i);
        if (!(number >= 0 && number == floor(number)))
            oto_refuse("oto_show", "class %g has no name: .class_names name classes from 0 on", number);
        while (known <= (int64_t)number && options->class_names[known]) known++;
        if (number >= (double)known)
            oto_refuse("oto_show", ".class_names has %lld names, but the matrix has class %lld, which would need %lld",
                       (long long)known, (long long)number, (long long)number + 1);
    }
}

/* Divides each row by its sum: what share of a class was taken for which. Empty rows stay 0. */
static void normalise_rows(float *values, int64_t rows, int64_t columns) {
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        for (int64_t c = 0; c < columns; c++) sum += (double)values[r * columns + c];
        for (int64_t c = 0; c < columns && sum > 0; c++) values[r * columns + c] /= (float)sum;
    }
}

static void view_confusion(struct oto_bundle *bundle, OtoTensor *x, const OtoShow *options) {
    int64_t classes = x->cols;
    float *counts = oto_view_floats(x), *shares = oto_view_floats(x);
    normalise_rows(shares, classes, classes);
    const char *names[CLASSES_MOST];
    struct oto_places places = {
        .scale = OTO_SCALE_STEPS, .start = x->axes[0].start, .step = 1, .values = x->axes[0].values};
    if (options->class_names) {
        for (int64_t i = 0; i < classes; i++) names[i] = options->class_names[(int64_t)oto_axis_at(x, 0, i)];
        places.ticks = OTO_TICKS_NAMES;
        places.names = names;
    }
    struct oto_image image = {.values = shares,
                              .rows = (size_t)classes,
                              .columns = (size_t)classes,
                              .x = places,
                              .y = places,
                              .from_top = true,
                              .square = true,
                              .written = counts,
                              .palette = OTO_BLUES,
                              .low = isnan(options->low) ? 0 : options->low,
                              .high = isnan(options->high) ? 1 : options->high,
                              .bar_label = "share of the true class"};
    int cell = classes <= 5 ? 52 : classes <= 12 ? 40 : classes <= 24 ? 30 : 20;
    int side = cell * (int)classes < 900 ? cell * (int)classes : 900;
    struct oto_frame frame = frame_of(bundle, x, options, 230 + side, 130 + side);
    draw(bundle, &frame, &image, options, oto_view_axis_label(&(OtoAxis){.name = "predicted"}),
         oto_view_axis_label(&(OtoAxis){.name = "true"}), shares);
    free(counts);
}
