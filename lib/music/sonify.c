#include "lib/music/sonify.h"
#include "lib/music/chord.h"
#include "lib/music/new_sound.h"
#include "lib/tensor/error.h"

#include <math.h>
#include <stdlib.h>

static float value(OtoTensor *x, int64_t i) {
    return ((float *)x->data)[i];
}

/* Refuses unless x is a row of finite times from 0 s on that do not fall; returns the last. */
static double check_times(const char *operation, OtoTensor *x) {
    oto_need_float(operation, "times", x);
    if (x->rank != 1) oto_refuse(operation, "times is %s, but must be (time)", oto_shape_quoted(x));
    for (int64_t i = 0; i < x->size; i++) {
        if (!(value(x, i) >= 0 && value(x, i) < 1e6f))
            oto_refuse(operation, "time %lld is %g s; times lie at 0 s or later", (long long)i, (double)value(x, i));
        if (i > 0 && value(x, i) < value(x, i - 1))
            oto_refuse(operation, "time %lld, %g s, is before the one before it, %g s", (long long)i,
                       (double)value(x, i), (double)value(x, i - 1));
    }
    return x->size > 0 ? (double)value(x, x->size - 1) : 0;
}

/* A time in samples. One that was a whole sample before it became a float32 is so again. */
static double samples_of(double seconds, double rate) {
    double samples = seconds * rate, whole = round(samples);
    return fabs(samples - whole) < 1e-3 ? whole : samples;
}

/* Silence of .seconds, or until `last`, cut to whole samples. */
static OtoTensor *silence(const char *operation, const OtoSonify *options, double last) {
    oto_check_range(operation, "sample_rate", options->sample_rate, 100, 1e6);
    oto_check_range(operation, "seconds", options->seconds, 0, 1e6);
    double seconds =
        options->seconds > 0 ? options->seconds : floor(samples_of(last, options->sample_rate)) / options->sample_rate;
    OtoTensor *sound = oto_new_sound(operation, seconds, options->sample_rate);
    oto_set_origin(sound, operation + sizeof "oto_" - 1, NULL);
    return sound;
}

OtoTensor *(oto_sonify_beats)(OtoTensor *times, OtoTensor *places, OtoSonify options) {
    static const double click_seconds = 0.1, decay_seconds = 0.01, frequency = 1000, downbeat = 3;
    double last = check_times("oto_sonify_beats", times);
    if (places) {
        oto_need_float("oto_sonify_beats", "places", places);
        if (places->size != times->size)
            oto_refuse("oto_sonify_beats", "there are %lld times, but %lld places in the bar", (long long)times->size,
                       (long long)places->size);
    }
    OtoTensor *sound = silence("oto_sonify_beats", &options, last + click_seconds + 1 / options.sample_rate);
    int64_t length = (int64_t)ceil(options.sample_rate * click_seconds);
    for (int64_t i = 0; i < times->size; i++) {
        double w = 2 * M_PI * frequency / options.sample_rate * (places && value(places, i) == 1 ? downbeat : 1);
        int64_t first = (int64_t)samples_of((double)value(times, i), options.sample_rate);
        for (int64_t j = 0; j < length && first + j < sound->size; j++)
            ((float *)sound->data)[first + j] +=
                (float)(sin(w * (double)j) * exp(-(double)j / (options.sample_rate * decay_seconds)));
    }
    return sound;
}

OtoTensor *(oto_sonify_pitch)(OtoTensor *times, OtoTensor *frequencies, OtoSonify options) {
    double last = check_times("oto_sonify_pitch", times);
    oto_need_float("oto_sonify_pitch", "frequencies", frequencies);
    if (frequencies->rank != 1 || frequencies->size != times->size)
        oto_refuse("oto_sonify_pitch", "times is %s and frequencies %s; each time needs a frequency",
                   oto_shape_quoted(times), oto_shape_quoted(frequencies));
    OtoTensor *sound = silence("oto_sonify_pitch", &options, last);
    double turns = 0, end = samples_of(last, options.sample_rate);
    for (int64_t n = 0, i = 0; n < sound->size && times->size > 0; n++) {
        double hz = 0;
        while (i + 2 < times->size && samples_of((double)value(times, i + 1), options.sample_rate) <= (double)n) i++;
        int64_t next = i + 1 < times->size ? i + 1 : i;
        double from = samples_of((double)value(times, i), options.sample_rate);
        double to = samples_of((double)value(times, next), options.sample_rate);
        double here = fmax(0, (double)value(frequencies, i)), there = fmax(0, (double)value(frequencies, next));
        if ((double)n >= from && (double)n <= end)
            hz = to > from ? here + (there - here) * ((double)n - from) / (to - from) : there;
        turns += hz / options.sample_rate;
        turns -= floor(turns);
        ((float *)sound->data)[n] = (float)sin(2 * M_PI * turns);
    }
    return sound;
}

/* Where the columns of a grid sound: start and end of column j, in s, are bounds[2 j] and bounds[2 j + 1]. */
static double *bounds_of(const char *operation, OtoTensor *intervals, int64_t columns, double *last) {
    oto_need_float(operation, "intervals", intervals);
    bool pairs = intervals->rank == 2 && intervals->cols == 2;
    if ((intervals->rank != 1 && !pairs) || intervals->shape[0] < columns || intervals->shape[0] > columns + !pairs)
        oto_refuse(operation, "intervals is %s, but must be (time), or (time, 2) with start and end, for %lld columns",
                   oto_shape_quoted(intervals), (long long)columns);
    *last = 0;
    for (int64_t i = 0; i < intervals->size; i++) {
        if (!(value(intervals, i) >= 0 && value(intervals, i) < 1e6f))
            oto_refuse(operation, "interval %lld begins or ends at %g s; times lie at 0 s or later",
                       (long long)(pairs ? i / 2 : i), (double)value(intervals, i));
        *last = fmax(*last, (double)value(intervals, i));
    }
    double *bounds = malloc(2 * (size_t)columns * sizeof *bounds + 1);
    if (!bounds) oto_refuse(operation, "no memory for %lld columns", (long long)columns);
    for (int64_t j = 0; j < columns; j++) {
        bounds[2 * j] = (double)value(intervals, pairs ? 2 * j : j);
        bounds[2 * j + 1] = pairs                     ? (double)value(intervals, 2 * j + 1)
                            : j + 1 < intervals->size ? (double)value(intervals, j + 1)
                                                      : 1e9;
    }
    return bounds;
}

/* The loudness of a row at every sample: that of the last column that has begun, unless it has ended. */
static void spread(double *loudness, int64_t n, const float *row, int64_t columns, const double *bounds, double rate) {
    for (int64_t i = 0; i < n; i++) loudness[i] = 0;
    for (int64_t j = 0; j < columns; j++) {
        double from = ceil(samples_of(bounds[2 * j], rate)), to = ceil(samples_of(bounds[2 * j + 1], rate));
        for (int64_t i = (int64_t)from; i < n && (double)i < to; i++) loudness[i] = fmax(0, (double)row[j]);
    }
}

/* Adds a sine under a loudness that is smoothed by the mean of `window` samples around each. */
static void add_sine(float *to, int64_t n, const double *loudness, double hz, double rate) {
    int64_t window = 2 * (int64_t)(rate / hz), half = (window - 1) / 2;
    double sum = 0, w = 2 * M_PI * round(10 * hz) / 10 / rate;
    for (int64_t i = 0; i < half && i < n; i++) sum += loudness[i];
    for (int64_t i = 0; i < n; i++) {
        if (i + half < n) sum += loudness[i + half];
        if (i + half - window >= 0) sum -= loudness[i + half - window];
        if (sum > 1e-12 * (double)window) to[i] += (float)(sin(w * (double)i) * sum / (double)window);
    }
}

OtoTensor *(oto_sonify_grid)(OtoTensor *grid, OtoTensor *frequencies, OtoTensor *intervals, OtoSonify options) {
    static const float threshold = 0.01f;
    oto_need_float("oto_sonify_grid", "grid", grid);
    oto_need_float("oto_sonify_grid", "frequencies", frequencies);
    if (grid->rank != 2 || frequencies->rank != 1 || frequencies->size != grid->rows)
        oto_refuse("oto_sonify_grid", "grid is %s and frequencies %s; each row of the grid needs a frequency",
                   oto_shape_quoted(grid), oto_shape_quoted(frequencies));
    for (int64_t k = 0; k < grid->rows; k++)
        if (!(value(frequencies, k) >= 1 && (double)value(frequencies, k) < options.sample_rate))
            oto_refuse("oto_sonify_grid",
                       "row %lld has the frequency %g Hz; it must lie between 1 Hz and the sample rate, %g",
                       (long long)k, (double)value(frequencies, k), options.sample_rate);
    double last, *bounds = bounds_of("oto_sonify_grid", intervals, grid->cols, &last);
    OtoTensor *sound = silence("oto_sonify_grid", &options, last);
    double *loudness = malloc(((size_t)sound->size + 1) * sizeof *loudness);
    if (!loudness) {
        free(bounds);
        oto_refuse("oto_sonify_grid", "no memory for %lld samples", (long long)sound->size);
    }
    for (int64_t k = 0; k < grid->rows && !oto_interrupt_pending(); k++) {
        const float *row = (float *)grid->data + k * grid->cols;
        float loudest = 0;
        for (int64_t j = 0; j < grid->cols; j++) loudest = fmaxf(loudest, row[j]);
        if (loudest < threshold) continue;
        spread(loudness, sound->size, row, grid->cols, bounds, options.sample_rate);
        add_sine(sound->data, sound->size, loudness, (double)value(frequencies, k), options.sample_rate);
    }
    free(loudness);
    free(bounds);
    oto_scale_to_peak(sound, 1);
    return sound;
}

/* Start and, for the last one too, end of the columns, from their time axis: one more than there are columns. */
static OtoTensor *times_of(OtoTensor *chroma) {
    OtoTensor *times = oto_zeros(chroma->cols + 1);
    for (int64_t j = 0; j <= chroma->cols; j++)
        ((float *)times->data)[j] = (float)(chroma->axes[1].start + (double)j * chroma->axes[1].step);
    return times;
}

OtoTensor *(oto_sonify_chroma)(OtoTensor *chroma, OtoTensor *intervals, OtoSonify options) {
    enum { CLASSES = 12, OCTAVES = 7, LOWEST = 24, MIDDLE = 72, SPREAD = 6 };
    oto_need_float("oto_sonify_chroma", "chroma", chroma);
    if (chroma->rank != 2 || chroma->shape[0] != CLASSES)
        oto_refuse("oto_sonify_chroma", "chroma is %s, but must be (chroma 12, time)", oto_shape_quoted(chroma));
    if (!intervals && chroma->axes[1].unit[0] != 's')
        oto_refuse("oto_sonify_chroma", "chroma's second axis is not in seconds, so it needs intervals");
    OtoTensor *sound = NULL;
    oto_scope {
        OtoTensor *grid = oto_zeros(CLASSES * OCTAVES, chroma->cols), *frequencies = oto_zeros(CLASSES * OCTAVES);
        for (int64_t k = 0; k < grid->rows; k++) {
            double note = (double)(LOWEST + k), from_middle = note - MIDDLE;
            double weight = exp(-from_middle * from_middle / (2.0 * SPREAD * SPREAD));
            ((float *)frequencies->data)[k] = (float)(440 * exp2((note - 69) / 12));
            for (int64_t j = 0; j < grid->cols; j++)
                ((float *)grid->data)[k * grid->cols + j] =
                    (float)(weight * (double)value(chroma, k % CLASSES * chroma->cols + j));
        }
        sound = oto_keep((oto_sonify_grid)(grid, frequencies, intervals ? intervals : times_of(chroma), options));
    }
    oto_set_origin(sound, "sonify_chroma", NULL);
    return sound;
}

OtoTensor *(oto_sonify_chords)(int64_t count, const char *const labels[], OtoTensor *intervals, OtoSonify options) {
    oto_check_range("oto_sonify_chords", "count", (double)count, 0, 1e6);
    if (count > 0) oto_check_buffer("oto_sonify_chords", "labels", labels, (size_t)count * sizeof *labels);
    OtoTensor *sound = NULL;
    oto_scope {
        OtoTensor *chroma = oto_zeros(12, count);
        for (int64_t j = 0; j < count; j++) {
            OtoChord chord = oto_chord(labels[j]);
            for (int class = 0; class < 12; class ++)
                ((float *)chroma->data)[class * count + j] = chord.notes[class] ? 1 : 0;
        }
        sound = oto_keep((oto_sonify_chroma)(chroma, intervals, options));
    }
    oto_set_origin(sound, "sonify_chords", NULL);
    return sound;
}
